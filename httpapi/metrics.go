package httpapi

import (
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"annals/engine"
	"annals/httpapi/reply"
)

// metrics are the door's own figures, in a registry of their own. Labels come from closed sets only: route templates,
// not paths, so that no client can make the server remember what it likes.
type metrics struct {
	registry   *prometheus.Registry
	handler    http.Handler
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	inFlight   prometheus.Gauge
	open       prometheus.Gauge
	events     *prometheus.CounterVec
	rejected   *prometheus.CounterVec
	refused    *prometheus.CounterVec
	turnedAway *prometheus.CounterVec
}

func newMetrics(more []prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_http_requests_total",
			Help: "Requests answered, by route template, method and status code."}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "annals_http_request_duration_seconds",
			Help:    "Time from the request's header to the end of the answer, by route template.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "annals_http_requests_in_flight", Help: "Requests being answered."}),
		open:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "annals_http_connections", Help: "Open connections."}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_events_received_total",
			Help: "Events that came in over HTTP and were acknowledged, by status."}, []string{"status"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_events_rejected_total",
			Help: "Events that came in over HTTP and were refused one by one, by reason."}, []string{"reason"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_event_requests_refused_total",
			Help: "Requests with events that were refused whole, by type of problem."}, []string{"reason"}),
		turnedAway: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_http_requests_refused_total",
			Help: "Requests that were refused, by reason: a rate limit, who is asking, or a body that is not said to be JSON."}, []string{"reason"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, m.open, m.events, m.rejected, m.refused, m.turnedAway,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(more...)
	// These are present from the start, so that an alert on an increase sees the first one.
	for _, s := range []engine.Status{engine.Created, engine.Duplicate} {
		m.events.WithLabelValues(string(s))
	}
	for _, s := range []engine.Status{engine.Invalid, engine.Conflict, engine.Unavailable} {
		m.rejected.WithLabelValues(string(s))
	}
	m.refused.WithLabelValues(reply.ProblemOf(engine.ErrDiskFull).Code())
	m.refused.WithLabelValues(reply.ProblemOf(engine.ErrFailed).Code())
	for _, reason := range []string{"address-rate", "token-rate", "media-type", "unauthorized", "forbidden"} {
		m.turnedAway.WithLabelValues(reason)
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

func (m *metrics) serve(w http.ResponseWriter, r *http.Request) error {
	m.handler.ServeHTTP(w, r)
	return nil
}

func (m *metrics) connection(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		m.open.Inc()
	case http.StateClosed, http.StateHijacked:
		m.open.Dec()
	}
}

// request counts one that has been answered.
func (m *metrics) request(method string, w *response, took time.Duration) {
	route := w.route
	if route == "" {
		route = "none"
	}
	m.inFlight.Dec()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
	m.requests.WithLabelValues(route, methodLabel(method), w.code()).Inc()
	switch w.status {
	case http.StatusUnauthorized:
		m.turnedAway.WithLabelValues("unauthorized").Inc()
	case http.StatusForbidden:
		m.turnedAway.WithLabelValues("forbidden").Inc()
	}
}

func methodLabel(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	}
	return "other"
}
