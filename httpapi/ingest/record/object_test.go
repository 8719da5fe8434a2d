package record

import (
	"fmt"
	"testing"
)

func TestObject(t *testing.T) {
	o, err := Parse([]byte(` { "s" : "a\"b\u0041" , "n" : 1.50e3 , "t":true, "z":null, "o":{"p":{"q":"deep"}}, "l":["x",2,{"k":1}], "e":{} } `))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"s":"a\"b\u0041","n":1.50e3,"t":true,"z":null,"o":{"p":{"q":"deep"}},"l":["x",2,{"k":1}],"e":{}}`; string(o.Raw) != want {
		t.Errorf("compact form is %s, want %s", o.Raw, want)
	}
	f := func(got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(o.Str("s"), `a"bA`)
	f(o.Str("n"), "1.50e3")
	f(o.Str("t"), "true")
	f(o.Str("z"), "")
	f(o.Str("o"), "")
	f(o.Str("o", "p", "q"), "deep")
	f(o.Str("o", "x", "q"), "")
	f(o.Str("s", "x"), "")
	f(o.Obj("o", "p").Str("q"), "deep")
	f(o.Strs("l"), []string{"x", "2", ""})
	f(len(o.Objs("l")), 1)
	f(len(o.List("e")), 0)
	f(o.Or("nothing", "z", "n"), "1.50e3")
	f(o.Names(), []string{"s", "n", "t", "z", "o", "l", "e"})
	f(o.Has("z"), true)
	f(o.Has("zz"), false)
	value, ok := o.Bool("t")
	f([]bool{value, ok}, []bool{true, true})
}

func TestHead(t *testing.T) {
	f := func(head, want string) {
		t.Helper()
		if got := Head([]byte(head), "Records").Names(); fmt.Sprint(got) != want {
			t.Errorf("Head(%q) has %q, want %s", head, got, want)
		}
	}
	f(`{"a":1,"b":2}`, "[a b]")
	f("\xef\xbb\xbf [ {\"a\":1", "[a]")
	f(`{"Records":[{"a":1,"b":{"c":"cut he`, "[a b]")
	f(`{"x":1,"Records":[{"a":1}]}`, "[a]")
	f(`{"a":1,"b`, "[a]")
	f(``, "[]")
	f(`{`, "[]")
	f(`[[[`, "[]")
	f(`plain text`, "[]")
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"x"]}}`))
	f.Add([]byte(`{"a`))
	f.Add([]byte(`[{"Records":[{"a":"\ud800"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range []Object{Head(data, "a"), object(data)} {
			for _, name := range o.Names() {
				_, _, _ = o.Str(name, "b"), o.Strs(name), o.Objs(name)
				_ = Text(o.Get(name))
			}
		}
		if o, err := Parse(data); err == nil && !o.Raw.IsValid() {
			t.Errorf("Parse(%q) is not valid JSON: %q", data, o.Raw)
		}
	})
}
