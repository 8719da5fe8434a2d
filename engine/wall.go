package engine

import "slices"

// Tenants says whose events a caller may see: those that are named, or all but the exceptions. The zero value sees nothing.
type Tenants struct {
	All    bool
	Names  []string // compared byte by byte; without meaning when All
	Except []string // only with All
}

// Sees reports whether the tenant is one of them.
func (w Tenants) Sees(tenant string) bool {
	if w.All {
		return !slices.Contains(w.Except, tenant)
	}
	return slices.Contains(w.Names, tenant)
}

// Everything reports whether no tenant is hidden, the server's own included.
func (w Tenants) Everything() bool { return w.All && len(w.Except) == 0 }

// Only returns them narrowed to one tenant, or, when it is not one of them, what sees nothing.
func (w Tenants) Only(tenant string) Tenants {
	if !w.Sees(tenant) {
		return Tenants{}
	}
	return Tenants{Names: []string{tenant}}
}

// CheckTenant returns a *FieldError when no event's tenant can have the name.
func CheckTenant(name string) error { return checkName("tenant", name, MaxTenantBytes) }
