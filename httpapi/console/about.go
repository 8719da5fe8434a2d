package console

import (
	"fmt"
	"net/http"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// aboutPage says what server this is and how it is.
type aboutPage struct {
	settingsPage
	Events      uint64 // that the viewer sees
	Size        uint64 // ever, of all tenants
	Indexed     uint64
	VerifierKey string
	Checkpoint  string
	Server      *engine.Stats // nil: what concerns all tenants is not for the viewer
	Verified    *Verification // nil: never, or not for the viewer
}

// showAbout answers GET /settings/about.
func (c *Console) showAbout(w http.ResponseWriter, r *http.Request) error {
	p := aboutPage{settingsPage: c.settings(r, "About this server", "about"), VerifierKey: c.log.VerifierKey()}
	note, err := c.log.Checkpoint()
	if err != nil {
		return err
	}
	ctx, cancel := c.bounded(r)
	defer cancel()
	found, err := c.log.Search(ctx, engine.Query{Tenants: p.Caller.Tenants, Limit: 1})
	if err != nil {
		return err
	}
	s := c.log.Stats()
	p.Checkpoint, p.Events, p.Size, p.Indexed = string(note), found.Total, s.Size, s.Indexed
	if p.May.Audit {
		p.Server = &s
		if p.Verified, err = LastVerification(c.log.Records()); err != nil {
			reply.Keep(r, err) // how the server is can be told without it, and is wanted most where records are damaged
		}
	}
	return c.render(w, http.StatusOK, "about", &p)
}

// Lag is how many events searches still read from the log itself.
func (p *aboutPage) Lag() uint64 { return p.Size - p.Indexed }

// Damaged are the windows that have damage.
func (p *aboutPage) Damaged() (windows []engine.WindowInfo) {
	for _, w := range p.Server.Windows {
		if w.Damaged != "" {
			windows = append(windows, w)
		}
	}
	return windows
}

// Uptime is how long the server has been up.
func (p *aboutPage) Uptime() string {
	return p.Span(time.Duration(p.Server.Uptime * float64(time.Second)))
}

// Span writes a duration in its largest unit.
func (p page) Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("%d s", int(d/time.Second))
	case d < time.Hour:
		return p.T("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return p.T("%d h", int(d/time.Hour))
	}
	return p.T("%d days", int(d/(24*time.Hour)))
}

// Bytes writes an amount of storage.
func (p page) Bytes(n any) string {
	amount := 0.0
	switch n := n.(type) {
	case int64:
		amount = float64(n)
	case uint64:
		amount = float64(n)
	}
	unit := "B"
	for _, larger := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if amount < 1024 {
			break
		}
		amount, unit = amount/1024, larger
	}
	if unit == "B" {
		return fmt.Sprintf("%.0f B", amount)
	}
	return fmt.Sprintf("%.1f %s", amount, unit)
}
