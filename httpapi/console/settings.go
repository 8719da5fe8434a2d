package console

import (
	"net/http"
	"time"

	"annals/httpapi/auth"
)

// settingsPage is the frame of the pages under Settings: which of them it is, and what was done last.
type settingsPage struct {
	page
	Section string
	Done    string
}

func (c *Console) settings(r *http.Request, title, section string) settingsPage {
	return settingsPage{page: c.page(r, title, "settings"), Section: section, Done: notice(r)}
}

// section is one of the pages under Settings.
type section struct{ Name, Title, Path, Text string }

// Sections are those that the viewer may open, in order.
func (p settingsPage) Sections() []section {
	var all []section
	add := func(open bool, s section) {
		if open {
			all = append(all, s)
		}
	}
	add(p.Caller.Type == "account", section{"account", msg("Your account"), "/settings/account", msg("Password, second factor, and where you are signed in.")})
	add(p.May.Read, section{"views", msg("Saved views"), "/views", msg("Lists under a name: private or shared, starred, and the one that you begin with.")})
	add(p.May.Manage, section{"tokens", msg("Tokens"), "/settings/tokens", msg("What programs and shippers send and read events with.")})
	add(p.May.Manage, section{"credentials", msg("Key pairs"), "/settings/credentials", msg("What clients of other products' audit logs sign their requests with.")})
	add(p.May.Manage, section{"accounts", msg("Accounts"), "/settings/accounts", msg("The people who may sign in, and what each may do.")})
	add(p.May.Read, section{"tenants", msg("Tenants"), "/settings/tenants", msg("Whose logs there are, and how much is in them.")})
	add(p.May.Read, section{"retention", msg("Retention"), "/settings/retention", msg("How long events are kept, and what was removed.")})
	add(p.May.Read, section{"about", msg("About this server"), "/settings/about", msg("Version, storage, index, and whether everything is still as it was written.")})
	return all
}

// settingsHome answers GET /settings.
func (c *Console) settingsHome(w http.ResponseWriter, r *http.Request) error {
	p := c.settings(r, "Settings", "")
	return c.render(w, http.StatusOK, "settings", &p)
}

// copyView is a button that copies what an element has.
type copyView struct {
	Page page
	Of   string // selector of the element
}

func copyOf(p page, of string) copyView { return copyView{p, of} }

// accountView is an account on a page.
type accountView struct {
	Page    page
	Account auth.Account
}

func accountOf(p page, a auth.Account) accountView { return accountView{p, a} }

// grantsView are grants on a page.
type grantsView struct {
	Page   page
	Grants []auth.Grant
}

func grantsOf(p page, grants []auth.Grant) grantsView { return grantsView{p, grants} }

// Ago is how long ago a moment was.
func (p page) Ago(t time.Time) string { return p.Span(p.Now.Sub(t)) }
