// Package console is the pages: people search, read and export events, and look after the server.
//
// Every page is rendered on the server, so a URL is a view's whole state and each page works without script; the scripts only make it
// quicker. Event text is written by anybody who may send events: templates escape it, and the content security policy forbids what would
// run it.
//
// Reading order: routes below are the site map; page.go is the frame that every page has; filter.go is what a URL asks for, filter_query.go how the
// log is asked for it, filter_links.go where its links lead; each page has a file of its own, and templates/ and static/ have its looks.
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
	Provider string           // path at which signing in at a provider begins; "": there is none

	// Told hears what a page has read, for the server's own log, before the page is sent; nil: nobody does.
	Told func(ctx context.Context, read Read)
}

// Read is what a page has read.
type Read struct {
	Asked    bool // events were asked for
	Query    string
	From, To time.Time
	Total    *uint64 // events that match; nil: they were not counted
	Event    string  // the ID of the one whose details are shown, "" for none
}

// Console answers with pages. All methods may be called concurrently.
type Console struct {
	log      *engine.Log
	access   *auth.Auth
	version  string
	now      func() time.Time
	deadline time.Duration
	told     func(context.Context, Read)
	provider string
	pages    map[string]*view
	assets   assets
	saved    *Saved
	once     *once
}

// Route is one line of the site map. Who mounts it sees to it that the caller has the right.
type Route struct {
	Method, Path string
	Need         auth.Right
	Serve        func(http.ResponseWriter, *http.Request) error
}

// New makes the console. It panics when a template is wrong, which is a mistake in the program.
func New(o Options) *Console {
	c := &Console{log: o.Log, access: o.Auth, version: o.Version, now: o.Now, deadline: o.Deadline, provider: o.Provider, told: o.Told, assets: loadAssets()}
	if c.now == nil {
		c.now = time.Now
	}
	if c.told == nil {
		c.told = func(context.Context, Read) {}
	}
	if c.deadline == 0 {
		c.deadline = 30 * time.Second
	}
	c.pages = parseViews(c.assets)
	c.saved = newSaved(c.log.Records(), c.access, c.now)
	c.once = newOnce(c.now)
	return c
}

// Saved are the saved views.
func (c *Console) Saved() *Saved { return c.saved }

// Routes returns the site map.
func (c *Console) Routes() []Route {
	return []Route{
		{"GET", "/", auth.Known, c.home},
		{"GET", "/events", auth.Read, c.events},
		{"GET", "/events/raw", auth.Read, c.rawEvent},
		{"GET", "/suggest", auth.Read, c.suggest},
		{"GET", "/exceptions", auth.Read, c.exceptions},
		{"GET", "/tail", auth.Read, c.tail},
		{"POST", "/preferences", auth.None, c.savePreferences},
		{"GET", "/static/{file}", auth.None, c.static},

		// Saved views. Whose a view is, and who sees it, is saved.go's.
		{"GET", "/views", auth.Read, c.listViews},
		{"POST", "/views", auth.Read, c.makeView},
		{"GET", "/views/{id}", auth.Read, c.showView},
		{"POST", "/views/{id}", auth.Read, c.changeView},
		{"POST", "/views/{id}/mark", auth.Read, c.markView},
		{"POST", "/views/{id}/delete", auth.Read, c.deleteView},

		// Settings. Each page needs what its routes of the API need.
		{"GET", "/settings", auth.Known, c.settingsHome},
		{"GET", "/settings/views", auth.Read, c.settingsViews},
		{"GET", "/settings/tenants", auth.Read, c.listTenants},
		{"GET", "/settings/retention", auth.Read, c.showRetention},
		{"GET", "/settings/about", auth.Read, c.showAbout},
		{"GET", "/settings/tokens", auth.Manage, c.listTokens},
		{"GET", "/settings/tokens/new", auth.Manage, c.newToken},
		{"POST", "/settings/tokens", auth.Manage, c.makeToken},
		{"GET", "/settings/tokens/{id}", auth.Manage, c.showToken},
		{"POST", "/settings/tokens/{id}/revoke", auth.Manage, c.revokeToken},
		{"GET", "/settings/credentials", auth.Manage, c.listCredentials},
		{"GET", "/settings/credentials/new", auth.Manage, c.newCredential},
		{"POST", "/settings/credentials", auth.Manage, c.makeCredential},
		{"GET", "/settings/credentials/{id}", auth.Manage, c.showCredential},
		{"POST", "/settings/credentials/{id}/revoke", auth.Manage, c.revokeCredential},
		{"GET", "/settings/accounts", auth.Manage, c.listAccounts},
		{"GET", "/settings/accounts/new", auth.Manage, c.newAccount},
		{"POST", "/settings/accounts", auth.Manage, c.makeAccount},
		{"GET", "/settings/accounts/{id}", auth.Manage, c.showAccount},
		{"POST", "/settings/accounts/{id}", auth.Manage, c.changeAccount},
		{"POST", "/settings/accounts/{id}/disable", auth.Manage, c.disableAccount},
		{"POST", "/settings/accounts/{id}/reset", auth.Manage, c.resetAccount},

		// Whoever is signed in, about themselves.
		{"GET", "/settings/account", auth.Self, c.ownAccount},
		{"POST", "/settings/account/password", auth.Self, c.changePassword},
		{"POST", "/settings/account/second-factor", auth.Self, c.beginSecondFactor},
		{"POST", "/settings/account/second-factor/confirm", auth.Self, c.confirmSecondFactor},
		{"POST", "/settings/account/second-factor/remove", auth.Self, c.removeSecondFactor},
		{"POST", "/settings/account/sign-out-everywhere", auth.Self, c.signOutEverywhere},

		{"GET", "/sign-in", auth.None, c.showSignIn},
		{"POST", "/sign-in", auth.None, c.signIn},
		{"GET", "/sign-in/second-factor", auth.Pending, c.showSecondFactor},
		{"POST", "/sign-in/second-factor", auth.Pending, c.secondFactor},
		{"POST", "/sign-out", auth.Self, c.signOut},
		{"GET", "/setup", auth.None, c.showSetup},
		{"POST", "/setup", auth.None, c.setUp},
	}
}

// home leads to the list, in the view that the viewer begins with.
func (c *Console) home(w http.ResponseWriter, r *http.Request) error {
	start := c.saved.Start(auth.From(r.Context()))
	http.Redirect(w, r, first(start, "/events"), http.StatusSeeOther)
	return nil
}

// bounded limits how long a page's questions may take together. The viewer's leaving ends them earlier.
func (c *Console) bounded(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), c.deadline)
}
