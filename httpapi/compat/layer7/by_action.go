package layer7

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"annals/engine"
)

// group is the events that are shown with one action.
type group struct {
	folded string // the action, as it is sorted by
	where  engine.Expr
	count  uint64
	sort   string // column of the log; "": by time, the newest first
}

// byAction finds a page in the order of what is shown as the action, which no column of the log has: one value after the other, the newest first in
// each. The values and their counts are found first, so an event that arrives in between may stand on the next page as well.
func (h *Handler) byAction(ctx context.Context, l listing, take func(*engine.Event)) (total uint64, err error) {
	groups, total, err := h.groups(ctx, l.query)
	if err != nil {
		return 0, err
	}
	if l.order.desc {
		slices.Reverse(groups)
	}
	skip, n := uint64(l.page)*uint64(l.size), l.size
	for _, g := range groups {
		if skip >= g.count {
			skip -= g.count
			continue
		}
		q := l.query
		q.Where, q.Sort, q.Desc = allOf(q.Where, g.where), g.sort, g.sort == "" || l.order.desc
		here := int(min(uint64(n), g.count-skip))
		if _, err := h.stretch(ctx, q, int64(skip), here, take); err != nil {
			return 0, err
		}
		if skip, n = 0, n-here; n == 0 {
			break
		}
	}
	return total, nil
}

// groups are the actions shown, in order. When the log has more other actions than can be counted, they are one group behind the others.
func (h *Handler) groups(ctx context.Context, q engine.Query) (groups []group, total uint64, err error) {
	groups = make([]group, len(labels))
	for i, l := range labels {
		groups[i] = group{folded: engine.FoldValue(l.name), where: actionIs(l.name)}
	}
	var named, done, failed map[string]uint64
	var others []group
	var whole bool
	both, ctx := errgroup.WithContext(ctx)
	both.SetLimit(2)
	both.Go(func() (err error) {
		others, whole, err = h.otherGroups(ctx, q)
		return err
	})
	both.Go(func() (err error) {
		total, err = h.count(ctx, q)
		return err
	})
	both.Go(func() (err error) {
		named, err = h.countNamed(ctx, q)
		return err
	})
	both.Go(func() (err error) {
		done, err = h.countDone(ctx, q)
		return err
	})
	both.Go(func() (err error) {
		failed, err = h.countDone(ctx, q, is("result", engine.Failure))
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, 0, err
	}
	rest := total
	for i, l := range labels {
		n := failed[l.operation]
		if l.result == engine.Success { // what did not fail; more may have failed a moment later
			n = done[l.operation] - min(done[l.operation], n)
		}
		groups[i].count = named[l.name] + n
		rest -= min(rest, groups[i].count)
	}
	last := []group{}
	switch {
	case whole:
		groups = append(groups, others...)
	case rest > 0:
		last = append(last, group{where: otherAction(), count: rest, sort: "action"})
	}
	slices.SortFunc(groups, func(a, b group) int { return strings.Compare(a.folded, b.folded) })
	return append(groups, last...), total, nil
}

// otherGroups are the actions that are not the portal's; whole: all of them.
func (h *Handler) otherGroups(ctx context.Context, q engine.Query) (groups []group, whole bool, err error) {
	q.Where = allOf(q.Where, otherAction())
	facets, total, err := h.log.Facets(ctx, q, []string{"action"}, engine.MaxFacetValues)
	if f, ok := errors.AsType[*engine.FieldError](err); ok && f.Field == "fields" {
		return nil, false, nil // more than are counted at all
	}
	if err != nil {
		return nil, false, err
	}
	counted := uint64(0)
	at := map[string]int{}
	for _, v := range facets["action"] {
		counted += v.Count
		folded := engine.FoldValue(v.Value)
		if i, known := at[folded]; known { // the same but for its case
			groups[i].count += v.Count
			continue
		}
		at[folded] = len(groups)
		groups = append(groups, group{folded: folded, where: actionIs(v.Value), count: v.Count})
	}
	return groups, counted == total, nil
}

// countNamed counts the events by the portal's actions that they have as their action.
func (h *Handler) countNamed(ctx context.Context, q engine.Query) (map[string]uint64, error) {
	counts := map[string]uint64{}
	if n, err := h.count(ctx, q, namesLabel()); n == 0 || err != nil {
		return counts, err // as a rule
	}
	for _, l := range labels {
		n, err := h.count(ctx, q, is("action", l.name))
		if err != nil {
			return nil, err
		}
		counts[l.name] = n
	}
	return counts, nil
}

// countDone counts the others by their operation.
func (h *Handler) countDone(ctx context.Context, q engine.Query, also ...engine.Expr) (map[string]uint64, error) {
	q.Where = allOf(append(also, q.Where, engine.Not{Part: namesLabel()})...)
	facets, _, err := h.log.Facets(ctx, q, []string{"operation"}, len(engine.Operations))
	if err != nil {
		return nil, err
	}
	counts := map[string]uint64{}
	for _, v := range facets["operation"] {
		counts[v.Value] = v.Count
	}
	return counts, nil
}

func (h *Handler) count(ctx context.Context, q engine.Query, also ...engine.Expr) (uint64, error) {
	q.Where, q.Limit = allOf(append(also, q.Where)...), 1
	r, err := h.log.Search(ctx, q)
	if err != nil {
		return 0, err
	}
	return r.Total, nil
}
