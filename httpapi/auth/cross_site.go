package auth

import (
	"net/http"

	"annals/httpapi/reply"
)

// crossOrigin knows from what every browser since 2023 says of a request (Sec-Fetch-Site, else Origin) whether a page of another origin
// made it. A client that is no browser says nothing, and has no cookies that anybody else could make it send.
var crossOrigin http.CrossOriginProtection

// sameSite refuses what would change something, in the name of whoever the browser is signed in as, for a page that is not ours. GET and
// HEAD change nothing anywhere, so that links work. The other half is that a body must say that it is JSON (see httpapi), which a form
// cannot.
func sameSite(r *http.Request) error {
	if crossOrigin.Check(r) != nil {
		return reply.Forbidden("a page of another site may not ask for this; programs send a token")
	}
	return nil
}
