// Package huawei answers the clients of Huawei Cloud RDS's SQL audit log: the four calls that concern it, the list of instances that they begin
// with, and what of the identity service (IAM) they need to be let in.
//
// A project is a tenant, an instance a project of the tenant's events, and an audit log file half an hour of an instance's events.
//
// Reading order: handler.go has the routes, access.go who is let in: by a signature (signature.go, replay.go) or by a token (token.go, which are
// given in iam.go with projects and domains). file.go says what a file is, list.go lists files, size.go knows their sizes, read.go reads their
// events, row.go writes them, link.go gives links to them and serves them. policy.go is the auditing policy, instance.go lists instances. wire.go
// has the shapes of requests and answers, parameter.go reads query strings, failure.go has the shapes of refusals.
package huawei

import (
	_ "embed"
	"net/http"
	"time"

	"github.com/hashicorp/golang-lru/v2"

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
	Deadline time.Duration // for what is read to answer one request; a download takes as long as it takes
}

// Handler answers the clients.
type Handler struct {
	log      *engine.Log
	auth     *auth.Auth
	now      func() time.Time
	deadline time.Duration
	sent     sentOnce

	sizes     *lru.Cache[sizeKey, []int64]
	described *lru.Cache[describedKey, described]
}

// New makes the room.
func New(o Options) *Handler {
	return &Handler{log: o.Log, auth: o.Auth, now: o.Now, deadline: o.Deadline, sizes: cache[sizeKey, []int64](keptSizes),
		described: cache[describedKey, described](keptInstances)}
}

func cache[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return c
}

// NoAPI takes what is asked where all paths of the vendor's begin and is no route of the room's, by its path or its method: clients know the
// gateway's words only.
var NoAPI = reply.Route{Path: "/v3/", Serve: noAPI, Refuse: fail}

// Routes are the paths that the clients use. The last one is our own: it is what links lead to.
func (h *Handler) Routes() []reply.Route {
	const instance = "/v3/{project_id}/instances/{instance_id}"
	return []reply.Route{
		route(http.MethodPost, "/v3/auth/tokens", h.giveToken, failIAM),
		route(http.MethodGet, "/v3/auth/tokens", h.showToken, failIAM),
		route(http.MethodGet, "/v3/auth/domains", h.listDomains, fail),
		route(http.MethodGet, "/v3/projects", h.listProjects, fail),
		route(http.MethodGet, "/v3/{project_id}/instances", h.listInstances, fail),
		route(http.MethodGet, instance+"/auditlog", h.listFiles, fail),
		route(http.MethodPost, instance+"/auditlog-links", h.giveLinks, fail),
		route(http.MethodGet, instance+"/auditlog-policy", h.showPolicy, fail),
		route(http.MethodPut, instance+"/auditlog-policy", h.changePolicy, fail),
		route(http.MethodGet, instance+"/auditlog-files/{file_id}", h.download, fail),
	}
}

// route is one whose requests are answered by serve, and refused by fail.
func route(method, path string, serve func(http.ResponseWriter, *request) error, fail func(http.ResponseWriter, *http.Request, error)) reply.Route {
	return reply.Route{Method: method, Path: path, Serve: answer(serve, fail), Refuse: fail}
}

// maxBodyBytes is more than 50 IDs, or all types of auditing, take.
const maxBodyBytes = 64 << 10

// maxURIBytes is more than the longest name of an instance takes, each of its bytes encoded, and what else is asked with it.
const maxURIBytes = 8 << 10

// request is one that has been read in whole: what is signed is the bytes that came.
type request struct {
	*http.Request
	body   []byte
	params parameters
}

// answer reads the request and has everything that goes wrong before an answer has begun told in the vendor's way.
func answer(serve func(http.ResponseWriter, *request) error, fail func(http.ResponseWriter, *http.Request, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := reply.Caught(func() error {
			if len(r.RequestURI) > maxURIBytes {
				return &refusal{http.StatusRequestURITooLong, codeBadRequest, "The request URI is too large."}
			}
			body, err := reply.ReadBody(w, r, maxBodyBytes)
			if err != nil {
				return badBody(err)
			}
			params, err := parametersOf(r.URL.RawQuery)
			if err != nil {
				return err
			}
			return serve(w, &request{r, body, params})
		})
		if err != nil {
			fail(w, r, err)
		}
	}
}
