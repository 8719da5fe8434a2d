package layer7

import (
	"context"
	"errors"
	"slices"
	"strings"

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
	if total, err = h.count(ctx, q, nil); err != nil {
		return nil, 0, err
	}
	rest := total
	for _, l := range labels {
		g := group{folded: engine.FoldValue(l.name), where: actionIs(l.name)}
		if g.count, err = h.count(ctx, q, g.where); err != nil {
			return nil, 0, err
		}
		groups, rest = append(groups, g), rest-min(rest, g.count)
	}
	last := []group{}
	if rest > 0 {
		others, whole, err := h.otherGroups(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		if whole {
			groups = append(groups, others...)
		} else {
			last = append(last, group{where: otherAction(), count: rest, sort: "action"})
		}
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

func (h *Handler) count(ctx context.Context, q engine.Query, also engine.Expr) (uint64, error) {
	q.Where, q.Limit = allOf(q.Where, also), 1
	r, err := h.log.Search(ctx, q)
	if err != nil {
		return 0, err
	}
	return r.Total, nil
}
