// Package httpapi is the door: everything that speaks a network protocol. The native API is here; other products'
// APIs, the ways in and the console have rooms of their own below it.
//
// Reading order: routes.go is the API's table of contents; each resource has a file; middleware.go is what every
// request goes through; openapi.json is the contract, which the tests hold against every real answer.
package httpapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/console"
)

// Options configure the API. Log and Auth are required.
type Options struct {
	Log        *engine.Log
	Auth       *auth.Auth
	OIDC       *auth.OIDC             // signs people in through a provider; nil: there is none
	Version    string                 // shown on the first page and in stats; "" means "dev"
	Logger     *slog.Logger           // nil: slog.Default()
	Now        func() time.Time       // nil: time.Now. What time words such as now-15m count from
	Deadline   time.Duration          // longest search, histogram or facet; 0 means 30 s
	Heartbeat  time.Duration          // pause between signs of life on a quiet tail; 0 means 15 s
	Collectors []prometheus.Collector // further figures for /metrics
	Proxies    []netip.Prefix         // peers whose X-Forwarded-For is believed; see ParseProxies
	Limits     RateLimits             // the zero value limits nothing
	Own        *OwnLog                // what the server tells of itself; nil: nothing
}

// API answers the requests. It holds no state of its own besides counters.
type API struct {
	log       *engine.Log
	access    *auth.Auth
	oidc      *auth.OIDC // nil: none
	version   string
	logger    *slog.Logger
	now       func() time.Time
	deadline  time.Duration
	heartbeat time.Duration
	proxies   proxies

	bodyTimeout time.Duration
	limits      RateLimits
	own         *OwnLog // nil: none
	metrics     *metrics
	console     *console.Console
	vendors     []vendor
	handler     http.Handler
	exports     exportBoard

	perAddress *limiter[netip.Addr] // nil: none
	perToken   *limiter[identity]   // nil: none

	drain     chan struct{} // closed when streams without an end have to end
	drainOnce sync.Once
}

// New makes the API. It panics when two collectors describe the same metric, which is a mistake in the program.
func New(o Options) *API {
	a := &API{log: o.Log, access: o.Auth, oidc: o.OIDC, version: o.Version, logger: o.Logger, now: o.Now, deadline: o.Deadline, heartbeat: o.Heartbeat,
		proxies: o.Proxies, limits: o.Limits, own: o.Own, bodyTimeout: defaultBodyTimeout, metrics: newMetrics(o.Collectors),
		perAddress: newLimiter[netip.Addr](o.Limits.PerAddress), perToken: newLimiter[identity](o.Limits.PerToken), drain: make(chan struct{})}
	if a.version == "" {
		a.version = "dev"
	}
	if a.logger == nil {
		a.logger = slog.Default()
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.deadline == 0 {
		a.deadline = 30 * time.Second
	}
	if a.heartbeat == 0 {
		a.heartbeat = 15 * time.Second
	}
	a.console = console.New(console.Options{Log: o.Log, Auth: o.Auth, Version: a.version, Now: a.now, Deadline: a.deadline, Provider: a.providerPath(), Told: toldByPage})
	a.vendors = a.newVendors()
	if a.own != nil {
		a.metrics.registry.MustRegister(a.own.collectors()...)
	}
	a.handler = a.observe(a.tell(securityHeaders(a.limitAddress(a.router()))))
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain ends the live tails, which would otherwise hold up a shutdown for ever. Other requests go on.
func (a *API) Drain() { a.drainOnce.Do(func() { close(a.drain) }) }

// NewServer returns a server for the API that gives slow or idle clients up and drains it on Shutdown. There is no write
// timeout, because tails and exports take as long as they take; each of them watches its own client.
func NewServer(addr string, api *API) *http.Server {
	s := &http.Server{
		Addr:              addr,
		Handler:           api,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(api.logger.Handler(), slog.LevelDebug),
		ConnState:         api.metrics.connection,
	}
	s.RegisterOnShutdown(api.Drain)
	return s
}
