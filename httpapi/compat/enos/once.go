package enos

import (
	"sync"
	"time"
)

// How many texts are remembered: some megabytes. What was first is forgotten first, which takes as many successful requests of keys that exist, all
// within the time that one is to be remembered for.
const (
	maxUsed  = 1 << 16
	maxEnded = 1 << 16
)

// once remembers texts for a while. Nothing of it is on disk.
type once struct {
	most int

	mu    sync.Mutex // guards what follows
	until map[string]time.Time
	order []string // the first remembered first
}

func newOnce(most int) *once {
	return &once{most: most, until: map[string]time.Time{}}
}

// first remembers a text until a time, and reports whether it was not remembered yet.
func (o *once) first(text string, until, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if end, known := o.until[text]; known && now.Before(end) {
		return false
	} else if !known {
		o.order = append(o.order, text)
	}
	o.until[text] = until
	for len(o.order) > o.most || !now.Before(o.until[o.order[0]]) {
		delete(o.until, o.order[0])
		if o.order = o.order[1:]; len(o.order) == 0 {
			break
		}
	}
	return true
}

// has reports whether a text is remembered.
func (o *once) has(text string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return now.Before(o.until[text])
}
