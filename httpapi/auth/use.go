package auth

import (
	"errors"
	"fmt"
	"time"
)

// usePause is how long the last use of a token, credential or session may stay in memory only, and so how often it is written at most.
const usePause = time.Minute

// keepUse writes down when they were used last, and forgets sessions that are over, off the requests' path.
func (a *Auth) keepUse() {
	defer close(a.stopped)
	ticker := time.NewTicker(usePause)
	defer ticker.Stop()
	for {
		select {
		case <-a.stop:
			return
		case <-ticker.C:
			if err := a.writeUse(); err != nil {
				a.logger.Warn("when tokens, credentials and sessions were used last is not recorded; trying again in a minute", "err", err)
			}
		}
	}
}

// writeUse writes the last use of those that were used since it was written.
func (a *Auth) writeUse() error {
	return errors.Join(a.store.writeUse(), a.credentials.writeUse(), a.sweepSessions(), a.sweepSetups())
}

func (s *store) writeUse() error {
	var errs []error
	for _, e := range s.all() {
		recorded := e.value.Load().LastUsed
		used := e.lastUsed(recorded)
		if !used.After(recorded) {
			continue
		}
		if err := s.change(e, func(r *record) { r.LastUsed = used }); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close writes what is not written yet. The log is closed after it.
func (a *Auth) Close() error {
	a.stopOnce.Do(func() { close(a.stop) })
	<-a.stopped
	if a.broken != nil {
		return nil
	}
	if err := a.writeUse(); err != nil {
		return fmt.Errorf("close access: %w", err)
	}
	return nil
}
