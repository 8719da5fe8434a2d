package enos

import (
	"cmp"
	"context"

	"annals/engine"
	"annals/httpapi/auth"
)

// queryLog answers POST …/v2.2/log/query: a page of an OU's events, the newest first.
func (h *Handler) queryLog(x *exchange) (any, error) {
	result, at, err := h.search(x, nil)
	if err != nil {
		return nil, err
	}
	locale := x.URL.Query().Get("locale")
	entries := make([]auditEntry, len(result.Events))
	for i, e := range result.Events {
		entries[i] = entryOf(e, locale)
	}
	return auditPage{Pagination: at, AuditLog: entries}, nil
}

// search finds the page of an OU's log that a request asks for, of the events that match where; nil: of all.
func (h *Handler) search(x *exchange, where engine.Expr) (*engine.Result, pagination, error) {
	x.asked.Action = "event.search"
	caller, err := h.gateway(x, auth.Read)
	if err != nil {
		return nil, pagination{}, err
	}
	org, err := orgOf(x.URL)
	if err != nil {
		return nil, pagination{}, err
	}
	x.asked.Query = engine.FormatQuery(allOf(is("tenant", org), where))
	q, err := readLogRequest(x.body)
	if err != nil {
		return nil, pagination{}, err
	}
	x.asked.From, x.asked.To = q.From, q.To
	if q.Tenants, err = h.only(org, caller); err != nil {
		return nil, pagination{}, err
	}
	q.Where = where
	ctx, cancel := context.WithTimeout(x.Context(), h.deadline)
	defer cancel()
	result, err := h.log.Search(ctx, q)
	if err != nil {
		return nil, pagination{}, err
	}
	total := result.Total // of its own: what is told keeps no page of events
	x.asked.Total = &total
	return result, paginationOf(q, total), nil
}

func is(field, value string) engine.Expr {
	return engine.Field{Name: field, Values: []engine.Value{{Text: value, Quoted: true}}}
}

func allOf(a, b engine.Expr) engine.Expr {
	if b == nil {
		return a
	}
	return engine.And{Parts: []engine.Expr{a, b}}
}

// entryOf is an event as an entry of the audit log. What has no word of the portal's is shown as it is.
func entryOf(e *engine.Event, locale string) auditEntry {
	entry := auditEntry{EventTime: e.Time.UnixMilli(), IPAddress: e.Source.IP, Resources: make([]auditResource, len(e.Resources)),
		EventName: label(e.Action, locale), Description: e.Description,
		Account: auditAccount{Domain: e.Actor.Domain, Name: e.Actor.Name, ID: e.Actor.ID, UserType: label(e.Actor.Type, locale), Email: e.Actor.Email}}
	for i, r := range e.Resources {
		entry.Resources[i] = auditResource{Type: label(r.Type, locale), Content: cmp.Or(r.Content, r.Name, r.ID)}
	}
	return entry
}
