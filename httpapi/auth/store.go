package auth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
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
}

func (r *record) valid(now time.Time) bool {
	return r.Revoked.IsZero() && (r.Expires.IsZero() || now.Before(r.Expires))
}

// entry is a token or a credential in memory, ready to be checked.
type entry struct {
	typ, id, name string                 // typ is the kind of its record, and its caller's type
	reach         *reach                 // never changed
	record        atomic.Pointer[record] // replaced, never changed in place
	used          atomic.Int64           // last use since the start, Unix nanoseconds; 0: none
}

func newEntry(typ, id string, r *record) *entry {
	e := &entry{typ: typ, id: id, name: r.Name, reach: scopes(r.Grants)}
	e.record.Store(r)
	return e
}

// nobody stands in for an unknown token: no secret has its hash.
var nobody = newEntry(recordKind, "", &record{Hash: make([]byte, len(hashSecret("")))})

// lastUsed is the later of what is recorded and what was seen since.
func (e *entry) lastUsed() time.Time {
	if used := e.used.Load(); used > 0 {
		return time.Unix(0, used).UTC()
	}
	return e.record.Load().LastUsed
}

// store has every token, or every credential, in memory, by key ID, parsed: a check reads no disk. All changes go through it, and are on disk
// before they count.
type store struct {
	records *engine.Records
	kind    string // of the records

	mu      sync.RWMutex // guards the map
	entries map[string]*entry

	changing sync.Mutex // held from reading a record to replacing its entry's, so that no change undoes another
}

// load reads all records, at the start.
func (s *store) load() error {
	s.entries = make(map[string]*entry)
	var bad error
	err := s.records.Each(s.kind, func(id string, value []byte) bool {
		r := new(record)
		if bad = json.Unmarshal(value, r); bad != nil {
			bad = fmt.Errorf("%s %s: %w", s.kind, id, bad)
			return false
		}
		s.entries[id] = newEntry(s.kind, id, r)
		return true
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return fmt.Errorf("load %ss: %w", s.kind, err)
	}
	return nil
}

func (s *store) find(id string) *entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[id]
}

// all returns every one, in no order.
func (s *store) all() []*entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*entry, 0, len(s.entries))
	for _, e := range s.entries {
		list = append(list, e)
	}
	return list
}

// add makes one known. It is on disk on return.
func (s *store) add(id string, r *record) (*entry, error) {
	value, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.find(id) != nil {
		return nil, fmt.Errorf("%s %s is there already", s.kind, id)
	}
	if err := s.records.Put(s.kind, id, value); err != nil {
		return nil, err
	}
	e := newEntry(s.kind, id, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[id] = e
	return e, nil
}

// change replaces a record by a copy that fn has changed, on disk and then in memory.
func (s *store) change(e *entry, fn func(*record)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	r := *e.record.Load()
	fn(&r)
	value, err := json.Marshal(&r)
	if err != nil {
		return err
	}
	if err := s.records.Put(s.kind, e.id, value); err != nil {
		return err
	}
	e.record.Store(&r)
	return nil
}

// revoke marks one. That it was revoked before stays.
func (s *store) revoke(e *entry, now time.Time) error {
	if !e.record.Load().Revoked.IsZero() {
		return nil
	}
	return s.change(e, func(r *record) {
		if r.Revoked.IsZero() {
			r.Revoked = now.UTC()
		}
		r.LastUsed = e.lastUsed()
	})
}
