package httpapi

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// How many exports are remembered: of one caller, and of all. The oldest makes room; it goes on, but nobody is told how far it is.
const (
	ownExports = 16
	allExports = 512
)

// exportBoard says how far exports are. It holds those whose callers gave them an ID, in memory, and tells nobody else of them.
type exportBoard struct {
	mu   sync.Mutex
	list []*exportProgress // oldest first
}

// exportProgress is how far one export is. Nil is that of an export without an ID.
type exportProgress struct {
	owner, id string
	total     uint64
	count     atomic.Uint64
	state     atomic.Pointer[string]
}

var exportRunning, exportDone, exportFailed = "running", "done", "failed"

// exportProgress answers GET /api/v1/exports/{id}.
func (a *API) exportProgress(w http.ResponseWriter, r *http.Request) error {
	p := a.exports.find(ownerOf(auth.From(r.Context())), mux.Vars(r)["id"])
	if p == nil {
		return reply.NotFound("the caller has no export of this ID, or many newer ones")
	}
	state := *p.state.Load() // before the count, so that what is done has all
	return reply.JSON(w, http.StatusOK, struct {
		State string `json:"state"`
		Count uint64 `json:"count"`
		Total uint64 `json:"total"`
	}{state, p.count.Load(), p.total})
}

func ownerOf(c auth.Caller) string { return c.Type + " " + c.ID }

var exportID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// exportIDOf reads the ID under which the caller will ask how far the export is; "" is none.
func exportIDOf(values url.Values) (string, error) {
	id := values.Get("progress")
	if id != "" && !exportID.MatchString(id) {
		return "", reply.BadParameter("progress", "progress is %q, it must be 1 to 64 letters, digits, - and _", id)
	}
	return id, nil
}

// begin remembers an export, and forgets an older one of the same ID.
func (b *exportBoard) begin(owner, id string, total uint64) *exportProgress {
	p := &exportProgress{owner: owner, id: id, total: total}
	p.state.Store(&exportRunning)
	b.mu.Lock()
	defer b.mu.Unlock()
	own := 0
	kept := b.list[:0:0]
	for _, q := range slices.Backward(b.list) { // the newest ones stay
		if q.owner == owner {
			if q.id == id || own == ownExports-1 {
				continue
			}
			own++
		}
		if len(kept) < allExports-1 {
			kept = append(kept, q)
		}
	}
	slices.Reverse(kept)
	b.list = append(kept, p)
	return p
}

func (b *exportBoard) find(owner, id string) *exportProgress {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.list {
		if p.owner == owner && p.id == id {
			return p
		}
	}
	return nil
}

func (p *exportProgress) set(count uint64) {
	if p != nil {
		p.count.Store(count)
	}
}

func (p *exportProgress) end(err error) {
	switch {
	case p == nil:
	case err == nil:
		p.state.Store(&exportDone)
	default:
		p.state.Store(&exportFailed)
	}
}
