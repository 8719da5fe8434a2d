package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

const defaultBuckets = 60

// histogram answers GET /api/v1/histogram.
func (a *API) histogram(w http.ResponseWriter, r *http.Request) error {
	q, err := a.queryOf(r)
	if err != nil {
		return err
	}
	n, err := numberOf(r.URL.Query(), "buckets", defaultBuckets, 1, engine.MaxBuckets)
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(r)
	defer cancel()
	start := time.Now()
	buckets, total, err := a.log.Histogram(ctx, q, n)
	if err != nil {
		return err
	}
	noteOf(r.Context()).found(total)
	serverTiming(w, time.Since(start))
	reply.Body(w, http.StatusOK, "application/json", appendHistogram(nil, buckets, total))
	return nil
}

func appendHistogram(b []byte, buckets []engine.Bucket, total uint64) []byte {
	b = append(b, `{"buckets":[`...)
	for i, k := range buckets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTime(append(b, `{"start":`...), k.Start)
		b = appendTime(append(b, `,"end":`...), k.End)
		b = strconv.AppendUint(append(b, `,"count":`...), k.Count, 10)
		b = strconv.AppendUint(append(b, `,"failures":`...), k.Failures, 10)
		b = append(b, '}')
	}
	b = strconv.AppendUint(append(b, `],"total":`...), total, 10)
	return append(b, "}\n"...)
}
