package auth

import (
	"crypto/rand"
	"encoding/hex"
	"reflect"
	"strconv"

	"annals/engine"
)

// identity names a person at an OpenID provider.
type identity struct{ issuer, subject string }

// accounts are all people, found by ID, by what they sign in with, and by who vouches for them.
type accounts struct {
	table[accountRecord]

	// Guarded by mu. A name is a login, or the e-mail address of somebody who signs in here: what a provider says of an address opens nothing.
	names      map[string]*account
	identities map[identity]*account
}

func (s *accounts) load(records *engine.Records) error {
	if err := s.table.load(records, accountKind); err != nil {
		return err
	}
	s.names, s.identities = make(map[string]*account), make(map[identity]*account)
	for _, a := range s.all() {
		a.value.Load().reach = scopes(a.value.Load().Grants)
		s.index(a, nil)
	}
	return nil
}

// index makes an account findable as it is now, and no more as it was.
func (s *accounts) index(a *account, old *accountRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old != nil {
		for _, name := range old.names() {
			delete(s.names, name)
		}
	}
	r := a.value.Load()
	for _, name := range r.names() {
		s.names[name] = a
	}
	if r.external() {
		s.identities[identity{r.Issuer, r.Subject}] = a
	}
}

// names are what nobody else may be called.
func (r *accountRecord) names() []string {
	if r.Email == "" || r.external() {
		return []string{r.Login}
	}
	return []string{r.Login, foldName(r.Email)}
}

// named returns the account that is signed in to with a name, as foldName has it, or nil.
func (s *accounts) named(name string) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[name]
}

func (s *accounts) identified(issuer, subject string) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.identities[identity{issuer, subject}]
}

// add makes an account, on disk on return. Its names must be free.
func (s *accounts) add(r *accountRecord) (*account, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.free(r, nil); err != nil {
		return nil, err
	}
	return s.addNew(r)
}

// addNew stores a new account. The caller holds changing, and has seen that its names are free.
func (s *accounts) addNew(r *accountRecord) (*account, error) {
	r.reach = scopes(r.Grants)
	a, err := s.put(newAccountID(), r)
	if err != nil {
		return nil, err
	}
	s.index(a, nil)
	return a, nil
}

// change replaces an account's record by a copy that fn has changed, on disk and then in memory. Fn's error leaves it as it was.
func (s *accounts) change(a *account, fn func(*accountRecord) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	old := a.value.Load()
	r := *old
	if err := fn(&r); err != nil {
		return err
	}
	if err := s.free(&r, a); err != nil {
		return err
	}
	if !reflect.DeepEqual(r.Grants, old.Grants) {
		r.reach = scopes(r.Grants)
	}
	if _, err := s.put(a.id, &r); err != nil {
		return err
	}
	s.index(a, old)
	return nil
}

// free refuses names that are another account's than a's.
func (s *accounts) free(r *accountRecord, a *account) error {
	for i, name := range r.names() {
		if other := s.named(name); other != nil && other != a {
			return fieldError([]string{"login", "email"}[i], "%q is another account's", cut(name))
		}
	}
	return nil
}

// freeLogin returns the login, or one like it that is free. The caller holds changing.
func (s *accounts) freeLogin(login string) string {
	free := login
	for n := 2; s.named(free) != nil; n++ {
		free = login + "-" + strconv.Itoa(n)
	}
	return free
}

func newAccountID() string {
	id := make([]byte, idBytes)
	rand.Read(id) // never fails: the program ends instead
	return hex.EncodeToString(id)
}
