package httpapi

import (
	"slices"
	"strings"

	"annals/engine"
)

var exceptOwn = []string{engine.ReservedTenant}

// ordinary leaves the server's own tenant out of what a caller of all tenants searches, unless the query asks for it: who looks for what happened
// is not to find, each time, that they have looked. A caller whose tenants are named has that one because it was wanted.
func ordinary(who engine.Tenants, where engine.Expr) engine.Tenants {
	if !who.Everything() || asksFor(where, engine.ReservedTenant) {
		return who
	}
	return engine.Tenants{All: true, Except: exceptOwn}
}

// asksFor reports whether an expression has a tenant: that the tenant's name matches.
func asksFor(e engine.Expr, tenant string) bool {
	any := func(parts []engine.Expr) bool {
		return slices.ContainsFunc(parts, func(part engine.Expr) bool { return asksFor(part, tenant) })
	}
	switch e := e.(type) {
	case engine.And:
		return any(e.Parts)
	case engine.Or:
		return any(e.Parts)
	case engine.Not:
		return asksFor(e.Part, tenant)
	case engine.Field:
		return e.Name == "tenant" && slices.ContainsFunc(e.Values, func(v engine.Value) bool {
			text := engine.FoldValue(v.Text)
			return text == tenant || v.Prefix && strings.HasPrefix(tenant, text)
		})
	}
	return false
}
