package console

import (
	"net/http"
	"net/url"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const secondFactorPath = "/sign-in/second-factor"

// cardPage is the frame of the pages before somebody is signed in.
type cardPage struct {
	page
	Return string // where to go afterwards
	Notice string
	Wrong  fault
	Until  time.Time // when to try again; zero: nothing stands in the way
}

// signInPage asks for login and password.
type signInPage struct {
	cardPage
	Login    string
	Provider string // where signing in at a provider begins; "": there is none
}

// reasons are the words in the address that say how somebody came to the page. Any other word says nothing.
var reasons = map[string]string{
	"timed-out":  msg("Your session has ended. Sign in again to go on where you were."),
	"signed-out": msg("You are signed out."),
	"set-up":     msg("Your account is ready. Sign in with the password that you have chosen."),
}

var errNotTheSame error = &engine.FieldError{Field: "again", Message: "is not the same"}

func (c *Console) card(r *http.Request, title string) cardPage {
	return cardPage{page: c.page(r, title, ""), Return: r.URL.Query().Get("return"), Notice: reasons[r.URL.Query().Get("why")]}
}

// showSignIn answers GET /sign-in.
func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) error {
	p := c.signInPage(r)
	if p.Caller.Type == "account" {
		http.Redirect(w, r, returnPath(p.Return), http.StatusSeeOther)
		return nil
	}
	return c.render(w, http.StatusOK, "sign-in", p)
}

func (c *Console) signInPage(r *http.Request) *signInPage {
	p := &signInPage{cardPage: c.card(r, "Sign in")}
	if c.provider != "" {
		p.Provider = c.provider + "?" + url.Values{"return": {returnPath(p.Return)}}.Encode()
	}
	return p
}

// returnPath is where to go from the sign-in page: back, or to the beginning.
func returnPath(s string) string {
	if s == "" {
		return "/"
	}
	return localPath(s)
}

// signIn answers POST /sign-in.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	back := values.Get("return")
	_, secondFactor, err := c.access.SignIn(w, r, values.Get("login"), values.Get("password"))
	switch {
	case err == nil && secondFactor:
		http.Redirect(w, r, secondFactorPath+"?"+url.Values{"return": {returnPath(back)}}.Encode(), http.StatusSeeOther)
		return nil
	case err == nil:
		http.Redirect(w, r, returnPath(back), http.StatusSeeOther)
		return nil
	}
	p := c.signInPage(r)
	p.Return, p.Login, p.Notice = back, values.Get("login"), ""
	status, err := p.refused(err)
	if err != nil {
		return err
	}
	return c.render(w, status, "sign-in", p)
}

// refused notes why somebody was not let in.
func (p *cardPage) refused(err error) (status int, unexpected error) {
	if wait := reply.ProblemOf(err).RetryAfter(); wait > 0 {
		p.Until = p.Now.Add(wait).Truncate(time.Second).Add(time.Second)
	}
	p.Wrong, status, unexpected = faultOf(err)
	return status, unexpected
}

// showSecondFactor answers GET /sign-in/second-factor.
func (c *Console) showSecondFactor(w http.ResponseWriter, r *http.Request) error {
	p := c.card(r, "Second factor")
	return c.render(w, http.StatusOK, "second-factor", &p)
}

// secondFactor answers POST /sign-in/second-factor.
func (c *Console) secondFactor(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	if _, err = c.access.SecondFactor(w, r, auth.From(r.Context()), values.Get("code")); err == nil {
		http.Redirect(w, r, returnPath(values.Get("return")), http.StatusSeeOther)
		return nil
	}
	p := c.card(r, "Second factor")
	p.Return = values.Get("return")
	status, err := p.refused(err)
	if err != nil {
		return err
	}
	return c.render(w, status, "second-factor", &p)
}

// signOut answers POST /sign-out.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := c.access.SignOut(w, r, auth.From(r.Context())); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in?why=signed-out", http.StatusSeeOther)
	return nil
}
