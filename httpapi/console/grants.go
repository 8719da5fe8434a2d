package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/auth"
)

// grantForm is how a role is given, in some tenants or in all.
type grantForm struct {
	page
	Suffix   string // of its fields' names, where a page has several
	Optional bool   // no role can be chosen as well
	Extra    bool   // for one more role than there are
	at       int    // among the grants that the forms say, as auth counts them in what it finds wrong

	Role   string   // "": none
	All    bool     // tenants
	Chosen []string // of Known
	Others string   // further names, with commas between
	Known  []string // that the viewer manages and that have events
	MayAll bool     // the viewer manages all
	Wrong  fault
}

// maxKnown is how many tenants a form lists to choose from; more are typed.
const maxKnown = 30

func (c *Console) grantForm(p page) grantForm {
	f := grantForm{page: p, Role: "reader", Known: c.tenantsOf(p.Caller.Tenants), MayAll: p.Caller.Tenants.Everything()}
	f.Known = slices.DeleteFunc(f.Known, func(name string) bool { return name == engine.ReservedTenant })
	if len(f.Known) > maxKnown {
		f.Known = nil
	}
	f.All = f.MayAll && len(f.Known) == 0
	return f
}

// read takes what was sent.
func (f *grantForm) read(values url.Values) {
	f.Role, f.All = values.Get("role"+f.Suffix), values.Get("scope"+f.Suffix) == "all"
	f.Chosen, f.Others = values["tenant"+f.Suffix], values.Get("others"+f.Suffix)
}

// show takes a grant that there is.
func (f *grantForm) show(g auth.Grant) {
	f.Role, f.All, f.Chosen = g.Role, g.All, nil
	var others []string
	for _, name := range g.Tenants {
		if slices.Contains(f.Known, name) {
			f.Chosen = append(f.Chosen, name)
		} else {
			others = append(others, name)
		}
	}
	f.Others = strings.Join(others, ", ")
}

// grants are what the form says.
func (f *grantForm) grants() ([]auth.Grant, error) {
	g, err := f.grant()
	return []auth.Grant{g}, err
}

// grant is what it says. Tenants that are chosen beside "all" are left out.
func (f *grantForm) grant() (auth.Grant, error) {
	g := auth.Grant{Role: f.Role, All: f.All}
	if f.All {
		return g, nil
	}
	for _, name := range slices.Concat(f.Chosen, strings.Split(f.Others, ",")) {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(g.Tenants, name) {
			g.Tenants = append(g.Tenants, name)
		}
	}
	if len(g.Tenants) == 0 {
		return g, &engine.FieldError{Field: f.field("tenants"), Message: "choose a tenant"}
	}
	return g, nil
}

// field is what auth calls a part of the grant.
func (f *grantForm) field(part string) string { return fmt.Sprintf("grants.%d.%s", f.at, part) }

// role is one of the choices.
type role struct{ Name, Text string }

var roleTexts = []role{
	{"writer", msg("sends events, and reads nothing")},
	{"reader", msg("searches, follows and exports")},
	{"auditor", msg("reads, verifies, and sees the server's own log")},
	{"admin", msg("does all of this, and manages tokens and accounts")},
}

// Roles are the choices.
func (f *grantForm) Roles() []role { return roleTexts }

// IsChosen reports whether a tenant is.
func (f *grantForm) IsChosen(name string) bool { return slices.Contains(f.Chosen, name) }

// WrongRole and WrongTenants report which part of the form is wrong, by the names that auth gives them. What is wrong with all grants together is
// said in the first form.
func (f *grantForm) WrongRole() bool { return f.Wrong.Field == f.field("role") }

// WrongTenants reports whether the choice of tenants is wrong.
func (f *grantForm) WrongTenants() bool {
	return f.Wrong.Field == "grants" && f.Suffix == "" || f.Wrong.Field == f.field("tenants")
}
