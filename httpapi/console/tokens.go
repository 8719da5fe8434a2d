package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// tokensPage lists the tokens that the viewer manages.
type tokensPage struct {
	settingsPage
	Tokens []auth.Token
}

// tokenPage shows one token, and its text right after it was made.
type tokenPage struct {
	settingsPage
	Token auth.Token
	Text  string // "" at any other time
}

// tokenForm is how a token is made.
type tokenForm struct {
	settingsPage
	Name, Expires string
	Grant         grantForm
	Wrong         fault
}

// tokenDays is how long a new token is good, unless another day is chosen.
const tokenDays = 90

// listTokens answers GET /settings/tokens: those that are good first, the newest first.
func (c *Console) listTokens(w http.ResponseWriter, r *http.Request) error {
	p := tokensPage{settingsPage: c.settings(r, "Tokens", "tokens"), Tokens: c.access.Tokens(auth.From(r.Context()))}
	slices.Reverse(p.Tokens)
	slices.SortStableFunc(p.Tokens, func(a, b auth.Token) int {
		return rank(p.State(a.Revoked, a.Expires)) - rank(p.State(b.Revoked, b.Expires))
	})
	return c.render(w, http.StatusOK, "tokens", &p)
}

func rank(state string) int {
	if state == "active" {
		return 0
	}
	return 1
}

// State is a word for what a token or credential is good for.
func (p settingsPage) State(revoked, expires time.Time) string {
	switch {
	case !revoked.IsZero():
		return "revoked"
	case !expires.IsZero() && !p.Now.Before(expires):
		return "expired"
	}
	return "active"
}

// newToken answers GET /settings/tokens/new.
func (c *Console) newToken(w http.ResponseWriter, r *http.Request) error {
	return c.render(w, http.StatusOK, "token-new", c.tokenForm(c.settings(r, "New token", "tokens")))
}

func (c *Console) tokenForm(p settingsPage) *tokenForm {
	return &tokenForm{settingsPage: p, Grant: c.grantForm(p.page), Expires: p.Now.AddDate(0, 0, tokenDays).Format(time.DateOnly)}
}

// read takes what was sent.
func (f *tokenForm) read(values url.Values) {
	f.Name, f.Expires = values.Get("name"), values.Get("expires")
	f.Grant.read(values)
}

// refused notes what is wrong with what was sent, for the form.
func (f *tokenForm) refused(err error) (status int, unexpected error) {
	f.Wrong, status, unexpected = faultOf(err)
	f.Grant.Wrong = f.Wrong
	return status, unexpected
}

// makeToken answers POST /settings/tokens. The token's text waits for its page.
func (c *Console) makeToken(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	f := c.tokenForm(c.settings(r, "New token", "tokens"))
	f.read(values)
	by := auth.From(r.Context())
	made, text, err := c.makeWished(by, f)
	if err == nil {
		c.once.keep(by, "token "+made.ID, text)
		http.Redirect(w, r, "/settings/tokens/"+made.ID, http.StatusSeeOther)
		return nil
	}
	status, err := f.refused(err)
	if err != nil {
		return err
	}
	return c.render(w, status, "token-new", f)
}

func (c *Console) makeWished(by auth.Caller, f *tokenForm) (t auth.Token, text string, err error) {
	wish, err := f.wish()
	if err != nil {
		return t, "", err
	}
	return c.access.Make(by, wish)
}

// wish is what the form says.
func (f *tokenForm) wish() (auth.Wish, error) {
	expires, err := f.expires()
	if err != nil {
		return auth.Wish{}, err
	}
	grants, err := f.Grant.grants()
	return auth.Wish{Name: f.Name, Grants: grants, Expires: expires}, err
}

// expires is the end of the day that was chosen, in the viewer's zone.
func (f *tokenForm) expires() (time.Time, error) {
	if f.Expires == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, f.Expires, f.Zone)
	if err != nil {
		return time.Time{}, &engine.FieldError{Field: "expires", Message: "is not a day such as 2027-01-31"}
	}
	return day.AddDate(0, 0, 1), nil
}

// showToken answers GET /settings/tokens/{id}.
func (c *Console) showToken(w http.ResponseWriter, r *http.Request) error {
	by, id := auth.From(r.Context()), mux.Vars(r)["id"]
	tokens := c.access.Tokens(by)
	i := slices.IndexFunc(tokens, func(t auth.Token) bool { return t.ID == id })
	if i < 0 {
		return reply.NotFound("no such token")
	}
	p := tokenPage{settingsPage: c.settings(r, "Token", "tokens"), Token: tokens[i]}
	p.Text, _ = c.once.take(by, "token "+id).(string)
	return c.render(w, http.StatusOK, "token", &p)
}

// Own reports whether the page was asked for with this very token.
func (p *tokenPage) Own() bool { return p.Caller.Type == "token" && p.Caller.ID == p.Token.ID }

// revokeToken answers POST /settings/tokens/{id}/revoke.
func (c *Console) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.access.Revoke(auth.From(r.Context()), mux.Vars(r)["id"]); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/tokens?done=token-revoked", http.StatusSeeOther)
	return nil
}
