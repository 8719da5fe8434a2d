package engine

// Searches read what the index lacks, so its bytes are bounded as well as its number of events: see awaitIndex.

// lagBytes is how many bytes of content the events have that lag counts.
func (l *Log) lagBytes() (lag int64) {
	windows := l.list()
	for _, w := range windows[max(0, len(windows)-2):] {
		if w.served.Load() >= w.end.Load() {
			continue
		}
		w.mu.Lock()
		lag += max(0, w.meta.bytes-w.servedBytes.Load())
		w.mu.Unlock()
	}
	return lag
}

// noLag notes at a start that what the index lacks of the window is not to hold up the writers.
func (w *window) noLag() {
	w.served.Store(w.end.Load())
	w.servedBytes.Store(w.meta.bytes)
}

// serve notes that the index finds the events too. They follow one another.
func (w *window) serve(events []*Event) {
	served, bytes := w.served.Load(), int64(0)
	for _, e := range events {
		if e.Seq >= served { // else it is there for the second time
			bytes += int64(e.stored)
		}
	}
	w.servedBytes.Add(bytes)
	w.served.Store(max(served, events[len(events)-1].Seq+1))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.served.Load() == w.end.Load() {
		w.servedBytes.Store(w.meta.bytes) // events that were there already when it was opened are not counted one by one
	}
}
