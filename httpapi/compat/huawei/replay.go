package huawei

import (
	"sync"
	"time"
)

// patience is how far the date of a signed request may be from the server's clock, either way: the vendor's "API request signing guide".
const patience = 15 * time.Minute

// maxSent is how many changes are remembered: as long as each could be sent again.
const maxSent = 10_000

// sentOnce remembers signatures of requests that change something, so that whoever overhears one cannot have the change made again. What only reads
// may be repeated: its date has whole seconds, and clients ask the same twice within one. It is in memory only; a restart forgets.
type sentOnce struct {
	mu    sync.Mutex
	until map[[32]byte]time.Time
}

// first notes a signature with its date. It reports whether it is new, and whether there was room: what cannot be remembered must not be served.
func (s *sentOnce) first(mac [32]byte, date, now time.Time) (isNew, room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, known := s.until[mac]; known && !now.After(until) {
		return false, true
	}
	if len(s.until) >= maxSent {
		for mac, until := range s.until {
			if now.After(until) {
				delete(s.until, mac)
			}
		}
	}
	if len(s.until) >= maxSent {
		return true, false
	}
	if s.until == nil {
		s.until = map[[32]byte]time.Time{}
	}
	s.until[mac] = date.Add(patience)
	return true, true
}
