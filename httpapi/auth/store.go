package auth

import (
	"fmt"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// The kinds of the records of tokens and of credentials. The key is the key ID, the value a record as JSON.
const (
	recordKind     = "token"
	credentialKind = "credential"
)

// record is what is kept of a token, or of a credential. It is never removed: a revoked one keeps its key ID from being taken for an unknown one.
type record struct {
	Hash      []byte       `json:"hash,omitempty"`      // SHA-256 of a token's secret; a credential's is sealed, see secrets
	Kind      string       `json:"kind,omitzero"`       // of a credential: one of CredentialKinds
	CreatedBy engine.Actor `json:"created_by,omitzero"` // of a credential
	Name      string       `json:"name"`
	Grants    []Grant      `json:"grants"`
	Created   time.Time    `json:"created"`
	Expires   time.Time    `json:"expires,omitzero"` // zero: never
	LastUsed  time.Time    `json:"last_used,omitzero"`
	Revoked   time.Time    `json:"revoked,omitzero"`
	Bootstrap bool         `json:"bootstrap,omitzero"` // was the one in TokenFile

	reach *reach // of Grants, which never change
}

func (r *record) valid(now time.Time) bool {
	return r.Revoked.IsZero() && (r.Expires.IsZero() || now.Before(r.Expires))
}

// typ says what it is a record of, as callers and events have it.
func (r *record) typ() string {
	if r.Kind != "" {
		return credentialKind
	}
	return recordKind
}

// admit binds the owner of the token or credential with the ID to the tenants in which it has the right. Without the right it is bound to none,
// and the error says why.
func (r *record) admit(id string, need Right) (Caller, error) {
	caller := Caller{ID: id, Name: r.Name, Type: r.typ()}
	switch need {
	case Known:
		return caller, nil
	case Self, Pending:
		return caller, reply.Forbidden("this is about a person's own account, and a token has none")
	}
	var err error
	caller.Tenants, err = r.reach.tenants(need)
	return caller, err
}

// entry is a token or a credential in memory, ready to be checked.
type entry = row[record]

func newEntry(id string, r *record) *entry {
	e := &entry{id: id}
	r.reach = scopes(r.Grants)
	e.value.Store(r)
	return e
}

// nobody stands in for an unknown token: no secret has its hash.
var nobody = newEntry("", &record{Hash: make([]byte, len(hashSecret("")))})

// store has every token, or every credential.
type store struct{ table[record] }

func (s *store) load(records *engine.Records, kind string) error {
	if err := s.table.load(records, kind); err != nil {
		return err
	}
	for _, e := range s.all() {
		e.value.Load().reach = scopes(e.value.Load().Grants)
	}
	return nil
}

// add makes one known. It is on disk on return.
func (s *store) add(id string, r *record) (*entry, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.find(id) != nil {
		return nil, fmt.Errorf("%s %s is there already", s.kind, id)
	}
	r.reach = scopes(r.Grants)
	return s.put(id, r)
}

// change replaces a record by a copy that fn has changed, on disk and then in memory.
func (s *store) change(e *entry, fn func(*record)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	r := *e.value.Load()
	fn(&r)
	_, err := s.put(e.id, &r)
	return err
}

// revoke marks one. That it was revoked before stays.
func (s *store) revoke(e *entry, now time.Time) error {
	if !e.value.Load().Revoked.IsZero() {
		return nil
	}
	return s.change(e, func(r *record) {
		if r.Revoked.IsZero() {
			r.Revoked = now.UTC()
		}
		r.LastUsed = e.lastUsed(r.LastUsed)
	})
}
