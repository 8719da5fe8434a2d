package auth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"annals/engine"
	"annals/httpapi/reply"
)

// Limits of a token. They keep a record small enough to be checked on every request.
const (
	MaxNameBytes    = 128
	MaxGrants       = 16
	MaxGrantTenants = 1000
)

// Token is what is shown of one. The secret is not kept, so it cannot be shown.
type Token struct {
	ID        string    `json:"id"` // the key ID
	Name      string    `json:"name"`
	Grants    []Grant   `json:"grants"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires,omitzero"`
	LastUsed  time.Time `json:"last_used,omitzero"` // up to a minute is lost when the server is killed
	Revoked   time.Time `json:"revoked,omitzero"`
	Bootstrap bool      `json:"bootstrap,omitzero"` // the one in TokenFile, or was
}

func tokenOf(e *entry) Token {
	r := e.value.Load()
	return Token{ID: e.id, Name: r.Name, Grants: r.Grants, Created: r.Created, Expires: r.Expires, LastUsed: e.lastUsed(r.LastUsed), Revoked: r.Revoked,
		Bootstrap: r.Bootstrap}
}

// Wish is what a new token shall be.
type Wish struct {
	Name    string    `json:"name"`
	Grants  []Grant   `json:"grants"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// Make makes a token and returns its text, which is kept nowhere. By may give no more than what it manages. A mistake is an
// *engine.FieldError; the token is on disk on return.
func (a *Auth) Make(by Caller, w Wish) (t Token, text string, err error) {
	now := a.now()
	if err := w.check(now); err != nil {
		return t, "", err
	}
	if err := by.mayGive(w.Grants); err != nil {
		return t, "", err
	}
	id, secret := newToken()
	e, err := a.store.add(id, &record{Hash: hashSecret(secret), Name: w.Name, Grants: w.Grants, Created: now.UTC(), Expires: w.Expires.UTC()})
	if err != nil {
		return t, "", fmt.Errorf("make token: %w", err)
	}
	return tokenOf(e), formatToken(id, secret), nil
}

// maker returns who has made something that the caller manages: to itself, and to who manages all tenants. Others need not know of whoever reaches
// further than they do.
func (c Caller) maker(by engine.Actor) *engine.Actor {
	if c.Tenants.Everything() || c.Type == by.Type && c.ID == by.ID {
		return &by
	}
	return nil
}

// mayGive refuses grants beyond what the caller manages, in the same words for tenants that exist and those that do not.
func (c Caller) mayGive(grants []Grant) error {
	if within(grants, c.Tenants) {
		return nil
	}
	p := reply.Forbidden("roles may only be given in the tenants that are managed")
	p.Field = "grants"
	return p
}

// Tokens returns the tokens that reach no further than what by manages, the oldest first; revoked and expired ones too.
func (a *Auth) Tokens(by Caller) []Token {
	list := []Token{}
	for _, e := range a.store.all() {
		if t := tokenOf(e); within(t.Grants, by.Tenants) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b Token) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	return list
}

// Revoke makes a token useless from now on and for ever. One that by does not manage is not found, as if it did not exist. Tokens that
// it has made stay.
func (a *Auth) Revoke(by Caller, id string) (Token, error) {
	e := a.store.find(id)
	if e == nil || !within(e.value.Load().Grants, by.Tenants) {
		return Token{}, reply.NotFound("no such token")
	}
	if err := a.store.revoke(e, a.now()); err != nil {
		return Token{}, fmt.Errorf("revoke token: %w", err)
	}
	return tokenOf(e), nil
}

func (w *Wish) check(now time.Time) error {
	switch {
	case w.Name == "":
		return fieldError("name", "is missing; it says what this is for")
	case len(w.Name) > MaxNameBytes:
		return fieldError("name", "is %d bytes, the limit is %d", len(w.Name), MaxNameBytes)
	case !utf8.ValidString(w.Name) || strings.ContainsFunc(w.Name, unicode.IsControl):
		return fieldError("name", "has a control character or is not UTF-8")
	case !w.Expires.IsZero() && !w.Expires.After(now):
		return fieldError("expires", "%s is not in the future", w.Expires.UTC().Format(time.RFC3339))
	}
	return checkGrants(w.Grants)
}

func checkGrants(grants []Grant) error {
	switch {
	case len(grants) == 0:
		return fieldError("grants", "is empty; a role is needed")
	case len(grants) > MaxGrants:
		return fieldError("grants", "has %d, the limit is %d", len(grants), MaxGrants)
	}
	for i, g := range grants {
		if err := g.check(fmt.Sprintf("grants.%d.", i)); err != nil {
			return err
		}
	}
	return nil
}

// check names the wrong member below at.
func (g *Grant) check(at string) error {
	if roles[g.Role] == None {
		return fieldError(at+"role", "%q is not one of %s", cut(g.Role), roleList())
	}
	if g.All == (len(g.Tenants) > 0) {
		return fieldError(at+"tenants", "name tenants, or say all_tenants, and not both")
	}
	if len(g.Tenants) > MaxGrantTenants {
		return fieldError(at+"tenants", "has %d, the limit is %d", len(g.Tenants), MaxGrantTenants)
	}
	for _, name := range g.Tenants {
		if err := engine.CheckTenant(name); err != nil {
			return fieldError(at+"tenants", "%s", strings.TrimPrefix(err.Error(), "tenant: "))
		}
		if name == "" || name == engine.ReservedTenant && g.Role == "writer" {
			return fieldError(at+"tenants", "%q takes no events from outside", name)
		}
	}
	return nil
}

func fieldError(field, format string, args ...any) error {
	return &engine.FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// cut keeps what a client sent from filling the answer.
func cut(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
