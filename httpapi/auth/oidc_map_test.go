package auth

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"annals/engine"
)

func TestMapping(t *testing.T) {
	m, err := ParseMapping("\ufeff# comment\r\n\r\n ops = writer@b , a\n\tops=writer@c,a\nops= reader@*\nops = reader@_annals\naudit = auditor@*\nno=x=y = admin@x\na@b.test = reader@d\n* = reader@lobby")
	if err != nil {
		t.Fatal(err)
	}
	lobby := Grant{Role: "reader", Tenants: []string{"lobby"}}
	f := func(groups []string, want ...Grant) {
		t.Helper()
		if got := m.grants(groups); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", groups, got, want)
		}
	}
	f(nil, lobby)
	f([]string{"Ops", "ops ", "", "*", "#", "no"}, lobby)
	f([]string{"ops"}, Grant{Role: "writer", Tenants: []string{"a", "b", "c"}}, Grant{Role: "reader", All: true}, Grant{Role: "reader", Tenants: []string{engine.ReservedTenant, "lobby"}})
	f([]string{"no=x=y", "audit"}, lobby, Grant{Role: "auditor", All: true}, Grant{Role: "admin", Tenants: []string{"x"}})
	f([]string{"audit", "no=x=y", "audit"}, lobby, Grant{Role: "auditor", All: true}, Grant{Role: "admin", Tenants: []string{"x"}})
	f([]string{"a@b.test"}, Grant{Role: "reader", Tenants: []string{"d", "lobby"}})
}

func TestMappingMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if m, err := ParseMapping(text); m != nil && err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	f("", "there is no rule")
	f("# only\n\n", "there is no rule")
	f("a = reader@x\nnonsense", `line 2: "nonsense" is not GROUP = ROLE@TENANT`)
	f(" = reader@x", "line 1: the group is missing")
	f("a = reader", `line 1: "reader" does not say where`)
	f("a = ", `line 1: "" does not say where`)
	f("\n\na = root@x", `line 3: role: "root" is not one of writer, reader, auditor, admin`)
	f("a = Reader@x", "role")
	f("a = @x", "role")
	f("a = reader@", "a tenant is missing")
	f("a = reader@x,,y", "a tenant is missing")
	f("a = reader@x,*", "* is all tenants")
	f("a = reader@*,*", "* is all tenants")
	f("a = writer@_annals", "takes no events from outside")
	f("a = reader@"+strings.Repeat("x", engine.MaxTenantBytes+1), "limit is 128")
	f("a = reader@x\x00y", "control character")
	f("a = reader@\xff", "UTF-8")
	f(strings.Repeat("x", 1000), "…")
	var many strings.Builder
	for i := range MaxGrantTenants + 1 {
		fmt.Fprintf(&many, "g%d = reader@t%d\n", i, i)
	}
	f(many.String(), "limit is 1000")
}
