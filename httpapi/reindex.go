package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"annals/httpapi/reply"
)

type reindexReply struct {
	Indexed    uint64 `json:"indexed"` // events below this seq are in the index
	TookMillis int64  `json:"took_ms"`
}

// reindex answers POST /api/v1/reindex when the index has caught up. Searches stay exact meanwhile.
func (a *API) reindex(w http.ResponseWriter, r *http.Request) error {
	seq, err := seqOf(r.URL.Query().Get("seq"))
	if err != nil {
		return err
	}
	if size := a.log.Size(); seq != nil && *seq >= size {
		return reply.BadParameter("seq", "seq %d is beyond the end of the log, whose next event is %d", *seq, size)
	}
	start := time.Now()
	if err := a.log.Reindex(r.Context(), seq); err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, reindexReply{a.log.Stats().Indexed, time.Since(start).Milliseconds()})
}

func seqOf(text string) (*uint64, error) {
	if text == "" {
		return nil, nil
	}
	seq, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, reply.BadParameter("seq", "seq is %q, it must be a sequence number", text)
	}
	return &seq, nil
}
