package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const defaultLimit = 50

// listEvents answers GET /api/v1/events.
func (a *API) listEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := a.queryOf(r)
	if err != nil {
		return err
	}
	if err := pageOf(&q, r.URL.Query()); err != nil {
		return err
	}
	ctx, cancel := a.bounded(r)
	defer cancel()
	result, err := a.log.Search(ctx, q)
	if err != nil {
		return err
	}
	noteOf(r.Context()).found(result.Total)
	serverTiming(w, result.Took)
	writeResult(w, result)
	return nil
}

// pageOf reads sort, limit, cursor and page.
func pageOf(q *engine.Query, values url.Values) (err error) {
	if err := sortOf(q, values.Get("sort")); err != nil {
		return err
	}
	if q.Limit, err = numberOf(values, "limit", defaultLimit, 1, engine.MaxPage); err != nil {
		return err
	}
	if q.Page, err = numberOf(values, "page", 0, 1, engine.MaxSkip); err != nil {
		return err
	}
	q.Cursor = values.Get("cursor")
	if q.Page > 0 && q.Cursor != "" {
		return reply.BadParameter("page", "page and cursor exclude each other")
	}
	if (q.Page-1)*q.Limit > engine.MaxSkip {
		p := reply.BadParameter("page", "page %d of %d events each lies beyond event %d; go on with the cursor", q.Page, q.Limit, engine.MaxSkip)
		p.Limit = engine.MaxSkip
		return p
	}
	return nil
}

// sortOf reads "time" or a column, "-" in front for descending. The newest come first by default.
func sortOf(q *engine.Query, text string) error {
	if text == "" {
		text = "-time"
	}
	q.Sort, q.Desc = strings.CutPrefix(text, "-")
	if q.Sort != "time" && !slices.Contains(engine.SortColumns, q.Sort) {
		return reply.BadParameter("sort", "%q is not a column to sort by; use time or one of %s", q.Sort, strings.Join(engine.SortColumns, ", "))
	}
	return nil
}

// buffers are for answers of many events, which are appended by hand.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledBytes keeps one huge answer from holding its memory for ever.
const maxPooledBytes = 1 << 20

func writeResult(w http.ResponseWriter, result *engine.Result) {
	buf := buffers.Get().(*[]byte)
	*buf = appendResult((*buf)[:0], result)
	reply.Body(w, http.StatusOK, "application/json", *buf)
	if cap(*buf) <= maxPooledBytes {
		buffers.Put(buf)
	}
}

func appendResult(b []byte, result *engine.Result) []byte {
	b = append(b, `{"events":[`...)
	for i, e := range result.Events {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.AppendJSON(append(b, '\n'))
	}
	b = append(b, `],"total":`...)
	b = strconv.AppendUint(b, result.Total, 10)
	b = append(b, `,"exact":true,"next":`...)
	b = appendQuoted(b, result.Next)
	b = appendTime(append(b, `,"from":`...), result.From)
	b = appendTime(append(b, `,"to":`...), result.To)
	b = appendMillis(append(b, `,"took_ms":`...), result.Took)
	return append(b, "}\n"...)
}

// appendTime appends null for the zero time: no bound.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	b = t.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// appendQuoted appends s as a JSON string, with what is not UTF-8 replaced.
func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "�"))
	return b
}

// getEvent answers GET /api/v1/events/{id}.
func (a *API) getEvent(w http.ResponseWriter, r *http.Request) error {
	id, err := url.PathUnescape(mux.Vars(r)["id"])
	if err != nil {
		return reply.BadParameter("id", "the ID in the path cannot be read: %v", err)
	}
	noteOf(r.Context()).thing = engine.Resource{Type: "event", ID: cut(id, engine.MaxIDBytes)}
	who := auth.From(r.Context()).Tenants
	if tenant := r.URL.Query().Get("tenant"); tenant != "" {
		who = who.Only(tenant)
	}
	start := time.Now()
	e, err := a.log.Get(r.Context(), who, id)
	if err != nil {
		return fmt.Errorf("get event %q: %w", id, err)
	}
	serverTiming(w, time.Since(start))
	reply.Body(w, http.StatusOK, "application/json", append(e.AppendJSON(nil), '\n'))
	return nil
}
