package httpapi

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/compat/huawei"
	"annals/httpapi/reply"
)

// route is one line of the API's table of contents. Need is the right that it takes; the handler's caller has it in the tenants that it is given,
// and with AllTenants in all. Query names every query parameter that it takes; any other is refused,
// unless it ends with andOthers.
type route struct {
	method, path string
	need         auth.Right
	query        string
	serve        func(http.ResponseWriter, *http.Request) error
}

// andOthers leaves it to the handler to read the query string. It is for addresses that other people's programs make.
const andOthers = " *"

func (a *API) routes() []route {
	const (
		search = "q from to tz"
		v1     = "/api/v1"
	)
	return append([]route{
		{"POST", v1 + "/events", auth.Write, "", a.postEvents},

		// Reading. An export is what a reader may page through anyhow. A tail's seqs, like every event's, count all tenants together.
		{"GET", v1 + "/events", auth.Read, search + " sort limit cursor page", a.listEvents},
		{"GET", v1 + "/events/{id}", auth.Read, "tenant", a.getEvent},
		{"GET", v1 + "/histogram", auth.Read, search + " buckets", a.histogram},
		{"GET", v1 + "/facets", auth.Read, search + " fields limit", a.facets},
		{"GET", v1 + "/tail", auth.Read, "q tz from", a.tail},
		{"GET", v1 + "/export", auth.Read, search + " sort format columns lang progress", a.exportEvents},
		{"GET", v1 + "/exports/{id}", auth.Read, "", a.exportProgress},
		{"GET", v1 + "/tenants", auth.Read, "", a.listTenants},

		// The whole log. The checkpoint is what a reader of one tenant holds proofs against, and its size is in every seq; stats leaves out
		// what is told of others. A verification reads all, and its report names events of any tenant; a backup has all of them.
		{"GET", v1 + "/checkpoint", auth.Read, "", a.checkpoint},
		{"GET", v1 + "/stats", auth.Read, "", a.stats},
		{"GET", v1 + "/verify", auth.Audit | auth.AllTenants, "", a.verify},
		{"GET", v1 + "/backup", auth.Manage | auth.AllTenants, "with_key", a.backup},
		{"POST", v1 + "/reindex", auth.Manage | auth.AllTenants, "seq", a.reindex},

		// Saved views. Whose a view is, and who sees it, is the console's to say.
		{"GET", v1 + "/views", auth.Read, "", a.listViews},
		{"POST", v1 + "/views", auth.Read, "", a.postView},
		{"PATCH", v1 + "/views/{id}", auth.Read, "", a.patchView},
		{"DELETE", v1 + "/views/{id}", auth.Read, "", a.deleteView},

		// Who manages some tenants makes, sees and revokes tokens for these only.
		{"POST", v1 + "/tokens", auth.Manage, "", a.postToken},
		{"GET", v1 + "/tokens", auth.Manage, "", a.listTokens},
		{"DELETE", v1 + "/tokens/{id}", auth.Manage, "", a.deleteToken},

		// In the same way, key pairs for the vendors' clients. The master key seals the secrets of all tenants.
		{"POST", v1 + "/credentials", auth.Manage, "", a.postCredential},
		{"GET", v1 + "/credentials", auth.Manage, "", a.listCredentials},
		{"DELETE", v1 + "/credentials/{id}", auth.Manage, "", a.deleteCredential},
		{"POST", v1 + "/master-key/rotate", auth.Manage | auth.AllTenants, "", a.rotateMasterKey},

		// People. Signing in is open, and bounded by auth; the rest is about the account of whoever is signed in. A token may ask who it is.
		{"POST", v1 + "/session", auth.None, "", a.postSession},
		{"POST", v1 + "/session/totp", auth.Pending, "", a.postSessionTOTP},
		{"GET", v1 + "/session", auth.Known, "", a.getSession},
		{"DELETE", v1 + "/session", auth.Self, "", a.deleteSession},
		{"GET", v1 + "/sessions", auth.Self, "", a.listSessions},
		{"DELETE", v1 + "/sessions", auth.Self, "", a.deleteSessions},
		{"PUT", v1 + "/account/password", auth.Self, "", a.putPassword},
		{"POST", v1 + "/account/totp", auth.Self, "", a.postTOTP},
		{"PUT", v1 + "/account/totp", auth.Self, "", a.putTOTP},
		{"DELETE", v1 + "/account/totp", auth.Self, "", a.deleteTOTP},

		// Accounts are managed as tokens are. Nobody chooses another's password: a link does, whose code is all that opens the set-up.
		{"POST", v1 + "/accounts", auth.Manage, "", a.postAccount},
		{"GET", v1 + "/accounts", auth.Manage, "", a.listAccounts},
		{"GET", v1 + "/accounts/{id}", auth.Manage, "", a.getAccount},
		{"PATCH", v1 + "/accounts/{id}", auth.Manage, "", a.patchAccount},
		{"POST", v1 + "/accounts/{id}/reset", auth.Manage, "", a.resetAccount},
		{"POST", v1 + "/setup/first", auth.Manage | auth.AllTenants, "", a.postFirstSetup},
		{"POST", v1 + "/setup/look", auth.None, "", a.lookSetup},
		{"POST", v1 + "/setup", auth.None, "", a.postSetup},

		// People sign in. There is nothing here without a provider. A provider adds parameters of its own.
		{"GET", auth.OIDCStartPath, auth.None, "return", a.startOIDC},
		{"GET", auth.OIDCCallbackPath, auth.None, "code state iss error error_description error_uri session_state" + andOthers, a.finishOIDC},

		{"GET", v1 + "/openapi.json", auth.None, "", a.openAPI},
		{"GET", v1 + "/openapi/{vendor}.json", auth.None, "", a.vendorDocument},
		{"GET", "/healthz", auth.None, "", a.healthz},
		{"GET", "/readyz", auth.None, "", a.readyz},
		{"GET", "/metrics", auth.None, "", a.metrics.serve}, // figures only, nothing out of an event
	}, a.pages()...)
}

// pages are the console's routes. Their addresses carry what a form sent, so each page reads what it knows and leaves the rest.
func (a *API) pages() []route {
	var all []route
	for _, p := range a.console.Routes() {
		all = append(all, route{p.Method, p.Path, p.Need, anyQuery, p.Serve})
	}
	return all
}

// anyQuery stands for query parameters that are not checked by name.
const anyQuery = "*"

func (a *API) router() *mux.Router {
	// Event IDs may hold slashes and dots, so paths are matched as they were sent, percent-encoded and not cleaned.
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, rt := range a.routes() {
		r.Handle(rt.path, onRoute(rt.path, a.door(rt))).Methods(rt.method)
	}
	for _, v := range a.vendors {
		for _, rt := range v.routes {
			r.Handle(rt.Path, a.room(v.kind, rt)).Methods(rt.Method)
		}
	}
	r.PathPrefix(huawei.NoAPI.Path).Handler(a.room(auth.Huawei, huawei.NoAPI)) // behind all routes: it takes what they leave
	r.NotFoundHandler = a.forPeople(answer(func(http.ResponseWriter, *http.Request) error { return noSuchPath() }))
	r.MethodNotAllowedHandler = answer(a.methodNotAllowed)
	return r
}

func noSuchPath() error {
	return reply.NotFound("no such path; /api/v1/openapi.json describes what is here")
}

// door is what a request goes through on its way to a route. Only the console takes forms; what is not the API's answers a browser with pages
// whatever goes wrong.
func (a *API) door(rt route) http.Handler {
	inside := a.limitToken(rt.need, a.record(rt, rt.handler()))
	if rt.query != anyQuery {
		inside = a.onlyJSON(inside)
	}
	if strings.HasPrefix(rt.path, "/api/") {
		return a.access.Require(rt.need, inside)
	}
	return a.forPeople(a.access.Require(rt.need, inside))
}

// forPeople has what goes wrong answered with a page where a browser wants one.
func (a *API) forPeople(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			r = r.WithContext(reply.WithPages(r.Context(), a.console.Trouble))
		}
		next.ServeHTTP(w, r)
	})
}

// handler checks the names of the parameters, so that a misspelt one is never silently ignored. Pages are compressed instead.
func (rt route) handler() http.Handler {
	if rt.query == anyQuery {
		return compress(answer(rt.serve))
	}
	if strings.HasSuffix(rt.query, andOthers) {
		return answer(rt.serve)
	}
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
	note := func(method, path string) {
		if new(mux.Router).UseEncodedPath().Path(path).Match(r, &mux.RouteMatch{}) {
			methods = append(methods, method)
		}
	}
	for _, rt := range a.routes() {
		note(rt.method, rt.path)
	}
	for _, v := range a.vendors {
		for _, rt := range v.routes {
			note(rt.Method, rt.Path)
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	return reply.MethodNotAllowed(r.Method)
}

// answer lets a handler return its error; this is where it becomes a problem document.
type answer func(http.ResponseWriter, *http.Request) error

func (h answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		noteOf(r.Context()).failed(reply.ProblemOf(err))
		reply.Error(w, r, err)
	}
}
