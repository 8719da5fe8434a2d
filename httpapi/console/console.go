// Package console is the pages: people search, read and export events, and look after the server.
//
// Every page is rendered on the server, so a URL is a view's whole state and each page works without script; the scripts only make it
// quicker. Event text is written by anybody who may send events: templates escape it, and the content security policy forbids what would
// run it.
//
// Reading order: routes below are the site map; page.go is the frame that every page has; filter.go is what a URL asks for; each page has a
// file of its own, and templates/ and static/ have its looks.
package console

import (
	"context"
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
)

// Options configure the console. Log and Auth are required.
type Options struct {
	Log      *engine.Log
	Auth     *auth.Auth
	Version  string           // shown to who is signed in
	Now      func() time.Time // nil: time.Now
	Deadline time.Duration    // longest question to the log; 0 means 30 s
}

// Console answers with pages. All methods may be called concurrently.
type Console struct {
	log      *engine.Log
	access   *auth.Auth
	version  string
	now      func() time.Time
	deadline time.Duration
	pages    map[string]*view
	assets   assets
}

// Route is one line of the site map. Who mounts it sees to it that the caller has the right.
type Route struct {
	Method, Path string
	Need         auth.Right
	Serve        func(http.ResponseWriter, *http.Request) error
}

// New makes the console. It panics when a template is wrong, which is a mistake in the program.
func New(o Options) *Console {
	c := &Console{log: o.Log, access: o.Auth, version: o.Version, now: o.Now, deadline: o.Deadline, assets: loadAssets()}
	if c.now == nil {
		c.now = time.Now
	}
	if c.deadline == 0 {
		c.deadline = 30 * time.Second
	}
	c.pages = parseViews(c.assets)
	return c
}

// Routes returns the site map.
func (c *Console) Routes() []Route {
	routes := []Route{
		{"GET", "/", auth.None, c.home},
		{"GET", "/events", auth.Read, c.events},
		{"GET", "/events/raw", auth.Read, c.rawEvent},
		{"GET", "/suggest", auth.Read, c.suggest},
		{"GET", "/exceptions", auth.Read, c.exceptions},
		{"GET", "/tail", auth.Read, c.tail},
		{"POST", "/preferences", auth.None, c.savePreferences},
		{"GET", "/static/{file}", auth.None, c.static},
	}
	for i := range routes {
		routes[i].Serve = c.orSorry(routes[i].Serve)
	}
	return routes
}

// home leads to the list, in the view that the viewer prefers.
func (c *Console) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/events", http.StatusSeeOther)
	return nil
}

// bounded limits how long a page's questions may take together. The viewer's leaving ends them earlier.
func (c *Console) bounded(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), c.deadline)
}
