// Package auth says who is calling and what they may do. Programs have tokens; people have accounts, and a session once they have signed in;
// clients of other products have credentials, which are key pairs. Each is a record with a role, or several, each for some tenants or for all.
//
// Require is the one door: it finds the caller, holds the caller's rights against what the route needs, and binds the caller to the
// tenants in which that right is held. Handlers take the tenants from the Caller and from nowhere else, so that every query and
// every write is behind the wall before it is planned.
//
// Reading order: rights.go says what a role may, token.go how a token is written, store.go what is kept of it, table.go how records are held
// in memory, this file who gets in. For people account.go, password.go, signin.go and session.go; lockout.go bounds guessing; oidc.go lets in
// whom a provider vouches for. For clients credential.go; masterkey.go is how secrets are sealed, secrets.go where they are kept, rotate.go how the key changes.
package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// Caller is who is behind a request, and the tenants in which the right that the route needs is held.
type Caller struct {
	ID      string // of the token, credential or account
	Name    string // of the token or credential; of an account, its login
	Email   string
	Type    string // what ID and Name are of: "token", "credential" or "account"
	Tenants engine.Tenants

	// Of a person's session; zero for a token.
	session string // its key
	epoch   uint64
	reach   *reach // the account's when the request came
}

// Actor returns the caller as events name one. The zero Caller is nobody.
func (c Caller) Actor() engine.Actor {
	return engine.Actor{ID: c.ID, Name: c.Name, Email: c.Email, Type: c.Type}
}

// Require lets through callers that have the right, with who they are in the context, and refuses the others with 401 or 403.
// Tokens are read from the Authorization header only, so that none ends in a URL or a log. A header always wins over a cookie: the
// program that sends one means it.
func (a *Auth) Require(need Right, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.admit(r, need)
		noteCaller(r.Context(), caller)
		if err != nil {
			reply.Error(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
	})
}

// admit finds who is behind a request and holds their rights against what is needed.
func (a *Auth) admit(r *http.Request, need Right) (Caller, error) {
	if need == None {
		return Caller{}, sameSite(r)
	}
	if header := r.Header.Get("Authorization"); header != "" {
		e, err := a.check(header)
		if err != nil {
			return Caller{}, err
		}
		return e.value.Load().admit(e.id, need)
	}
	s, acc, err := a.sessionOf(r)
	if err != nil {
		return Caller{}, err
	}
	if err := sameSite(r); err != nil {
		return Caller{}, err
	}
	return admitSession(s, acc, need)
}

// check finds the token of an Authorization header. Every reason to refuse one has the same answer, and an unknown key ID costs what a
// known one does: a hash and a comparison. The comparison is constant in time; the key ID is no secret.
func (a *Auth) check(header string) (*entry, error) {
	if a.broken != nil {
		return nil, a.broken
	}
	scheme, text, _ := strings.Cut(header, " ")
	id, secret, ok := parseToken(strings.TrimSpace(text))
	e := a.store.find(id)
	if e == nil {
		e = nobody
	}
	sum, record, now := sha256.Sum256([]byte(secret)), e.value.Load(), a.now()
	same := subtle.ConstantTimeCompare(sum[:], record.Hash) == 1
	if !ok || !same || !record.valid(now) || !strings.EqualFold(scheme, "Bearer") {
		return nil, reply.Unauthorized("the token is not known, has expired or was revoked")
	}
	e.used.Store(now.UnixNano())
	return e, nil
}

// Valid reports whether the caller would still be let in as it was, for answers that have no end. A session is over for them too when its
// account may do something else than at the start.
func (a *Auth) Valid(c Caller) bool {
	if c.session == "" {
		e := a.store.find(c.ID)
		if c.Type == credentialKind {
			e = a.credentials.find(c.ID)
		}
		return e != nil && e.value.Load().valid(a.now())
	}
	s := a.sessions.find(c.session)
	if s == nil || !a.live(s, a.now()) {
		return false
	}
	acc := a.owner(s)
	return acc != nil && acc.value.Load().reach == c.reach
}

type (
	callerKey  struct{}
	watcherKey struct{}
)

// Watch returns a context in which Require notes who the caller is, those whom it refuses for want of the right included: for what stands around
// Require and tells of a request when it is over.
func Watch(ctx context.Context, who *Caller) context.Context {
	return context.WithValue(ctx, watcherKey{}, who)
}

func noteCaller(ctx context.Context, c Caller) {
	if who, ok := ctx.Value(watcherKey{}).(*Caller); ok {
		*who = c
	}
}

// From returns who is behind the request. Outside of Require it is the zero Caller, which may do and see nothing.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WriteTo returns the tenant of an event that names tenant, or none, or a *engine.FieldError. An event that names none goes to the caller's
// tenant if there is just one, else to the default one if the caller may write there. The server's own tenant takes none from outside.
func (c Caller) WriteTo(tenant string) (string, error) {
	if tenant == "" && !c.Tenants.All && len(c.Tenants.Names) == 1 {
		tenant = c.Tenants.Names[0]
	}
	if tenant == "" {
		tenant = engine.DefaultTenant
		if !c.Tenants.Sees(tenant) {
			return "", &engine.FieldError{Field: "tenant", Message: "is missing, and the token writes to several: name one"}
		}
	}
	if tenant == engine.ReservedTenant || !c.Tenants.Sees(tenant) {
		return "", &engine.FieldError{Field: "tenant", Message: "is not one that the token may write to"}
	}
	return tenant, nil
}
