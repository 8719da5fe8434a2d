package auth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// table has every record of a kind in memory, parsed: a look-up reads no disk. A change is on disk before it counts.
type table[R any] struct {
	kind    string
	records *engine.Records

	mu   sync.RWMutex // guards the map
	rows map[string]*row[R]

	changing sync.Mutex // held from reading a record to replacing it, so that no change undoes another
}

// row is a record in memory.
type row[R any] struct {
	id    string
	value atomic.Pointer[R] // replaced, never changed in place
	used  atomic.Int64      // last use since the start, Unix nanoseconds; 0: none
}

// load reads all records, at the start.
func (t *table[R]) load(records *engine.Records, kind string) error {
	t.kind, t.records, t.rows = kind, records, make(map[string]*row[R])
	var bad error
	err := records.Each(kind, func(id string, text []byte) bool {
		value := new(R)
		if bad = json.Unmarshal(text, value); bad != nil {
			bad = fmt.Errorf("%s %s: %w", kind, id, bad)
			return false
		}
		t.keep(id, value)
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

func (t *table[R]) find(id string) *row[R] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows[id]
}

// all returns every row, in no order.
func (t *table[R]) all() []*row[R] {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]*row[R], 0, len(t.rows))
	for _, r := range t.rows {
		list = append(list, r)
	}
	return list
}

// put makes value the record of an ID, new or not. The caller holds changing.
func (t *table[R]) put(id string, value *R) (*row[R], error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if err := t.records.Put(t.kind, id, text); err != nil {
		return nil, err
	}
	return t.keep(id, value), nil
}

func (t *table[R]) keep(id string, value *R) *row[R] {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rows[id]
	if r == nil {
		r = &row[R]{id: id}
		t.rows[id] = r
	}
	r.value.Store(value)
	return r
}

// remove forgets a record; that there is none is no error. The caller holds changing.
func (t *table[R]) remove(id string) error {
	if t.find(id) == nil {
		return nil
	}
	if err := t.records.Delete(t.kind, id); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, id)
	return nil
}

// lastUsed is the later of what is recorded and what was seen since.
func (r *row[R]) lastUsed(recorded time.Time) time.Time {
	if used := r.used.Load(); used > max(0, recorded.UnixNano()) {
		return time.Unix(0, used).UTC()
	}
	return recorded
}
