// Package layer7 answers the clients of the Layer7 API Developer Portal's audit log: the "Auditing" part of its Portal API (PAPI), with the OAuth
// tokens that it takes.
//
// Reading order: handler.go has the routes and who is let in, token.go the access tokens, login.go those of people. ask.go reads what is asked for, words.go puts the
// portal's words into the log's and back, list.go answers a page, by_action.go sorts by what only the portal calls an action. export.go answers
// a file, file.go writes it, link.go gives links to it. wire.go has the shapes of answers, failure.go those of refusals, agent.go shortens user
// agents.
package layer7

import (
	_ "embed"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// OpenAPI describes the room's routes.
//
//go:embed openapi.json
var OpenAPI []byte

// Options are what the room is made of.
type Options struct {
	Log      *engine.Log
	Auth     *auth.Auth
	Now      func() time.Time
	Deadline time.Duration // for one search
}

// Handler answers the portal's clients.
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

// Routes are the paths that the portal's clients use: of the gateway with the tenant in front, of the portal's site with /api as well, and of
// one tenant's own host.
func (h *Handler) Routes() []reply.Route {
	routes := []reply.Route{
		route(http.MethodPost, "/auth/oauth/v2/token", h.token, failToken),
		route(http.MethodGet, "/login/application/{tenant}", h.application, failResp),
		route(http.MethodPost, "/login/auth/oauth/v2/token", h.login, failLogin),
	}
	for _, prefix := range []string{"", "/{tenant}", "/api/{tenant}"} {
		audits := prefix + "/tenant-admin/1.0/audits"
		routes = append(routes,
			route(http.MethodGet, audits, h.list, fail),
			route(http.MethodGet, audits+"/export", h.export, fail),
			route(http.MethodGet, audits+"/export/download", h.download, fail))
	}
	return routes
}

// route is one whose requests are answered by serve, and refused by fail.
func route(method, path string, serve func(http.ResponseWriter, *http.Request) error, fail func(http.ResponseWriter, *http.Request, error)) reply.Route {
	return reply.Route{Method: method, Path: path, Serve: answer(serve, fail), Refuse: fail}
}

// answer has everything that goes wrong before an answer has begun told in the portal's way.
func answer(serve func(http.ResponseWriter, *http.Request) error, fail func(http.ResponseWriter, *http.Request, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := reply.Caught(func() error { return serve(w, r) }); err != nil {
			fail(w, r, err)
		}
	}
}

// client is who asks, and by what credential.
type client struct {
	auth.Caller
	credential *auth.Credential
}

// caller lets in who sends an access token: Authorization: Bearer and the token.
func (h *Handler) caller(r *http.Request) (client, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return client{}, &refusal{status: http.StatusUnauthorized, challenge: bearer, user: "An access token is needed.",
			dev: "Send Authorization: Bearer with a token from POST /auth/oauth/v2/token."}
	}
	return h.open(r, "access token", accessToken, token)
}

// open lets in by a pass. What is how people call it.
func (h *Handler) open(r *http.Request, what, purpose, text string) (client, error) {
	pass, err := h.auth.OpenPass(auth.Layer7, purpose, text)
	if err != nil {
		return client{}, err
	}
	if pass.Proven && pass.Expired {
		return client{}, &refusal{status: http.StatusUnauthorized, challenge: expiredToken, user: "The " + what + " has expired."}
	}
	caller, err := pass.Check(r.Context(), pass.Proven, auth.Read)
	if err == nil {
		return client{caller, pass.Credential}, nil
	}
	switch reply.ProblemOf(err).Status {
	case http.StatusUnauthorized:
		err = &refusal{status: http.StatusUnauthorized, challenge: invalidToken, user: "The " + what + " is not valid."}
	case http.StatusForbidden:
		err = &refusal{status: http.StatusForbidden, challenge: insufficientScope, user: "This client may not read audits."}
	}
	return client{}, err
}

// tenants are whose audits a request asks for: of the tenant in its path, or all that the caller may read. A tenant that the caller may not
// read is as one that does not exist. One that the caller's credential names is there before its first event.
func (h *Handler) tenants(r *http.Request, caller auth.Caller) (engine.Tenants, error) {
	name, named := tenantOf(r)
	if !named {
		return caller.Asking(nil), nil
	}
	if caller.Tenants.Sees(name) {
		if _, exists := slices.BinarySearch(h.log.Tenants(), name); exists || !caller.Tenants.All {
			return caller.Tenants.Only(name), nil
		}
	}
	return engine.Tenants{}, &refusal{status: http.StatusNotFound, code: "not-found", user: "There is no such tenant."}
}

// tenantOf is the tenant in a request's path, if there is one.
func tenantOf(r *http.Request) (name string, named bool) {
	text, named := mux.Vars(r)["tenant"]
	if !named {
		return "", false
	}
	name, _ = url.PathUnescape(text) // what cannot be read is "", which is no tenant's
	return name, true
}

// question is what the server's own log is told that a request asks for, in the log's words: whose audits, and which.
func question(r *http.Request, f filter) string {
	var whose engine.Expr
	if name, named := tenantOf(r); named {
		whose = is("tenant", name)
	}
	return engine.FormatQuery(allOf(whose, f.where()))
}
