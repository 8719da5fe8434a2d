package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"annals/engine"
	"annals/httpapi/reply"
)

// drawer shows one event beside the list.
type drawer struct {
	*engine.Event
	Name, Account string
	Missing       bool   // there is no such event, or not for this viewer
	Agent         string // in short
	Group         string // what its error has in common with others of the kind
	Details       *tree  // nil: none
	Raw           string // all of the event as JSON; "" when it is too large for the page
	RawURL        string // the same by itself
	Permalink     string // the list of this event only
	Around        []nearby
	Prev, Next    string // the events above and below it in the list; "": none
}

// maxRaw is how many bytes of JSON are in the page itself.
const maxRaw = 32 << 10

// maxResources is how many of an event's resources are in the page.
const maxResources = 20

// ShownResources are the first of the event's.
func (d *drawer) ShownResources() []engine.Resource {
	shown := slices.Clone(d.Resources[:min(len(d.Resources), maxResources)])
	for i := range shown {
		shown[i].Content = long(shown[i].Content)
	}
	return shown
}

// HiddenResources is how many more there are.
func (d *drawer) HiddenResources() int { return max(0, len(d.Resources)-maxResources) }

// fillDrawer reads the event that the filter shows. The list is there already.
func (c *Console) fillDrawer(ctx context.Context, p *eventsPage, q engine.Query) error {
	e, err := c.eventOf(ctx, p.page, p.Filter)
	if errors.Is(err, engine.ErrNotFound) {
		p.Drawer = &drawer{Missing: true, Event: &engine.Event{ID: p.Filter.Event}}
		return nil
	}
	if err != nil {
		return err
	}
	d := &drawer{Event: e, Details: readTree(e.Details), Agent: shortAgent(e.Source.UserAgent), Group: engine.ErrorGroup(e)}
	d.Name, d.Account = who(e.Actor)
	if raw := indent(e.AppendJSON(nil)); len(raw) <= maxRaw {
		d.Raw = raw
	}
	d.RawURL = "/events/raw?" + url.Values{"event": {e.ID}, "event_tenant": {e.Tenant}}.Encode()
	d.Permalink = p.Filter.only(e)
	p.Drawer = d
	if d.Around, err = c.around(ctx, p, d); err != nil {
		return err
	}
	return c.neighbours(ctx, p, q)
}

func (c *Console) eventOf(ctx context.Context, p page, f filter) (*engine.Event, error) {
	tenants := p.Caller.Tenants
	if f.EventTenant != "" {
		tenants = tenants.Only(f.EventTenant)
	}
	return c.log.Get(ctx, tenants, f.Event)
}

// only is a link to the event that depends on nothing else.
func (f filter) only(e *engine.Event) string {
	f = f.ofTenant(e, allTime)
	f.Values["id"] = []string{e.ID}
	return f.Showing(e)
}

// ofTenant is the list of the event's tenant in a period, with nothing else chosen.
func (f filter) ofTenant(e *engine.Event, name string) filter {
	g := filter{Values: map[string][]string{}, Zone: f.Zone, Sort: defaultSort, Page: 1, Size: f.Size, fallback: f.fallback}
	g.Period, _ = periodNamed(name)
	if e.Tenant != "" {
		g.Values["tenant"] = []string{e.Tenant}
	}
	return g
}

// neighbours finds the events above and below the one shown, also on the page before and after.
func (c *Console) neighbours(ctx context.Context, p *eventsPage, q engine.Query) error {
	for i, row := range p.Rows {
		if !row.Open {
			continue
		}
		var err error
		if i > 0 {
			p.Drawer.Prev = p.Rows[i-1].URL
		} else if p.Drawer.Prev, err = c.neighbour(ctx, p, q, p.FirstShown()-1, p.Filter.Page-1); err != nil {
			return err
		}
		if i < len(p.Rows)-1 {
			p.Drawer.Next = p.Rows[i+1].URL
		} else {
			p.Drawer.Next, err = c.neighbour(ctx, p, q, p.LastShown()+1, p.Filter.Page+1)
		}
		return err
	}
	return nil
}

// neighbour is the link to the list's nth event, which is on another page; "" when there is none.
func (c *Console) neighbour(ctx context.Context, p *eventsPage, q engine.Query, nth, page int) (string, error) {
	if nth < 1 || page > p.Pages {
		return "", nil
	}
	q.Limit, q.Page = 1, nth
	found, err := c.log.Search(ctx, q)
	if tooMany(err) { // in the list's order, page numbers reach just to this page
		return "", nil
	}
	if err != nil || len(found.Events) == 0 {
		return "", err
	}
	f := p.Filter
	f.Page = page
	return f.Showing(found.Events[0]), nil
}

// rawEvent answers GET /events/raw with all of an event as JSON.
func (c *Console) rawEvent(w http.ResponseWriter, r *http.Request) error {
	p := c.page(r, "Events", "events")
	ctx, cancel := c.bounded(r)
	defer cancel()
	e, err := c.eventOf(ctx, p, readFilter(r.URL.Query(), p.Preferences))
	if err != nil {
		return err
	}
	c.told(ctx, Read{Event: e.ID})
	reply.Body(w, http.StatusOK, "application/json", append([]byte(indent(e.AppendJSON(nil))), '\n'))
	return nil
}
