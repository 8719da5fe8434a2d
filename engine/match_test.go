package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var matchDay = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// pieces are what random text is made of: few, so that queries often hit, and nasty, so that it matters when they do.
var pieces = []string{
	"a", "b", "c", "ab", "abc", "timeout", "Timeout", "ＴＩＭＥＯＵＴ", "reset", "É", "e\u0301", "ß", "İ", "ſ", "K", "x1", "1", "12", "123", "42",
	"中", "文", "中文", "文字", "中文字", "字中", "用户登录", "カタカナ", "ｶﾀｶﾅ", "ｶﾞ", "ガ", "サーバー", "ภาษา", "한국", "한", "々", "😀", "❤️", "👩‍👩‍👧", "🇩🇪", "©", "\u0301", "\ufe0f",
	"550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440001", "550e8400-e29b", "550e8400", "e29b",
	strings.Repeat("long", 40), strings.Repeat("長い", 50), strings.Repeat("é", 70), strings.Repeat("a.b", 60), strings.Repeat("é", 140), strings.Repeat("x", 124),
	"x\x1fy", "\x00", "null", "true", "-", "*", `"`, `\`, "(", ")", ",", ":",
}

var glue = []string{"", "", " ", " ", "  ", ".", "_", "@", "/", "-", ":", `\`, "+", "..", "://", ", ", "(", "=", "．", "＠", "　", "\u200d"}

func randomText(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteString(pieces[r.IntN(len(pieces))])
		b.WriteString(glue[r.IntN(len(glue))])
	}
	return b.String()
}

// TestChecksConcurrently: the index runs a plan's checks on several goroutines.
func TestChecksConcurrently(t *testing.T) {
	q, err := ParseQuery(`"connection reset" req-id* 用户a id:x*`, matchDay, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := Compile(q, Tenants{All: true}, time.Time{}, time.Time{}, nil).(PlanAnd)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				for _, p := range plan.Parts {
					if p.(PlanCheck).Check(&Event{Description: "connection, reset by req-idle 用户a", ID: "x1"}) != true {
						t.Error("a check failed")
					}
				}
			}
		})
	}
	group.Wait()
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

var (
	randomTenants = []string{"acme", "ACME", "beta", "ＡＣＭＥ", ""}
	randomIPs     = []string{"", "10.0.0.9", "10.1.2.3", "::ffff:10.0.0.9", "172.16.5.4", "2001:DB8:0:0::1", "2001:db8:1::", "fe80::1%eth0", "::", "lambda.amazonaws.com"}
	randomIDs     = []string{"a1", "a2", "A1", "b1", "550e8400-e29b-41d4-a716-446655440000"}
)

func randomEvent(r *rand.Rand) *Event {
	short := func() string { return randomText(r, 2) }
	e := &Event{
		ID: pick(r, randomIDs...), Time: matchDay.Add(time.Duration(r.IntN(100)-50) * time.Hour), Tenant: pick(r, randomTenants...),
		Actor:  Actor{ID: short(), Name: short(), Email: short(), Domain: short(), Type: short()},
		Action: randomText(r, 3), Operation: pick(r, Operations...), Result: pick(r, Success, Failure),
		Project: Ref{short(), short()}, Module: short(), Description: randomText(r, 6),
		Source: Source{IP: pick(r, randomIPs...), UserAgent: short(), Channel: short()}, Seq: r.Uint64N(4),
	}
	if r.IntN(2) == 0 {
		e.Error = &EventError{Code: short(), Message: randomText(r, 4)}
	}
	for range r.IntN(3) {
		e.Resources = append(e.Resources, Resource{short(), short(), short(), short()})
	}
	if r.IntN(3) > 0 {
		e.Details = randomObject(r, 3)
	}
	return e
}

func randomObject(r *rand.Rand, deep int) jsontext.Value {
	var b bytes.Buffer
	names := map[string]bool{}
	b.WriteByte('{')
	for range r.IntN(4) {
		name := pick(r, "a", "B", "b.c", "", randomText(r, 2), strings.Repeat("k", 200))
		if names[name] {
			continue
		}
		if len(names) > 0 {
			b.WriteByte(',')
		}
		names[name] = true
		fmt.Fprintf(&b, "%s:%s", quoteJSON(name), randomValue(r, deep-1))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func randomValue(r *rand.Rand, deep int) string {
	switch n := r.IntN(8); {
	case n == 0 && deep > 0:
		return string(randomObject(r, deep))
	case n == 1 && deep > 0:
		return "[" + randomValue(r, deep-1) + "," + randomValue(r, deep-1) + "]"
	case n == 2:
		return pick(r, "true", "false", "null", "[]", "{}", "1", "12", "-1.50", "1E5")
	}
	return quoteJSON(randomText(r, 3))
}

func quoteJSON(s string) string {
	b, _ := jsontext.AppendQuote(nil, s)
	return string(b)
}

func randomExpr(r *rand.Rand, deep int) Expr {
	if n := r.IntN(10); deep > 0 && n < 5 {
		parts := make([]Expr, 2+r.IntN(2))
		for i := range parts {
			parts[i] = randomExpr(r, deep-1)
		}
		switch {
		case n < 2:
			return And{parts}
		case n < 4:
			return Or{parts}
		}
		return Not{parts[0]}
	}
	switch r.IntN(6) {
	case 0, 1:
		return Word{Text: pick(r, pieces...) + pick(r, "", randomText(r, 2)), Prefix: r.IntN(3) == 0}
	case 2:
		return Phrase{Text: pick(r, pieces...) + pick(r, glue...) + pick(r, pieces...) + randomText(r, 1)}
	case 3:
		at := matchDay.Add(time.Duration(r.IntN(100)-50) * time.Hour)
		return TimeBound{After: r.IntN(2) == 0, At: at}
	}
	f := Field{Name: pick(r, "user", "action", "operation", "result", "project", "module", "resource", "type", "id", "ip", "agent",
		"channel", "error", "group", "description", "tenant", "details.a", "details.b", "details.b.c", "details.a.b", "details.", detailsField(randomText(r, 2)))}
	for range 1 + r.IntN(2) {
		v := Value{Text: randomText(r, 2), Prefix: r.IntN(3) == 0, Quoted: r.IntN(3) == 0}
		switch {
		case r.IntN(6) == 0:
			v = Value{Prefix: true}
		case f.Name == "operation":
			v.Text = pick(r, Operations...)
		case f.Name == "tenant":
			v.Text = pick(r, randomTenants...)
		case f.Name == "id":
			v.Text = pick(r, randomIDs...)
		case f.Name == "ip":
			v.Text = pick(r, append([]string{"10.0.0.0/8", "10.0.0.0/9", "0.0.0.0/0", "2001:db8::/32", "2001:db8::/40", "::/0", "10.", "2001:DB8::1"}, randomIPs...)...)
		case strings.HasPrefix(f.Name, detailsPrefix) && r.IntN(2) == 0:
			v.Text = pick(r, "TRUE", "null", "1", "-1.50", "1e5")
		}
		f.Values = append(f.Values, v)
	}
	return f
}

func TestMatchAgainstOracle(t *testing.T) {
	hits := 0
	for seed := range uint64(16) {
		hits += matchAgainstOracle(t, rand.New(rand.NewPCG(1, seed)), 25, 200)
	}
	if hits < 1000 {
		t.Errorf("only %d hits: the queries are too far from the events to show much", hits)
	}
}

func matchAgainstOracle(t *testing.T, r *rand.Rand, events, queries int) (hits int) {
	docs := make([]*oracleDoc, events)
	for i := range docs {
		e := randomEvent(r)
		e.Seq = uint64(i)
		docs[i] = oracleRead(e)
	}
	lookup := func(ids []string) (at []Pos) {
		for _, d := range docs {
			if slices.Contains(ids, d.e.ID) {
				at = append(at, d.e.Pos())
			}
		}
		return at
	}
	for range queries {
		q := randomExpr(r, 2)
		who := pick(r, Tenants{All: true}, Tenants{All: true, Except: []string{"acme"}}, Tenants{Names: []string{"acme"}}, Tenants{Names: []string{"ACME", "beta"}}, Tenants{})
		from, to := pick(r, time.Time{}, matchDay.Add(-30*time.Hour)), pick(r, time.Time{}, matchDay.Add(30*time.Hour))
		plan := Compile(q, who, from, to, pick(r, nil, lookup))
		m := NewMatcher(plan)
		for _, d := range docs {
			want := d.answers(q, who, from, to)
			if got := m.Match(d.e); got != want {
				t.Fatalf("query %s\n%#v\nplan %s\nevent %s\nmatch %v, want %v", FormatQuery(q), q, planText(plan), d.e.AppendJSON(nil), got, want)
			}
			if want {
				hits++
			}
			checkSure(t, plan, d.e)
		}
	}
	return hits
}

// checkSure holds every PlanCheck to its promise: what is sure the check would accept.
func checkSure(t *testing.T, p Plan, e *Event) {
	t.Helper()
	switch p := p.(type) {
	case PlanAnd:
		for _, part := range p.Parts {
			checkSure(t, part, e)
		}
	case PlanOr:
		for _, part := range p.Parts {
			checkSure(t, part, e)
		}
	case PlanNot:
		checkSure(t, p.Part, e)
	case PlanCheck:
		if p.Sure != nil && NewMatcher(p.Sure).Match(e) && !p.Check(e) {
			t.Fatalf("plan %s is sure of an event that its check refuses: %s", planText(p), e.AppendJSON(nil))
		}
	}
}

// planText writes a plan for people: AND(OR("Tacme") "tword" check("ta" "tb" sure "ta.b")).
func planText(p Plan) string {
	join := func(name string, parts ...Plan) string {
		texts := make([]string, len(parts))
		for i, part := range parts {
			texts[i] = planText(part)
		}
		return name + "(" + strings.Join(texts, " ") + ")"
	}
	switch p := p.(type) {
	case PlanAll:
		return "all"
	case PlanNone:
		return "none"
	case PlanTerm:
		return strconv.Quote(p.Term)
	case PlanTerms:
		if p.Match != nil {
			return strconv.Quote(p.Prefix) + "*?"
		}
		return strconv.Quote(p.Prefix) + "*"
	case PlanAnd:
		return join("and", p.Parts...)
	case PlanOr:
		return join("or", p.Parts...)
	case PlanNot:
		return join("not", p.Part)
	case PlanCheck:
		if p.Sure == nil {
			return join("check", p.Maybe)
		}
		return join("check", p.Maybe, p.Sure)
	case PlanTime:
		return fmt.Sprintf("time(%s %s)", time.Unix(0, p.From).UTC().Format(time.RFC3339Nano), time.Unix(0, p.To).UTC().Format(time.RFC3339Nano))
	}
	return fmt.Sprint(p)
}

// TestSharedText holds the prefix that an address range is narrowed with to the addresses in it.
func TestSharedText(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		raw := make([]byte, pick(r, 4, 16))
		for i := range raw {
			raw[i] = byte(pick(r, 0, 0, r.IntN(256)))
		}
		in, _ := netip.AddrFromSlice(raw)
		p, err := in.Prefix(r.IntN(len(raw)*8 + 1))
		if err != nil {
			t.Fatal(err)
		}
		m := NewMatcher(Compile(Field{Name: "ip", Values: []Value{{Text: p.String()}}}, Tenants{All: true}, time.Time{}, time.Time{}, nil))
		if want := p.Contains(in.Unmap()); m.Match(&Event{Source: Source{IP: in.String()}}) != want {
			t.Fatalf("%s in %s: want %v", in, p, want)
		}
	}
}

// TestWall: no expression shows another tenant's event, however the name is spelled.
func TestWall(t *testing.T) {
	other := &Event{Tenant: "Acme", Action: "x", ID: "1", Time: matchDay}
	for _, q := range []string{"", "x", "tenant:acme OR x", "-y", "NOT (tenant:acme y)", "id:1 OR id:*", "x OR time:today OR -x", "tenant:*"} {
		e, err := ParseQuery(q, matchDay, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []Tenants{{}, {Names: []string{"acme"}}, {Names: []string{"ACME", "b", "Acme "}}, {All: true, Except: []string{"b", "Acme"}}} {
			at := func([]string) []Pos { return []Pos{other.Pos()} }
			if p := Compile(e, who, time.Time{}, time.Time{}, at); NewMatcher(p).Match(other) {
				t.Errorf("%s shows an event of Acme to %v: %s", q, who, planText(p))
			}
		}
		for _, who := range []Tenants{{Names: []string{"Acme"}}, {All: true, Except: []string{"acme"}}} {
			if p := Compile(e, who, time.Time{}, time.Time{}, nil); !NewMatcher(p).Match(other) {
				t.Errorf("%s hides its event from %v: %s", q, who, planText(p))
			}
		}
	}
}

// checkRoundTrip parses what FormatQuery writes of e.
func checkRoundTrip(t *testing.T, text string, e Expr) {
	t.Helper()
	formatted := FormatQuery(e)
	if len(formatted) > MaxQueryBytes {
		return // an escape or a written-out time made it too long to parse
	}
	again, err := ParseQuery(formatted, queryNow, queryZone)
	if err != nil || !reflect.DeepEqual(e, again) {
		t.Fatalf("%q is\n%#v\nbut %q is\n%#v, %v", text, e, formatted, again, err)
	}
}

// TestFormatByHand: expressions that no text gave are written so that they parse, if their values can be asked for at all.
func TestFormatByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	parsed := 0
	for range 5000 {
		text := FormatQuery(randomExpr(r, 3))
		if e, err := ParseQuery(text, queryNow, queryZone); err == nil {
			checkRoundTrip(t, text, e)
			parsed++
		}
	}
	if parsed < 4000 {
		t.Errorf("only %d of 5000 parse", parsed)
	}
}
