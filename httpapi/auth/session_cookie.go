package auth

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"

	"annals/httpapi/reply"
)

// The cookie of a session. The prefix __Host- has browsers refuse it without Secure, with a Domain, or from a neighbouring host. Without TLS
// there is only a person on the server's own machine, and a name without the prefix, so that neither is ever taken for the other.
const (
	secureCookie = "__Host-annals"
	plainCookie  = "annals"

	sessionBytes = 32 // 256 random bits: nobody guesses one, and a fast hash of it is enough
)

var sessionChars = base64.RawURLEncoding.EncodedLen(sessionBytes)

func newSessionSecret() string {
	random := make([]byte, sessionBytes)
	rand.Read(random) // never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(random)
}

// newCookie returns the cookie for a new session. It has no end of its own: a browser that is closed forgets it, and the server ends the
// session anyhow. Links from other sites, as from a ticket, do open what they point at (Lax); what changes something takes more, see
// sameSite.
func newCookie(r *http.Request, secret string) *http.Cookie {
	secure := overTLS(r)
	return &http.Cookie{Name: cookieName(secure), Value: secret, Path: "/", Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// private refuses to take a password, or to give a cookie, over a network that others may listen to.
func private(r *http.Request) error {
	if overTLS(r) || onThisMachine(r) {
		return nil
	}
	return reply.Forbidden("people sign in over TLS, or on the server's own machine at a loopback address; behind a proxy that has TLS, " +
		"name it with --trusted-proxies and let it send X-Forwarded-Proto")
}

// dropCookie has the browser forget the session.
func dropCookie(w http.ResponseWriter, r *http.Request) {
	gone := newCookie(r, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
}

// readCookie returns the secret of the request's session, or "" when it has none, or something that is none. Of two cookies of the name,
// which an attacker on a neighbouring host may have planted, neither counts.
func readCookie(r *http.Request) string {
	cookies := r.CookiesNamed(cookieName(overTLS(r)))
	if len(cookies) != 1 {
		return ""
	}
	return parseSession(cookies[0].Value)
}

// parseSession returns the text when it is how a session's secret is written.
func parseSession(text string) string {
	if len(text) != sessionChars {
		return ""
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil || strings.ContainsAny(text, "\r\n") {
		return ""
	}
	return text
}

func cookieName(secure bool) string {
	if secure {
		return secureCookie
	}
	return plainCookie
}

// overTLS reports whether the browser came over TLS, to us or to a proxy that is believed.
func overTLS(r *http.Request) bool { return r.TLS != nil || reply.Secure(r.Context()) }

// onThisMachine reports whether a browser on the server's own machine speaks to it, and means to: a name that leads here, as after a
// change of what DNS says of it, is no loopback address. A proxy here that is not named in --trusted-proxies may rewrite the Host, as nginx
// does; its browsers' Origin and its own headers give it away.
func onThisMachine(r *http.Request) bool {
	if !reply.Client(r.Context()).IsLoopback() || !loopbackHost(r.Host) {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && (origin.Host == "" || loopbackHost(origin.Host))
}

// loopbackHost reports whether a host, with or without a port, is this machine and is called so.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return loopback(strings.Trim(host, "[]"))
}
