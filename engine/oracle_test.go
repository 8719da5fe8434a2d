package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// The oracle says what a query means in the slowest and plainest way, without plans and terms.

// oracleValue is one text value taken apart: what stands one after the other, and all tokens.
type oracleValue struct {
	atoms  []oracleAtom
	tokens []string
}

type oracleAtom struct {
	text    string
	part    bool // of a run
	stretch int  // which stretch of unspaced characters it is in, from 1
}

func oracleFold(s string, whole bool) []rune {
	var out []rune
	for _, r := range s {
		if f := width.LookupRune(r).Folded(); f != 0 {
			r = f
		}
		r = unicode.ToLower(r)
		if whole && r == 0x1f {
			r = ' '
		}
		out = append(out, r)
	}
	return out
}

func oracleCut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

var (
	oracleUnspaced = regexp.MustCompile(`^[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]$`)
	oracleLNM      = regexp.MustCompile(`^[\pL\pN\pM]$`)
	oracleUUID     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}([._@/\-:\\+]|$)`)
)

const oracleConnectors = `._@/-:\+`

func oracleKind(r rune) string {
	s := string(r)
	switch {
	case r == utf8.RuneError:
		return "space"
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef, r >= 0x180b && r <= 0x180d, r == 0x180f:
		return "skip"
	case oracleUnspaced.MatchString(s) && oracleLNM.MatchString(s):
		return "char"
	case unicode.IsMark(r):
		return "mark"
	case oracleLNM.MatchString(s):
		return "word"
	case strings.ContainsRune(oracleConnectors, r):
		return "connector"
	case unicode.Is(unicode.So, r):
		return "symbol"
	}
	return "space"
}

func oracleTake(text string) oracleValue {
	var v oracleValue
	runes := oracleFold(text, false)
	stretch, last := 0, ""
	for i := 0; i < len(runes); {
		kind := oracleKind(runes[i])
		switch kind {
		case "word":
			j := i
			var run []rune
			for ; j < len(runes) && slices.Contains([]string{"word", "mark", "connector", "skip"}, oracleKind(runes[j])); j++ {
				starts := len(run) == 0 || oracleKind(run[len(run)-1]) == "connector"
				if kind := oracleKind(runes[j]); kind != "skip" && !(kind == "mark" && starts) {
					run = append(run, runes[j])
				}
			}
			v.addRun(strings.TrimRight(string(run), oracleConnectors))
			i, last = j, ""
			continue
		case "char":
			r := runes[i]
			if i+1 < len(runes) && (runes[i+1] == 0x3099 || runes[i+1] == 0x309a) {
				if joined := []rune(norm.NFC.String(string(runes[i : i+2]))); len(joined) == 1 {
					r = joined[0]
				}
				i++
			}
			c := string(r)
			if last == "" {
				stretch++
			} else {
				v.tokens = append(v.tokens, last+c)
			}
			v.atoms = append(v.atoms, oracleAtom{text: c, stretch: stretch})
			v.tokens = append(v.tokens, c)
			last = c
		case "symbol":
			v.atoms = append(v.atoms, oracleAtom{text: string(runes[i])})
			v.tokens = append(v.tokens, string(runes[i]))
			last = ""
		case "mark", "skip":
		default:
			last = ""
		}
		i++
	}
	return v
}

func (v *oracleValue) addRun(run string) {
	n := 0
	for rest := run; rest != ""; {
		rest = strings.TrimLeft(rest, oracleConnectors)
		part := rest
		if m := oracleUUID.FindString(rest); m != "" {
			part = rest[:36]
		} else if i := strings.IndexAny(rest, oracleConnectors); i >= 0 {
			part = rest[:i]
		}
		rest = rest[len(part):]
		part = oracleCut(part, 128)
		v.atoms = append(v.atoms, oracleAtom{text: part, part: true})
		v.tokens = append(v.tokens, part)
		n++
	}
	if n > 1 {
		v.tokens = append(v.tokens, oracleCut(run, 128))
	}
}

// oracleDoc is an event as the oracle sees it.
type oracleDoc struct {
	e      *Event
	texts  map[string][]oracleValue // by field for words, "" has all
	fields map[string][]string      // folded values
	truths map[string]string        // of the fields that are true or false
}

func oracleRead(e *Event) *oracleDoc {
	d := &oracleDoc{e: e, texts: map[string][]oracleValue{}, fields: map[string][]string{}, truths: map[string]string{}}
	text := func(field string, ss ...string) {
		for _, s := range ss {
			v := oracleTake(s)
			d.texts[""] = append(d.texts[""], v)
			if field != "" {
				d.texts[field] = append(d.texts[field], v)
			}
		}
	}
	value := func(field string, ss ...string) {
		for _, s := range ss {
			if s != "" {
				d.fields[field] = append(d.fields[field], oracleCut(string(oracleFold(s, true)), 256))
			}
		}
	}
	text("", e.Action, e.Module, e.Project.ID, e.Project.Name, e.Source.IP, e.Source.UserAgent, e.Source.Channel,
		e.Actor.ID, e.Actor.Name, e.Actor.Email, e.Actor.Domain, e.Actor.Type)
	text("description", e.Description)
	value("description", e.Description)
	if e.Error != nil {
		text("error", e.Error.Code, e.Error.Message)
		value("error", e.Error.Code, e.Error.Message)
		value("group", ErrorGroup(e))
	}
	for _, r := range e.Resources {
		text("", r.Type, r.ID, r.Name, r.Content)
		value("resource", r.ID, r.Name)
		value("type", r.Type)
	}
	value("user", e.Actor.Name, e.Actor.Email, e.Actor.ID)
	value("action", e.Action)
	value("operation", e.Operation)
	value("result", e.Result)
	value("project", e.Project.ID, e.Project.Name)
	value("module", e.Module)
	value("agent", e.Source.UserAgent)
	value("channel", e.Source.Channel)
	value("tenant", e.Tenant)
	if n := e.Actor.Number(); n > 0 {
		value("person", fmt.Sprint(n))
	}
	for _, s := range Sizes {
		if len(e.appendBody(nil)) >= s.Bytes {
			value("size", s.Name)
		}
	}
	for field, is := range map[string]bool{"write": e.Write != nil && *e.Write, "dangerous": e.Dangerous} {
		d.truths[field] = fmt.Sprint(is)
	}
	if a, err := netip.ParseAddr(e.Source.IP); err == nil && a.Zone() == "" {
		value("ip", a.Unmap().String())
	} else {
		value("ip", e.Source.IP)
	}
	if len(e.Details) > 0 {
		dec := json.NewDecoder(strings.NewReader(string(e.Details)))
		dec.UseNumber()
		var tree any
		if err := dec.Decode(&tree); err != nil {
			panic(err)
		}
		d.walk(nil, tree, text)
	}
	return d
}

func (d *oracleDoc) walk(path []string, v any, text func(string, ...string)) {
	leaf := func(s string) {
		name := "details." + oracleCut(string(oracleFold(strings.Join(path, "."), true)), 256)
		d.fields[name] = append(d.fields[name], oracleCut(string(oracleFold(s, true)), 256))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			text("", k)
			d.walk(append(slices.Clone(path), k), v[k], text)
		}
	case []any:
		for _, x := range v {
			d.walk(path, x, text)
		}
	case string:
		text("", v)
		leaf(v)
	case json.Number:
		text("", v.String())
		leaf(v.String())
	case bool:
		s := map[bool]string{true: "true", false: "false"}[v]
		text("", s)
		leaf(s)
	case nil:
		leaf("null")
	}
}

func (d *oracleDoc) match(e Expr) bool {
	switch e := e.(type) {
	case And:
		return !slices.ContainsFunc(e.Parts, func(p Expr) bool { return !d.match(p) })
	case Or:
		return slices.ContainsFunc(e.Parts, d.match)
	case Not:
		return !d.match(e.Part)
	case Word:
		return d.words("", e.Text, e.Prefix, false)
	case Phrase:
		return d.words("", e.Text, false, true)
	case TimeBound:
		return e.After == !d.e.Time.Before(e.At)
	case Field:
		return slices.ContainsFunc(e.Values, func(v Value) bool { return d.field(e.Name, v) })
	}
	return true
}

func (d *oracleDoc) field(name string, v Value) bool {
	switch {
	case name == "write", name == "dangerous":
		want := strings.ToLower(v.Text)
		return d.truths[name] == want || v.Prefix && strings.HasPrefix(d.truths[name], want)
	case name == "id":
		return d.e.ID == v.Text || v.Prefix && strings.HasPrefix(d.e.ID, v.Text)
	case v.Prefix && v.Text == "":
		return len(d.fields[name]) > 0
	case name == "error" || name == "description":
		return d.words(name, v.Text, v.Prefix, v.Quoted)
	}
	want := oracleCut(string(oracleFold(v.Text, true)), 256)
	return slices.ContainsFunc(d.fields[name], func(have string) bool {
		if v.Prefix {
			return strings.HasPrefix(have, want)
		}
		if name == "ip" {
			addr, err := netip.ParseAddr(have)
			if r, is := netip.ParsePrefix(v.Text); is == nil {
				return err == nil && r.Contains(addr)
			}
			if a, is := netip.ParseAddr(v.Text); is == nil {
				return err == nil && a.Unmap() == addr
			}
		}
		return have == want
	})
}

// words is the meaning of a bare word or phrase.
func (d *oracleDoc) words(field, text string, prefix, phrase bool) bool {
	q := oracleTake(text)
	if len(q.atoms) == 0 {
		return false
	}
	visible := strings.TrimRightFunc(string(oracleFold(text, false)), func(r rune) bool { return oracleKind(r) == "skip" })
	end, _ := utf8.DecodeLastRuneInString(visible)
	kind := oracleKind(end)
	goesOn := prefix && (kind == "word" || kind == "mark") && q.atoms[len(q.atoms)-1].part
	if d.sequence(field, q.atoms, goesOn, phrase) {
		return true
	}
	if !prefix {
		return false
	}
	// What could be the beginning of a UUID is one atom too.
	for i := range visible {
		tail, before := visible[i:], visible[:i]
		shape := "00000000-0000-0000-0000-000000000000"
		hex := strings.Map(func(r rune) rune {
			if strings.ContainsRune("0123456789abcdef", r) {
				return '0'
			}
			return r
		}, tail)
		r, _ := utf8.DecodeLastRuneInString(before)
		if len(tail) < 9 || len(tail) > 35 || !strings.HasPrefix(shape, hex) ||
			before != "" && (oracleKind(r) == "word" || oracleKind(r) == "mark") {
			continue
		}
		atoms := append(oracleTake(before).atoms, oracleAtom{text: tail, part: true})
		return d.sequence(field, atoms, true, phrase)
	}
	return false
}

func (d *oracleDoc) sequence(field string, atoms []oracleAtom, goesOn, phrase bool) bool {
	has := func(token string) bool {
		return slices.ContainsFunc(d.texts[field], func(v oracleValue) bool {
			return slices.ContainsFunc(v.tokens, func(t string) bool {
				return t == token || goesOn && strings.HasPrefix(t, token)
			})
		})
	}
	n := len(atoms)
	if n == 1 {
		return has(atoms[0].text)
	}
	if atoms[0].stretch > 0 && atoms[0].stretch == atoms[n-1].stretch && (!phrase || n == 2) {
		for i := 1; i < n; i++ {
			if !has(atoms[i-1].text + atoms[i].text) {
				return false
			}
		}
		return true
	}
	return slices.ContainsFunc(d.texts[field], func(v oracleValue) bool {
		for from := 0; from+n <= len(v.atoms); from++ {
			ok := true
			for i, a := range atoms {
				have := v.atoms[from+i].text
				last := goesOn && i == n-1
				joined := a.stretch == 0 || i == 0 || atoms[i-1].stretch != a.stretch || v.atoms[from+i].stretch == v.atoms[from+i-1].stretch
				ok = ok && joined && (have == a.text || last && strings.HasPrefix(have, a.text))
			}
			if ok {
				return true
			}
		}
		return false
	})
}

func (d *oracleDoc) answers(e Expr, who Tenants, from, to time.Time) bool {
	return (who.All && !slices.Contains(who.Except, d.e.Tenant) || !who.All && slices.Contains(who.Names, d.e.Tenant)) &&
		(from.IsZero() || !d.e.Time.Before(from)) && (to.IsZero() || d.e.Time.Before(to)) && d.match(e)
}
