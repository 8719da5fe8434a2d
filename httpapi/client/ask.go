package client

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

// ask is a command that asks the server something about the events a query matches: its flags and what they say.
type ask struct {
	connection
	from, to, tz string
	utc          bool
	flags        *Flags
	query        string
}

const timeWords = "RFC 3339, a date, or words such as now-15m, today, yesterday"

// register declares the flags that every such command has.
func (a *ask) register(f *Flags) {
	a.flags = f
	f.Minus = true
	a.connection.register(f)
	f.StringVar(&a.from, "from", "", "events from this `TIME` on: "+timeWords)
	f.StringVar(&a.to, "to", "", "events before this `TIME`")
	f.StringVar(&a.tz, "tz", "", "time `ZONE` to read and show times in, such as Asia/Shanghai (default: this machine's)")
	f.BoolVar(&a.utc, "utc", false, "read and show times in UTC")
	f.Setting("tz")
}

// parse reads the command line; what is no flag is the query.
func (a *ask) parse(args []string) error {
	rest, err := a.flags.Parse(args)
	if err != nil {
		return err
	}
	a.query = strings.Join(rest, " ")
	switch {
	case a.utc:
		a.tz = "UTC"
	case a.tz == "Local":
		a.tz = ""
	}
	return a.resolve(a.flags)
}

// values are the URL parameters that carry the question.
func (a *ask) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"q": a.query, "from": a.from, "to": a.to, "tz": a.zoneName()} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// zoneName names the zone for the server, or is empty for UTC and where this machine's zone has no name.
func (a *ask) zoneName() string {
	if a.tz != "" {
		return a.tz
	}
	if name := a.flags.env.Getenv("TZ"); name != "" {
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
		return ""
	}
	target, err := os.Readlink("/etc/localtime")
	if _, name, ok := strings.Cut(target, "zoneinfo/"); err == nil && ok && !strings.HasPrefix(name, "Etc/") {
		return name
	}
	return ""
}

// location is the zone in which times are shown.
func (a *ask) location() (*time.Location, error) {
	if a.tz == "" {
		return time.Local, nil
	}
	loc, err := time.LoadLocation(a.tz)
	if err != nil {
		return nil, usagef("--tz: there is no time zone %q; names are like Europe/Berlin or UTC", a.tz)
	}
	return loc, nil
}

// explain shows where in the query a mistake is, when that is what the error is about.
func (a *ask) explain(err error) error {
	p, ok := errors.AsType[*problem](err)
	if !ok || p.Column < 1 || a.query == "" {
		return err
	}
	env := a.flags.env
	shown, caret := underline(a.query, p.Column)
	fmt.Fprintf(env.Stderr, "annals %s: %s\n  %s\n  %s\n", env.command.Name, visible(p.message()), shown, caret)
	return ErrReported
}

// underline returns the query as it may be shown, and a line with a caret under the column, which counts characters from 1.
func underline(query string, column int) (shown, caret string) {
	var line strings.Builder
	at, n := -1, 0
	for _, r := range query {
		if n++; n == column {
			at = textWidth(line.String())
		}
		line.WriteString(visible(string(r)))
	}
	if at < 0 {
		at = textWidth(line.String())
	}
	return line.String(), strings.Repeat(" ", at) + "^"
}
