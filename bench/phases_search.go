package main

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A slow search is repeated until the patience ends, but never less than so often, rather than as often as the flags say.
const (
	searchLeast    = 20
	searchPatience = 20 * time.Second
)

// found is an answer to a search.
type found struct {
	Events []struct {
		ID string `json:"id"`
	} `json:"events"`
	Total uint64 `json:"total"`
	Exact bool   `json:"exact"`
	Next  string `json:"next"`

	took spent
}

func (f *found) ids() []string {
	ids := make([]string, len(f.Events))
	for k, e := range f.Events {
		ids[k] = e.ID
	}
	return ids
}

func (c *client) search(ctx context.Context, params url.Values) (*found, error) {
	var f found
	took, err := c.get(ctx, "/api/v1/events", params, &f)
	f.took = took
	return &f, err
}

// timed is what repeating a request took.
type timed struct {
	client, server []time.Duration
	first          spent // not among them
}

func (t *timed) add(took spent) {
	t.client = append(t.client, took.client)
	if took.told {
		t.server = append(t.server, took.server)
	}
}

// repeat times once, which is called with rising numbers; the first two calls warm up and don't count.
func (r *run) repeat(once func(k int) (spent, error)) (timed, error) {
	var all timed
	began := time.Now()
	for k := range r.runs + 2 {
		if len(all.client) >= searchLeast && time.Since(began) > searchPatience {
			break
		}
		took, err := once(k)
		if err != nil {
			return all, err
		}
		switch {
		case k == 0:
			all.first = took
		case k >= 2:
			all.add(took)
		}
	}
	return all, nil
}

// search asks every question, and for single requests by their ID.
func (r *run) search(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("searching")
	defer r.server.memory.label("")
	for _, q := range questions {
		all, err := r.repeat(func(int) (spent, error) { return r.ask(ctx, c, q) })
		if err != nil {
			return err
		}
		r.reportTimes(q.name+", "+number(float64(r.model.total[q.name]))+" hits", all, q.barMs)
		if strings.HasPrefix(q.name, "phrase") { // the server remembers which events it has read for one
			r.report.times("  asked for the first time, at the client", []time.Duration{all.first.client}, nil)
		}
	}
	all, err := r.repeat(func(k int) (spent, error) { return r.askRare(ctx, c, k) })
	if err != nil {
		return err
	}
	r.reportTimes("rare ID, 1 hit", all, 0)
	return nil
}

func (r *run) reportTimes(what string, all timed, barMs float64) {
	if len(all.server) == 0 {
		r.report.times(what+", at the client", all.client, atMost(barMs))
		return
	}
	r.report.times(what, all.server, atMost(barMs))
	r.report.times("  at the client", all.client, nil)
}

// ask asks a question once and checks the answer.
func (r *run) ask(ctx context.Context, c *client, q question) (spent, error) {
	params := url.Values{"q": {q.q}, "limit": {strconv.Itoa(pageSize)}}
	if q.sort != "" {
		params.Set("sort", q.sort)
	}
	answer, err := c.search(ctx, params)
	if err != nil {
		return spent{}, err
	}
	r.check(q.name, answer, r.model.total[q.name], r.model.page[q.name])
	return answer.took, nil
}

// askRare looks for one event by its request ID, another each time.
func (r *run) askRare(ctx context.Context, c *client, k int) (spent, error) {
	f := r.load.facts(int(mix(uint64(k)) % uint64(r.model.events)))
	answer, err := c.search(ctx, url.Values{"q": {f.requestID()}, "limit": {strconv.Itoa(pageSize)}})
	if err != nil {
		return spent{}, err
	}
	r.check("rare ID "+f.requestID(), answer, 1, []int{f.number})
	return answer.took, nil
}

// check holds an answer against the right total and the right first page.
func (r *run) check(name string, answer *found, total int, page []int) {
	want := idsOf(r.load, page)
	switch got := answer.ids(); {
	case answer.Total != uint64(total):
		r.wrong("%s: total %d, right is %d", name, answer.Total, total)
	case !answer.Exact:
		r.wrong("%s: total is said not to be exact", name)
	case len(got) != len(want):
		r.wrong("%s: %d events on the page, right is %d", name, len(got), len(want))
	case !slices.Equal(got, want):
		r.wrong("%s: page has %v, right is %v", name, firstDifference(got, want), firstDifference(want, got))
	}
}

// firstDifference returns the first of got that is not in the same place of want.
func firstDifference(got, want []string) string {
	for k := range got {
		if got[k] != want[k] {
			return strconv.Itoa(k) + ": " + got[k]
		}
	}
	return "no difference"
}

// page walks by cursor and checks every page, so that none repeats or leaves out an event.
func (r *run) page(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("searching")
	defer r.server.memory.label("")
	var all timed
	cursor := ""
	for k := range r.model.deepPages {
		params := url.Values{"q": {r.model.deep.q}, "limit": {strconv.Itoa(pageSize)}}
		if cursor != "" {
			params.Set("cursor", cursor)
		}
		answer, err := c.search(ctx, params)
		if err != nil {
			return err
		}
		order := r.model.deepOrder[k*pageSize:]
		name := r.model.deep.name + ", page " + strconv.Itoa(k+1)
		r.check(name, answer, r.model.total[r.model.deep.name], order[:min(len(order), pageSize)])
		if cursor = answer.Next; cursor == "" && k+1 < r.model.deepPages {
			r.wrong("%s: no cursor for the next page", name)
			return nil
		}
		all.add(answer.took)
	}
	r.reportTimes("page by cursor, to page "+number(float64(r.model.deepPages))+" of "+r.model.deep.name, all, 0)
	return nil
}
