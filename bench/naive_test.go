package main

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
)

// A plain event as read back from its JSON, and the plain way to answer questions about it: what the model is held against.
type plainEvent struct {
	ID                                             string `json:"id"`
	Action, Operation, Result, Module, Description string
	Time                                           time.Time
	Actor                                          struct{ ID, Name, Email string }
	Error                                          struct{ Code, Message string }
	Project                                        struct{ ID, Name string }
	Resources                                      []struct{ Type, ID, Name string }
	Source                                         struct{ IP, User_agent, Channel string }
	Details                                        map[string]string
}

func readEvents(ndjson []byte) []plainEvent {
	var all []plainEvent
	for line := range strings.Lines(string(ndjson)) {
		var e plainEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			panic(err)
		}
		all = append(all, e)
	}
	return all
}

// texts lists every text that words are looked for in.
func (e *plainEvent) texts() []string {
	all := []string{e.Action, e.Description, e.Error.Code, e.Error.Message, e.Actor.ID, e.Actor.Name, e.Actor.Email,
		e.Source.IP, e.Source.User_agent, e.Source.Channel, e.Project.ID, e.Project.Name, e.Module, e.Operation, e.Result}
	for _, r := range e.Resources {
		all = append(all, r.Type, r.ID, r.Name)
	}
	for k, v := range e.Details {
		all = append(all, k, v)
	}
	return all
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func (e *plainEvent) hasWord(like func(string) bool) bool {
	return slices.ContainsFunc(e.texts(), func(t string) bool { return slices.ContainsFunc(words(t), like) })
}

func (e *plainEvent) hasPhrase(phrase string) bool {
	return slices.ContainsFunc(e.texts(), func(t string) bool {
		return strings.Contains(" "+strings.Join(words(t), " ")+" ", " "+phrase+" ")
	})
}

func has(word string) func(*plainEvent) bool {
	return func(e *plainEvent) bool { return e.hasWord(func(w string) bool { return w == word }) }
}

// plainMeaning gives each question's text its meaning once more.
var plainMeaning = map[string]func(*plainEvent) bool{
	"":                     func(*plainEvent) bool { return true },
	"settlement":           has("settlement"),
	"settlement frankfurt": func(e *plainEvent) bool { return has("settlement")(e) && has("frankfurt")(e) },
	`module:"API management" operation:edit result:success settlement`: func(e *plainEvent) bool {
		return e.Module == "API management" && e.Operation == "edit" && e.Result == "success" && has("settlement")(e)
	},
	`"rolled back"`:      func(e *plainEvent) bool { return e.hasPhrase("rolled back") },
	`"connection reset"`: func(e *plainEvent) bool { return e.hasPhrase("connection reset") },
	"invoic*": func(e *plainEvent) bool {
		return e.hasWord(func(w string) bool { return strings.HasPrefix(w, "invoic") })
	},
	"xylophone": has("xylophone"),
}

// ask returns the events that q matches, newest first.
func ask(all []plainEvent, q string) []plainEvent {
	meaning, known := plainMeaning[q]
	if !known {
		meaning = has(q)
	}
	var found []plainEvent
	for k := range all {
		if meaning(&all[k]) {
			found = append(found, all[k])
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Time.After(found[b].Time) })
	return found
}

func plainFacet(found []plainEvent, value func(*plainEvent) string) []facetCount {
	counts := map[string]int{}
	for k := range found {
		counts[value(&found[k])]++
	}
	var all []facetCount
	for v, n := range counts {
		all = append(all, facetCount{v, n})
	}
	sort.Slice(all, func(a, b int) bool {
		return all[a].Count > all[b].Count || all[a].Count == all[b].Count && all[a].Value < all[b].Value
	})
	return all[:min(len(all), 10)]
}

var plainColumns = map[string]func(*plainEvent) string{
	"module":    func(e *plainEvent) string { return e.Module },
	"operation": func(e *plainEvent) string { return e.Operation },
	"result":    func(e *plainEvent) string { return e.Result },
	"project":   func(e *plainEvent) string { return e.Project.Name },
	"user":      func(e *plainEvent) string { return e.Actor.Name },
}
