package engine

import "time"

// watchDisk runs the guard beside everything that may take its time.
func (l *Log) watchDisk() {
	defer l.workers.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.guard.check(l)
		case <-l.stop:
			return
		}
	}
}

// keepHouse seals full windows, runs retention, writes down checkpoints and closes what is idle.
func (l *Log) keepHouse() {
	defer l.workers.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	calm := newCalmness(l.Size(), time.Now())
	retention := l.o.Now() // at the start, then hourly
	for {
		rolled := l.rolled.wait()
		l.sealFull()
		l.saveCheckpointIfGrown()
		l.closeIdle()
		calm.look(l, time.Now())
		l.searched() // and what the last writes have left in memory goes too
		if now := l.o.Now(); !now.Before(retention) {
			retention = now.Add(time.Hour)
			if err := l.Retain(); err != nil {
				l.o.Logger.Error("retention", "err", err)
			}
		}
		select {
		case <-rolled:
		case <-tick.C:
		case <-l.stop:
			return
		}
	}
}

// sealFull seals every window behind the newest. Nothing depends on it but memory and the next start: an error is tried again.
func (l *Log) sealFull() {
	windows := l.list()
	for _, w := range windows[:len(windows)-1] {
		if w.sealed || w.damage != "" {
			continue
		}
		begun := time.Now()
		err := w.seal()
		if err == nil {
			err = l.saveManifest()
		}
		if err != nil {
			l.o.Logger.Error("seal window; it is tried again", "err", err)
			return
		}
		l.o.Logger.Info("sealed window", "first", w.first, "end", w.end.Load(), "took", time.Since(begun))
	}
}

// maxIdleStores is how many stores of sealed windows stay open though nobody reads them.
const maxIdleStores = 24

// closeIdle closes the stores of sealed windows that were not read for the longest time.
func (l *Log) closeIdle() {
	for {
		oldest, open := l.idleStores()
		if open <= maxIdleStores || !oldest.closeIfIdle() {
			return
		}
	}
}

func (l *Log) idleStores() (oldest *window, open int) {
	var used time.Time // when oldest was
	for _, w := range l.list() {
		w.mu.Lock()
		if w.sealed && !w.busy && w.refs == 0 && w.db != nil {
			open++
			if oldest == nil || w.used.Before(used) {
				oldest, used = w, w.used
			}
		}
		w.mu.Unlock()
	}
	return oldest, open
}
