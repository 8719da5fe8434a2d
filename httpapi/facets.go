package httpapi

import (
	"net/http"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

const (
	defaultFacets     = "module,operation,result,project,user"
	defaultFacetLimit = 10
)

type facetsReply struct {
	Facets map[string][]engine.FacetValue `json:"facets"`
	Total  uint64                         `json:"total"`
}

// facets answers GET /api/v1/facets.
func (a *API) facets(w http.ResponseWriter, r *http.Request) error {
	q, err := a.queryOf(r)
	if err != nil {
		return err
	}
	columns, err := columnsOf(r.URL.Query().Get("fields"))
	if err != nil {
		return err
	}
	limit, err := numberOf(r.URL.Query(), "limit", defaultFacetLimit, 1, engine.MaxFacetValues)
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(r)
	defer cancel()
	start := time.Now()
	facets, total, err := a.log.Facets(ctx, q, columns, limit)
	if err != nil {
		return err
	}
	noteOf(r.Context()).found(total)
	serverTiming(w, time.Since(start))
	return reply.JSON(w, http.StatusOK, facetsReply{facets, total})
}

func columnsOf(text string) ([]string, error) {
	if text == "" {
		text = defaultFacets
	}
	columns := strings.Split(text, ",")
	for _, c := range columns {
		if !engine.KnownColumn(c) {
			return nil, reply.BadParameter("fields", "%q is not a column to count by; use one of %s", c, strings.Join(engine.Columns, ", "))
		}
	}
	return columns, nil
}
