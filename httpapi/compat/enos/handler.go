// Package enos answers clients of EnOS's audit log: the Application Portal API, behind the API gateway's tokens and signatures. What is matched of
// it, what differs and what is not there is in README.md.
//
// Reading order: handler.go has the routes and a request's way; gateway.go checks the signature of a call, token.go gives the access tokens that it
// is made with. query.go is the audit log, menu.go the log of what was opened in the portal, produce.go adds to that one; request.go reads times and
// pages, org.go says whose log it is. portal.go is what people sign in with. wire.go has the shapes of answers, labels.go the words in them that are
// translated, failure.go what goes wrong; once.go remembers what may not come twice.
package enos

import (
	"crypto/rand"
	_ "embed"
	"errors"
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// OpenAPI describes the room's routes.
//
//go:embed openapi.json
var OpenAPI []byte

// Options are what the room works with.
type Options struct {
	Log      *engine.Log
	Auth     *auth.Auth
	Now      func() time.Time
	Deadline time.Duration // for one search
}

// Handler answers the requests.
type Handler struct {
	log      *engine.Log
	auth     *auth.Auth
	now      func() time.Time
	deadline time.Duration

	start   string // of this process: what people sign in for ends with it
	current currentTokens
	used    *once // encryptions that a token was asked for with
	ended   *once // sessions that were signed out of, and refresh tokens that were used
}

// New makes the room.
func New(o Options) *Handler {
	return &Handler{log: o.Log, auth: o.Auth, now: o.Now, deadline: o.Deadline, start: rand.Text(), used: newOnce(maxUsed), ended: newOnce(maxEnded)}
}

// Routes are the calls, by the paths that the documentation of their versions gives them.
func (h *Handler) Routes() []reply.Route {
	const (
		gateway = "/apim-token-service/v2.0/token"
		portal  = "/app-portal-service"
	)
	return []reply.Route{
		route(http.MethodPost, gateway+"/get", gatewayAnswer, h.getToken),
		route(http.MethodPost, gateway+"/refresh", gatewayAnswer, h.refreshToken),

		route(http.MethodPost, portal+"/v2.2/log/query", portalAnswer, h.queryLog),
		route(http.MethodPost, portal+"/v2.3/event/log/query", portalAnswer, h.queryMenuLog),
		route(http.MethodPost, portal+"/v2.3/event/log/produce", portalAnswer, h.produce),
		route(http.MethodPost, portal+"/api/v3/event/log/produce", portalAnswer, h.produce),

		route(http.MethodPost, portal+"/v2.0/login", olderPortalAnswer, h.login),
		route(http.MethodPost, portal+"/v2.2/login", portalAnswer, h.login),
		route(http.MethodPost, portal+"/v2.2/session/set", portalAnswer, h.setSession),
		route(http.MethodGet, portal+"/v2.2/token/refresh", portalAnswer, h.refreshSession),
		route(http.MethodGet, portal+"/v2.2/logout", portalAnswer, h.logout),
	}
}

// exchange is a request on its way.
type exchange struct {
	*http.Request
	body  []byte      // as it was sent: signatures are of the very bytes
	asked reply.Asked // what the server's own log is told of it
	known bool        // who asks has been let in
}

// call is one of the calls: what a client is answered with, as the envelope's data.
type call func(*exchange) (data any, err error)

// shape puts an answer into an envelope: data, or the failure that is not nil.
type shape func(data any, f *failure) any

// route is one whose answers are in the shape.
func route(method, path string, in shape, serve call) reply.Route {
	return reply.Route{Method: method, Path: path, Serve: in.answer(serve), Refuse: in.refuse}
}

// answer is the way of every request: its body, the call, the envelope. The server's own log is told of requests of who is let in, and of who is
// not: the API says so in the body only, so nobody else sees it.
func (in shape) answer(serve call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{Request: r}
		data, err := x.served(w, serve)
		if err == nil {
			err = reply.JSON(w, http.StatusOK, in(data, nil))
		}
		if err == nil {
			reply.Tell(r.Context(), x.asked)
			return
		}
		f := failureOf(r, err)
		x.tellFailure(f)
		in.write(w, f)
	}
}

// refuse answers with an error.
func (in shape) refuse(w http.ResponseWriter, r *http.Request, err error) {
	in.write(w, failureOf(r, err))
}

func (in shape) write(w http.ResponseWriter, f *failure) {
	reply.SetRetryAfter(w.Header(), f.retryAfter)
	if err := reply.JSON(w, f.status, in(nil, f)); err != nil {
		panic(err) // numbers and texts of our own
	}
}

func (x *exchange) tellFailure(f *failure) {
	switch {
	case f.access != "":
		reply.Tell(x.Context(), reply.Asked{Action: accessRefused, Operation: engine.OpOther, Failure: &engine.EventError{Code: f.access, Message: f.message}})
	case x.known:
		x.asked.Failure = &engine.EventError{Code: f.text(), Message: f.message}
		reply.Tell(x.Context(), x.asked)
	}
}

// accessRefused is what the server's own log calls a request of who was not let in.
const accessRefused = "access.refused"

// served reads the body and makes the call. A panic is an error like others, so that it too is answered in the API's own words.
func (x *exchange) served(w http.ResponseWriter, serve call) (data any, err error) {
	err = reply.Caught(func() (err error) {
		if x.body, err = readBody(w, x.Request); err == nil {
			data, err = serve(x)
		}
		return err
	})
	return data, err
}

// maxBodyBytes is far more than any request of the API has.
const maxBodyBytes = 64 << 10

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := reply.ReadBody(w, r, maxBodyBytes)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, wrong("The body has more than %d bytes", maxBodyBytes)
	}
	if err != nil {
		return nil, wrong("The body cannot be read to its end")
	}
	return body, nil
}
