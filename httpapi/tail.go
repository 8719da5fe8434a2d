package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// tail answers GET /api/v1/tail: durable events as server-sent events whose id is their seq, from a seq on, or from now on.
// A client that reconnects with Last-Event-ID misses none. A token that is revoked or expires meanwhile ends it with the next sign of life.
func (a *API) tail(w http.ResponseWriter, r *http.Request) error {
	loc, err := zoneOf(r.URL.Query().Get("tz"))
	if err != nil {
		return err
	}
	where, err := whereOf(r.URL.Query().Get("q"), a.now(), loc)
	if err != nil {
		return err
	}
	from, err := a.tailStart(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s, caller := openStream(w), auth.From(ctx)
	a.tailStarts(r)
	beaten := make(chan struct{})
	go func() {
		defer close(beaten)
		defer cancel()
		s.beat(ctx, a.drain, a.heartbeat, func() bool { return a.access.Valid(caller) })
	}()
	err = a.log.Follow(ctx, ordinary(caller.Tenants, where), where, from, s.send, s.idle)
	ended := ctx.Err() != nil
	cancel()
	<-beaten // nothing may write once the handler has returned
	noteOf(ctx).streamed(s.sent)
	if err != nil && !ended {
		p := reply.Fill(r, err)
		noteOf(ctx).failed(p)
		s.fail(p)
	}
	return nil
}

// tailStarts tells at once of a tail that has begun; how many events it has sent is told when it ends.
func (a *API) tailStarts(r *http.Request) {
	if a.own == nil {
		return
	}
	n := noteOf(r.Context())
	a.own.read(r, n)
	n.action = actionTailEnd
}

func (n *note) streamed(rows uint64) { n.Rows = &rows }

// tailStart is the first seq to send. Last-Event-ID, which a browser sends when it reconnects, is the last one seen.
func (a *API) tailStart(r *http.Request) (uint64, error) {
	name, text, size := "Last-Event-ID", r.Header.Get("Last-Event-ID"), a.log.Size()
	seen := uint64(1)
	if text == "" {
		name, text, seen = "from", r.URL.Query().Get("from"), 0
	}
	if text == "" {
		return size, nil
	}
	seq, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, reply.BadParameter(name, "%s is %q, it must be a sequence number", name, text)
	}
	if seq+seen > size {
		return 0, reply.BadParameter(name, "%s is %d, beyond the end of the log, whose next event is %d", name, seq, size)
	}
	return seq + seen, nil
}
