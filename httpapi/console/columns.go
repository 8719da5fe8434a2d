package console

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"annals/engine"
)

// column is one of the list's. Sort names what it is sorted by; "" cannot be sorted by.
type column struct{ Name, Title, Sort string }

// listColumns are all that the list can show, in the order in which it shows them.
var listColumns = []column{
	{"time", "Time", "time"},
	{"user", "User", "user"},
	{"result", "Result", "result"},
	{"project", "Project", "project"},
	{"module", "Module", "module"},
	{"operation", "Operation", "operation"},
	{"event", "Operation event", "description"},
	{"action", "Event name", "action"},
	{"resource", "Resource", "resource"},
	{"error", "Error", "error"},
	{"ip", "Source IP", "ip"},
	{"channel", "Channel", "channel"},
	{"agent", "User agent", "agent"},
	{"tenant", "Tenant", "tenant"},
	{"id", "Event ID", "id"},
}

var defaultColumns = []string{"time", "user", "result", "project", "module", "operation", "event", "ip"}

func knownColumn(name string) bool {
	return slices.ContainsFunc(listColumns, func(c column) bool { return c.Name == name })
}

// shownColumns are those that the viewer has chosen, in the list's order.
func (p preferences) shownColumns() []column {
	chosen := p.Columns
	if len(chosen) == 0 {
		chosen = defaultColumns
	}
	var shown []column
	for _, c := range listColumns {
		if slices.Contains(chosen, c.Name) {
			shown = append(shown, c)
		}
	}
	return shown
}

// who is the name to show for an actor, and what tells it from others of the name.
func who(a engine.Actor) (name, account string) {
	for _, s := range []string{a.Name, a.Email, a.ID} {
		if s != "" {
			name = s
			break
		}
	}
	for _, s := range []string{a.ID, a.Email} {
		if s != "" && s != name {
			return name, s
		}
	}
	return name, ""
}

// initials are one or two letters for a name.
func initials(name string) string {
	var letters []rune
	begins := true
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			begins = true
			if r == '@' {
				break
			}
			continue
		}
		if begins {
			letters = append(letters, unicode.ToUpper(r))
			if unicode.Is(unicode.Han, r) || len(letters) == 2 {
				break
			}
		}
		begins = false
	}
	if len(letters) == 0 {
		return "?"
	}
	return string(letters)
}

// hue is one of eight colours for a name, always the same.
func hue(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(name))) // never fails
	return int(h.Sum32() % 8)
}
