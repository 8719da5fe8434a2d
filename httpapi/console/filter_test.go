package console

import (
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"annals/engine"
	"annals/httpapi/auth"
)

func read(t *testing.T, query string, p preferences) filter {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return readFilter(values, p)
}

// FuzzFilter: what a filter writes is the filter that is read again, whatever the address was, and a filter that asks without mistake asks the same.
func FuzzFilter(f *testing.F) {
	f.Add("q=timeout+user%3Aamy&range=last-7d&sort=-user&size=50&page=3&user=amy&user=Amy&tz=Asia%2FShanghai", "last-1d", "20")
	f.Add("from=2026-11-01&to=2026-11-08+17%3A30&details.Request_ID=%26%3C%3E%25%2C*%22%27&event=e%201&event_tenant=x", "last-7d", "100")
	f.Add("range=custom&module=+x+&module=%E2%80%AE%E6%B5%8B&id=+1+&action="+strings.Repeat("%C3%84b", 200), "all", "")
	f.Add("user=%ff%fe&details.=x&details.%00=%00&page=99999999&size=7&sort=nothing&range=never", "", "10")
	f.Fuzz(func(t *testing.T, query, period, size string) {
		p := readPreferences(url.Values{"period": {period}, "size": {size}})
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		first := readFilter(values, p)
		again := read(t, first.encode(), p)
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%q is read as\n%+v\nwritten as %q and read as\n%+v", query, first, first.encode(), again)
		}
		now := at(t, "2026-11-23T12:00:00Z")
		q, m := first.query(auth.Caller{Tenants: engine.Tenants{All: true}}, now, now.Location())
		q2, m2 := again.query(auth.Caller{Tenants: engine.Tenants{All: true}}, now, now.Location())
		if !reflect.DeepEqual(q, q2) || !reflect.DeepEqual(m, m2) {
			t.Fatalf("%q asks %+v, %+v and then %+v, %+v", query, q, m, q2, m2)
		}
	})
}

func TestFilterLinks(t *testing.T) {
	f := read(t, "q=a&user=amy&user=bob&module=%26%3C%3E%25%2C*%22%27+&range=last-7d&page=4&event=e1&details.Request_ID=7", preferences{})
	for _, c := range []struct{ name, got, want string }{
		{"with", f.With("project", "a&b"), "/events?details.request_id=7&module=%26%3C%3E%25%2C%2A%22%27+&project=a%26b&q=a&range=last-7d&user=amy&user=bob"},
		{"with what is chosen", f.With("user", "amy"), f.With("user", "bob")},
		{"with a long value", f.With("project", strings.Repeat("Ä", 300)), f.With("project", strings.Repeat("ä", 128))},
		{"with a long error", read(t, "", preferences{}).With("error", strings.Repeat("word ", 100)), "/events?error=" + strings.Repeat("word+", 50) + "word"},
		{"without", f.Without("user", "amy"), "/events?details.request_id=7&module=%26%3C%3E%25%2C%2A%22%27+&q=a&range=last-7d&user=bob"},
		{"page", read(t, "user=amy", preferences{}).OnPage(2), "/events?page=2&user=amy"},
		{"sort", read(t, "", preferences{}).SortedBy("user"), "/events?sort=user"},
		{"sort again", read(t, "sort=user", preferences{}).SortedBy("user"), "/events?sort=-user"},
		{"sort by time", read(t, "", preferences{}).SortedBy("time"), "/events?sort=time"},
		{"shown", read(t, "page=2", preferences{}).Showing(&engine.Event{ID: "e/1", Tenant: "x"}), "/events?event=e%2F1&event_tenant=x&page=2"},
		{"default", read(t, "size=20&range=last-1d&sort=-time&page=1", preferences{}).link(), "/events"},
		{"another default", read(t, "size=20&range=last-1d", preferences{Period: "last-7d", Size: "50"}).link(), "/events?range=last-1d&size=20"},
		{"on another page", read(t, "user=amy&result=failure&page=2", preferences{}).on(tailPath).Without("user", "amy"), "/tail?result=failure"},
		{"carried", read(t, "user=amy&range=last-7d&page=2&event=e&event_tenant=x", preferences{}).carried(), "range=last-7d&user=amy"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

// TestFilterIsExact: the values of an event, whatever is in them, are asked for as they are and never read as the query language.
func TestFilterIsExact(t *testing.T) {
	for _, value := range []string{"a*", "x,y", "-a", `"q"`, "a OR b", "name:value", " x ", "(", "\u202e\u200f", "100%"} {
		f := read(t, url.Values{"module": {value}}.Encode(), preferences{})
		q, m := f.query(auth.Caller{Tenants: engine.Tenants{All: true}}, at(t, "2026-11-23T12:00:00Z"), at(t, "2026-11-23T12:00:00Z").Location())
		if m != nil {
			t.Fatalf("%q: %+v", value, m)
		}
		want := engine.Field{Name: "module", Values: []engine.Value{{Text: value, Quoted: true}}}
		if !reflect.DeepEqual(q.Where, engine.Expr(want)) {
			t.Errorf("%q is asked as %#v", value, q.Where)
		}
	}
}

// TestFilterLeavesOutNonsense: values that no event can have, and names that are no text, do not get in, so that a page can translate what does.
func TestFilterLeavesOutNonsense(t *testing.T) {
	f := read(t, "operation=%25d+events&operation=Delete&result=%25s&result=success&result=Settings&details.%ff=x", preferences{})
	want := map[string][]string{"operation": {"delete"}, "result": {"success"}, "details.\ufffd": {"x"}}
	if !reflect.DeepEqual(f.Values, want) {
		t.Errorf("read as %q, want %q", f.Values, want)
	}
}

// TestFilterCanBeWritten: exports and the tail are asked for in the query language. A filter of the list that it does not hold is a mistake there
// already; whatever a path in the details is called, it holds it.
func TestFilterCanBeWritten(t *testing.T) {
	now := at(t, "2026-11-23T12:00:00Z")
	ask := func(values url.Values) *mistake {
		_, m := readFilter(values, preferences{}).query(auth.Caller{Tenants: engine.Tenants{All: true}}, now, now.Location())
		return m
	}
	for _, path := range []string{"a b", "a:b", `a"b`, `a\b`, "a,b", "a*", "-a", "(a", "\xff", "\x00", "\u202e", "a.b.c", "OR", " "} {
		if m := ask(url.Values{"details." + path: {"x"}}); m != nil {
			t.Errorf("details.%q: %+v", path, m)
		}
	}
	many := url.Values{}
	for i := range 90 {
		for _, field := range []string{"user", "module", "project"} {
			many.Add(field, strconv.Itoa(i))
		}
	}
	for _, values := range []url.Values{many, {"group": {strings.Repeat("a", 5000), strings.Repeat("b", 5000)}}} {
		if m := ask(values); m == nil || m.Field != "" {
			t.Errorf("too many filters: %+v", m)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		query, field string
		column       int
	}{
		{"q=user%3A", "q", 6},
		{"q=amy+colour%3Ared", "q", 5},
		{"from=never", "from", 0},
		{"from=2026-11-01&to=then", "to", 0},
		{"from=2026-11-02&to=2026-11-02", "to", 0},
	} {
		f := read(t, c.query, preferences{})
		_, m := f.query(auth.Caller{Tenants: engine.Tenants{All: true}}, at(t, "2026-11-23T12:00:00Z"), at(t, "2026-11-23T12:00:00Z").Location())
		if m == nil || m.Field != c.field || m.Column != c.column || m.Message == "" {
			t.Errorf("%s: %+v, want %+v", c.query, m, c)
		}
	}
}

// TestTemplatesFilterByKnownFields: a link by another field would filter by nothing.
func TestTemplatesFilterByKnownFields(t *testing.T) {
	n := 0
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := templateFiles.ReadFile("templates/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\.With|field \$p "[^"]*") "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			n++
			if !slices.Contains(filterFields, m[1]) || fieldLabels[m[1]] == "" {
				t.Errorf("%s has a link by %q, by which a list cannot be filtered", file.Name(), m[1])
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d links", n)
	}
}
