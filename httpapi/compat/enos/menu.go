package enos

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// menuAction is what the log calls it that somebody opens a menu, an application or the like in the portal. The first resource is what was opened, the
// second, if there is one, what it belongs to.
const menuAction = "portal.access"

// queryMenuLog answers POST …/v2.3/event/log/query: a page of what was opened in an OU, the newest first. That is all events with menuAction, whoever
// has sent them.
func (h *Handler) queryMenuLog(x *exchange) (any, error) {
	result, at, err := h.search(x, is("action", menuAction))
	if err != nil {
		return nil, err
	}
	entries := make([]menuEntry, len(result.Events))
	for i, e := range result.Events {
		if entries[i], err = menuEntryOf(e); err != nil {
			return nil, err
		}
	}
	return menuPage{Pagination: at, Logs: entries}, nil
}

func menuEntryOf(e *engine.Event) (m menuEntry, err error) {
	m = menuEntry{OrganizationID: e.Tenant, UserID: e.Actor.ID, EventTime: menuTime(e.Time)}
	if len(e.Resources) > 0 {
		subject := e.Resources[0]
		m.SubjectID, m.SubjectType = subject.ID, subject.Type
		if m.SubjectName, err = manyNames(subject); err != nil {
			return m, err
		}
	}
	if len(e.Resources) > 1 {
		upstream := e.Resources[1]
		m.UpstreamID, m.UpstreamType = upstream.ID, upstream.Type
		if m.UpstreamName, err = manyNames(upstream); err != nil {
			return m, err
		}
	}
	return m, nil
}

// menuTime writes a time in UTC as the vendor's sample has it: 2022-08-11 08:25:32.0, to the millisecond, without zeros at the end but for one.
func menuTime(t time.Time) string {
	text := strings.TrimRight(t.UTC().Format("2006-01-02 15:04:05.000"), "0")
	if strings.HasSuffix(text, ".") {
		text += "0"
	}
	return text
}

// manyNames is a thing's name in the languages of the portal, as JSON in a string. The log has one name, or only the ID.
func manyNames(r engine.Resource) (string, error) {
	name := cmp.Or(r.Name, r.ID)
	text, err := json.Marshal(struct {
		Default string `json:"default"`
		English string `json:"en_US"`
		Chinese string `json:"zh_CN"`
	}{name, name, name})
	if err != nil {
		return "", fmt.Errorf("write names: %w", err)
	}
	return string(text), nil
}
