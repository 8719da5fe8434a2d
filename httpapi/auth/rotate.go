package auth

import (
	"fmt"
	"slices"

	"annals/httpapi/reply"
)

// Rotation is what a change of the master key has done.
type Rotation struct {
	ID       string `json:"id"`       // of the key from now on
	Previous string `json:"previous"` // of the key before
	Secrets  int    `json:"secrets"`  // how many are sealed under the new key
}

// RotateMasterKey makes a new master key and seals every secret under it. A key that is not in a file cannot be replaced from here. It goes
// in three steps, and whoever dies after any of them has every secret still: the new key is written beside the old one; all secrets are
// sealed again, in one step; the new key takes the old one's place. The next start does what is left.
func (a *Auth) RotateMasterKey() (Rotation, error) {
	if a.broken != nil {
		return Rotation{}, a.broken
	}
	done, err := a.secrets.rotate()
	if err != nil {
		return done, fmt.Errorf("rotate master key: %w", err)
	}
	a.logger.Info("the master key is a new one; secrets in backups from before open with the old one only", "id", done.ID, "previous", done.Previous,
		"secrets", done.Secrets)
	return done, nil
}

func (s *secrets) rotate() (done Rotation, err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	next, err := s.prepareNext()
	if err != nil {
		return done, err
	}
	done = Rotation{ID: keyName(next.id), Previous: keyName(s.keys[0].id)}
	if err := s.reseal(next); err != nil {
		return done, err
	}
	done.Secrets = len(s.sealed)
	return done, s.finish()
}

// prepareNext is the first step. A key that a rotation has left there is taken up again. The caller holds changing.
func (s *secrets) prepareNext() (*masterKey, error) {
	if err := s.trouble(); err != nil {
		return nil, err
	}
	switch {
	case s.source.path == "":
		return nil, reply.WrongState("the master key comes from the environment: start the server with the new one in ANNALS_MASTER_KEY_NEXT")
	case len(s.keys) == 0:
		return nil, reply.WrongState("there is no master key yet; it is made with the first secret")
	}
	for name, sealed := range s.sealed {
		if _, err := keyWith(s.keys, sealedBy(sealed)).open(name, sealed); err != nil {
			return nil, reply.WrongState("the secret of %s cannot be opened: %v; revoke what it belongs to", name, err)
		}
	}
	key, next, err := s.source.read()
	switch {
	case err != nil:
		return nil, err
	case key != nil && keyWith(s.keys, key.id) == nil:
		return nil, reply.WrongState("the file has another master key than the one in use: put the right one there, or start the server again")
	case next != nil:
		return next, nil
	}
	return makeKeyFile(s.source.nextPath())
}

// reseal is the second step: it seals under the next key every secret that can be opened, and leaves the others as they are. The caller
// holds changing. After an error what is on disk is sealed under the one key or the other, and both are held or in their files.
func (s *secrets) reseal(next *masterKey) error {
	fresh := make(map[string][]byte)
	err := s.records.Replace(secretKind, func(name string, old []byte) ([]byte, error) {
		fresh[name] = old
		if key := keyWith(s.keys, sealedBy(old)); key != nil && key.id != next.id {
			if plain, err := key.open(name, old); err == nil {
				fresh[name] = next.seal(name, plain)
			}
		}
		return fresh[name], nil
	})
	if err != nil {
		return fmt.Errorf("seal secrets: %w", err)
	}
	s.hold(fresh, append([]*masterKey{next}, slices.DeleteFunc(slices.Clone(s.keys), func(k *masterKey) bool { return k.id == next.id })...))
	return nil
}

// finish is the third step. From then on the old key is not held. The caller holds changing.
func (s *secrets) finish() error {
	if s.source.path != "" {
		if err := s.source.adoptNext(); err != nil {
			return fmt.Errorf("every secret is sealed under the new key, which is still in %s: %w", s.source.nextPath(), err)
		}
	}
	s.hold(s.sealed, slices.Clone(s.keys[:1]))
	return nil
}

// maxNamesLogged keeps a line of the log readable.
const maxNamesLogged = 20

// mend is what a start does: it finishes a rotation that was begun, by a server that died or by the next key in the environment, removes
// the secrets that belong to nothing, and says what cannot be opened. Without that the server still serves: tokens need no master key.
func (a *Auth) mend() {
	a.finishRotation()
	a.forgetOrphans()
	if names, sealedUnder, held := a.secrets.aliens(); len(names) > 0 {
		a.logger.Warn("secrets cannot be opened, so that no credential is accepted and no such second factor: they are sealed under a master key that "+
			"the server does not have; put it back and start again, or revoke the credentials and reset the second factors that they belong to",
			"number", len(names), "secrets", names[:min(len(names), maxNamesLogged)], "sealed_under", sealedUnder, "held", held, "key_from", a.secrets.source)
	}
}

func (a *Auth) finishRotation() {
	s := a.secrets
	s.changing.Lock()
	defer s.changing.Unlock()
	_, next, err := s.source.read()
	if err == nil && next == nil {
		return
	}
	if err == nil {
		err = s.reseal(next)
	}
	if err == nil {
		err = s.finish()
	}
	if err != nil {
		a.logger.Warn("the change of the master key is not finished; the next start tries again, and both keys are needed until then", "err", err)
		return
	}
	a.logger.Info("the change of the master key is finished", "id", keyName(next.id), "secrets", len(s.sealed))
	if s.source.path == "" {
		a.logger.Info("the key of ANNALS_MASTER_KEY_NEXT is the master key now: give it as ANNALS_MASTER_KEY, and the other no more")
	}
}

// forgetOrphans removes the secrets of credentials that are revoked, or were never finished, and of second factors that are off: a server has
// died in between.
func (a *Auth) forgetOrphans() {
	for _, id := range a.secrets.ids(totpKind) {
		if acc := a.accounts.find(id); acc != nil {
			a.forgetFactor(acc)
		}
	}
	for _, id := range a.secrets.ids(credentialKind) {
		if e := a.credentials.find(id); e != nil && e.value.Load().Revoked.IsZero() {
			continue
		}
		if err := a.secrets.forget(credentialKind, id); err != nil {
			a.logger.Warn("the secret of a revoked credential is still there; the next start tries again", "credential", id, "err", err)
		}
	}
}
