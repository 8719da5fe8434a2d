package auditd

import (
	"cmp"
	"slices"
)

// How much of the log may lie between two records of one event, and how much one event may hold before it is emitted as it is.
const (
	maxOpen    = 512
	maxRecords = 1024
)

// joiner gathers the records of each event. It emits events in the order in which their first records came.
type joiner struct {
	emit  func([]auditRecord) error
	open  map[string][]auditRecord
	order []string
}

func (j *joiner) add(rec auditRecord) error {
	if j.open == nil {
		j.open = map[string][]auditRecord{}
	}
	key := rec.node + " " + rec.id
	recs, begun := j.open[key]
	if !begun {
		j.order = append(j.order, key)
	}
	j.open[key] = append(recs, rec)
	if len(recs)+1 >= maxRecords {
		// All that are open go, so that the order stays.
		return j.flush(0)
	}
	return j.flush(maxOpen)
}

// flush emits the oldest events until no more than keep are open.
func (j *joiner) flush(keep int) error {
	for len(j.order) > keep {
		key := j.order[0]
		recs := canonical(j.open[key])
		delete(j.open, key)
		j.order = j.order[1:]
		if err := j.emit(recs); err != nil {
			return err
		}
	}
	return nil
}

// ranks put the records that say most first.
var ranks = map[string]int{"SYSCALL": 1, "EXECVE": 3, "SOCKADDR": 4, "CWD": 5, "PATH": 6, "PROCTITLE": 7, "EOE": 8}

func rank(kind string) int {
	if r, ok := ranks[kind]; ok {
		return r
	}
	return 2
}

// canonical puts an event's records in one order, however they came, each once.
func canonical(recs []auditRecord) []auditRecord {
	slices.SortStableFunc(recs, func(a, b auditRecord) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), cmp.Compare(a.kind, b.kind), cmp.Compare(a.raw, b.raw))
	})
	return slices.CompactFunc(recs, func(a, b auditRecord) bool { return a.raw == b.raw })
}
