package engine

import (
	"io/fs"
	"path/filepath"
	"time"
)

// WindowInfo describes a window.
type WindowInfo struct {
	First   uint64    `json:"first"` // seqs [First, End)
	End     uint64    `json:"end"`
	MinTime time.Time `json:"min_time,omitzero"`
	MaxTime time.Time `json:"max_time,omitzero"`
	State   string    `json:"state"` // "open" or "sealed"
	Bytes   int64     `json:"bytes"` // of content
	Damaged string    `json:"damaged,omitempty"`
}

// Stats are figures about the log.
type Stats struct {
	Size      uint64       `json:"size"`    // events ever made durable; the next seq
	Events    uint64       `json:"events"`  // events that the log holds
	Indexed   uint64       `json:"indexed"` // every event below this seq is in the index
	Lag       uint64       `json:"lag"`     // events that are not
	Bytes     int64        `json:"bytes"`   // log and index on disk
	FreeBytes uint64       `json:"free_bytes"`
	Uptime    float64      `json:"uptime_s"`
	Windows   []WindowInfo `json:"windows"`
	Index     IndexStats   `json:"index"`
}

// Stats returns figures about the log.
func (l *Log) Stats() Stats {
	s := l.figures()
	s.Bytes = diskBytes(l.o.Dir)
	return s
}

// figures are the Stats that cost nothing to gather.
func (l *Log) figures() Stats {
	s := Stats{Size: l.Size(), FreeBytes: l.guard.free.Load(), Uptime: time.Since(l.started).Seconds()}
	s.Indexed = s.Size
	for _, w := range l.list() {
		info := w.info()
		s.Windows = append(s.Windows, info)
		s.Events += info.End - info.First
		if indexed := min(w.indexed.Load(), info.End); indexed < info.End {
			s.Lag += info.End - indexed
			s.Indexed = min(s.Indexed, indexed)
		}
	}
	if l.o.Index != nil {
		s.Index = l.o.Index.Stats()
	}
	return s
}

// diskBytes adds up the blocks of all files below dir, not their sizes: the stores' logs are sparse.
func diskBytes(dir string) (total int64) {
	// A file that goes while it is counted is not an error here.
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			total += blockBytesOf(info)
		}
		return nil
	})
	return total
}
