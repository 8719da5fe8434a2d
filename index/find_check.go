package index

import (
	"annals/engine"

	"github.com/RoaringBitmap/roaring/v2"
)

// check returns what is sure to match, and of what may match, what is remembered to, what a column says does, and what does once it is read.
func (f *finder) check(p engine.PlanCheck, within docSet) (docSet, error) {
	maybe, err := f.eval(p.Maybe, within)
	if err != nil || maybe.empty() {
		return docSet{}, err
	}
	var sure docSet
	if p.Sure != nil {
		if sure, err = f.eval(p.Sure, maybe); err != nil {
			return docSet{}, err
		}
	}
	open := maybe.not(sure)
	if p.Key == "" {
		accepted, err := f.decide(p, open)
		return sure.or(accepted), err
	}
	seen, accepted := f.s.memo.get(p.Key)
	sure, open = sure.or(open.and(accepted)), open.not(seen)
	if open.empty() {
		return sure, nil
	}
	if accepted, err = f.decide(p, open); err != nil {
		return docSet{}, err
	}
	f.s.memo.put(p.Key, open, accepted)
	return sure.or(accepted), nil
}

// decide returns the documents of within that are accepted. The columns decide what they can, the rest is fetched.
func (f *finder) decide(p engine.PlanCheck, within docSet) (accepted docSet, err error) {
	for _, name := range p.Columns {
		more, err := f.byValue(f.s.columns[name], p.Value, within)
		if err != nil {
			return docSet{}, err
		}
		accepted, within = accepted.or(more), within.not(more)
	}
	read, err := f.fetchAndCheck(p.Check, within)
	return accepted.or(read), err
}

// What is known of a code of a column.
const (
	notAsked = iota
	accepts
	refuses
)

// byValue returns the documents of within that have a value in the column that is accepted.
func (f *finder) byValue(c *column, accept func(value []byte) bool, within docSet) (docSet, error) {
	if c == nil || within.empty() {
		return docSet{}, nil
	}
	verdicts := make([]uint8, c.codes())
	accepted := roaring.New()
	var err error
	within.each(func(stretch []uint32) {
		if err == nil {
			err = f.ctx.Err()
		}
		for _, d := range stretch {
			if err != nil {
				return
			}
			code := c.code(d)
			if verdicts[code] == notAsked {
				verdicts[code] = refuses
				c.eachValue(code, func(v int) {
					if accept(c.value(v)) {
						verdicts[code] = accepts
					}
				})
			}
			if verdicts[code] == accepts {
				accepted.Add(d)
			}
		}
	})
	return setOf(accepted), err
}

// checkChunk is how many events are fetched at a time to be checked.
const checkChunk = 1024

// fetchAndCheck returns the documents of within whose events are accepted.
func (f *finder) fetchAndCheck(accept func(*engine.Event) bool, within docSet) (docSet, error) {
	accepted := roaring.New()
	docs := make([]uint32, 0, checkChunk)
	at := make([]engine.Pos, 0, checkChunk)
	flush := func() error {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		err := f.fetch(f.ctx, at, func(i int, e *engine.Event) error {
			if accept(e) {
				accepted.Add(docs[i])
			}
			return nil
		})
		docs, at = docs[:0], at[:0]
		return err
	}
	var err error
	within.each(func(stretch []uint32) {
		for _, d := range stretch {
			if err != nil {
				return
			}
			docs, at = append(docs, d), append(at, f.s.pos(d))
			if len(docs) == checkChunk {
				err = flush()
			}
		}
	})
	if err == nil && len(docs) > 0 {
		err = flush()
	}
	return setOf(accepted), err
}
