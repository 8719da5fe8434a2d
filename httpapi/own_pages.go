package httpapi

import (
	"context"
	"net/http"

	"annals/engine"
	"annals/httpapi/console"
	"annals/httpapi/reply"
)

// toldByPage notes what a page of the console has read.
func toldByPage(ctx context.Context, read console.Read) { noteOf(ctx).page = &read }

// readPage tells of a page: of what was asked for as of any search, and of the event whose details it shows as of one that was viewed.
func (o *OwnLog) readPage(r *http.Request, n *note) {
	read := *n.page
	base := foldKey{who: identityOf(n.caller), from: reply.Client(r.Context()), code: codeOf(n.failure)}
	f := figures{TookMS: n.TookMS, RequestID: reply.RequestID(r.Context()), Count: 1}
	event := func(action string, thing engine.Resource) *engine.Event {
		about := *n
		about.action, about.thing = action, thing
		e := about.event(r, engine.OpRead)
		e.Source.Channel = consoleChannel
		return e
	}
	if read.Asked {
		key, figures := base, f
		key.action, key.about = "event.search", bounded("page\x00"+read.Query)
		figures.From, figures.To, figures.Total = read.From, read.To, read.Total
		o.fold(key, o.now(), figures, func() (*engine.Event, told) {
			return event(key.action, engine.Resource{}), told{Query: cut(read.Query, maxToldBytes), Tenants: n.toldTenants()}
		})
	}
	if read.Event != "" {
		key := base
		key.action, key.about = "event.view", bounded("page\x00"+read.Event)
		o.fold(key, o.now(), f, func() (*engine.Event, told) {
			return event(key.action, engine.Resource{Type: "event", ID: cut(read.Event, engine.MaxIDBytes)}), told{Tenants: n.toldTenants()}
		})
	}
}

// consoleChannel is how requests of pages reach the server.
const consoleChannel = "console"
