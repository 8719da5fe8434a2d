package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/compat/enos"
	"annals/httpapi/compat/flashduty"
	"annals/httpapi/compat/huawei"
	"annals/httpapi/compat/layer7"
	"annals/httpapi/reply"
)

// vendor is another product's API that is answered here. Its room says who may ask, with the credentials of its kind, and answers every mistake
// as the product does.
type vendor struct {
	kind    string // of its credentials, and the channel of what it tells of
	routes  []reply.Route
	openAPI []byte
}

// newVendors makes the rooms of the other products' APIs that there are.
func (a *API) newVendors() []vendor {
	return []vendor{
		{auth.Huawei, huawei.New(huawei.Options{Log: a.log, Auth: a.access, Now: a.now, Deadline: a.deadline}).Routes(), huawei.OpenAPI},
		{auth.Layer7, layer7.New(layer7.Options{Log: a.log, Auth: a.access, Now: a.now, Deadline: a.deadline}).Routes(), layer7.OpenAPI},
		{auth.Flashduty, flashduty.New(flashduty.Options{Log: a.log, Auth: a.access, Now: a.now, Deadline: a.deadline}).Routes(), flashduty.OpenAPI},
		{auth.EnOS, enos.New(enos.Options{Log: a.log, Auth: a.access, Now: a.now, Deadline: a.deadline}).Routes(), enos.OpenAPI},
	}
}

// room is where a vendor's route leads.
type room struct {
	http.Handler
	kind   string
	refuse func(http.ResponseWriter, *http.Request, error) // answers a request that is turned away at the door
}

func (a *API) room(kind string, rt reply.Route) room {
	return room{kind: kind, refuse: rt.Refuse, Handler: onRoute(rt.Path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := noteOf(r.Context())
		n.channel = kind
		ctx := reply.WithTold(r.Context(), func(asked reply.Asked) { n.asked = &asked })
		rt.Serve(w, r.WithContext(auth.WithAdmission(ctx, a.admitter(r.Context()))))
	}))}
}

// admitter bounds how often a credential is used, as limitToken does for tokens. A request counts once for each credential that it is made with,
// however often the room checks it on the way: for one right after another, or as the application's and as the person's.
func (a *API) admitter(ctx context.Context) func(auth.Caller) error {
	var counted []identity
	return func(c auth.Caller) error {
		who := identityOf(c)
		if slices.Contains(counted, who) {
			return nil
		}
		if p := a.tooOften(ctx, c); p != nil {
			return p
		}
		counted = append(counted, who)
		return nil
	}
}

// readVendor tells of what was asked in another product's words.
func (o *OwnLog) readVendor(r *http.Request, n *note) {
	asked := n.asked
	n.action, n.thing = asked.Action, asked.Thing
	if asked.Failure != nil {
		n.failure = asked.Failure
	}
	f := n.figures
	f.From, f.To, f.Total, f.Rows, f.Finished = writable(asked.From), writable(asked.To), copied(asked.Total), copied(asked.Rows), copied(asked.Finished)
	f.Count, f.RequestID = 1, reply.RequestID(r.Context())
	key := foldKey{action: n.action, who: identityOf(n.caller), from: reply.Client(r.Context()), about: bounded(n.channel + "\x00" + asked.Query + "\x00" + asked.Thing.ID), code: codeOf(n.failure)}
	operation := asked.Operation
	if operation == "" {
		operation = engine.OpRead
	}
	o.fold(key, o.now(), f, func() (*engine.Event, told) {
		return n.event(r, operation), told{Query: cut(asked.Query, maxToldBytes), Tenants: n.toldTenants()}
	})
}

// lastWritable is as far as a time in JSON goes: a client's numbers go further.
var lastWritable = time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC)

// writable returns a bound that can be told. What lies behind the last one is that one: no event is there.
func writable(t time.Time) time.Time {
	if t.After(lastWritable) {
		return lastWritable
	}
	return t
}

// copied keeps a fold from holding what a number is a part of, such as a page of events.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// vendorDocument answers GET /api/v1/openapi/{vendor}.json.
func (a *API) vendorDocument(w http.ResponseWriter, r *http.Request) error {
	name := mux.Vars(r)["vendor"]
	for _, v := range a.vendors {
		if v.kind == name {
			reply.Body(w, http.StatusOK, "application/json", v.openAPI)
			return nil
		}
	}
	return reply.NotFound("no such document: there is one for each of huawei, layer7, enos and flashduty")
}
