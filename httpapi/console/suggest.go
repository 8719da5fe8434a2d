package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// suggestion is a value that a menu offers for what was typed.
type suggestion struct {
	Value string `json:"value"`
	Note  string `json:"note,omitempty"` // the e-mail address or account ID that was typed, of a user whose name says nothing of it
	Count uint64 `json:"count"`
}

// suggestions are offered at once.
const suggestions = 30

// suggest answers GET /suggest: the values of a menu's field with what was typed in them, with their counts under the list's other filters.
// Values and IDs that begin with it come first.
func (c *Console) suggest(w http.ResponseWriter, r *http.Request) error {
	p := c.page(r, "Events", "events")
	values := r.URL.Query()
	field, typed := values.Get("field"), strings.TrimSpace(values.Get("typed"))
	if !slices.Contains(facetFields, field) && field != "tenant" {
		return reply.BadParameter("field", "%q is not one of tenant, %s", field, strings.Join(facetFields, ", "))
	}
	q, m := readFilter(values, p.Preferences).without(field).query(p.Caller.Tenants, p.Now, p.Zone)
	if m != nil {
		return reply.BadParameter(m.Field, "%s", m.Message)
	}
	ctx, cancel := c.bounded(r)
	defer cancel()
	found, err := c.suggestions(ctx, q, field, typed)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, struct {
		Values []suggestion `json:"values"`
	}{found})
}

func (c *Console) suggestions(ctx context.Context, q engine.Query, field, typed string) ([]suggestion, error) {
	begin, begins := engine.FoldValue(typed), q
	if typed != "" {
		begins.Where = both(q.Where, engine.Field{Name: field, Values: []engine.Value{{Text: typed, Prefix: true}}})
	}
	all := []suggestion{}
	first, err := c.facet(ctx, begins, field, suggestions)
	if err != nil && !errors.Is(err, engine.ErrTooBroad) {
		return nil, err
	}
	for _, v := range first {
		all = append(all, suggestion{Value: v.Value, Count: v.Count})
	}
	if field == "user" && len(all) > 0 {
		if err := c.noteUsers(ctx, begins, begin, all); err != nil {
			return nil, err
		}
	}
	frequent, err := c.facet(ctx, q, field, engine.MaxFacetValues)
	if err != nil {
		return nil, err
	}
	for _, v := range frequent {
		if len(all) == suggestions {
			break
		}
		known := func(s suggestion) bool { return engine.FoldValue(s.Value) == engine.FoldValue(v.Value) }
		if strings.Contains(engine.FoldValue(v.Value), begin) && !slices.ContainsFunc(all, known) {
			all = append(all, suggestion{Value: v.Value, Count: v.Count})
		}
	}
	return all, nil
}

// noteUsers says by which address or ID users were found, as far as their newest events tell.
func (c *Console) noteUsers(ctx context.Context, q engine.Query, begin string, all []suggestion) error {
	q.Sort, q.Desc, q.Page, q.Limit = "time", true, 1, 100
	newest, err := c.log.Search(ctx, q)
	if err != nil {
		return err
	}
	for i := range all {
		s := &all[i]
		if strings.Contains(engine.FoldValue(s.Value), begin) {
			continue
		}
		for _, e := range newest.Events {
			if name, _ := who(e.Actor); name != s.Value {
				continue
			}
			for _, id := range []string{e.Actor.Email, e.Actor.ID} {
				if strings.HasPrefix(engine.FoldValue(id), begin) {
					s.Note = id
				}
			}
			break
		}
	}
	return nil
}

func both(a, b engine.Expr) engine.Expr {
	if a == nil {
		return b
	}
	return engine.And{Parts: []engine.Expr{a, b}}
}
