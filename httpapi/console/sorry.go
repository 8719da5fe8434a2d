package console

import (
	"net/http"
	"strings"

	"annals/httpapi/reply"
)

// sorryPage says that a page cannot be shown, and what can be done.
type sorryPage struct {
	page
	Problem *reply.Problem
	Advice  string
}

// advice is what to do about a problem, by its code.
var advice = map[string]string{
	"forbidden":   msg("Your access does not include this. Ask who looks after this server for a role that does."),
	"not-found":   msg("There is nothing here, or you may not see it. The address may be incomplete."),
	"deadline":    msg("The answer took too long. Choose a shorter period or more filters."),
	"unavailable": msg("The log does not answer just now. Try again in a moment."),
	"disk-full":   msg("The server's disk is nearly full. Ask who looks after it to make room."),
	"damaged":     msg("Stored data is damaged. Ask who looks after this server to run annals verify."),
	"internal":    msg("Something went wrong in the server. Its log has the details under the ID below."),
}

// orSorry makes a handler answer a browser with a page where it would answer with a problem document.
func (c *Console) orSorry(serve func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := serve(w, r)
		if err == nil || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			return err
		}
		p := sorryPage{page: c.page(r, "This page cannot be shown", ""), Problem: reply.Fill(r, err)}
		p.Advice = advice[p.Problem.Code()]
		return c.render(w, p.Problem.Status, "sorry", &p)
	}
}
