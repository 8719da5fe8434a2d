package huawei

import (
	"context"

	"annals/engine"
)

// keptSizes is how many half hours' sizes are kept in memory: 30 instances' for a month, in about 10 MB. The names in their keys are bounded.
const keptSizes = 50_000

type sizeKey struct {
	instance
	half   half
	events uint64
	per    uint32
}

// partSizes returns how many bytes each file of a half hour has. They never change, so they are worked out once and kept; only what is shown is worked out.
func (h *Handler) partSizes(ctx context.Context, i instance, f file) ([]int64, error) {
	key := sizeKey{i, f.half, f.events, f.per}
	if sizes, ok := h.sizes.Get(key); ok {
		return sizes, nil
	}
	sizes, n := make([]int64, f.parts()), uint32(0)
	var rows rowWriter
	err := h.read(ctx, i, f, func(e *engine.Event) error {
		sizes[n/f.per] += int64(len(rows.row(e)))
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.sizes.Add(key, sizes)
	return sizes, nil
}
