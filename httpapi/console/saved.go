package console

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// Limits of saved views. They keep the list in memory, and in the menu, small.
const (
	MaxViewName  = 128
	MaxViewQuery = 8 << 10
	MaxViews     = 200 // of one owner; and as many stars of one viewer
)

// SavedView is a list under a name, as its viewer sees it. Its link is the list's own address: whoever has that needs no view.
type SavedView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Query     string    `json:"query"`            // of the list's address: /events?<query>
	Tenant    string    `json:"tenant,omitempty"` // whose readers share it; "": it is private
	Owner     Owner     `json:"owner"`
	Created   time.Time `json:"created"`
	Changed   time.Time `json:"changed"`
	Starred   bool      `json:"starred"` // by the viewer, as what follows
	Default   bool      `json:"default"` // where the viewer begins
	MayChange bool      `json:"may_change"`
}

// Owner is who has made a view.
type Owner struct {
	Type string `json:"type"` // as auth.Caller has it
	ID   string `json:"id"`
	Name string `json:"name"`
}

// URL is the list that the view leads to.
func (v SavedView) URL() string { return "/events?" + v.Query }

// List returns the views that by sees: its own private ones, and those shared in the tenants that it reads. Starred ones come first.
func (s *Saved) List(by auth.Caller) ([]SavedView, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	list := []SavedView{}
	look := s.looker(by)
	s.mu.RLock()
	for id, v := range s.views {
		if look.sees(v) {
			list = append(list, look.at(id, v))
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(list, func(a, b SavedView) int {
		if a.Starred != b.Starred {
			if a.Starred {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Get returns a view. One that by does not see is not found, as if it did not exist.
func (s *Saved) Get(by auth.Caller, id string) (SavedView, error) {
	if s.broken != nil {
		return SavedView{}, s.broken
	}
	look := s.looker(by)
	v := s.find(id)
	if v == nil || !look.sees(v) {
		return SavedView{}, errNoView
	}
	return look.at(id, v), nil
}

// Start returns the list that by begins with, or "".
func (s *Saved) Start(by auth.Caller) string {
	v, err := s.Get(by, s.viewer(by).Default)
	if err != nil {
		return ""
	}
	return v.URL()
}

var (
	errNoView   = reply.NotFound("no such view")
	errNotYours = reply.Forbidden("a view is changed by its owner, or by who manages the tenant that shares it")
)

// ViewWish is what a new view shall be.
type ViewWish struct {
	Name    string `json:"name"`
	Query   string `json:"query"` // of a list's address; what makes no sense in it is left out
	Tenant  string `json:"tenant,omitempty"`
	Starred bool   `json:"starred,omitzero"`
	Default bool   `json:"default,omitzero"`
}

// Make saves a view. It is on disk on return.
func (s *Saved) Make(by auth.Caller, w ViewWish) (SavedView, error) {
	now := s.now().UTC()
	v := &savedRecord{Owner: Owner{by.Type, by.ID, by.Name}, Created: now}
	if err := s.fill(by, v, ViewChange{Name: &w.Name, Query: &w.Query, Tenant: &w.Tenant}, now); err != nil {
		return SavedView{}, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.broken != nil {
		return SavedView{}, s.broken
	}
	if s.owned(v.Owner) >= MaxViews {
		return SavedView{}, reply.WrongState("there are %d views of yours already, which is the limit; delete one first", MaxViews)
	}
	id := rand.Text()
	if err := s.putView(id, v); err != nil {
		return SavedView{}, fmt.Errorf("save view: %w", err)
	}
	if w.Starred || w.Default {
		if err := s.mark(by, id, ViewChange{Starred: &w.Starred, Default: &w.Default}); err != nil {
			return SavedView{}, err
		}
	}
	return s.looker(by).at(id, v), nil
}

// ViewChange is what shall become of a view; nil leaves a thing as it is. Star and default are the viewer's own.
type ViewChange struct {
	Name    *string `json:"name,omitempty"`
	Query   *string `json:"query,omitempty"`
	Tenant  *string `json:"tenant,omitempty"` // "" makes it private. The owner's to say
	Starred *bool   `json:"starred,omitempty"`
	Default *bool   `json:"default,omitempty"`
}

// Change changes a view, or what the viewer thinks of it. All of it is on disk on return.
func (s *Saved) Change(by auth.Caller, id string, c ViewChange) (SavedView, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	seen, err := s.Get(by, id)
	if err != nil {
		return SavedView{}, err
	}
	if c.Name != nil || c.Query != nil || c.Tenant != nil {
		if !seen.MayChange || c.Tenant != nil && *c.Tenant != seen.Tenant && seen.Owner.key() != viewerKey(by) {
			return SavedView{}, errNotYours
		}
		v := *s.find(id)
		if err := s.fill(by, &v, c, s.now().UTC()); err != nil {
			return SavedView{}, err
		}
		if err := s.putView(id, &v); err != nil {
			return SavedView{}, fmt.Errorf("change view: %w", err)
		}
	}
	if c.Starred != nil || c.Default != nil {
		if err := s.mark(by, id, c); err != nil {
			return SavedView{}, err
		}
	}
	return s.Get(by, id)
}

// Remove deletes a view, for all who share it.
func (s *Saved) Remove(by auth.Caller, id string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	v, err := s.Get(by, id)
	switch {
	case err != nil:
		return err
	case !v.MayChange:
		return errNotYours
	}
	if err := s.removeView(id); err != nil {
		return fmt.Errorf("delete view: %w", err)
	}
	return nil
}

// looker is who looks at views, with what that needs to know.
type looker struct {
	key            string
	reads, manages engine.Tenants
	starred        []string
	begins         string
}

func (s *Saved) looker(by auth.Caller) looker {
	marks := s.viewer(by)
	return looker{viewerKey(by), s.access.Holds(by, auth.Read), s.access.Holds(by, auth.Manage), marks.Starred, marks.Default}
}

// sees is the wall: a private view is its owner's alone, a shared one is for who reads its tenant now, the owner included.
func (l looker) sees(v *savedRecord) bool {
	if v.Tenant == "" {
		return v.Owner.key() == l.key
	}
	return l.reads.Sees(v.Tenant)
}

func (l looker) at(id string, v *savedRecord) SavedView {
	return SavedView{ID: id, Name: v.Name, Query: v.Query, Tenant: v.Tenant, Owner: v.Owner, Created: v.Created, Changed: v.Changed,
		Starred: slices.Contains(l.starred, id), Default: l.begins == id,
		MayChange: v.Owner.key() == l.key || v.Tenant != "" && l.manages.Sees(v.Tenant)}
}
