package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"annals/engine"
)

// tenantsPage lists the tenants with what is in their logs.
type tenantsPage struct {
	settingsPage
	Tenants []tenantRow
	Total   int
	At, Max int // the page's number, and the last one's
}

type tenantRow struct {
	Name        string
	Events      uint64
	First, Last time.Time
}

// URL is all of the tenant's log.
func (t tenantRow) URL() string {
	return "/events?" + url.Values{"tenant": {t.Name}, "range": {allTime}}.Encode()
}

const tenantsShown = 50

// listTenants answers GET /settings/tenants.
func (c *Console) listTenants(w http.ResponseWriter, r *http.Request) error {
	p := tenantsPage{settingsPage: c.settings(r, "Tenants", "tenants"), At: 1}
	names := c.tenantsOf(p.Caller.Tenants)
	p.Total, p.Max = len(names), max(1, (len(names)+tenantsShown-1)/tenantsShown)
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 {
		p.At = min(n, p.Max)
	}
	ctx, cancel := c.bounded(r)
	defer cancel()
	from := (p.At - 1) * tenantsShown
	for _, name := range names[from:min(from+tenantsShown, len(names))] {
		t, err := c.tenant(ctx, p.Caller.Tenants.Only(name), name)
		if err != nil {
			return err
		}
		p.Tenants = append(p.Tenants, t)
	}
	return c.render(w, http.StatusOK, "tenants", &p)
}

// tenant asks how much there is of a tenant, and from when to when.
func (c *Console) tenant(ctx context.Context, who engine.Tenants, name string) (tenantRow, error) {
	t := tenantRow{Name: name}
	for _, desc := range []bool{false, true} {
		found, err := c.log.Search(ctx, engine.Query{Tenants: who, Sort: "time", Desc: desc, Limit: 1})
		if err != nil {
			return t, err
		}
		t.Events = found.Total
		for _, e := range found.Events {
			if t.Last = e.Time; !desc {
				t.First = e.Time
			}
		}
	}
	return t, nil
}
