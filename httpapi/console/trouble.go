package console

import (
	"net/http"
	"net/url"
	"strings"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// troublePage says what is wrong and what to do about it.
type troublePage struct {
	page
	Problem *reply.Problem
	Advice  string
}

// troubles are titles and advice, by the problem's code.
var troubles = map[string][2]string{
	"unauthorized": {msg("Not signed in"), msg("What was sent to say who you are is not accepted. Sign in, or send a valid token.")},
	"forbidden":    {msg("You may not open this"), msg("Your role does not reach this far. Ask an administrator of this server for one that does; they give roles under Settings, Accounts.")},
	"not-found":    {msg("There is nothing here"), msg("The address leads to nothing, or to something that you may not see. Look whether all of it was copied.")},
	"rate":         {msg("Too many requests"), msg("Wait a moment and load the page again.")},
	"deadline":     {msg("The answer took too long"), msg("Choose a shorter period or more filters.")},
	"unavailable":  {msg("The log is not available now"), msg("Try again in a moment. If it stays so, the server's log says why.")},
	"disk-full":    {msg("The disk is nearly full"), msg("Nothing new can be stored until there is space again. What is stored can be read.")},
	"damaged":      {msg("Stored data is damaged"), msg("Ask who looks after this server to run annals verify.")},
}

// otherTrouble is for what the server did not expect; clientTrouble for what it was sent and cannot read.
var (
	otherTrouble  = [2]string{msg("Something went wrong"), msg("The server's log has the details under the request ID below. Tell it to whoever runs this server.")}
	clientTrouble = [2]string{msg("The request cannot be answered"), msg("Something in it cannot be read. Go back and try again.")}
)

// providerPaths begin the addresses where a sign-in at a provider goes on. One that has failed is not to be come back to.
const providerPaths = "/auth/"

// Trouble shows a problem to who looks at pages. Who has to sign in first is led there, and back afterwards.
func (c *Console) Trouble(w http.ResponseWriter, r *http.Request, p *reply.Problem) error {
	if p.Status == http.StatusUnauthorized && r.Header.Get("Authorization") == "" && !strings.HasPrefix(r.URL.Path, providerPaths) {
		http.Redirect(w, r, signInPath(r), http.StatusSeeOther)
		return nil
	}
	if p.Status == http.StatusForbidden && r.URL.Path == secondFactorPath && c.access.Who(r).ID != "" {
		http.Redirect(w, r, localPath(r.URL.Query().Get("return")), http.StatusSeeOther) // it has been given already
		return nil
	}
	text, ok := troubles[p.Code()]
	switch {
	case !ok && p.Status < http.StatusInternalServerError:
		text = clientTrouble
	case !ok:
		text = otherTrouble
	}
	return c.render(w, p.Status, "trouble", &troublePage{c.page(r, text[0], ""), p, text[1]})
}

// signInPath is where to sign in, to come back to what was asked for.
func signInPath(r *http.Request) string {
	values, back := url.Values{}, pageOf(r)
	if back != "/" {
		values.Set("return", back)
	}
	if auth.HasSession(r) {
		values.Set("why", "timed-out")
	}
	if len(values) == 0 {
		return "/sign-in"
	}
	return "/sign-in?" + values.Encode()
}

// pageOf is the address of the page that somebody looks at: the one asked for, or, where a form was sent, the one that it was sent from.
func pageOf(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		return from.RequestURI()
	}
	return "/"
}
