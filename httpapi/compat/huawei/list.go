package huawei

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

const (
	maxFiles = 50                  // on a page, and to get links for at once
	maxSpan  = 30 * 24 * time.Hour // that a list may be of
)

// listing is a page of files that is asked for.
type listing struct {
	instance
	start, end    time.Time
	offset, limit int
}

func listingOf(i instance, p parameters) (l listing, err error) {
	l.instance = i
	if l.start, err = p.time("start_time"); err != nil {
		return l, err
	}
	if l.end, err = p.time("end_time"); err != nil {
		return l, err
	}
	if !l.end.After(l.start) || l.end.Sub(l.start) > maxSpan {
		return l, wrongParameter("end_time must come after start_time, by 30 days at most.")
	}
	if l.offset, err = p.number("offset", 0, 0, 1<<31-1); err != nil {
		return l, err
	}
	l.limit, err = p.number("limit", missing, 1, maxFiles)
	return l, err
}

// listFiles answers GET …/auditlog with the files that have a part in the time asked for, the newest first.
func (h *Handler) listFiles(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "event.search"}
	out, err := h.files(r, who, &told)
	told.Failure = failureOf(err)
	reply.Tell(r.Context(), told)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, out)
}

func (h *Handler) files(r *request, who client, told *reply.Asked) (*filesReply, error) {
	i, err := h.instance(r, who)
	if err != nil {
		return nil, err
	}
	told.Query = i.told()
	l, err := listingOf(i, r.params)
	if err != nil {
		return nil, err
	}
	told.From, told.To = l.start, l.end
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	p, err := h.policy(i)
	if err != nil {
		return nil, err
	}
	from, to := p.within(halfOf(l.start), halfOf(l.end.Add(halfHour-1)), h.now())
	halves, events, err := h.halves(ctx, i, from, to)
	if err != nil {
		return nil, err
	}
	if events == 0 {
		if err := h.mustExist(ctx, i, p); err != nil {
			return nil, err
		}
	}
	told.Total = &events
	if err := h.split(ctx, i, halves, from, to); err != nil {
		return nil, err
	}
	return h.page(ctx, l, halves)
}

// page shows files of the half hours. Those of one are in reverse order as well.
func (h *Handler) page(ctx context.Context, l listing, halves []file) (*filesReply, error) {
	total, shown := 0, []file{}
	for _, f := range halves {
		for f.part = uint32(f.parts()); f.part > 0; {
			f.part--
			if total++; total > l.offset && len(shown) < l.limit {
				shown = append(shown, f)
			}
		}
	}
	sizes, err := h.shownSizes(ctx, l.instance, shown)
	if err != nil {
		return nil, err
	}
	out := &filesReply{Files: make([]fileReply, len(shown)), Total: total}
	for n, f := range shown {
		out.Files[n] = fileReply{ID: f.id(l.instance), Name: f.name(l.instance), Size: float64(sizes[f.half][f.part]) / 1024, Begin: l.write(f.half.begin()), End: l.write(f.half.end())}
	}
	return out, nil
}

// shownSizes returns the sizes of the files of each half hour. Where they are not known yet, the half hours are read side by side.
func (h *Handler) shownSizes(ctx context.Context, i instance, shown []file) (map[half][]int64, error) {
	var mu sync.Mutex
	all := map[half][]int64{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, f := range shown {
		if n > 0 && shown[n-1].half == f.half {
			continue
		}
		group.Go(func() error {
			return reply.Caught(func() error { // a panic here would end the server
				sizes, err := h.partSizes(ctx, i, f)
				mu.Lock()
				defer mu.Unlock()
				all[f.half] = sizes
				return err
			})
		})
	}
	return all, group.Wait()
}

// write writes a time in the zone that the question was asked in.
func (l listing) write(t time.Time) string { return t.In(l.start.Location()).Format(timeLayout) }
