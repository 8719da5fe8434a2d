package console

import (
	"context"
	"strings"
	"time"

	"annals/engine"
)

// nearby is a way on from an event: others that have something in common with it.
type nearby struct {
	Label string // a text of the catalogue
	Value string // what they have in common, as the event says it
	Count uint64 // the event itself among them
	URL   string
}

// How far before and after an event others are around it. Those of the same resource and request are, whenever they were.
const (
	aroundActor  = time.Hour
	aroundMoment = 5 * time.Minute
)

// around counts what happened around the event.
func (c *Console) around(ctx context.Context, p *eventsPage, d *drawer) ([]nearby, error) {
	type way struct {
		label, field, value string
		within              time.Duration // 0: at any time
	}
	ways := []way{
		{msg("An hour before and after, by this user"), "user", d.actor(), aroundActor},
		{msg("An hour before and after, from this address"), "ip", d.Source.IP, aroundActor},
		{msg("Five minutes before and after, by anybody"), "", "", aroundMoment},
	}
	for _, r := range d.Resources[:min(len(d.Resources), maxAround)] {
		ways = append(ways, way{msg("At any time, on this resource"), "resource", first(r.ID, r.Name), 0})
	}
	for _, n := range d.Details.requests() {
		ways = append(ways, way{msg("At any time, in this request"), n.Field(), n.Text, 0})
	}
	var all []nearby
	for _, w := range ways {
		if w.field != "" && w.value == "" {
			continue
		}
		f := p.Filter.ofTenant(d.Event, allTime)
		if w.field != "" {
			f.Values[w.field] = []string{beginning(w.field, w.value)}
		}
		if w.within > 0 {
			f.Period, _ = periodNamed(custom)
			f.From, f.To = moment(d.Time.Add(-w.within)), moment(d.Time.Add(w.within))
		}
		q, m := f.query(p.Caller.Tenants, p.Now, p.Zone)
		if m != nil {
			continue // a time that cannot be written, in the first or last hour that there is
		}
		q.Limit = 1
		found, err := c.log.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, nearby{w.label, w.value, found.Total, f.Showing(d.Event)})
	}
	return all, nil
}

// maxAround is how many resources and how many requests are looked around for.
const maxAround = 3

// actor is what tells the event's actor best from others.
func (d *drawer) actor() string { return first(d.Actor.ID, d.Actor.Email, d.Actor.Name) }

// requestNames are what members are called, in lower case and without marks, whose value events of one request share.
var requestNames = map[string]bool{
	"requestid": true, "xrequestid": true, "reqid": true, "correlationid": true, "traceid": true, "transactionid": true, "operationid": true,
	"sessionid": true, "invocationid": true, "activityid": true, "auditid": true, "sharedeventid": true,
}

// requests are the values of the details that name a request.
func (t *tree) requests() (found []*node) {
	if t == nil {
		return nil
	}
	var walk func(n *node)
	walk = func(n *node) {
		for _, item := range n.Items {
			if len(found) == maxAround {
				return
			}
			if !item.Leaf() {
				walk(item)
			} else if name := plainName.Replace(strings.ToLower(item.Name)); requestNames[name] && item.Field() != "" && item.Text != "" && item.Kind != 'n' &&
				len(item.Text) <= engine.MaxTermValue {
				found = append(found, item)
			}
		}
	}
	walk(t.Root)
	return found
}

var plainName = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")
