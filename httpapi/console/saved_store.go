package console

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
)

// The kinds of records: views by their IDs, 130 random bits, and what a viewer has marked, by the viewer's type and ID.
const (
	savedKind  = "view"
	viewerKind = "viewer"
)

// savedRecord is what is kept of a view.
type savedRecord struct {
	Name    string    `json:"name"`
	Query   string    `json:"query"`
	Tenant  string    `json:"tenant,omitempty"` // "": private
	Owner   Owner     `json:"owner"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

// viewerRecord is what somebody has marked. Views that are gone, or out of sight by now, may still be named.
type viewerRecord struct {
	Starred []string `json:"starred,omitempty"`
	Default string   `json:"default,omitempty"`
}

func (o Owner) key() string { return o.Type + " " + o.ID }

func viewerKey(by auth.Caller) string { return by.Type + " " + by.ID }

// Saved has every saved view in memory, parsed: a page reads no disk for them. A change is on disk before it counts. All methods may be called
// concurrently.
type Saved struct {
	records *engine.Records
	access  *auth.Auth
	now     func() time.Time
	broken  error // why there are no views, if there are none

	mu      sync.RWMutex // guards the maps; what is in them is replaced, never changed in place
	views   map[string]*savedRecord
	viewers map[string]*viewerRecord

	changing sync.Mutex // held from reading a record to replacing it, so that no change undoes another
}

// newSaved reads all records. When they are damaged every call says so; the rest of the console goes on.
func newSaved(records *engine.Records, access *auth.Auth, now func() time.Time) *Saved {
	s := &Saved{records: records, access: access, now: now, views: map[string]*savedRecord{}, viewers: map[string]*viewerRecord{}}
	s.broken = loadRecords(records, savedKind, s.views)
	if s.broken == nil {
		s.broken = loadRecords(records, viewerKind, s.viewers)
	}
	return s
}

func loadRecords[R any](records *engine.Records, kind string, into map[string]*R) error {
	var bad error
	err := records.Each(kind, func(id string, text []byte) bool {
		value := new(R)
		if bad = json.Unmarshal(text, value); bad != nil {
			bad = fmt.Errorf("%s %s: %w", kind, id, bad)
			return false
		}
		into[id] = value
		return true
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return fmt.Errorf("load %ss: %w", kind, err)
	}
	return nil
}

func (s *Saved) find(id string) *savedRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.views[id]
}

// owned counts an owner's views.
func (s *Saved) owned(o Owner) (n int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, v := range s.views {
		if v.Owner.key() == o.key() {
			n++
		}
	}
	return n
}

// viewer returns what somebody has marked; it is not to be changed.
func (s *Saved) viewer(by auth.Caller) *viewerRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if v := s.viewers[viewerKey(by)]; v != nil {
		return v
	}
	return &viewerRecord{}
}

// putView and the others below change what is kept. The caller holds changing.
func (s *Saved) putView(id string, v *savedRecord) error {
	return putRecord(s, savedKind, id, v, s.views)
}

func putRecord[R any](s *Saved, kind, id string, value *R, into map[string]*R) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := s.records.Put(kind, id, text); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into[id] = value
	return nil
}

func (s *Saved) removeView(id string) error {
	if err := s.records.Delete(savedKind, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.views, id)
	return nil
}

// mark notes what a viewer thinks of a view, and forgets views that are gone.
func (s *Saved) mark(by auth.Caller, id string, c ViewChange) error {
	old := s.viewer(by)
	marks := &viewerRecord{Default: old.Default}
	for _, starred := range old.Starred {
		if starred != id && s.find(starred) != nil {
			marks.Starred = append(marks.Starred, starred)
		}
	}
	star := slices.Contains(old.Starred, id)
	if c.Starred != nil {
		star = *c.Starred
	}
	if star {
		marks.Starred = append(marks.Starred, id)
		marks.Starred = marks.Starred[max(0, len(marks.Starred)-MaxViews):] // the oldest star makes room
	}
	if c.Default != nil {
		if *c.Default {
			marks.Default = id
		} else if marks.Default == id {
			marks.Default = ""
		}
	}
	if err := putRecord(s, viewerKind, viewerKey(by), marks, s.viewers); err != nil {
		return fmt.Errorf("mark view: %w", err)
	}
	return nil
}
