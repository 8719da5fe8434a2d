package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// At 1 million events vendorShare percent of a list call's answers take the server vendorLe seconds at most, by its own metrics.
const (
	vendorLe    = "0.01"
	vendorShare = 99
)

// A vendorCall is a list call of another product's client. Each time it may be another variant of the question.
type vendorCall struct {
	kind     string // of the credential that it is made with
	what     string
	variants int                // how many questions it is in turn
	of       func(f *facts) int // the variant whose answer has the event; -1: none has
	distinct bool               // the answer lists the variants that have events, not the events
	whole    bool               // every variant's answer is a page of all events
	halves   bool               // the answer lists the half hours in which the variant has events
	unnamed  bool               // the answer does not say which events it has
	page     int                // entries on a page
	ask      func(base string, key vendorKey, variant int) (*http.Request, error)
	read     func(body []byte) (listed, error)
}

// listed is an answer, as far as it is checked.
type listed struct {
	total int
	ids   []string // of the events on the page; nil where it lists none
}

// vendorKey is a credential as the native API gives it.
type vendorKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	AppKey string `json:"app_key"` // of Flashduty's only
	token  string // that was given for the secret, where the client takes one first
}

// vendors makes the list calls of vendorCalls, each with a credential for the tenant that has all events.
func (r *run) vendors(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("answering other products' clients")
	defer r.server.memory.label("")
	keys := map[string]vendorKey{}
	for _, call := range vendorCalls {
		key, made := keys[call.kind]
		if !made {
			var err error
			if key, err = c.credential(ctx, call.kind); err != nil {
				return err
			}
			if signIn := signIns[call.kind]; signIn != nil {
				if key.token, err = signIn(ctx, c, key); err != nil {
					return fmt.Errorf("sign in to %s: %w", call.kind, err)
				}
			}
			keys[call.kind] = key
		}
		if err := r.vendor(ctx, c, call, key); err != nil {
			return fmt.Errorf("%s: %w", call.what, err)
		}
	}
	return nil
}

// vendor makes one call many times and checks every answer.
func (r *run) vendor(ctx context.Context, c *client, call vendorCall, key vendorKey) error {
	right := r.rightOf(call)
	before, err := c.answered(ctx)
	if err != nil {
		return err
	}
	all, err := r.repeat(func(k int) (spent, error) {
		variant := k % call.variants
		req, err := call.ask(c.base, key, variant)
		if err != nil {
			return spent{}, fmt.Errorf("make request: %w", err)
		}
		began := time.Now()
		body, err := c.answer(req.WithContext(ctx))
		took := spent{client: time.Since(began)}
		if err != nil {
			return took, err
		}
		got, err := call.read(body)
		if err != nil {
			return took, fmt.Errorf("read answer: %w", err)
		}
		r.checkListed(call.what, got, right[variant])
		return took, nil
	})
	if err != nil {
		return err
	}
	after, err := c.answered(ctx)
	if err != nil {
		return err
	}
	r.report.times(call.what+", at the client", all.client, nil)
	r.report.figure("  in the server, within 10 ms", "%", 100*(after.quick-before.quick)/(after.all-before.all), atLeast(vendorShare))
	return nil
}

// answers are how many requests the server has answered, and how many of them within vendorLe; of all routes but its metrics'.
type answers struct{ all, quick float64 }

func (c *client) answered(ctx context.Context) (n answers, err error) {
	res, err := c.do(ctx, http.MethodGet, "/metrics", "", nil)
	if err != nil {
		return n, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		labels, found := strings.CutPrefix(lines.Text(), "annals_http_request_duration_seconds_bucket{")
		if !found || strings.Contains(labels, `"/metrics"`) {
			continue
		}
		labels, text, _ := strings.Cut(labels, "} ")
		count, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return n, fmt.Errorf("read metrics: %w", err)
		}
		switch {
		case strings.Contains(labels, `le="`+vendorLe+`"`):
			n.quick += count
		case strings.Contains(labels, `le="+Inf"`):
			n.all += count
		}
	}
	return n, lines.Err()
}

// rightOf counts the answers to each variant from the generator.
func (r *run) rightOf(call vendorCall) []listed {
	if call.whole {
		return slices.Repeat([]listed{{total: r.model.events}}, call.variants)
	}
	right, firsts := make([]listed, call.variants), make([]*leaders, call.variants)
	halves := map[[2]int64]bool{}
	for n := range r.model.events {
		f := r.load.facts(n)
		v := call.of(&f)
		if v < 0 {
			continue
		}
		if half := [2]int64{int64(v), f.micros / (30 * time.Minute).Microseconds()}; call.halves {
			if !halves[half] {
				right[v].total++
			}
			halves[half] = true
			continue
		}
		right[v].total++
		if call.unnamed {
			continue
		}
		if firsts[v] == nil {
			firsts[v] = newLeaders(call.page, false)
		}
		firsts[v].add(&f)
	}
	there := 0
	for v, first := range firsts {
		if first != nil {
			right[v].ids = idsOf(r.load, first.numbers())
			there++
		}
	}
	if call.distinct {
		return slices.Repeat([]listed{{total: there}}, call.variants)
	}
	return right
}

func (r *run) checkListed(what string, got, right listed) {
	switch {
	case got.total != right.total:
		r.wrong("%s: total %d, right is %d", what, got.total, right.total)
	case right.ids != nil && !slices.Equal(got.ids, right.ids):
		r.wrong("%s: %d events on the page, right are %d, others, or in another order", what, len(got.ids), len(right.ids))
	}
}

// credential makes one that reads the tenant of the workload.
func (c *client) credential(ctx context.Context, kind string) (key vendorKey, err error) {
	wish := fmt.Sprintf(`{"kind":%q,"name":"bench","grants":[{"role":"reader","tenants":["default"]}]}`, kind)
	answer, err := c.do(ctx, http.MethodPost, "/api/v1/credentials", "application/json", bytes.NewReader([]byte(wish)))
	if err != nil {
		return key, fmt.Errorf("make credential: %w", err)
	}
	defer answer.Body.Close()
	if err := json.UnmarshalRead(answer.Body, &key); err != nil {
		return key, fmt.Errorf("read credential: %w", err)
	}
	return key, nil
}

// answer makes a request that is complete as it is and returns the body of its 200.
func (c *client) answer(req *http.Request) ([]byte, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %.1000s", req.URL.Path, res.Status, body)
	}
	return body, err
}
