package auth

import (
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// Right is what a route needs. Open routes need None; AllTenants, beside another one, says that the right must be held for every tenant,
// the server's own included.
type Right uint8

// The rights.
const (
	Write      Right = 1 << iota // send events
	Read                         // search, follow and export
	Audit                        // verify, and see what stands in the server's own tenant
	Manage                       // make and revoke tokens and credentials, change how the server works
	AllTenants                   // not alone
	Known                        // whoever is known: any token, any person signed in
	Self                         // a person signed in, about their own account
	Pending                      // a person whose second factor is still to come, and nobody else
	None       Right = 0
)

// roles are what each role may. An auditor changes nothing; only a writer cannot read.
var roles = map[string]Right{
	"writer":  Write,
	"reader":  Read,
	"auditor": Read | Audit,
	"admin":   Write | Read | Audit | Manage,
}

// RoleNames are the roles, from the least to the most.
var RoleNames = []string{"writer", "reader", "auditor", "admin"}

// Grant is a role in some tenants, or in all of them, those to come included. Exactly one of Tenants and All is set, so that a list
// forgotten in a request opens nothing.
type Grant struct {
	Role    string   `json:"role"`
	Tenants []string `json:"tenants,omitempty"`
	All     bool     `json:"all_tenants,omitzero"`
}

// scope is where a grant gives a right. The server's own tenant tells who read what, so a reader of all tenants does not see it unless a
// grant names it; who may audit or manage all does.
func (g Grant) scope(right Right) engine.Tenants {
	may := roles[g.Role]
	switch {
	case may&right == 0:
		return engine.Tenants{}
	case !g.All:
		return engine.Tenants{Names: g.Tenants}
	case may&Audit == 0:
		return engine.Tenants{All: true, Except: []string{engine.ReservedTenant}}
	}
	return engine.Tenants{All: true}
}

// reach is where its grants give somebody each right.
type reach map[Right]engine.Tenants

// scopes joins what the grants give, by right. Names are sorted, so that a token's tenants are always the same text: cursors depend on it.
func scopes(grants []Grant) *reach {
	all := make(reach)
	for _, right := range []Right{Write, Read, Audit, Manage} {
		var t engine.Tenants
		for _, g := range grants {
			t = union(t, g.scope(right))
		}
		if right == Write { // the server's own tenant takes nothing from outside, whoever may read it
			t = union(engine.Tenants{}, t)
			t.Names = slices.DeleteFunc(t.Names, func(name string) bool { return name == engine.ReservedTenant })
		}
		all[right] = t
	}
	return &all
}

// tenants returns where a right is held, or refuses who holds it nowhere, or not for all tenants where that is needed.
func (r *reach) tenants(need Right) (engine.Tenants, error) {
	t := (*r)[need&^AllTenants]
	if !t.All && len(t.Names) == 0 {
		return engine.Tenants{}, reply.Forbidden("the role does not reach this far")
	}
	if need&AllTenants != 0 && !t.Everything() {
		return engine.Tenants{}, reply.Forbidden("this concerns every tenant, and the role is for some")
	}
	return t, nil
}

func union(a, b engine.Tenants) engine.Tenants {
	if b.All && !a.All {
		a, b = b, a
	}
	if !a.All {
		names := slices.Concat(a.Names, b.Names)
		slices.Sort(names)
		return engine.Tenants{Names: slices.Compact(names)}
	}
	var except []string
	for _, name := range a.Except {
		if !b.Sees(name) {
			except = append(except, name)
		}
	}
	return engine.Tenants{All: true, Except: except}
}

// within reports whether every tenant of the grants is one of t.
func within(grants []Grant, t engine.Tenants) bool {
	for _, g := range grants {
		if g.All && !t.Everything() || !g.All && slices.ContainsFunc(g.Tenants, func(name string) bool { return !t.Sees(name) }) {
			return false
		}
	}
	return true
}

func roleList() string { return strings.Join(RoleNames, ", ") }
