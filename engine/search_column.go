package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// maxSlowSkip is how deep page numbers reach when a column that the index does not keep is sorted by.
const maxSlowSkip = 100_000

// searchByColumn sorts by another column than time.
func (l *Log) searchByColumn(ctx context.Context, q *Query) (*Result, error) {
	after, err := decodeCursor(q)
	if err != nil {
		return nil, err
	}
	order := columnOrder{column: q.Sort, desc: q.Desc, after: after}
	s, err := l.snapshot(ctx, q, order.add)
	if err != nil {
		return nil, err
	}
	defer s.close()
	skip, limit := q.skip(), q.Limit+1
	sure, indexed := max(0, skip-len(order.places)), true
	if s.hits != nil {
		var hits []ColumnPos
		hits, indexed = s.hits.ByColumn(q.Sort, after, q.Desc, sure, skip-sure+limit)
		order.places = append(order.places, hits...)
	}
	if !indexed {
		if sure = 0; skip > maxSlowSkip {
			return nil, &FieldError{"page", fmt.Sprintf("reaches only %d events deep when sorted by %s; use the cursor", maxSlowSkip, q.Sort)}
		}
		if err := order.addAll(ctx, s, skip+limit); err != nil {
			return nil, err
		}
	}
	order.sort()
	places := order.places[min(skip-sure, len(order.places)):]
	r := &Result{Total: s.total()}
	if len(places) > q.Limit {
		places = places[:q.Limit]
		r.Next = encodeCursor(q, places[q.Limit-1])
	}
	at := make([]Pos, len(places))
	for i, p := range places {
		at[i] = p.Pos
	}
	return r, s.fill(ctx, q, r, at, func(i int) ColumnPos { return places[i] })
}

// columnOrder gathers places in the order of a column.
type columnOrder struct {
	column string
	desc   bool
	after  *ColumnPos
	places []ColumnPos
}

func (o *columnOrder) add(e *Event) {
	p := ColumnPos{Pos: e.Pos(), Value: sortValue(e, o.column)}
	p.Has = p.Value != ""
	if o.after == nil || o.compare(*o.after, p) < 0 {
		p.Value = strings.Clone(p.Value) // the event's text is not kept with it
		o.places = append(o.places, p)
	}
}

// addAll reads every hit for a column that the index does not keep, holding on to no more than the first keep places.
func (o *columnOrder) addAll(ctx context.Context, s *snapshot, keep int) error {
	var after *Pos
	for {
		at := s.hits.ByTime(after, false, 0, 4*fetchChunk)
		if len(at) == 0 {
			return nil
		}
		err := s.log.fetch(ctx, at, func(_ int, e *Event) error {
			o.add(e)
			return nil
		})
		if err != nil {
			return err
		}
		if len(o.places) > 2*keep+4*fetchChunk {
			o.sort()
			o.places = o.places[:keep]
		}
		after = &at[len(at)-1]
	}
}

func (o *columnOrder) sort() { slices.SortFunc(o.places, o.compare) }

// compare orders by folded value, then by value; events without a value last, equal values newest first.
func (o *columnOrder) compare(a, b ColumnPos) int {
	if a.Has != b.Has {
		if a.Has {
			return -1
		}
		return 1
	}
	c := strings.Compare(FoldValue(a.Value), FoldValue(b.Value))
	if c == 0 {
		c = strings.Compare(a.Value, b.Value)
	}
	if o.desc {
		c = -c
	}
	if c == 0 {
		c = comparePos(b.Pos, a.Pos)
	}
	return c
}
