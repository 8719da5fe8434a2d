package auth

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// CredentialInfo is what is shown of a credential. The secret is shown once, when it is made, and not here.
type CredentialInfo struct {
	ID          string        `json:"id"` // the key ID
	Kind        string        `json:"kind"`
	Name        string        `json:"name"`
	Grants      []Grant       `json:"grants"`
	Created     time.Time     `json:"created"`
	CreatedBy   *engine.Actor `json:"created_by,omitempty"` // shown to itself, and to who manages all tenants
	Expires     time.Time     `json:"expires,omitzero"`
	LastUsed    time.Time     `json:"last_used,omitzero"` // up to a minute is lost when the server is killed
	Revoked     time.Time     `json:"revoked,omitzero"`
	Unavailable bool          `json:"unavailable,omitzero"` // its secret cannot be opened
}

// CredentialWish is what a new credential shall be.
type CredentialWish struct {
	Kind string `json:"kind"`
	Wish
}

// MakeCredential makes a credential and returns its secret, which is not shown again. By may give no more than what it manages. A mistake is an
// *engine.FieldError; the credential is on disk on return.
func (a *Auth) MakeCredential(by Caller, w CredentialWish) (c CredentialInfo, secret Secret, err error) {
	now := a.now()
	if !slices.Contains(CredentialKinds, w.Kind) {
		return c, secret, fieldError("kind", "%q is not one of %s", cut(w.Kind), strings.Join(CredentialKinds, ", "))
	}
	if err := w.check(now); err != nil {
		return c, secret, err
	}
	if err := by.mayGive(w.Grants); err != nil {
		return c, secret, err
	}
	if a.broken != nil {
		return c, secret, a.broken
	}
	id, secret := newKeyID(w.Kind), newSecret()
	// The secret is first: who dies in between leaves one that belongs to nothing, and the next start removes it.
	if err := a.secrets.seal(credentialKind, id, secret.Bytes()); err != nil {
		return c, Secret{}, fmt.Errorf("make credential: %w", err)
	}
	e, err := a.credentials.add(id, &record{Kind: w.Kind, CreatedBy: by.Actor(), Name: w.Name, Grants: w.Grants,
		Created: now.UTC(), Expires: w.Expires.UTC()})
	if err != nil {
		return c, Secret{}, errors.Join(fmt.Errorf("make credential: %w", err), a.secrets.forget(credentialKind, id))
	}
	return a.info(by, e), secret, nil
}

// Credentials returns the credentials that reach no further than what by manages, the oldest first; revoked and expired ones too.
func (a *Auth) Credentials(by Caller) []CredentialInfo {
	list := []CredentialInfo{}
	for _, e := range a.credentials.all() {
		if within(e.value.Load().Grants, by.Tenants) {
			list = append(list, a.info(by, e))
		}
	}
	slices.SortFunc(list, func(a, b CredentialInfo) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return list
}

// RevokeCredential makes a credential useless from now on and for ever, and removes its secret. One that by does not manage is not found, as if
// it did not exist.
func (a *Auth) RevokeCredential(by Caller, id string) (CredentialInfo, error) {
	e := a.credentials.find(id)
	if e == nil || !within(e.value.Load().Grants, by.Tenants) {
		return CredentialInfo{}, reply.NotFound("no such credential")
	}
	if err := a.credentials.revoke(e, a.now()); err != nil {
		return CredentialInfo{}, fmt.Errorf("revoke credential: %w", err)
	}
	if err := a.secrets.forget(credentialKind, id); err != nil {
		return CredentialInfo{}, fmt.Errorf("revoke credential: %w", err)
	}
	return a.info(by, e), nil
}

func (a *Auth) info(by Caller, e *entry) CredentialInfo {
	r := e.value.Load()
	return CredentialInfo{ID: e.id, Kind: r.Kind, Name: r.Name, Grants: r.Grants, Created: r.Created, CreatedBy: by.maker(r.CreatedBy), Expires: r.Expires,
		LastUsed: e.lastUsed(r.LastUsed), Revoked: r.Revoked, Unavailable: r.Revoked.IsZero() && !a.secrets.openable(credentialKind, e.id)}
}
