package console

import (
	"net/http"
	"net/url"

	"annals/httpapi/auth"
)

// setupPage is where a set-up link leads. The link's code is behind the # of the address, which browsers do not send, so that it ends in no
// log; the script takes it from there and posts it. Without script the code is pasted.
type setupPage struct {
	cardPage
	Code, Login, Name, Email string
	Setup                    *auth.Setup // nil: the code is still to come
}

// showSetup answers GET /setup.
func (c *Console) showSetup(w http.ResponseWriter, r *http.Request) error {
	return c.render(w, http.StatusOK, "setup", &setupPage{cardPage: c.card(r, "Set up your account")})
}

// setUp answers POST /setup: first with the code alone, then with all that is chosen.
func (c *Console) setUp(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := &setupPage{cardPage: c.card(r, "Set up your account"), Code: values.Get("code"), Login: values.Get("login"), Name: values.Get("name"),
		Email: values.Get("email")}
	setup, err := c.access.LookSetup(r, p.Code)
	if err == nil {
		p.Setup = &setup
		if !values.Has("password") {
			return c.render(w, http.StatusOK, "setup", p)
		}
		if err = c.useSetup(r, values); err == nil {
			http.Redirect(w, r, "/sign-in?why=set-up", http.StatusSeeOther)
			return nil
		}
	}
	status, err := p.refused(err)
	if err != nil {
		return err
	}
	return c.render(w, status, "setup", p)
}

func (c *Console) useSetup(r *http.Request, values url.Values) error {
	if values.Get("password") != values.Get("again") {
		return errNotTheSame
	}
	_, err := c.access.UseSetup(r, auth.SetupWish{Code: values.Get("code"), Login: values.Get("login"), Name: values.Get("name"),
		Email: values.Get("email"), Password: values.Get("password")})
	return err
}
