package flashduty

import (
	"context"
	"net/http"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// search answers POST /audit/search: a page of entries and how many there are in all.
func (h *Handler) search(r *http.Request, who auth.Caller, body []byte, asked *reply.Asked) (any, error) {
	var s searchRequest
	if err := read(body, &s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	q := h.query(s, who)
	asked.Query, asked.From, asked.To = engine.FormatQuery(q.Where), q.From, q.To
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	result, err := h.log.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	asked.Total = &result.Total
	page := found{Total: result.Total, SearchAfterCtx: result.Next, Docs: make([]entry, len(result.Events))}
	language := languageOf(r)
	for i, e := range result.Events {
		page.Docs[i] = entryOf(e, language)
	}
	return page, nil
}
