package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the log's figures in Prometheus form.
type metrics struct {
	log         *Log
	events      prometheus.Counter
	groups      prometheus.Counter
	refused     *prometheus.CounterVec
	commit      prometheus.Histogram
	indexErrors prometheus.Counter
	searches    *prometheus.HistogramVec
}

func newMetrics(l *Log) *metrics {
	seconds := prometheus.ExponentialBuckets(0.0001, 2, 18)
	return &metrics{
		log:    l,
		events: prometheus.NewCounter(prometheus.CounterOpts{Name: "annals_events_appended_total", Help: "Events made durable since the start."}),
		groups: prometheus.NewCounter(prometheus.CounterOpts{Name: "annals_groups_committed_total", Help: "Group commits (fsyncs) since the start."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "annals_events_refused_total",
			Help: "Events refused by the log, by reason."}, []string{"reason"}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "annals_commit_seconds",
			Help: "Time of a group commit with its fsync.", Buckets: seconds}),
		indexErrors: prometheus.NewCounter(prometheus.CounterOpts{Name: "annals_index_errors_total",
			Help: "Batches that the index failed to take in; each is tried again."}),
		searches: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "annals_search_seconds",
			Help: "Time of searches in the log, by kind.", Buckets: seconds}, []string{"kind"}),
	}
}

func (m *metrics) rejected(reason string, n int) { m.refused.WithLabelValues(reason).Add(float64(n)) }

func (m *metrics) committed(events int, took time.Duration) {
	m.events.Add(float64(events))
	m.groups.Inc()
	m.commit.Observe(took.Seconds())
}

// Gauges that are read when asked for.
var (
	sizeDesc    = prometheus.NewDesc("annals_log_size", "Events ever made durable; the next seq.", nil, nil)
	eventsDesc  = prometheus.NewDesc("annals_log_events", "Events that the log holds.", nil, nil)
	lagDesc     = prometheus.NewDesc("annals_index_lag_events", "Durable events that are not in the index yet.", nil, nil)
	windowsDesc = prometheus.NewDesc("annals_log_windows", "Windows, by state.", []string{"state"}, nil)
	freeDesc    = prometheus.NewDesc("annals_disk_free_bytes", "Free bytes of the data directory's file system.", nil, nil)
	segDesc     = prometheus.NewDesc("annals_index_segments", "Index segments.", nil, nil)
	segByteDesc = prometheus.NewDesc("annals_index_bytes", "Bytes of index segments on disk.", nil, nil)
)

// Collectors returns what a Prometheus registry should register for this log.
func (l *Log) Collectors() []prometheus.Collector {
	m := l.metrics
	return []prometheus.Collector{m.events, m.groups, m.refused, m.commit, m.indexErrors, m.searches, gauges{l}}
}

type gauges struct{ log *Log }

func (g gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sizeDesc, eventsDesc, lagDesc, windowsDesc, freeDesc, segDesc, segByteDesc} {
		ch <- d
	}
}

func (g gauges) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := g.log.figures()
	states := map[string]int{"open": 0, "sealed": 0, "damaged": 0}
	for _, w := range s.Windows {
		if w.Damaged != "" {
			states["damaged"]++
		}
		states[w.State]++
	}
	for state, n := range states {
		gauge(windowsDesc, float64(n), state)
	}
	gauge(sizeDesc, float64(s.Size))
	gauge(eventsDesc, float64(s.Events))
	gauge(lagDesc, float64(s.Lag))
	gauge(freeDesc, float64(s.FreeBytes))
	gauge(segDesc, float64(s.Index.Segments))
	gauge(segByteDesc, float64(s.Index.Bytes))
}
