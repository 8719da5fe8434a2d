package console

import (
	"context"
	"errors"

	"annals/engine"
)

// drawer shows one event beside the list.
type drawer struct {
	*engine.Event
	Name, Account string
	Missing       bool   // there is no such event, or not for this viewer
	Details       *node  // nil: none
	Raw           string // all of the event as JSON
	Agent         string // in short
}

// drawer reads the event that the filter shows.
func (c *Console) drawer(ctx context.Context, p page, f filter) (*drawer, error) {
	tenants := p.Caller.Tenants
	if f.EventTenant != "" {
		tenants = tenants.Only(f.EventTenant)
	}
	e, err := c.log.Get(ctx, tenants, f.Event)
	if errors.Is(err, engine.ErrNotFound) {
		return &drawer{Missing: true, Event: &engine.Event{ID: f.Event}}, nil
	}
	if err != nil {
		return nil, err
	}
	d := &drawer{Event: e, Details: readTree(e.Details), Raw: indent(e.AppendJSON(nil)), Agent: shortAgent(e.Source.UserAgent)}
	d.Name, d.Account = who(e.Actor)
	return d, nil
}
