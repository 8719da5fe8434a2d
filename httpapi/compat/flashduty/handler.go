// Package flashduty answers clients of Flashduty's audit log API: its Go SDK, its command line, and whatever sends an app_key to POST
// /audit/search. What is matched of it, what differs and what is not there is in README.md.
//
// Reading order: handler.go is a request's way from who asks to what is answered; search.go and operations.go are the two calls; request.go
// reads what was sent and query.go makes a question to the log of it; wire.go is the shapes of the answers, entry.go an event in them; failure.go
// and words.go are what goes wrong, in English and Chinese, and labels.go what operations are called.
package flashduty

import (
	_ "embed"
	"fmt"
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
	Deadline time.Duration // longest search
}

// Handler answers the requests. It keeps nothing between them.
type Handler struct {
	log      *engine.Log
	auth     *auth.Auth
	now      func() time.Time
	deadline time.Duration
}

// New makes the room.
func New(o Options) *Handler {
	return &Handler{log: o.Log, auth: o.Auth, now: o.Now, deadline: o.Deadline}
}

// Routes are the calls, by the paths that the documentation gives them.
func (h *Handler) Routes() []reply.Route {
	return []reply.Route{
		{Method: http.MethodPost, Path: "/audit/search", Serve: h.answer(h.search), Refuse: h.fail},
		{Method: http.MethodPost, Path: "/audit/operation/list", Serve: h.answer(h.operations), Refuse: h.fail},
	}
}

// call is one of the API's calls: what a caller is answered with. It notes in asked what the request was about.
type call func(r *http.Request, who auth.Caller, body []byte, asked *reply.Asked) (data any, err error)

// answer is every request's way: who asks, the body, the call, the envelope. The server's own log is told of all requests of who is let in.
func (h *Handler) answer(serve call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := h.caller(r)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		asked := reply.Asked{Action: "event.search"}
		data, err := h.served(w, r, who, serve, &asked)
		if err == nil {
			reply.Tell(r.Context(), asked)
			h.write(w, r, http.StatusOK, envelope{Data: data})
			return
		}
		f := failureOf(r, err)
		asked.Failure = &engine.EventError{Code: f.code, Message: f.text(english)}
		reply.Tell(r.Context(), asked)
		h.refuse(w, r, f)
	}
}

// caller is who has the app_key of the query string. A panic is an error like others, so that it too is answered in the API's own words.
func (h *Handler) caller(r *http.Request) (who auth.Caller, err error) {
	err = reply.Caught(func() error {
		keyID, secret := auth.SplitAppKey(r.URL.Query().Get("app_key"))
		credential, err := h.auth.Credential(auth.Flashduty, keyID)
		if err == nil {
			who, err = credential.Check(r.Context(), credential.Secret.Equal(secret), auth.Read)
		}
		return err
	})
	return who, err
}

// served reads the body and makes the call. So is a panic here.
func (h *Handler) served(w http.ResponseWriter, r *http.Request, who auth.Caller, serve call, asked *reply.Asked) (data any, err error) {
	err = reply.Caught(func() error {
		body, err := readBody(w, r)
		if err == nil {
			data, err = serve(r, who, body, asked)
		}
		return err
	})
	return data, err
}

// write answers, with the request's ID in the envelope and beside it. What cannot be written as JSON is our own mistake.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, status int, body envelope) {
	body.RequestID = reply.RequestID(r.Context())
	w.Header().Set("Flashcat-Request-Id", body.RequestID)
	if err := reply.JSON(w, status, body); err != nil {
		h.fail(w, r, fmt.Errorf("write answer: %w", err))
	}
}
