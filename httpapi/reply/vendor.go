package reply

import (
	"context"
	"net/http"
	"time"

	"annals/engine"
)

// Route is one line of what is answered in another product's words. Whoever mounts it leaves to it who may ask, and what every mistake is
// answered with.
type Route struct {
	Method, Path string // a gorilla/mux template
	Serve        http.HandlerFunc
	Refuse       func(http.ResponseWriter, *http.Request, error) // answers a request that is turned away before Serve, in the same words
}

// Asked is what a request in another product's words was about, for the server's own log. It holds no secret.
type Asked struct {
	Action    string // as the native API's are called: event.search, event.export, …; "": it is no matter for the log
	Operation string // "": read
	Query     string // what was asked for. The same question by the same caller is told once a minute
	From, To  time.Time
	Total     *uint64 // events that match; nil: they were not counted
	Rows      *uint64 // events sent; nil: that was not counted
	Finished  *bool   // whether all that was asked for was sent
	Thing     engine.Resource
	Failure   *engine.EventError // nil: it was answered as it was asked
}

type toldKey struct{}

// WithTold has what is told of the request behind ctx noted.
func WithTold(ctx context.Context, told func(Asked)) context.Context {
	return context.WithValue(ctx, toldKey{}, told)
}

// Tell says what the request behind ctx was about. Requests that are refused because of who asks, and are answered with 401 or 403, need no word.
func Tell(ctx context.Context, asked Asked) {
	if told, ok := ctx.Value(toldKey{}).(func(Asked)); ok {
		told(asked)
	}
}
