package enos

import (
	"net/http"
	"net/url"
	"slices"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// orgOf returns the OU that a request is about. An OU is a tenant.
func orgOf(u *url.URL) (string, error) {
	switch list := u.Query()["orgId"]; {
	case len(list) == 0 || list[0] == "":
		return "", wrong("orgId is required")
	case len(list) > 1:
		return "", wrong("orgId is given %d times", len(list))
	default:
		return list[0], nil
	}
}

// only returns what an OU's log is searched by. One that is not the caller's is answered as one that does not exist; one that the caller's key
// names is there before its first event.
func (h *Handler) only(org string, caller auth.Caller) (engine.Tenants, error) {
	if !h.reaches(caller.Tenants, org) {
		return engine.Tenants{}, noOrg()
	}
	return caller.Tenants.Only(org), nil
}

func (h *Handler) reaches(t engine.Tenants, org string) bool {
	if !t.Sees(org) {
		return false
	}
	_, exists := slices.BinarySearch(h.log.Tenants(), org)
	return exists || !t.All
}

// places are the OUs that an account may enter: where it may read, and where it may write.
type places []engine.Tenants

// placesOf returns them for an account that has been let in.
func placesOf(x *exchange, account *auth.Credential) (places, error) {
	var p places
	for _, right := range []auth.Right{auth.Read, auth.Write} {
		caller, err := account.Check(x.Context(), true, right)
		switch {
		case err == nil:
			p = append(p, caller.Tenants)
		case reply.ProblemOf(err).Status != http.StatusForbidden:
			return nil, err
		}
	}
	return p, nil
}

func (h *Handler) mayEnter(p places, org string) bool {
	return slices.ContainsFunc(p, func(t engine.Tenants) bool { return h.reaches(t, org) })
}

// list names the OUs. The server's own is only among them when the account's key names it.
func (h *Handler) list(p places) []organization {
	var names []string
	for _, t := range p {
		names = append(names, t.Names...)
		for _, name := range h.log.Tenants() {
			if t.All && t.Sees(name) && name != engine.ReservedTenant {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	orgs := []organization{}
	for _, name := range slices.Compact(names) {
		orgs = append(orgs, organization{ID: name, Name: name})
	}
	return orgs
}
