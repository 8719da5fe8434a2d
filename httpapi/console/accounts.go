package console

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
)

// accountsPage lists the accounts that the viewer manages.
type accountsPage struct {
	settingsPage
	Accounts []auth.Account
}

// accountPage shows one account, and its set-up link right after that was made.
type accountPage struct {
	settingsPage
	Account   auth.Account
	Form      accountForm
	SetupLink *auth.SetupLink // nil at any other time
}

// accountForm is how an account is made or changed.
type accountForm struct {
	settingsPage
	Login, Name, Email string
	Grants             grantForms
	Wrong              fault
}

// listAccounts answers GET /settings/accounts.
func (c *Console) listAccounts(w http.ResponseWriter, r *http.Request) error {
	p := accountsPage{c.settings(r, "Accounts", "accounts"), c.access.Accounts(auth.From(r.Context()))}
	return c.render(w, http.StatusOK, "accounts", &p)
}

// newAccount answers GET /settings/accounts/new.
func (c *Console) newAccount(w http.ResponseWriter, r *http.Request) error {
	return c.render(w, http.StatusOK, "account-new", c.accountForm(r))
}

func (c *Console) accountForm(r *http.Request) *accountForm {
	f := &accountForm{settingsPage: c.settings(r, "New account", "accounts")}
	f.Grants = c.grantForms(f.page, nil)
	return f
}

// makeAccount answers POST /settings/accounts. The set-up link waits for the account's page.
func (c *Console) makeAccount(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	f := c.accountForm(r)
	f.Login, f.Name, f.Email = values.Get("login"), values.Get("name"), values.Get("email")
	f.Grants.read(values)
	by := auth.From(r.Context())
	made, link, err := c.makeAccountWished(by, f)
	if err == nil {
		c.once.keep(by, "account "+made.ID, &link)
		http.Redirect(w, r, "/settings/accounts/"+made.ID, http.StatusSeeOther)
		return nil
	}
	status := 0
	if f.Wrong, status, err = faultOf(err); err != nil {
		return err
	}
	f.Grants.refused(f.Wrong)
	return c.render(w, status, "account-new", f)
}

func (c *Console) makeAccountWished(by auth.Caller, f *accountForm) (a auth.Account, link auth.SetupLink, err error) {
	grants, err := f.Grants.grants()
	if err != nil {
		return a, link, err
	}
	return c.access.MakeAccount(by, auth.AccountWish{Login: f.Login, Name: f.Name, Email: f.Email, Grants: grants})
}

// showAccount answers GET /settings/accounts/{id}.
func (c *Console) showAccount(w http.ResponseWriter, r *http.Request) error {
	by := auth.From(r.Context())
	account, err := c.access.Account(by, mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	p := c.accountPage(r, account)
	p.SetupLink, _ = c.once.take(by, "account "+account.ID).(*auth.SetupLink)
	return c.render(w, http.StatusOK, "account", p)
}

func (c *Console) accountPage(r *http.Request, account auth.Account) *accountPage {
	p := &accountPage{settingsPage: c.settings(r, "Account", "accounts"), Account: account, Form: *c.accountForm(r)}
	p.Form.Name, p.Form.Email = account.Name, account.Email
	p.Form.Grants = c.grantForms(p.page, account.Grants)
	return p
}

// Own reports whether the account is the viewer's.
func (p *accountPage) Own() bool { return p.Caller.Type == "account" && p.Caller.ID == p.Account.ID }

// changeAccount answers POST /settings/accounts/{id}.
func (c *Console) changeAccount(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	by := auth.From(r.Context())
	account, err := c.access.Account(by, mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	p := c.accountPage(r, account)
	p.Form.Name, p.Form.Email = values.Get("name"), values.Get("email")
	if values.Has("role") {
		p.Form.Grants.read(values)
	}
	if err := c.changeAccountWished(by, p, values); err != nil {
		status := 0
		if p.Form.Wrong, status, err = faultOf(err); err != nil {
			return err
		}
		p.Form.Grants.refused(p.Form.Wrong)
		return c.render(w, status, "account", p)
	}
	http.Redirect(w, r, "/settings/accounts/"+account.ID+"?done=account-changed", http.StatusSeeOther)
	return nil
}

func (c *Console) changeAccountWished(by auth.Caller, p *accountPage, values url.Values) error {
	change := auth.AccountChange{Name: named(values, "name"), Email: named(values, "email")}
	if values.Has("role") {
		grants, err := p.Form.Grants.grants()
		if err != nil {
			return err
		}
		change.Grants = &grants
	}
	_, err := c.access.ChangeAccount(by, p.Account.ID, change)
	return err
}

// disableAccount answers POST /settings/accounts/{id}/disable, which enables as well.
func (c *Console) disableAccount(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	disable, said := values.Get("disabled") == "on", "account-open"
	if disable {
		said = "account-closed"
	}
	account, err := c.access.ChangeAccount(auth.From(r.Context()), mux.Vars(r)["id"], auth.AccountChange{Disabled: &disable})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/accounts/"+account.ID+"?done="+said, http.StatusSeeOther)
	return nil
}

// resetAccount answers POST /settings/accounts/{id}/reset. The set-up link waits for the account's page.
func (c *Console) resetAccount(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	by := auth.From(r.Context())
	account, link, err := c.access.ResetAccount(by, mux.Vars(r)["id"], values.Get("second_factor") == "on")
	if err != nil {
		return err
	}
	c.once.keep(by, "account "+account.ID, &link)
	http.Redirect(w, r, "/settings/accounts/"+account.ID, http.StatusSeeOther)
	return nil
}
