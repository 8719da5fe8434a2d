package httpapi

import (
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// statsReply is what a caller may know. The server is what a caller of every tenant sees besides: windows' times and sizes tell how
// others use the log, and what is said of damage may name their events.
type statsReply struct {
	Version     string `json:"version"`
	Events      uint64 `json:"events"` // kept, of the caller's tenants
	Size        uint64 `json:"size"`   // ever, of all tenants: the next event's seq
	Indexed     uint64 `json:"indexed"`
	VerifierKey string `json:"verifier_key"`
	*serverReply
}

type serverReply struct {
	Bytes     int64         `json:"bytes"`
	FreeBytes uint64        `json:"free_bytes"`
	Windows   []windowReply `json:"windows"`
	Index     indexReply    `json:"index"`
}

type windowReply struct {
	First   uint64    `json:"first"`
	End     uint64    `json:"end"`
	MinTime time.Time `json:"min_time,omitzero"`
	MaxTime time.Time `json:"max_time,omitzero"`
	State   string    `json:"state"`
	Bytes   int64     `json:"bytes"`
	Damaged string    `json:"damaged,omitempty"`
}

type indexReply struct {
	Segments int    `json:"segments"`
	Bytes    int64  `json:"bytes"`
	Merges   uint64 `json:"merges"`
	Rebuilds uint64 `json:"rebuilds"`
}

// stats answers GET /api/v1/stats.
func (a *API) stats(w http.ResponseWriter, r *http.Request) error {
	who := auth.From(r.Context()).Tenants
	if !who.Everything() {
		return a.statsOf(w, r, who)
	}
	s := a.log.Stats()
	out := serverReply{Bytes: s.Bytes, FreeBytes: s.FreeBytes, Windows: make([]windowReply, len(s.Windows)),
		Index: indexReply{s.Index.Segments, s.Index.Bytes, s.Index.Merges, s.Index.Rebuilds}}
	for i, win := range s.Windows {
		out.Windows[i] = newWindowReply(win)
	}
	return reply.JSON(w, http.StatusOK, statsReply{a.version, s.Events, s.Size, s.Indexed, a.log.VerifierKey(), &out})
}

// statsOf answers a caller of some tenants.
func (a *API) statsOf(w http.ResponseWriter, r *http.Request, who engine.Tenants) error {
	ctx, cancel := a.bounded(r)
	defer cancel()
	result, err := a.log.Search(ctx, engine.Query{Tenants: who, Limit: 1})
	if err != nil {
		return err
	}
	s := a.log.Stats()
	return reply.JSON(w, http.StatusOK, statsReply{a.version, result.Total, s.Size, s.Indexed, a.log.VerifierKey(), nil})
}

func newWindowReply(win engine.WindowInfo) windowReply {
	return windowReply{First: win.First, End: win.End, MinTime: win.MinTime.UTC(), MaxTime: win.MaxTime.UTC(), State: win.State,
		Bytes: win.Bytes, Damaged: win.Damaged}
}
