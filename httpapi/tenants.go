package httpapi

import (
	"net/http"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

type tenantsReply struct {
	Tenants []tenantReply `json:"tenants"`
}

type tenantReply struct {
	Name string `json:"name"`
}

// listTenants answers GET /api/v1/tenants with those that have events and that the caller sees. A tenant begins with its first event.
func (a *API) listTenants(w http.ResponseWriter, r *http.Request) error {
	who, out := auth.From(r.Context()).Tenants, tenantsReply{Tenants: []tenantReply{}}
	for _, name := range a.log.Tenants() {
		if who.Sees(name) {
			out.Tenants = append(out.Tenants, tenantReply{name})
		}
	}
	return reply.JSON(w, http.StatusOK, out)
}
