package flashduty

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

// maxEntryBodyBytes is where the documentation allows a body to be cut.
const maxEntryBodyBytes = 10 << 10

// entryOf is an event as the API shows it.
func entryOf(e *engine.Event, language int) entry {
	account := accountID(e.Tenant)
	body, params := parametersOf(e.Details)
	return entry{
		CreatedAt: e.Time.UnixMilli(), AccountID: account, MemberID: cmp.Or(e.Actor.Number(), account),
		MemberName: cmp.Or(e.Actor.Name, e.Actor.Email, e.Actor.ID), RequestID: e.ID, IP: e.Source.IP,
		Operation: e.Action, OperationName: label(e.Action, language), Body: cut(body, maxEntryBodyBytes), Params: params,
		IsDangerous: e.Dangerous, IsWrite: e.Write != nil && *e.Write,
	}
}

// parametersOf are what the request had: its body, and the parameters of its address. In an event that was made of a request they are details.body, and
// details.params or details.query; of any other, all details stand for the body.
func parametersOf(details jsontext.Value) (body string, params []param) {
	params = []param{}
	if len(details) == 0 {
		return "{}", params
	}
	var request struct {
		Body   jsontext.Value `json:"body"`
		Params jsontext.Value `json:"params"`
		Query  jsontext.Value `json:"query"`
	}
	if err := json.Unmarshal(details, &request); err != nil { // the log has checked it: this is damage in memory
		return string(details), params
	}
	body = string(details)
	if request.Body != nil {
		body = textOf(request.Body)
	}
	if request.Params == nil {
		request.Params = request.Query
	}
	return body, appendParams(params, request.Params)
}

// appendParams reads an object, whose names are keys, or a list of objects that have Key and Value, as the API itself writes it. Anything else is
// nothing that can be shown so.
func appendParams(params []param, v jsontext.Value) []param {
	switch v.Kind() {
	case '{':
		_ = eachMember(v, func(name string, value jsontext.Value) { params = appendParam(params, name, value) })
	case '[':
		var list []struct{ Key, Value jsontext.Value }
		if err := json.Unmarshal(v, &list, json.MatchCaseInsensitiveNames(true)); err != nil {
			return params
		}
		for _, p := range list {
			params = appendParam(params, textOf(p.Key), p.Value)
		}
	}
	return params
}

// appendParam appends a value under its key, each of a list's as one of its own.
func appendParam(params []param, key string, value jsontext.Value) []param {
	var list []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &list) != nil {
		list = []jsontext.Value{value}
	}
	for _, v := range list {
		params = append(params, param{key, textOf(v)})
	}
	return params
}

// eachMember calls fn for the members of an object, in their order.
func eachMember(object jsontext.Value, fn func(name string, value jsontext.Value)) error {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		text := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		fn(text, value)
	}
	return nil
}

// textOf is a string's text, or any other value's JSON.
func textOf(v jsontext.Value) string {
	if v.Kind() == '"' {
		if text, err := jsontext.AppendUnquote(nil, v); err == nil {
			return string(text)
		}
	}
	return string(v)
}

// cut returns what s begins with, at most limit bytes and no torn character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
