package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"annals/httpapi/reply"
)

// The paths of a sign-in.
const (
	OIDCStartPath    = "/auth/oidc/start"
	OIDCCallbackPath = "/auth/oidc/callback" // where the provider sends the browser back to; it is registered there behind the public URL
)

// OIDCOptions configure sign-in with an OpenID Connect provider. All but Scopes, GroupsClaim and LoginClaim are required.
type OIDCOptions struct {
	Issuer       string   // as the provider itself writes it, to the byte
	ClientID     string   // which the provider knows us by
	ClientSecret string   // never shown or logged
	PublicURL    string   // under which browsers reach this server: scheme and host
	Scopes       []string // nil: openid, profile and email. openid is always asked for
	GroupsClaim  string   // the claim with someone's groups, or the path to it with dots; "" means groups
	LoginClaim   string   // the claim with the name that someone goes by; "" means preferred_username. Where there is none: e-mail, else subject
	Mapping      *Mapping // from groups to roles
}

// OIDC signs people in through a provider: the code flow, with PKCE, state and nonce. All methods may be called concurrently.
type OIDC struct {
	access                               *Auth
	issuer, clientID, clientSecret       string
	redirectURL, groupsClaim, loginClaim string
	scopes                               []string
	mapping                              *Mapping
	secure                               bool   // browsers come over TLS
	cookieName                           string // of the sign-in under way

	client    *http.Client // to the provider
	discovery discovery
	sealer    sealer
	used      usedOnce
}

// NewOIDC checks the options. It does not ask the provider yet.
func NewOIDC(access *Auth, o OIDCOptions) (*OIDC, error) {
	if err := checkURL(o.Issuer); err != nil {
		return nil, fmt.Errorf("the issuer: %w", err)
	}
	public, err := checkPublicURL(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("the public URL: %w", err)
	}
	if o.ClientID == "" || o.ClientSecret == "" || o.Mapping == nil {
		return nil, errors.New("client ID, client secret and mapping are needed")
	}
	s := &OIDC{access: access, issuer: o.Issuer, clientID: o.ClientID, clientSecret: o.ClientSecret, redirectURL: public.String() + OIDCCallbackPath,
		groupsClaim: o.GroupsClaim, loginClaim: o.LoginClaim, scopes: o.Scopes, mapping: o.Mapping, secure: public.Scheme == "https",
		cookieName: signInCookie, client: providerClient()}
	if s.sealer, err = newSealer(); err != nil {
		return nil, fmt.Errorf("make a key for sign-ins: %w", err)
	}
	if s.secure {
		s.cookieName = hostOnlyCookies + signInCookie
	}
	if s.groupsClaim == "" {
		s.groupsClaim = "groups"
	}
	if s.loginClaim == "" {
		s.loginClaim = "preferred_username"
	}
	if s.scopes == nil {
		s.scopes = []string{oidc.ScopeOpenID, "profile", "email"}
	}
	if !slices.Contains(s.scopes, oidc.ScopeOpenID) {
		s.scopes = append([]string{oidc.ScopeOpenID}, s.scopes...)
	}
	return s, nil
}

func checkPublicURL(text string) (*url.URL, error) {
	if err := checkURL(text); err != nil {
		return nil, err
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err == nil && (u.Path != "" || u.RawQuery != "" || u.Fragment != "") {
		err = fmt.Errorf("%q has more than scheme and host", cut(text))
	}
	return u, err
}

// Start sends the browser to the provider. The parameter return names the path of this server to go on to afterwards.
func (o *OIDC) Start(w http.ResponseWriter, r *http.Request) error {
	p, err := o.provider(r.Context())
	if err != nil {
		return o.refuse(r, Identity{}, providerDown(err))
	}
	t := trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Return: localPath(r.URL.Query().Get("return")),
		Started: o.access.now().UTC()}
	sealed, err := o.sealer.seal(t)
	if err != nil {
		return fmt.Errorf("start sign-in: %w", err)
	}
	http.SetCookie(w, o.cookie(sealed))
	http.Redirect(w, r, p.config.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), http.StatusFound)
	return nil
}

// Callback takes the browser back from the provider and, when all is well, signs in who came.
func (o *OIDC) Callback(w http.ResponseWriter, r *http.Request) error {
	who, back, f := o.comeBack(w, r)
	if f != nil {
		return o.refuse(r, who, f)
	}
	if err := o.access.SignInAs(w, r, who); err != nil {
		return err
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// comeBack returns who came back from the provider, and the path to go on to. With a failure it returns what is known for sure of them.
func (o *OIDC) comeBack(w http.ResponseWriter, r *http.Request) (who Identity, back string, f *failure) {
	query, f := answerOf(r)
	if f != nil {
		return who, "", f
	}
	t, f := o.take(r, query.Get("state"))
	if f != nil {
		return who, "", f
	}
	http.SetCookie(w, o.cookie(""))
	p, err := o.provider(r.Context())
	if err != nil {
		return who, "", providerDown(err)
	}
	code, f := o.code(p, query)
	if f != nil {
		return who, "", f
	}
	who, f = o.whoIs(r.Context(), p, t, code)
	if f == nil && len(who.Grants) == 0 {
		f = o.turnAway(who)
	}
	return who, t.Return, f
}

// answerOf reads the parameters that mean something here, each at most once. Providers send others too.
func answerOf(r *http.Request) (url.Values, *failure) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badAnswer("", "the query string cannot be read")
	}
	for _, name := range []string{"state", "code", "error", "iss"} {
		if n := len(query[name]); n > 1 {
			return nil, badAnswer(name, fmt.Sprintf("%s is given %d times", name, n))
		}
	}
	if query.Get("state") == "" {
		return nil, badAnswer("state", "state is missing; a sign-in begins at "+OIDCStartPath)
	}
	return query, nil
}

// take finds the sign-in that the browser has the cookie of and uses it up. Nothing else that came is believed before the state is that one's.
func (o *OIDC) take(r *http.Request, state string) (trip, *failure) {
	cookies := r.CookiesNamed(o.cookieName)
	if len(cookies) != 1 {
		return trip{}, notOurs("there is no cookie of a sign-in, or more than one")
	}
	t, ok := o.sealer.open(cookies[0].Value)
	switch {
	case !ok:
		return t, notOurs("the cookie is not one of this server, or from before its start")
	case subtle.ConstantTimeCompare([]byte(t.State), []byte(state)) != 1:
		return t, notOurs("the state is not that of the cookie")
	case o.access.now().Sub(t.Started) > signInTime:
		return t, notOurs("the sign-in was started too long ago")
	case !o.used.take(t.State):
		return t, notOurs("the sign-in has come back before")
	}
	return t, nil
}

// code returns the code of the provider's answer, if it is the provider's and has one.
func (o *OIDC) code(p *provider, query url.Values) (string, *failure) {
	switch {
	case (query.Has("iss") || p.namesIssuer) && query.Get("iss") != o.issuer:
		return "", untrusted("issuer", errors.New("the answer does not name our issuer"))
	case query.Has("error"):
		return "", refusedByProvider(query.Get("error"))
	case query.Get("code") == "":
		return "", badAnswer("code", "code is missing")
	}
	return query.Get("code"), nil
}

// whoIs exchanges the code and returns who it stands for, with what their groups give.
func (o *OIDC) whoIs(ctx context.Context, p *provider, t trip, code string) (who Identity, f *failure) {
	ctx = oidc.ClientContext(ctx, o.client)
	token, err := p.config.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return who, exchangeFailed(err)
	}
	id, said, err := o.verify(ctx, p, token, t.Nonce)
	if err != nil {
		return who, untrusted("id-token", err)
	}
	who = o.identity(id.Subject, said)
	if !o.complete(said) {
		more, err := o.userinfo(ctx, p, token, id.Subject)
		switch {
		case errors.Is(err, errOtherSubject):
			return who, untrusted("userinfo", err)
		case err != nil:
			return who, providerDown(err)
		}
		who = o.identity(id.Subject, said, more)
	}
	return who, nil
}

// turnAway refuses someone whose groups give nothing, and ends the sessions that they have from when it was otherwise. What the groups gave last
// stays in the account, where those who manage it find it; it opens nothing, as the only way in is another sign-in.
func (o *OIDC) turnAway(who Identity) *failure {
	if acc := o.access.accounts.identified(who.Issuer, who.Subject); acc != nil {
		err := o.access.accounts.change(acc, func(r *accountRecord) error {
			r.Epoch++
			return nil
		})
		if err != nil {
			return &failure{"server", reply.ProblemOf(err), fmt.Errorf("end sessions: %w", err)}
		}
	}
	return noRole()
}
