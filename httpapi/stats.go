package httpapi

import (
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

type statsReply struct {
	Version     string        `json:"version"`
	Events      uint64        `json:"events"` // kept
	Size        uint64        `json:"size"`   // ever; the next event's seq
	Indexed     uint64        `json:"indexed"`
	Bytes       int64         `json:"bytes"`
	FreeBytes   uint64        `json:"free_bytes"`
	VerifierKey string        `json:"verifier_key"`
	Windows     []windowReply `json:"windows"`
	Index       indexReply    `json:"index"`
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
func (a *API) stats(w http.ResponseWriter, _ *http.Request) error {
	s := a.log.Stats()
	out := statsReply{Version: a.version, Events: s.Events, Size: s.Size, Indexed: s.Indexed, Bytes: s.Bytes, FreeBytes: s.FreeBytes,
		VerifierKey: a.log.VerifierKey(), Windows: make([]windowReply, len(s.Windows)),
		Index: indexReply{s.Index.Segments, s.Index.Bytes, s.Index.Merges, s.Index.Rebuilds}}
	for i, win := range s.Windows {
		out.Windows[i] = newWindowReply(win)
	}
	return reply.JSON(w, http.StatusOK, out)
}

func newWindowReply(win engine.WindowInfo) windowReply {
	return windowReply{First: win.First, End: win.End, MinTime: win.MinTime.UTC(), MaxTime: win.MaxTime.UTC(), State: win.State,
		Bytes: win.Bytes, Damaged: win.Damaged}
}
