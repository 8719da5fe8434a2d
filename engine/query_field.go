package engine

import (
	"slices"
	"strings"
)

// fieldNames are the fields that a query can ask for, with details.<path> besides.
var fieldNames = []string{
	"action", "after", "agent", "before", "channel", "dangerous", "description", "error", "group", "id", "ip", "module", "operation",
	"person", "project", "resource", "result", "size", "tenant", "time", "type", "user", "write",
}

// fieldAliases are other words for them that people bring along.
var fieldAliases = map[string]string{
	"actor":      "user",
	"since":      "after",
	"from":       "after",
	"until":      "before",
	"to":         "before",
	"status":     "result",
	"outcome":    "result",
	"user_agent": "agent",
}

// fieldName returns the field that name, in any case, stands for.
func fieldName(name string) (canonical string, ok bool) {
	name = strings.ToLower(name)
	if path, is := strings.CutPrefix(name, detailsPrefix); is && path != "" {
		return detailsField(path), true
	}
	if alias, is := fieldAliases[name]; is {
		return alias, true
	}
	return name, slices.Contains(fieldNames, name)
}

// isPlain reports whether name:rest, name being no field, is text such as http://x, 12:30, C:\dir or arn:aws:iam::1:user/x
// rather than a field written wrong.
func isPlain(name, rest string) bool {
	if strings.ContainsAny(rest, ":") || rest != "" && strings.IndexByte(`/\`, rest[0]) >= 0 {
		return true
	}
	return strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
}

func unknownField(name string) string {
	msg := "there is no field " + name
	if name == "details" {
		msg = "details needs a path: details.request_id:value"
	} else if near := nearest(name); near != "" {
		msg += " (did you mean " + near + "?)"
	}
	return msg + ". Fields are " + strings.Join(fieldNames, ", ") + ", details.<path>. Put quotes around text that has a colon"
}

// nearest returns the field name that is at most two letters off, or that name begins or begins with.
func nearest(name string) string {
	best, least := "", 3
	consider := func(known, is string) {
		d := distance(name, known)
		if len(name) > 2 && (strings.HasPrefix(known, name) || strings.HasPrefix(name, known)) {
			d = min(d, 1)
		}
		if d < least && d < len(name) {
			best, least = is, d
		}
	}
	for _, known := range fieldNames {
		consider(known, known)
	}
	for alias := range fieldAliases {
		if distance(name, alias) == 1 {
			consider(alias, fieldAliases[alias])
		}
	}
	return best
}

// distance is the number of letters to insert, remove or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
