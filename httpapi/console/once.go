package console

import (
	"sync"
	"time"

	"annals/httpapi/auth"
)

// What is shown once, such as a new token, waits in memory from the form that made it to the page that the browser is led to: it is in
// no address and on no disk, and only who has made it gets it.
const (
	onceFor = 2 * time.Minute
	maxOnce = 1000
)

type once struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	things map[onceKey]onceThing
}

type onceKey struct{ viewer, thing string }

type onceThing struct {
	value any
	until time.Time
}

func newOnce(now func() time.Time) *once {
	return &once{now: now, things: map[onceKey]onceThing{}}
}

// keep has the thing wait for who has made it. What nobody came for is forgotten.
func (o *once) keep(by auth.Caller, thing string, value any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	for key, t := range o.things {
		if now.After(t.until) || len(o.things) >= maxOnce { // so many at once are nobody's work by hand
			delete(o.things, key)
		}
	}
	o.things[onceKey{viewerKey(by), thing}] = onceThing{value, now.Add(onceFor)}
}

// take returns the thing, this once, or nil.
func (o *once) take(by auth.Caller, thing string) any {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := onceKey{viewerKey(by), thing}
	t, ok := o.things[key]
	delete(o.things, key)
	if !ok || o.now().After(t.until) {
		return nil
	}
	return t.value
}
