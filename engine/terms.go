package engine

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Terms are what an event is found by. To the index they are opaque bytes; these functions and EventTerms are the
// only ones that know their form:
//
//	=field \x1f value   a field has a value, folded (ExactTerm)
//	tToken              a text value has a token (TextTerm)
//	wfield \x1f token   the text of error or description has a token (WordTerm)
//	?field              a field has some value (HasTerm), for fields with too many values to list
//	Ttenant             the tenant, letter by letter: the wall (TenantTerm)

// ExactTerm is the term of events whose field has the value, which FoldValue gave.
func ExactTerm(field, folded string) string { return "=" + field + "\x1f" + folded }

// TextTerm is the term of events that have the token in some text value.
func TextTerm(token string) string { return "t" + token }

// WordTerm is the term of events that have the token in the text of the field.
func WordTerm(field, token string) string { return "w" + field + "\x1f" + token }

// HasTerm is the term of events that have some value in the field. Only fields for which hasTerm is true have one.
func HasTerm(field string) string { return "?" + field }

// TenantTerm is the term of the tenant's events. Unlike tenant:x it minds the case: tenants are walls.
func TenantTerm(tenant string) string { return "T" + tenant }

// hasTerm reports whether field:* is one term. The other fields have few values, so all of those are looked up.
func hasTerm(field string) bool {
	switch field {
	case "user", "resource", "ip", "agent", "error", "group", "description":
		return true
	}
	return strings.HasPrefix(field, detailsPrefix)
}

const detailsPrefix = "details."

// EventTerms calls emit for every term of e. A term is only valid during the call and may come more than once.
func (a *Analyzer) EventTerms(e *Event, emit func(term []byte)) {
	a.fieldTerms(e, emit)
	a.textTerms(e, emit)
	a.detailTerms(e, emit, nil)
}

// fieldTerms emits the terms that cost no analysis.
func (a *Analyzer) fieldTerms(e *Event, emit func(term []byte)) {
	if e.Tenant != "" {
		a.term = append(append(a.term[:0], 'T'), e.Tenant...)
		emit(a.term)
	}
	a.exact("tenant", e.Tenant, emit)
	a.exact("operation", e.Operation, emit)
	a.exact("result", e.Result, emit)
	a.exact("action", e.Action, emit)
	a.exact("module", e.Module, emit)
	a.exact("channel", e.Source.Channel, emit)
	a.pair("project", e.Project.ID, e.Project.Name, emit)
	a.pair("user", e.Actor.Name, e.Actor.Email, emit)
	if e.Actor.ID != e.Actor.Name && e.Actor.ID != e.Actor.Email {
		a.exact("user", e.Actor.ID, emit)
	}
	if n := e.Actor.Number(); n > 0 {
		emit(strconv.AppendUint(append(a.term[:0], "=person\x1f"...), n, 10))
	}
	if e.writes() {
		a.exact("write", "true", emit)
	}
	if e.Dangerous {
		a.exact("dangerous", "true", emit)
	}
	a.sizes(e, emit)
	for i := range e.Resources {
		r := &e.Resources[i]
		a.pair("resource", r.ID, r.Name, emit)
		a.exact("type", r.Type, emit)
		a.has("resource", emit, r.ID, r.Name)
	}
	a.exact("agent", e.Source.UserAgent, emit)
	a.address(e.Source.IP, emit)
	a.has("user", emit, e.Actor.Name, e.Actor.Email, e.Actor.ID)
	a.has("agent", emit, e.Source.UserAgent)
	a.has("ip", emit, e.Source.IP)
	a.has("description", emit, e.Description)
	if e.Error != nil {
		a.has("error", emit, e.Error.Code, e.Error.Message)
		a.group(e.Error, emit)
	}
}

func (a *Analyzer) exact(field, value string, emit func([]byte)) {
	if value == "" {
		return
	}
	a.term = append(append(append(a.term[:0], '='), field...), separator)
	a.term = appendFold(a.term, value, MaxTermValue)
	emit(a.term)
}

func (a *Analyzer) group(e *EventError, emit func([]byte)) {
	if a.piece = appendErrorGroup(a.piece[:0], e); len(a.piece) == 0 {
		return
	}
	a.term = appendFold(append(a.term[:0], "=group\x1f"...), a.piece, MaxTermValue)
	emit(a.term)
	emit(append(a.term[:0], "?group"...))
}

func (a *Analyzer) pair(field, value, other string, emit func([]byte)) {
	a.exact(field, value, emit)
	if other != value {
		a.exact(field, other, emit)
	}
}

func (a *Analyzer) has(field string, emit func([]byte), values ...string) {
	for _, v := range values {
		if v != "" {
			a.term = append(append(a.term[:0], '?'), field...)
			emit(a.term)
			return
		}
	}
}

func (a *Analyzer) address(ip string, emit func([]byte)) {
	if ip == "" {
		return
	}
	a.term = append(a.term[:0], "=ip\x1f"...)
	a.term = appendAddress(a.term, ip)
	emit(a.term)
}

// appendAddress appends the one form of an IP address that all ways to write it share, or, for what is none (cloud
// services log names there), its folded text.
func appendAddress(dst []byte, ip string) []byte {
	if addr, err := netip.ParseAddr(ip); err == nil && addr.Zone() == "" {
		return addr.Unmap().AppendTo(dst)
	}
	return appendFold(dst, ip, MaxTermValue)
}

// textTerms emits the token terms of all text values except those in the details.
func (a *Analyzer) textTerms(e *Event, emit func(term []byte)) {
	a.eachText(e, func(field, text string) {
		a.scan(text, func(_ tokenKind, tok []byte) {
			a.term = append(append(a.term[:0], 't'), tok...)
			emit(a.term)
			if field == "" {
				return
			}
			a.term = append(append(append(a.term[:0], 'w'), field...), separator)
			a.term = append(a.term, tok...)
			emit(a.term)
		})
	})
}

// eachText calls fn for the text values of e outside of the details, with the field that words can be asked for in, or "".
func (a *Analyzer) eachText(e *Event, fn func(field, text string)) {
	fn("", e.Action)
	fn("description", e.Description)
	if e.Error != nil {
		fn("error", e.Error.Code)
		fn("error", e.Error.Message)
	}
	for i := range e.Resources {
		r := &e.Resources[i]
		fn("", r.Type)
		fn("", r.ID)
		fn("", r.Name)
		fn("", r.Content)
	}
	fn("", e.Actor.ID)
	fn("", e.Actor.Name)
	fn("", e.Actor.Email)
	fn("", e.Actor.Domain)
	fn("", e.Actor.Type)
	fn("", e.Source.IP)
	fn("", e.Source.UserAgent)
	fn("", e.Source.Channel)
	fn("", e.Module)
	fn("", e.Project.ID)
	fn("", e.Project.Name)
}

// detailTerms emits the terms of the details: tokens of keys and values, and each value under its path. Recall (may be nil) is asked of each
// piece as OwnTerms says.
func (a *Analyzer) detailTerms(e *Event, emit func(term []byte), recall func(piece []byte) bool) {
	a.walkDetails(e.Details, func(kind byte, path []byte, text string) {
		if recall != nil {
			if repeats(text) {
				a.piece = binary.AppendUvarint(append(a.piece[:0], kind), uint64(len(path)))
				a.piece = append(append(a.piece, path...), text...)
				if recall(a.piece) {
					return
				}
			} else {
				recall(nil)
			}
		}
		if kind != 'n' {
			a.scan(text, func(_ tokenKind, tok []byte) {
				a.term = append(append(a.term[:0], 't'), tok...)
				emit(a.term)
			})
		}
		if kind == ':' {
			return
		}
		a.term = append(append(a.term[:0], "?details."...), path...)
		emit(a.term)
		a.term[0] = '='
		a.term = append(a.term, separator)
		a.term = appendFold(a.term, text, MaxTermValue)
		emit(a.term)
	})
}

// repeats guesses whether other events have the same text. Long ones, and those with many digits, are mostly made for one event.
func repeats(text string) bool {
	if len(text) > 64 {
		return false
	}
	digits := 0
	for i := range len(text) {
		if c := text[i]; '0' <= c && c <= '9' {
			digits++
		}
	}
	return digits < 6
}

// detailsField is the field of a path as a query writes it.
func detailsField(path string) string {
	folded := appendFold(nil, path, MaxTermValue+utf8.UTFMax)
	return detailsPrefix + string(cut(folded, MaxTermValue))
}
