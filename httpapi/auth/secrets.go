package auth

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"

	"annals/engine"
	"annals/httpapi/reply"
)

// secretKind is the kind of the records that are secrets. The key is the kind and the key of the record that a secret belongs to, with a
// slash between, the value the sealed secret.
const secretKind = "secret"

func secretName(kind, id string) string { return kind + "/" + id }

// secrets keeps what must be had back in clear, sealed under the master key: a server that checks a signature needs the very secret that made
// it. They are records of their own, and nowhere else: what marshals, logs or copies the record they belong to cannot show them, and a
// rotation finds them all. Sealed they are in memory too; in clear one is only while it is used.
//
// While there are secrets that no held key opens, nothing is sealed. Else a mistaken key would come into use beside the right one, or a
// new one be made in the place of one that only has to be put back.
type secrets struct {
	records *engine.Records
	source  keySource

	decoyKey *masterKey // of this start only
	decoy    []byte     // a secret under it, which belongs to nothing

	// changing is held from sealing a secret until it is on disk, and by a rotation: none is sealed under a key that is going away.
	changing sync.Mutex

	mu     sync.RWMutex      // guards what follows, which only who holds changing changes
	sealed map[string][]byte // by name. Values are replaced, never changed in place
	keys   []*masterKey      // the first seals, any opens. None: there was never a need for one, or it is lost
	alien  int               // how many secrets none of the keys has sealed
}

// openSecrets reads the master key. The secrets are loaded later.
func openSecrets(records *engine.Records, dir string, from MasterKey) (*secrets, error) {
	source, err := newKeySource(dir, from)
	if err != nil {
		return nil, err
	}
	key, next, err := source.read()
	if err != nil {
		return nil, err
	}
	s := &secrets{records: records, source: source, sealed: map[string][]byte{}, decoyKey: newMasterKey([]byte(rand.Text()))}
	s.decoy = s.decoyKey.seal("", newSecret().Bytes())
	for _, k := range []*masterKey{key, next} {
		if k != nil {
			s.keys = append(s.keys, k)
		}
	}
	return s, nil
}

// load reads all secrets, sealed as they are.
func (s *secrets) load() error {
	sealed := make(map[string][]byte)
	err := s.records.Each(secretKind, func(name string, value []byte) bool {
		sealed[name] = value
		return true
	})
	if err != nil {
		return fmt.Errorf("load secrets: %w", err)
	}
	s.hold(sealed, s.keys)
	return nil
}

// hold replaces what is in memory.
func (s *secrets) hold(sealed map[string][]byte, keys []*masterKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed, s.keys = sealed, keys
	s.count()
}

// count counts the aliens anew. The caller holds mu.
func (s *secrets) count() {
	s.alien = 0
	for _, sealed := range s.sealed {
		if keyWith(s.keys, sealedBy(sealed)) == nil {
			s.alien++
		}
	}
}

// keyWith returns the key with the ID, or nil.
func keyWith(keys []*masterKey, id string) *masterKey {
	i := slices.IndexFunc(keys, func(k *masterKey) bool { return k.id == id })
	if i < 0 {
		return nil
	}
	return keys[i]
}

// seal keeps the secret of a record, in the place of the one it had. It is on disk on return.
func (s *secrets) seal(kind, id string, plain []byte) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.trouble(); err != nil {
		return err
	}
	if len(s.keys) == 0 {
		key, err := s.firstKey()
		if err != nil {
			return err
		}
		s.hold(s.sealed, []*masterKey{key})
	}
	name := secretName(kind, id)
	sealed := s.keys[0].seal(name, plain)
	if err := s.records.Put(secretKind, name, sealed); err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed[name] = sealed
	return nil
}

// firstKey returns the key of the file, which somebody may have put there meanwhile, or makes it. It is on disk before anything is sealed under it.
func (s *secrets) firstKey() (*masterKey, error) {
	if key, _, err := s.source.read(); err != nil || key != nil {
		return key, err
	}
	return makeKeyFile(s.source.path)
}

// unseal returns the secret of a record. There is none: engine.ErrNotFound. It can be opened when the master key is back: a *reply.Problem.
func (s *secrets) unseal(kind, id string) ([]byte, error) {
	name := secretName(kind, id)
	sealed, key := s.look(name)
	if sealed == nil {
		return nil, fmt.Errorf("secret of %s: %w", name, engine.ErrNotFound)
	}
	return openWith(key, name, sealed)
}

// unsealOrDecoy is unseal, but where there is none returns a secret that nobody knows, in the time that another takes.
func (s *secrets) unsealOrDecoy(kind, id string) ([]byte, error) {
	name := secretName(kind, id)
	sealed, key := s.look(name)
	if sealed == nil {
		name, sealed, key = "", s.decoy, s.decoyKey
	}
	return openWith(key, name, sealed)
}

// look returns a sealed secret, or nil, and the key that opens it, or nil.
func (s *secrets) look(name string) ([]byte, *masterKey) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sealed := s.sealed[name]
	return sealed, keyWith(s.keys, sealedBy(sealed))
}

func openWith(key *masterKey, name string, sealed []byte) ([]byte, error) {
	if key == nil {
		return nil, errNoKey
	}
	plain, err := key.open(name, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: secret of %s: %w", engine.ErrDamaged, name, err)
	}
	return plain, nil
}

// forget removes the secret of a record; that there is none is no error.
func (s *secrets) forget(kind, id string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	name := secretName(kind, id)
	if _, ok := s.sealed[name]; !ok {
		return nil
	}
	if err := s.records.Delete(secretKind, name); err != nil {
		return fmt.Errorf("forget secret: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sealed, name)
	s.count()
	return nil
}

// ids returns the keys of the records of a kind that have a secret.
func (s *secrets) ids(kind string) (ids []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name := range s.sealed {
		if id, ok := strings.CutPrefix(name, secretName(kind, "")); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// openable reports whether a record has a secret under a key that is held.
func (s *secrets) openable(kind, id string) bool {
	_, err := s.unseal(kind, id)
	return err == nil
}

// errNoKey is the same for every secret and has no number, as those of all tenants count.
var errNoKey = reply.NoMasterKey("there are secrets under a master key that the server does not have: put it back and start again, or revoke the " +
	"credentials and reset the second factors that they belong to; the server's log says which")

// trouble says that there are secrets that cannot be opened.
func (s *secrets) trouble() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.alien == 0 {
		return nil
	}
	return errNoKey
}

// aliens describes the secrets that cannot be opened, for the operator: which there are, the IDs of the keys that have sealed them and of
// those that are held.
func (s *secrets) aliens() (names, sealedUnder, held []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name, sealed := range s.sealed {
		if keyWith(s.keys, sealedBy(sealed)) == nil {
			names = append(names, name)
			sealedUnder = append(sealedUnder, keyName(sealedBy(sealed)))
		}
	}
	for _, key := range s.keys {
		held = append(held, keyName(key.id))
	}
	slices.Sort(names)
	slices.Sort(sealedUnder)
	return names, slices.Compact(sealedUnder), held
}

func keyName(id string) string { return fmt.Sprintf("%x", id) }
