package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/console"
	"annals/httpapi/recorder"
	"annals/httpapi/reply"
)

// apiChannel is how requests of the native API reach the server.
const apiChannel = "api"

// note is what is gathered of a request while it is answered. It belongs to the request's goroutine.
type note struct {
	caller  auth.Caller // zero: not known, or not let in as anyone
	agent   string
	route   *route          // whose handler was reached; nil: none
	action  string          // of the event about it; "": there is none
	thing   engine.Resource // that was read
	failure *engine.EventError
	figures

	channel string       // how it reached the server; "": apiChannel
	asked   *reply.Asked // what a vendor's client has asked; nil: it is none, or that is no matter for the log

	page       *console.Read // what a page of the console has read; nil: it is none, or it has read nothing
	turnedAway turnedAway    // why it was refused in the place of its handler, unless because of who asks
	refusals   []refusal     // of events that it brought
}

type noteKey struct{}

// noteOf returns the note of the request behind ctx, for handlers to write into. Where nobody reads it, it is a loose sheet.
func noteOf(ctx context.Context) *note {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n
	}
	return new(note)
}

// tell has requests told of in the server's own log when they are over: reads, and what was refused. Write operations are the recorder's.
func (a *API) tell(next http.Handler) http.Handler {
	if a.own == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, begun, returned := &note{agent: r.UserAgent()}, time.Now(), false
		r = r.WithContext(context.WithValue(auth.Watch(r.Context(), &n.caller), noteKey{}, n))
		defer func() {
			n.TookMS = float64(time.Since(begun).Microseconds()) / 1000
			out := w.(*response)
			if !returned && n.failure == nil {
				n.failure = &engine.EventError{Code: "aborted", Message: "the answer was cut off"}
			}
			a.own.answered(r, n, out)
		}()
		next.ServeHTTP(w, r)
		returned = true
	})
}

func (o *OwnLog) answered(r *http.Request, n *note, out *response) {
	switch {
	case n.page != nil:
		o.readPage(r, n)
	case n.asked != nil && n.asked.Action != "":
		o.readVendor(r, n)
	case n.action != "":
		o.read(r, n)
	case n.route == nil:
		o.refuseAccess(r, n, out)
	}
	for _, refused := range n.refusals {
		o.refuseWrite(r, n, refused)
	}
}

// record notes that a route's handler is reached, and has the recorder record it if it changes something. What is read is told when it is over.
func (a *API) record(rt route, next http.Handler) http.Handler {
	if a.own == nil {
		return next
	}
	action := rt.ownName()
	read := rt.method == http.MethodGet
	noted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := noteOf(r.Context())
		if n.route = &rt; read {
			n.action = action
		}
		recorder.Edit(r.Context(), func(e *engine.Event) { e.Action = action })
		next.ServeHTTP(w, r)
	})
	if read || action == "" {
		return noted
	}
	return a.own.recorder.Handler(noted)
}

// read tells of a read. The same question by the same caller from the same address is one, whatever page, order, stretch of time or count of it
// is asked for.
func (o *OwnLog) read(r *http.Request, n *note) {
	key := foldKey{action: n.action, who: identityOf(n.caller), from: reply.Client(r.Context()), about: bounded(question(n.route.path, r.URL)), code: codeOf(n.failure)}
	n.Count, n.RequestID = 1, reply.RequestID(r.Context())
	o.fold(key, o.now(), n.figures, func() (*engine.Event, told) { return n.event(r, engine.OpRead), n.told(r) })
}

// event is one about the request.
func (n *note) event(r *http.Request, operation string) *engine.Event {
	e := &engine.Event{Actor: n.caller.Actor(), Action: n.action, Operation: operation, Error: n.failure, Source: n.source(r.Context())}
	if n.failure != nil {
		e.Result = engine.Failure
	}
	if n.thing != (engine.Resource{}) {
		e.Resources = []engine.Resource{n.thing}
	}
	return e
}

func (n *note) source(ctx context.Context) engine.Source {
	return engine.Source{IP: reply.Client(ctx).String(), UserAgent: cut(n.agent, maxParamBytes), Channel: cmp.Or(n.channel, apiChannel)}
}

// told are the details of an event of the server's own log.
type told struct {
	Query   string            `json:"query,omitempty"`
	Params  map[string]string `json:"params,omitempty"`
	Tenants []string          `json:"tenants,omitempty"` // whose events could be read; absent: everyone's
	Route   string            `json:"route,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Field   string            `json:"field,omitempty"` // of the first event refused
	Message string            `json:"message,omitempty"`
	Others  bool              `json:"others,omitzero"` // more addresses or names than are told apart
	Own     jsontext.Value    `json:",embed"`
	figures `json:",embed"`
}

const (
	maxToldBytes   = 2 << 10
	maxParamBytes  = 256
	maxToldTenants = 50
)

// told says what was asked.
func (n *note) told(r *http.Request) told {
	values := r.URL.Query()
	t := told{Query: cut(values.Get("q"), maxToldBytes)}
	names := strings.Fields(n.route.query)
	for _, name := range names {
		ranged := (name == "from" || name == "to") && slices.Contains(names, "to") // told as times
		if value := values.Get(name); value != "" && name != "q" && name != "cursor" && !ranged {
			if t.Params == nil {
				t.Params = map[string]string{}
			}
			t.Params[name] = cut(value, maxParamBytes)
		}
	}
	t.Tenants = n.toldTenants()
	return t
}

// toldTenants are those whose events could be read; nil: everyone's.
func (n *note) toldTenants() []string {
	who := n.caller.Tenants
	if who.All {
		return nil
	}
	tenants := slices.Clone(who.Names[:min(len(who.Names), maxToldTenants)])
	if len(who.Names) > maxToldTenants {
		tenants = append(tenants, fmt.Sprintf("and %d more", len(who.Names)-maxToldTenants))
	}
	return tenants
}

// aside are the parameters that do not make it another question.
var aside = []string{"cursor", "page", "from", "to", "sort", "limit", "buckets", "fields"}

// question is what a request's URL asks for, without what is aside: its query, and its path where that names a thing. Searches, histograms and
// facets with one query are one question, as they are one action.
func question(route string, u *url.URL) string {
	var b strings.Builder
	if strings.Contains(route, "{") {
		b.WriteString(u.EscapedPath())
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(part, "="); part != "" && !slices.Contains(aside, name) {
			b.WriteByte('&')
			b.WriteString(part)
		}
	}
	return b.String()
}

// finish gives an event its details, and a line that says what it is about.
func (t *told) finish(e *engine.Event) *engine.Event {
	if t.LastTotal != nil && t.Total != nil && *t.LastTotal == *t.Total {
		t.LastTotal = nil
	}
	e.Details = detailsOf(t)
	if e.Description == "" {
		e.Description = t.describe(e)
	} else if t.Count > 1 {
		e.Description += fmt.Sprintf(", %d times", t.Count)
	}
	return e
}

func (t *told) describe(e *engine.Event) string {
	var parts []string
	if about := cmp.Or(t.Query, t.Reason); about != "" {
		parts = append(parts, about)
	}
	if len(e.Resources) > 0 {
		parts = append(parts, e.Resources[0].ID)
	}
	if t.Route != "" {
		parts = append(parts, t.Route)
	}
	if t.Total != nil {
		parts = append(parts, strconv.FormatUint(*t.Total, 10)+" events")
	}
	if t.Count > 1 {
		parts = append(parts, fmt.Sprintf("%d times", t.Count))
	}
	return strings.Join(parts, ", ")
}

func codeOf(e *engine.EventError) string {
	if e == nil {
		return ""
	}
	return e.Code
}

// found notes how many events match, as a number of its own: folds keep no page of events.
func (n *note) found(total uint64) { n.Total = &total }

// sent notes how many of the events that were asked for were sent.
func (n *note) sent(rows, total uint64, finished bool) {
	n.Rows, n.Total, n.Finished = &rows, &total, &finished
}

// failed notes why a request is not answered as it was asked.
func (n *note) failed(p *reply.Problem) {
	n.failure = &engine.EventError{Code: p.Code(), Message: cut(p.Detail, maxParamBytes)}
}

// cut returns at most limit bytes of s, in UTF-8. They are a copy: folds keep no request's memory.
func cut(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit-len("…")] + "…"
	}
	return strings.Clone(strings.ToValidUTF8(s, "\ufffd"))
}
