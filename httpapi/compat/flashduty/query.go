package flashduty

import (
	"strconv"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// query makes the question to the log: newest first, from start_time on and before end_time.
func (h *Handler) query(s searchRequest, who auth.Caller) engine.Query {
	tenants := who.Asking(nil) // no parameter asks for the server's own
	return engine.Query{
		Tenants: tenants, Where: h.where(s, tenants),
		From: time.Unix(*s.StartTime, 0).UTC(), To: time.Unix(*s.EndTime, 0).UTC(),
		Desc: true, Limit: int(s.Limit), Cursor: s.SearchAfterCtx,
	}
}

// where joins the filters.
func (h *Handler) where(s searchRequest, tenants engine.Tenants) engine.Expr {
	var parts []engine.Expr
	if s.RequestID != "" {
		parts = append(parts, is("id", s.RequestID))
	}
	if len(s.Operations) > 0 {
		parts = append(parts, is("action", s.Operations...))
	}
	if s.PersonID > 0 {
		parts = append(parts, h.person(s.PersonID, tenants))
	}
	if s.IsDangerous {
		parts = append(parts, is("dangerous", "true"))
	}
	if s.IsWrite != nil {
		parts = append(parts, is("write", strconv.FormatBool(*s.IsWrite)))
	}
	if len(parts) == 0 {
		return nil
	}
	return engine.And{Parts: parts}
}

// person asks for the entries whose member_id is the number: what the member has done, and, where it is an account's own, what nobody in particular has.
func (h *Handler) person(id uint64, tenants engine.Tenants) engine.Expr {
	member := is("person", strconv.FormatUint(id, 10))
	accounts := h.accounts(id, tenants)
	if len(accounts) == 0 {
		return member
	}
	nobody := engine.Not{Part: engine.Field{Name: "user", Values: []engine.Value{{Prefix: true}}}}
	return engine.Or{Parts: []engine.Expr{member, engine.And{Parts: []engine.Expr{is("tenant", accounts...), nobody}}}}
}

// accounts are the tenants, of those that may be seen, that have the number.
func (h *Handler) accounts(id uint64, tenants engine.Tenants) (names []string) {
	all := tenants.Names
	if tenants.All {
		all = h.log.Tenants()
	}
	for _, name := range all {
		if tenants.Sees(name) && accountID(name) == id {
			names = append(names, name)
		}
	}
	return names
}

// accountID is a tenant's number. Tenants that a query cannot tell apart, as they differ in case only, share it.
func accountID(tenant string) uint64 { return engine.Number("tenant", engine.FoldValue(tenant)) }

// is asks for events that have one of the values, taken as they are.
func is(field string, values ...string) engine.Expr {
	e := engine.Field{Name: field, Values: make([]engine.Value, len(values))}
	for i, v := range values {
		e.Values[i] = engine.Value{Text: v, Quoted: true}
	}
	return e
}
