package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones must also be known where the system has no database of them

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// checkNames refuses a query string that cannot be read, names a parameter that the route does not take, or names one twice.
func checkNames(r *http.Request, names []string) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return reply.BadParameter("", "the query string cannot be read: %v", err)
	}
	for name, list := range values {
		if !slices.Contains(names, name) {
			if len(names) == 0 {
				return reply.BadParameter(name, "%q is not a parameter here; this path takes none", name)
			}
			return reply.BadParameter(name, "%q is not a parameter here; it takes %s", name, strings.Join(names, ", "))
		}
		if len(list) > 1 {
			return reply.BadParameter(name, "%s is given %d times", name, len(list))
		}
	}
	return nil
}

// queryOf reads the parameters that every search has: q, from, to and tz. An absent or empty one is no bound.
func (a *API) queryOf(r *http.Request) (engine.Query, error) {
	var q engine.Query
	values, now := r.URL.Query(), a.now()
	loc, err := zoneOf(values.Get("tz"))
	if err != nil {
		return q, err
	}
	if q.Where, err = whereOf(values.Get("q"), now, loc); err != nil {
		return q, err
	}
	q.Tenants = ordinary(auth.From(r.Context()).Tenants, q.Where)
	if q.From, err = timeOf(values, "from", now, loc); err != nil {
		return q, err
	}
	if q.To, err = timeOf(values, "to", now, loc); err != nil {
		return q, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, reply.BadParameter("to", "to (%s) must come after from (%s)", q.To.Format(time.RFC3339Nano), q.From.Format(time.RFC3339Nano))
	}
	n := noteOf(r.Context())
	n.From, n.To = q.From, q.To
	return q, nil
}

func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, reply.BadParameter("tz", "%q is not a time zone; use an IANA name such as Europe/Berlin", name)
	}
	return loc, nil
}

func whereOf(text string, now time.Time, loc *time.Location) (engine.Expr, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return engine.ParseQuery(text, now, loc)
}

func timeOf(values url.Values, name string, now time.Time, loc *time.Location) (time.Time, error) {
	text := values.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := engine.ParseTime(text, now, loc)
	if err != nil {
		return t, reply.BadParameter(name, "%s: %v", name, err)
	}
	return t, nil
}

// numberOf reads a whole number between low and high.
func numberOf(values url.Values, name string, otherwise, low, high int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, reply.BadParameter(name, "%s is %q, it must be a whole number from %d to %d", name, text, low, high)
	}
	return n, nil
}

// bounded limits how long a question may take. The client's leaving ends it earlier.
func (a *API) bounded(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), a.deadline)
}

// serverTiming tells the client what part of the waiting was the engine's.
func serverTiming(w http.ResponseWriter, took time.Duration) {
	w.Header().Set("Server-Timing", "engine;dur="+string(appendMillis(nil, took)))
}

// appendMillis appends milliseconds with their fraction, to the microsecond.
func appendMillis(dst []byte, d time.Duration) []byte {
	return strconv.AppendFloat(dst, float64(d.Microseconds())/1000, 'f', -1, 64)
}
