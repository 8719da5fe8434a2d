package flashduty

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// operations answers POST /audit/operation/list: the operations that are in the log, by name. Of more than the log counts it is the most frequent.
func (h *Handler) operations(r *http.Request, who auth.Caller, body []byte, asked *reply.Asked) (any, error) {
	if err := read(body, &struct{}{}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	facets, total, err := h.log.Facets(ctx, engine.Query{Tenants: who.Asking(nil)}, []string{"action"}, engine.MaxFacetValues)
	if err != nil {
		return nil, err
	}
	asked.Total = &total
	list := operationList{Items: make([]operation, len(facets["action"]))}
	for i, v := range facets["action"] {
		list.Items[i] = operation{Name: v.Value, NameCN: label(v.Value, chinese)}
	}
	slices.SortFunc(list.Items, func(a, b operation) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
