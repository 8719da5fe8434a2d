package httpapi

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// route is one line of the API's table of contents. Query names every query parameter that it takes; any other is refused.
type route struct {
	method, path string
	need         auth.Role
	query        string
	serve        func(http.ResponseWriter, *http.Request) error
}

func (a *API) routes() []route {
	const (
		search = "q from to tz"
		v1     = "/api/v1"
	)
	return []route{
		{"POST", v1 + "/events", auth.Write, "", a.postEvents},
		{"GET", v1 + "/events", auth.Read, search + " sort limit cursor page", a.listEvents},
		{"GET", v1 + "/events/{id}", auth.Read, "tenant", a.getEvent},
		{"GET", v1 + "/histogram", auth.Read, search + " buckets", a.histogram},
		{"GET", v1 + "/facets", auth.Read, search + " fields limit", a.facets},
		{"GET", v1 + "/tail", auth.Read, "q tz from", a.tail},
		{"GET", v1 + "/export", auth.Read, search + " sort format", a.exportEvents},
		{"GET", v1 + "/checkpoint", auth.Read, "", a.checkpoint},
		{"GET", v1 + "/verify", auth.Read, "", a.verify},
		{"GET", v1 + "/backup", auth.Admin, "with_key", a.backup},
		{"POST", v1 + "/reindex", auth.Manage, "seq", a.reindex},
		{"GET", v1 + "/stats", auth.Read, "", a.stats},

		{"GET", v1 + "/openapi.json", auth.None, "", a.openAPI},
		{"GET", "/healthz", auth.None, "", a.healthz},
		{"GET", "/readyz", auth.None, "", a.readyz},
		{"GET", "/metrics", auth.None, "", a.metrics.serve}, // figures only, nothing out of an event
		{"GET", "/", auth.None, "", a.home},
	}
}

func (a *API) router(doors *auth.Auth) http.Handler {
	// Event IDs may hold slashes and dots, so paths are matched as they were sent, percent-encoded and not cleaned.
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, rt := range a.routes() {
		r.Handle(rt.path, onRoute(rt.path, doors.Require(rt.need, a.limitToken(rt.need, a.record(rt, rt.handler()))))).Methods(rt.method)
	}
	r.NotFoundHandler = answer(func(http.ResponseWriter, *http.Request) error {
		return reply.NotFound("no such path; /api/v1/openapi.json describes what is here")
	})
	r.MethodNotAllowedHandler = answer(a.methodNotAllowed)
	return r
}

// handler checks the names of the parameters, so that a misspelt one is never silently ignored.
func (rt route) handler() http.Handler {
	names := strings.Fields(rt.query)
	return answer(func(w http.ResponseWriter, r *http.Request) error {
		if err := checkNames(r, names); err != nil {
			return err
		}
		return rt.serve(w, r)
	})
}

// methodNotAllowed names the methods that the path does take, as RFC 9110 wants.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var methods []string
	for _, rt := range a.routes() {
		if new(mux.Router).UseEncodedPath().Path(rt.path).Match(r, &mux.RouteMatch{}) {
			methods = append(methods, rt.method)
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	return reply.MethodNotAllowed(r.Method)
}

// answer lets a handler return its error; this is where it becomes a problem document.
type answer func(http.ResponseWriter, *http.Request) error

func (h answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		reply.Error(w, r, err)
	}
}
