package huawei

import (
	"context"

	"annals/engine"
)

// maxFileBytes is where a half hour is split into more files, in the order of time: the vendor's instances upload a file at 100 MB too.
const maxFileBytes = 100 << 20

// rowBytes is what a row takes at most of an event whose JSON in the log has fewer than so many bytes: all of it, of which the action can come twice, and
// the rest of a row.
func rowBytes(below int) int { return 2*below + 512 }

// mostPer is how many events a file has at most: so many as are smaller than the first of the log's sizes.
var mostPer = uint32(maxFileBytes / rowBytes(engine.Sizes[0].Bytes))

// split decides how many events each file of the half hours has: so many that no file can pass maxFileBytes, whichever of the half hour's events are in
// it. That takes counts of the index only, and no event is read.
func (h *Handler) split(ctx context.Context, i instance, halves []file, from, to half) error {
	sizes := map[half][]uint64{} // how many events reach each of the log's sizes
	if many(halves) {
		for _, s := range engine.Sizes {
			reached, n, err := h.halves(ctx, i, from, to, engine.Field{Name: "size", Values: []engine.Value{{Text: s.Name}}})
			if err != nil {
				return err
			}
			if n == 0 {
				break // nor are there larger ones
			}
			for _, f := range reached {
				sizes[f.half] = append(sizes[f.half], f.events)
			}
		}
	}
	for n := range halves {
		halves[n].per = perFile(halves[n].events, sizes[halves[n].half])
	}
	return nil
}

// many reports whether a half hour has so many events that, were all of them as large as can be, one file could not hold them.
func many(halves []file) bool {
	for _, f := range halves {
		if f.events > uint64(maxFileBytes/rowBytes(engine.MaxEventBytes)) {
			return true
		}
	}
	return false
}

// perFile returns how many of a half hour's events one file can hold if it has the largest of them. Reached says how many reach each of the log's
// sizes.
func perFile(events uint64, reached []uint64) uint32 {
	room, per := uint64(maxFileBytes), uint64(0)
	larger := uint64(0) // of the events, so many are done
	for k := len(reached); k >= 0; k-- {
		below, so := engine.MaxEventBytes, events
		if k < len(engine.Sizes) {
			below = engine.Sizes[k].Bytes
		}
		if k > 0 {
			so = min(reached[k-1], events) // some may have arrived a moment ago
		}
		row := uint64(rowBytes(below))
		fit := min(so-min(larger, so), room/row)
		per, room = per+fit, room-fit*row
		if fit < so-min(larger, so) {
			break
		}
		larger = max(larger, so)
	}
	return uint32(min(max(per, 1), uint64(mostPer)))
}
