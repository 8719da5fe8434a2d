package index

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"annals/engine"

	"github.com/RoaringBitmap/roaring/v2"
)

// parallelFrom is how many segments make a second goroutine worth its start.
const parallelFrom = 4

// findAll evaluates a plan on every segment and returns what is not empty.
func findAll(ctx context.Context, segments []*segment, plan engine.Plan, fetch engine.Fetch) ([]part, error) {
	found := make([]part, len(segments))
	err := eachOf(len(segments), len(segments) >= parallelFrom && pure(plan), func(i int) (err error) {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := finder{ctx: ctx, s: segments[i], fetch: fetch}
		found[i], err = f.find(plan)
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(p part) bool { return p.count == 0 }), nil
}

// eachOf calls fn for the numbers below n, with two goroutines when the work is to be shared. It stops at an error and returns it.
func eachOf(n int, share bool, fn func(i int) error) error {
	var next atomic.Int64
	var stop atomic.Bool
	work := func() error {
		for i := int(next.Add(1)) - 1; i < n && !stop.Load(); i = int(next.Add(1)) - 1 {
			if err := fn(i); err != nil {
				stop.Store(true)
				return err
			}
		}
		return nil
	}
	if n < 2 || !share {
		return work()
	}
	other := make(chan error, 1)
	go func() { other <- work() }()
	err := work()
	return cmp.Or(err, <-other)
}

// pure reports whether the plan calls no function of its own; those are run by one goroutine at a time.
func pure(plan engine.Plan) bool {
	switch p := plan.(type) {
	case engine.PlanTerms:
		return p.Match == nil
	case engine.PlanAnd:
		return !slices.ContainsFunc(p.Parts, func(q engine.Plan) bool { return !pure(q) })
	case engine.PlanOr:
		return !slices.ContainsFunc(p.Parts, func(q engine.Plan) bool { return !pure(q) })
	case engine.PlanNot:
		return pure(p.Part)
	case engine.PlanCheck:
		return false
	}
	return true
}

// finder evaluates a plan on one segment.
type finder struct {
	ctx   context.Context
	s     *segment
	fetch engine.Fetch
}

func (f *finder) find(plan engine.Plan) (part, error) {
	set, err := f.eval(plan, f.all())
	return part{s: f.s, set: set, count: set.count()}, err
}

func (f *finder) all() docSet { return docSet{high: uint32(f.s.docs)} }

// eval returns the documents of within that the plan matches.
func (f *finder) eval(plan engine.Plan, within docSet) (docSet, error) {
	if within.empty() {
		return docSet{}, nil
	}
	switch p := plan.(type) {
	case engine.PlanAll:
		return within, nil
	case engine.PlanTime:
		return within.and(docSet{low: f.s.fromTime(p.From), high: f.s.fromTime(p.To)}), nil
	case engine.PlanAnd:
		return f.and(p.Parts, within)
	case engine.PlanOr:
		return f.or(p.Parts, within)
	case engine.PlanNot:
		not, err := f.eval(p.Part, within)
		return within.not(not), err
	case engine.PlanCheck:
		return f.check(p, within)
	}
	set, err := f.leaf(plan)
	return set.and(within), err
}

// leaf evaluates what is looked up, whatever the rest of the plan says.
func (f *finder) leaf(plan engine.Plan) (docSet, error) {
	switch p := plan.(type) {
	case engine.PlanTerm:
		posting, found, err := f.s.dict.find([]byte(p.Term))
		if err != nil || !found {
			return docSet{}, err
		}
		if posting.kind == postingOne {
			return docSet{low: posting.doc, high: posting.doc + 1}, nil
		}
		bits, err := posting.bitmap()
		if err == nil && bits.GetCardinality() == f.s.docs {
			return f.all(), nil // such as the tenant's, where there is one
		}
		return docSet{high: uint32(f.s.docs), bits: bits}, err
	case engine.PlanTerms:
		return f.expand(p)
	case engine.PlanPos:
		bits := roaring.New()
		for _, at := range p.At {
			if at.Seq < f.s.first || at.Seq >= f.s.end {
				continue
			}
			if doc := f.s.fromPos(at); doc < uint32(f.s.docs) && f.s.pos(doc) == at {
				bits.Add(doc)
			}
		}
		return docSet{high: uint32(f.s.docs), bits: bits}, nil
	}
	return docSet{}, nil
}

// How dear a part is to evaluate: look-ups first, because they narrow down what the others have to do; checks read events.
const (
	costTime = iota
	costLeaf
	costTree
	costTerms
	costCheck
)

func cost(plan engine.Plan) int {
	switch p := plan.(type) {
	case engine.PlanAll, engine.PlanNone, engine.PlanTime:
		return costTime
	case engine.PlanTerm, engine.PlanPos:
		return costLeaf
	case engine.PlanTerms:
		return costTerms
	case engine.PlanAnd:
		return costOf(p.Parts)
	case engine.PlanOr:
		return costOf(p.Parts)
	case engine.PlanNot:
		return max(costTree, cost(p.Part))
	}
	return costCheck
}

func costOf(parts []engine.Plan) int {
	dearest := costTree
	for _, p := range parts {
		dearest = max(dearest, cost(p))
	}
	return dearest
}

func (f *finder) and(parts []engine.Plan, within docSet) (docSet, error) {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b engine.Plan) int { return cmp.Compare(cost(a), cost(b)) })
	var leaves []docSet
	for len(parts) > 0 && cost(parts[0]) <= costLeaf && !within.empty() {
		set, err := f.eval(parts[0], docSet{low: within.low, high: within.high})
		if err != nil || set.empty() {
			return docSet{}, err
		}
		within.low, within.high = max(within.low, set.low), min(within.high, set.high)
		if set.bits != nil {
			leaves = append(leaves, set)
		}
		parts = parts[1:]
	}
	slices.SortFunc(leaves, func(a, b docSet) int { return cmp.Compare(a.bits.GetCardinality(), b.bits.GetCardinality()) })
	for _, set := range leaves {
		within = within.and(set)
	}
	for _, p := range parts {
		set, err := f.eval(p, within)
		if err != nil {
			return docSet{}, err
		}
		within = set
	}
	return within, nil
}

func (f *finder) or(parts []engine.Plan, within docSet) (docSet, error) {
	var union docSet
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b engine.Plan) int { return cmp.Compare(cost(a), cost(b)) })
	for _, p := range parts {
		rest := within
		if cost(p) == costCheck {
			rest = within.not(union)
		}
		set, err := f.eval(p, rest)
		if err != nil {
			return docSet{}, err
		}
		union = union.or(set)
	}
	return union, nil
}

// expand returns the documents of all terms with a prefix.
func (f *finder) expand(p engine.PlanTerms) (docSet, error) {
	prefix := []byte(p.Prefix)
	c, err := f.s.dict.seek(prefix)
	if err != nil {
		return docSet{}, err
	}
	u := unionOf{docs: int(f.s.docs)}
	seen, terms := 0, 0
	for !c.done && bytes.HasPrefix(c.term, prefix) {
		if seen++; seen%1024 == 0 && f.ctx.Err() != nil {
			return docSet{}, f.ctx.Err()
		}
		if p.Match == nil || p.Match(c.term) {
			if terms++; terms > engine.MaxExpansion {
				return docSet{}, engine.ErrTooBroad
			}
			if err := u.add(&c.posting); err != nil {
				return docSet{}, err
			}
		}
		if err := c.next(); err != nil {
			return docSet{}, err
		}
	}
	return docSet{high: uint32(f.s.docs), bits: u.bitmap()}, nil
}

// unionOf gathers many postings: as a list while that is short, then as plain bits.
type unionOf struct {
	docs  int
	list  []uint32
	words []uint64
}

const maxUnionList = 1 << 15

func (u *unionOf) add(p *posting) error {
	var err error
	if u.list, err = p.appendDocs(u.list); err != nil {
		return err
	}
	if len(u.list) > maxUnionList {
		u.spill()
	}
	return nil
}

func (u *unionOf) spill() {
	if u.words == nil {
		u.words = make([]uint64, (u.docs+63)/64)
	}
	for _, d := range u.list {
		if int(d) < u.docs {
			u.words[d>>6] |= 1 << (d & 63)
		}
	}
	u.list = u.list[:0]
}

func (u *unionOf) bitmap() *roaring.Bitmap {
	if u.words != nil {
		u.spill()
		return roaring.FromDense(u.words, false)
	}
	slices.Sort(u.list)
	b := roaring.New()
	b.AddMany(u.list)
	return b
}
