package layer7

import (
	"context"
	"errors"
	"net/http"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const (
	defaultSize = 10
	maxSize     = 2000
)

// list answers GET …/audits with one page, and the exact total.
func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.caller(r)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "event.search"}
	found, err := h.page(r, caller.Caller, &told)
	told.Failure = failureOf(err)
	reply.Tell(r.Context(), told)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, found)
}

// listing is one page that is asked for.
type listing struct {
	query  engine.Query // without order and page
	filter filter
	order  order
	page   int64 // from 0
	size   int
}

// listingOf reads what is asked for. What can be read of it is there with an error as well.
func (h *Handler) listingOf(r *http.Request, caller auth.Caller) (l listing, err error) {
	p, err := parametersOf(r.URL)
	if err != nil {
		return l, err
	}
	l.filter, l.order = p.filter(), p.order()
	l.page = p.number("page", 0, 0)
	l.size = int(min(p.number("size", defaultSize, 1), maxSize))
	p.period(&l.query)
	if l.page > engine.MaxSkip { // no log reaches there, and times the size it is still a number
		p.mistake("page", "must be %d at most", engine.MaxSkip)
	}
	if err := p.err(); err != nil {
		return l, err
	}
	l.query.Where = l.filter.where()
	l.query.Tenants, err = h.tenants(r, caller)
	return l, err
}

// page finds one page. What was asked goes to told.
func (h *Handler) page(r *http.Request, caller auth.Caller, told *reply.Asked) (*page, error) {
	l, err := h.listingOf(r, caller)
	told.Query, told.From, told.To = question(r, l.filter), l.query.From, l.query.To
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	out := &page{Results: []audit{}, CurrentPage: l.page, PageSize: l.size, SortField: l.order.field, SortDirection: l.order.direction()}
	entries := newShower(l.filter)
	take := func(e *engine.Event) { out.Results = append(out.Results, entries.show(e)) }
	find := h.byColumn
	if l.order.field == "action" {
		find = h.byAction
	}
	if out.TotalElements, err = find(ctx, l, take); err != nil {
		return nil, err
	}
	out.TotalPages = (out.TotalElements + uint64(l.size) - 1) / uint64(l.size)
	told.Total = &out.TotalElements
	return out, nil
}

// byColumn finds a page in the order of one of the log's columns. Equal values stay newest first.
func (h *Handler) byColumn(ctx context.Context, l listing, take func(*engine.Event)) (total uint64, err error) {
	l.query.Sort, l.query.Desc = columns[l.order.field], l.order.desc
	return h.stretch(ctx, l.query, l.page*int64(l.size), l.size, take)
}

// stretch gives take n events from place skip on. The log's pages are smaller than the portal's may be: the first is found by number, the others by
// cursor, so that none repeats or skips an event that arrives in between. Events that are too large for one page make it more.
func (h *Handler) stretch(ctx context.Context, q engine.Query, skip int64, n int, take func(*engine.Event)) (total uint64, err error) {
	q.Limit = min(n, engine.MaxPage)
	if skip > 0 {
		if skip%int64(q.Limit) != 0 {
			q.Limit = 1
		}
		q.Page = int(skip/int64(q.Limit)) + 1
	}
	r, err := h.log.Search(ctx, q)
	if tooLarge(err) && q.Limit > 1 {
		q.Page, q.Limit = int(skip)+1, 1
		r, err = h.log.Search(ctx, q)
	}
	if err != nil {
		return 0, err
	}
	total = r.Total
	for {
		for _, e := range r.Events {
			take(e)
		}
		if n -= len(r.Events); n <= 0 || r.Next == "" {
			return total, nil
		}
		q.Page, q.Cursor, q.Limit = 0, r.Next, min(n, engine.MaxPage)
		if r, err = h.log.Search(ctx, q); err != nil {
			return 0, err
		}
	}
}

// tooLarge reports whether a numbered page has more bytes of events than the log gives at once.
func tooLarge(err error) bool {
	f, ok := errors.AsType[*engine.FieldError](err)
	return ok && f.Field == "limit"
}
