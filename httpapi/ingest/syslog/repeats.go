package syslog

import (
	"crypto/sha256"
	"strconv"

	"annals/httpapi/ingest/record"
)

// generation is how many different lines are remembered at least. Equal lines lie within a second of each other, so they are
// close by.
const generation = 100_000

// repeats counts equal lines, in bounded memory.
type repeats struct{ young, old map[[16]byte]int }

// id returns the ID of the line, which this call counts.
func (r *repeats) id(line string) string {
	sum := sha256.Sum256([]byte(line))
	key := [16]byte(sum[:16])
	n, ok := r.young[key]
	if !ok {
		n = r.old[key]
	}
	if r.young == nil || len(r.young) >= generation {
		r.old, r.young = r.young, make(map[[16]byte]int)
	}
	r.young[key] = n + 1
	return record.DeriveID(name, []byte(line), []byte{0}, strconv.AppendInt(nil, int64(n), 10))
}
