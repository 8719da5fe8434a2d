package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
)

// viewsPage lists the saved views.
type viewsPage struct {
	settingsPage
	Views []SavedView
	Form  viewForm
}

// viewPage shows one view, and lets it be changed.
type viewPage struct {
	settingsPage
	View SavedView
	Form viewForm
}

// viewForm is how a view is saved or changed.
type viewForm struct {
	page
	Name, Query, Tenant string
	Tenants             []string // that the viewer may share with
	Return              string
	Wrong               fault
}

// listViews answers GET /views.
func (c *Console) listViews(w http.ResponseWriter, r *http.Request) error {
	return c.viewsPage(w, r, http.StatusOK, viewForm{})
}

// settingsViews answers GET /settings/views.
func (c *Console) settingsViews(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/views", http.StatusSeeOther)
	return nil
}

// viewsPage shows the list, and a form that was sent with something wrong in it.
func (c *Console) viewsPage(w http.ResponseWriter, r *http.Request, status int, f viewForm) error {
	p := viewsPage{settingsPage: c.settings(r, "Saved views", "views"), Form: f}
	p.Form.page, p.Form.Tenants = p.page, c.tenantsOf(p.Caller.Tenants)
	var err error
	if p.Views, err = c.saved.List(p.Caller); err != nil {
		return err
	}
	return c.render(w, status, "views", &p)
}

// makeView answers POST /views: back to the list, which shows that it is saved by the view's name.
func (c *Console) makeView(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	f := viewForm{Name: values.Get("name"), Query: values.Get("query"), Tenant: values.Get("tenant"), Return: values.Get("return")}
	_, err = c.saved.Make(auth.From(r.Context()), ViewWish{Name: f.Name, Query: f.Query, Tenant: f.Tenant})
	if err != nil {
		status := 0
		if f.Wrong, status, err = faultOf(err); err != nil {
			return err
		}
		return c.viewsPage(w, r, status, f)
	}
	back := "/views?done=view-saved"
	if f.Return != "" {
		back = localPath(f.Return)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// showView answers GET /views/{id}.
func (c *Console) showView(w http.ResponseWriter, r *http.Request) error {
	v, err := c.saved.Get(auth.From(r.Context()), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	return c.viewPage(w, r, http.StatusOK, v, viewForm{Name: v.Name, Tenant: v.Tenant})
}

func (c *Console) viewPage(w http.ResponseWriter, r *http.Request, status int, v SavedView, f viewForm) error {
	p := viewPage{settingsPage: c.settings(r, "Saved view", "views"), View: v, Form: f}
	p.Form.page, p.Form.Tenants = p.page, c.tenantsOf(p.Caller.Tenants)
	if v.Tenant != "" && !slices.Contains(p.Form.Tenants, v.Tenant) { // its events are gone; a new name must not take the view from who shares it
		p.Form.Tenants = append(p.Form.Tenants, v.Tenant)
	}
	return c.render(w, status, "view", &p)
}

// changeView answers POST /views/{id}.
func (c *Console) changeView(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	by := auth.From(r.Context())
	v, err := c.saved.Get(by, mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	f := viewForm{Name: values.Get("name"), Tenant: values.Get("tenant")}
	if _, err := c.saved.Change(by, v.ID, ViewChange{Name: &f.Name, Tenant: named(values, "tenant")}); err != nil {
		status := 0
		if f.Wrong, status, err = faultOf(err); err != nil {
			return err
		}
		return c.viewPage(w, r, status, v, f)
	}
	http.Redirect(w, r, "/views?done=view-changed", http.StatusSeeOther)
	return nil
}

// named is a form's value, or nil where the form has none of the name.
func named(values url.Values, name string) *string {
	if !values.Has(name) {
		return nil
	}
	v := values.Get(name)
	return &v
}

// markView answers POST /views/{id}/mark: a star, or where the viewer begins.
func (c *Console) markView(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	flag := func(name string) *bool {
		if !values.Has(name) {
			return nil
		}
		on := values.Get(name) == "on"
		return &on
	}
	change := ViewChange{Starred: flag("star"), Default: flag("default")}
	if _, err := c.saved.Change(auth.From(r.Context()), mux.Vars(r)["id"], change); err != nil {
		return err
	}
	back := "/views"
	if values.Get("return") != "" {
		back = localPath(values.Get("return"))
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// deleteView answers POST /views/{id}/delete.
func (c *Console) deleteView(w http.ResponseWriter, r *http.Request) error {
	if err := c.saved.Remove(auth.From(r.Context()), mux.Vars(r)["id"]); err != nil {
		return err
	}
	http.Redirect(w, r, "/views?done=view-deleted", http.StatusSeeOther)
	return nil
}

// tenantsOf are those that have events and that somebody sees.
func (c *Console) tenantsOf(who engine.Tenants) []string {
	names := []string{}
	for _, name := range c.log.Tenants() {
		if who.Sees(name) {
			names = append(names, name)
		}
	}
	return names
}

// The list's menu of views.

// menuViews is how many views the menu has; the page of views has all.
const menuViews = 50

// MenuViews are the menu's.
func (p *eventsPage) MenuViews() []SavedView { return p.Saved[:min(len(p.Saved), menuViews)] }

// SaveForm is how the list as it is now is saved.
func (p *eventsPage) SaveForm() viewForm {
	return viewForm{page: p.page, Query: p.Filter.pinned(), Tenants: p.shareable, Return: p.Self}
}

// ViewNow is the view that shows what the list shows, if there is one.
func (p *eventsPage) ViewNow() *SavedView {
	now := p.Filter.pinned()
	for i := range p.Saved {
		if p.Saved[i].Query == now {
			return &p.Saved[i]
		}
	}
	return nil
}
