package huawei

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"annals/engine"
)

// An audit log file has the events of an instance that lie in half an hour, counted from the Unix epoch: the vendor's instances upload one every
// 30 minutes. Nothing is kept of a file. What its ID says is enough to make it again, and it stays as it was listed: it has the first so many
// events of its half hour that arrived. One that arrives later makes another ID, under which all of them are; so a client that looks for IDs that it
// does not know misses none.
//
// A known weak point: should retention take away as many events of a half hour as have arrived late for it, the ID is the same with others behind it.
// That takes events that come in when the retention time of theirs is over.
const (
	halfHour = 30 * time.Minute
	grace    = time.Minute // for events under way, after which a half hour is listed
)

// half is the number of a half hour.
type half int64

func halfOf(t time.Time) half {
	n := t.Unix() / int64(halfHour/time.Second)
	if t.Unix() < 0 {
		n-- // the log has nothing so early; rounding must not make it something
	}
	return half(n)
}

func (n half) begin() time.Time { return time.Unix(int64(n)*int64(halfHour/time.Second), 0).UTC() }
func (n half) end() time.Time   { return (n + 1).begin() }

// sealedBefore is the first half hour that is not over.
func sealedBefore(now time.Time) half { return halfOf(now.Add(-grace)) }

// file is one of the files of a half hour that has had so many events when it was listed.
type file struct {
	half   half
	events uint64 // of the half hour
	per    uint32 // events in each of its files but the last one
	part   uint32 // from 0
}

// parts is how many files the half hour has.
func (f file) parts() int { return int((f.events + uint64(f.per) - 1) / uint64(f.per)) }

const (
	fileHeadBytes = 20
	fileIDBytes   = fileHeadBytes + 8
)

// id is the file's as one of the instance's. It is no secret and no proof: who may read the instance may read every file of it.
func (f file) id(i instance) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(f.half))
	b = binary.BigEndian.AppendUint64(b, f.events)
	b = binary.BigEndian.AppendUint32(b, f.per)
	b = binary.BigEndian.AppendUint32(b, f.part)
	return hex.EncodeToString(append(b, i.seal(b)...))
}

// seal ties a file's ID to its instance.
func (i instance) seal(head []byte) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "annals huawei file\x00%s\x00%s\x00%s", i.tenant, i.id, head))
	return sum[:fileIDBytes-fileHeadBytes]
}

// parseFile reads an ID that id gave for the instance.
func parseFile(i instance, id string) (f file, ok bool) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != fileIDBytes {
		return f, false
	}
	f = file{half(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint64(b[4:]), binary.BigEndian.Uint32(b[12:]), binary.BigEndian.Uint32(b[16:])}
	return f, f.events > 0 && f.events < 1<<40 && f.per > 0 && f.per <= mostPer && int(f.part) < f.parts() && f.id(i) == id
}

// name is what the vendor's console would show.
func (f file) name(i instance) string {
	at := f.half.begin()
	return fmt.Sprintf("%s_%s/%s/Audit/%s_%s_Audit_%d-%d", i.tenant, i.id, at.Format("20060102"), at.Format("20060102150405"), i.id, f.events, f.part+1)
}

// halves counts the instance's events, of which the rest must be true as well, in each half hour from one to another, the newest first, without those
// that have none.
func (h *Handler) halves(ctx context.Context, i instance, from, to half, also ...engine.Expr) (counts []file, events uint64, err error) {
	for ; to > from; to = max(from, to-engine.MaxBuckets) {
		first := max(from, to-engine.MaxBuckets)
		q := i.query()
		q.Where = engine.And{Parts: append(also, q.Where)}
		q.From, q.To = first.begin(), to.begin()
		buckets, n, err := h.log.Histogram(ctx, q, int(to-first))
		if err != nil {
			return nil, 0, err
		}
		events += n
		for at, b := range slices.Backward(buckets) {
			if b.Count > 0 {
				counts = append(counts, file{half: first + half(at), events: b.Count})
			}
		}
	}
	return counts, events, nil
}
