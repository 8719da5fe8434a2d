package client

import (
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Greeting is what a server says when it starts.
type Greeting struct {
	Address string // where this machine's commands reach it
	Dir     string // the data directory
	Events  uint64
	Token   string // made at this start and shown only now; "": it was made before
	Trouble error  // why the log is not ready; nil: it is

	// The link with which somebody becomes the first administrator; "": none is made now. Browsers reach the server at Public.
	Public, SetupPath string
	SetupExpires      time.Time
	SetupEarlier      time.Time // until when a link is good that was shown before; zero: there is none
}

// Print writes the greeting.
func (g *Greeting) Print(w io.Writer) {
	fmt.Fprintf(w, "annals %s serves %s, %d events in %s\n", Version(), g.Address, g.Events, g.Dir)
	if g.Token != "" {
		fmt.Fprintf(w, "access token, shown only now: %s\n(kept in %s; commands on this machine find it there)\n", g.Token, filepath.Join(g.Dir, TokenFile))
	}
	if g.Trouble != nil {
		fmt.Fprintf(w, "NOT READY: %v\n", g.Trouble)
	}
	if g.SetupPath != "" {
		fmt.Fprintf(w, "set up the first account: %s%s\n(once, until %s)\n", g.Public, g.SetupPath, g.SetupExpires.Local().Format(time.DateTime))
	}
	if !g.SetupEarlier.IsZero() {
		fmt.Fprintf(w, "no account is set up yet; the link shown before is good until %s, `annals account setup-link` makes another\n",
			g.SetupEarlier.Local().Format(time.DateTime))
	}
}
