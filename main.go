// Command annals is a self-hosted audit log in one binary. This file joins the rooms: flags, then index, log, door; closed in
// reverse. Every other command asks a running server and lives in annals/httpapi/client.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // served by --debug only
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"annals/engine"
	"annals/httpapi"
	"annals/httpapi/auth"
	"annals/httpapi/client"
	"annals/httpapi/ingest"
	"annals/httpapi/ingest/record"
	"annals/httpapi/ingest/sample"
	"annals/index"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := &client.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Settings: settings}
	status := client.Main(ctx, env, append([]client.Command{serveCommand}, client.Commands()...), os.Args[1:])
	stop()
	os.Exit(status)
}

// serverSettings are the settings of serve; a config file may set them beside the client's.
var serverSettings = []string{"listen", "data", "retention", "min-free", "log-level", "tls-cert", "tls-key", "tls-client-ca", "insecure-listen",
	"master-key-file", "trusted-proxies", "rate-limit", "token-rate-limit", "session-idle", "session-max", "public-url", "oidc-issuer", "oidc-client-id", "oidc-client-secret-file",
	"oidc-scopes", "oidc-groups-claim", "oidc-login-claim", "oidc-map"}

var settings = append(slices.Clone(client.Settings), serverSettings...)

var serveCommand = client.Command{
	Name:    "serve",
	Summary: "Run the server",
	Usage:   "[flags]",
	Details: `
The server keeps everything in one data directory and needs nothing else. At the first start it makes an access token, shows it
once and keeps it in the file admin.token there; commands on the same machine find it by themselves. "annals token create" makes
others that may do less. It also shows a link with which somebody makes the first account for people; "annals account" makes more.`,
	Examples: `
# a first look, with a small real sample in it
annals serve --sample
# keep the log on another disk, remove what is older than 90 days
annals serve --data /var/lib/annals --retention 90d
# for others than this machine, with TLS; renewed files are taken up by themselves
annals serve --listen :8600 --tls-cert server.crt --tls-key server.key
# people sign in with OpenID Connect; the file has lines such as "audit-team = auditor@*"
annals serve --public-url https://annals.example --oidc-issuer https://id.example --oidc-client-id annals \
  --oidc-client-secret-file /etc/annals/oidc.secret --oidc-map /etc/annals/oidc.map
# the same from a file of "key = value" lines
annals serve --config /etc/annals.conf`,
	Run: runServe,
}

// serveFlags are what serve was told.
type serveFlags struct {
	listen, data, retention, minFree, logLevel, debug string
	tlsCert, tlsKey, tlsClientCA, trustedProxies      string
	masterKeyFile                                     string
	sessionIdle, sessionMax                           string
	sample, insecureListen                            bool
	limits                                            httpapi.RateLimits
	told                                              map[string]string // all of them, for the server's own log
	oidc                                              oidcFlags
}

// oidcFlags say how people sign in with OpenID Connect. Without an issuer they cannot.
type oidcFlags struct {
	publicURL, issuer, clientID, secretFile, scopes, groupsClaim, loginClaim, mapping string
}

func runServe(ctx context.Context, env *client.Env, args []string) error {
	var s serveFlags
	f := env.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:8600", "`ADDRESS` to listen on")
	f.StringVar(&s.data, "data", "./annals-data", "data `DIR`, made if missing")
	f.StringVar(&s.retention, "retention", "0", "remove windows whose events are all older than this `AGE`, such as 90d or 1y; 0 keeps all")
	f.StringVar(&s.minFree, "min-free", "512MiB", "refuse writes when less than this `SIZE` is free on the disk")
	f.StringVar(&s.logLevel, "log-level", "info", "`LEVEL` of the server's own messages: debug, info, warn or error")
	f.StringVar(&s.tlsCert, "tls-cert", "", "serve with TLS: `FILE` of the certificate chain, read again when it changes")
	f.StringVar(&s.tlsKey, "tls-key", "", "`FILE` of the certificate's private key")
	f.StringVar(&s.tlsClientCA, "tls-client-ca", "", "take only clients with a certificate that those in `FILE` have signed")
	f.BoolVar(&s.insecureListen, "insecure-listen", false, "listen without TLS on an address that is not loopback, such as behind a proxy that has TLS")
	f.StringVar(&s.trustedProxies, "trusted-proxies", "", "`LIST` of addresses and CIDRs whose X-Forwarded-For names the client")
	f.Float64Var(&s.limits.PerAddress, "rate-limit", 1000, "at most `NUMBER` requests a second from one address, twice as many at once; 0 for no limit; without it this machine has none")
	f.Float64Var(&s.limits.PerToken, "token-rate-limit", 2000, "at most `NUMBER` requests a second with one token, in the same way")
	f.StringVar(&s.masterKeyFile, "master-key-file", "", "`FILE` of the key that seals the secrets of credentials; else ANNALS_MASTER_KEY has it, else master.key in the data directory")
	f.StringVar(&s.sessionIdle, "session-idle", "12h", "a person who has done nothing for this `AGE` signs in again")
	f.StringVar(&s.sessionMax, "session-max", "7d", "a person signs in again after this `AGE`, whatever they do")
	f.StringVar(&s.oidc.publicURL, "public-url", "", "`URL` under which browsers reach this server, such as https://annals.example")
	f.StringVar(&s.oidc.issuer, "oidc-issuer", "", "let people sign in with the OpenID Connect provider that has this `URL`")
	f.StringVar(&s.oidc.clientID, "oidc-client-id", "", "`ID` that the provider knows this server by")
	f.StringVar(&s.oidc.secretFile, "oidc-client-secret-file", "", "`FILE` with the secret for the provider; instead the variable ANNALS_OIDC_CLIENT_SECRET may have it")
	f.StringVar(&s.oidc.scopes, "oidc-scopes", "openid profile email", "`SCOPES` to ask the provider for, with spaces between")
	f.StringVar(&s.oidc.groupsClaim, "oidc-groups-claim", "groups", "`CLAIM` with someone's groups, or the path to it, such as realm_access.roles")
	f.StringVar(&s.oidc.loginClaim, "oidc-login-claim", "preferred_username", "`CLAIM` with the name that someone goes by")
	f.StringVar(&s.oidc.mapping, "oidc-map", "", "`FILE` of lines \"GROUP = ROLE@TENANT[,TENANT...]\"; ROLE@* is for all tenants, the group * is everyone")
	f.StringVar(&s.debug, "debug", "", "serve Go's profiles on this loopback `ADDRESS`")
	f.BoolVar(&s.sample, "sample", false, "load a small sample of real records")
	f.Setting(serverSettings...)
	rest, err := f.Parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return &client.UsageError{Message: fmt.Sprintf("unexpected argument %q", rest[0])}
	}
	for _, name := range []string{"rate-limit", "token-rate-limit"} {
		s.limits.Loopback = s.limits.Loopback || f.Source(name) != ""
	}
	s.told = toldOf(f)
	return s.run(ctx, env)
}

// toldOf returns the flags as the server's own log tells them. Files are named and not shown; of what is a secret itself, only that it is given.
func toldOf(f *client.Flags) map[string]string {
	told := map[string]string{}
	f.VisitAll(func(flag *flag.Flag) {
		value := flag.Value.String()
		if (strings.HasSuffix(flag.Name, "secret") || strings.HasSuffix(flag.Name, "password")) && value != "" {
			value = "(given)"
		}
		told[flag.Name] = value
	})
	return told
}

// run opens in order, serves until ctx ends, and closes in reverse.
func (s *serveFlags) run(ctx context.Context, env *client.Env) (err error) {
	logger, o, err := s.options(env)
	if err != nil {
		return err
	}
	setMemoryLimit()
	trusted, err := httpapi.ParseProxies(s.trustedProxies)
	if err != nil {
		return &client.UsageError{Message: "--trusted-proxies: " + err.Error()}
	}
	if err := s.limits.Check(); err != nil {
		return &client.UsageError{Message: err.Error()}
	}
	masterKey, err := s.masterKey(env)
	if err != nil {
		return err
	}
	people, err := s.sessions()
	if err != nil {
		return err
	}
	vouching, err := s.oidc.options(env)
	if err != nil {
		return err
	}
	// The address first: a server that cannot listen has nothing to open the log for.
	listener, secure, err := s.open(logger)
	if err != nil {
		return err
	}
	defer listener.Close()
	o.Index = index.New(index.Options{Logger: logger})
	log, err := engine.Open(o)
	if err != nil {
		return errors.Join(fmt.Errorf("open log: %w", err), o.Index.Close())
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	own := httpapi.NewOwnLog(httpapi.OwnLogOptions{Append: log.AppendOwn, Logger: logger})
	people.Dir, people.Records, people.Logger, people.MasterKey, people.Record = s.data, log.Records(), logger, masterKey, own.Record
	access, token, err := auth.Open(people)
	if err != nil {
		return errors.Join(fmt.Errorf("open access: %w", err), own.Close())
	}
	defer func() { err = errors.Join(err, access.Close()) }()
	defer func() { err = errors.Join(err, own.Close()) }()
	provider, err := signIn(access, vouching)
	if err != nil {
		return err
	}
	if s.sample {
		if err := loadSample(ctx, log, env); err != nil {
			return err
		}
	}
	address := httpapi.ServerURL(listener.Addr(), secure)
	if err := os.WriteFile(filepath.Join(s.data, client.ServerFile), []byte(address+"\n"), 0o644); err != nil {
		return fmt.Errorf("write server address: %w", err)
	}
	defer os.Remove(filepath.Join(s.data, client.ServerFile))
	greet(env, address, s.data, token, log)
	if err := offerSetup(env, address, access); err != nil {
		return err
	}
	api := httpapi.New(httpapi.Options{Log: log, Auth: access, Version: client.Version(), Logger: logger, Collectors: log.Collectors(),
		Proxies: trusted, Limits: s.limits, Own: own, OIDC: provider})
	server := httpapi.NewServer(s.listen, api)
	server.TLSConfig = secure
	own.Start(client.Version(), s.told, log.Size())
	return serve(ctx, listener, server, logger)
}

// masterKey says where the key is that seals secrets. What comes from the environment is taken out of it, so that no process that this one
// starts inherits it.
func (s *serveFlags) masterKey(env *client.Env) (from auth.MasterKey, err error) {
	const name, next = "ANNALS_MASTER_KEY", "ANNALS_MASTER_KEY_NEXT"
	from = auth.MasterKey{File: s.masterKeyFile, Text: auth.NewSecret(env.Getenv(name)), Next: auth.NewSecret(env.Getenv(next))}
	switch {
	case from.File != "" && !from.Text.Empty():
		return from, &client.UsageError{Message: "the master key comes from --master-key-file or from " + name + ", not from both"}
	case from.Text.Empty() && !from.Next.Empty():
		return from, &client.UsageError{Message: next + " goes with " + name + ", the key until now"}
	}
	return from, errors.Join(os.Unsetenv(name), os.Unsetenv(next))
}

// open listens. Without TLS tokens and events would cross a network readable and changeable, which nobody gets by oversight.
func (s *serveFlags) open(logger *slog.Logger) (listener net.Listener, secure *tls.Config, err error) {
	switch {
	case (s.tlsCert == "") != (s.tlsKey == ""):
		return nil, nil, &client.UsageError{Message: "--tls-cert and --tls-key go together"}
	case s.tlsClientCA != "" && s.tlsCert == "":
		return nil, nil, &client.UsageError{Message: "--tls-client-ca needs --tls-cert and --tls-key"}
	case s.tlsCert != "":
		files := httpapi.TLSFiles{Cert: s.tlsCert, Key: s.tlsKey, ClientCA: s.tlsClientCA}
		if secure, err = httpapi.LoadTLS(files, logger); err != nil {
			return nil, nil, err
		}
	}
	if listener, err = net.Listen("tcp", s.listen); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	if secure != nil || listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return listener, secure, nil
	}
	if !s.insecureListen {
		return nil, nil, errors.Join(&client.UsageError{Message: fmt.Sprintf("--listen: %s can be reached from other machines, and without TLS they would "+
			"send tokens and events in the clear: give --tls-cert and --tls-key, or listen on 127.0.0.1, or, behind a proxy that has TLS, say --insecure-listen",
			listener.Addr())}, listener.Close())
	}
	logger.Warn("listening without TLS on an address that other machines can reach: tokens and events are sent in the clear", "address", listener.Addr().String())
	return listener, nil, nil
}

// options reads the flags that are more than text.
func (s *serveFlags) options(env *client.Env) (*slog.Logger, engine.Options, error) {
	o := engine.Options{Dir: s.data}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return nil, o, &client.UsageError{Message: fmt.Sprintf("--log-level: %q is not debug, info, warn or error", s.logLevel)}
	}
	o.Logger = slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: level}))
	var err error
	if o.Retention, err = client.ParseAge(s.retention); err != nil {
		return nil, o, &client.UsageError{Message: "--retention: " + err.Error()}
	}
	if o.MinFreeBytes, err = parseSize(s.minFree); err != nil {
		return nil, o, &client.UsageError{Message: "--min-free: " + err.Error()}
	}
	if s.debug != "" {
		if err := serveProfiles(s.debug, o.Logger); err != nil {
			return nil, o, err
		}
	}
	return o.Logger, o, nil
}

// sessions reads the flags about people's sessions.
func (s *serveFlags) sessions() (o auth.Options, err error) {
	if o.SessionIdle, err = client.ParseAge(s.sessionIdle); err != nil || o.SessionIdle == 0 {
		return o, &client.UsageError{Message: fmt.Sprintf("--session-idle: %q is not an age such as 12h", s.sessionIdle)}
	}
	if o.SessionMax, err = client.ParseAge(s.sessionMax); err != nil || o.SessionMax == 0 {
		return o, &client.UsageError{Message: fmt.Sprintf("--session-max: %q is not an age such as 7d", s.sessionMax)}
	}
	return o, nil
}

// options reads what the flags name, or returns nil when there is no word of a provider. The secret is not a flag, as all users of a machine see
// its processes' flags.
func (o *oidcFlags) options(env *client.Env) (*auth.OIDCOptions, error) {
	secret := env.Getenv("ANNALS_OIDC_CLIENT_SECRET")
	if o.issuer == "" && o.clientID == "" && o.secretFile == "" && o.mapping == "" {
		return nil, nil
	}
	var missing []string
	for _, need := range []struct{ name, value string }{{"--oidc-issuer", o.issuer}, {"--oidc-client-id", o.clientID}, {"--oidc-map", o.mapping},
		{"--public-url", o.publicURL}, {"--oidc-client-secret-file or ANNALS_OIDC_CLIENT_SECRET", o.secretFile + secret}} {
		if need.value == "" {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		return nil, &client.UsageError{Message: "sign-in with OpenID Connect also needs " + strings.Join(missing, ", ")}
	}
	if o.secretFile != "" {
		text, err := os.ReadFile(o.secretFile)
		if err != nil {
			return nil, fmt.Errorf("read --oidc-client-secret-file: %w", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	rules, err := os.ReadFile(o.mapping)
	if err != nil {
		return nil, fmt.Errorf("read --oidc-map: %w", err)
	}
	mapping, err := auth.ParseMapping(string(rules))
	if err != nil {
		return nil, &client.UsageError{Message: fmt.Sprintf("--oidc-map: %s: %v", o.mapping, err)}
	}
	return &auth.OIDCOptions{Issuer: o.issuer, ClientID: o.clientID, ClientSecret: secret, PublicURL: o.publicURL,
		Scopes: strings.Fields(o.scopes), GroupsClaim: o.groupsClaim, LoginClaim: o.loginClaim, Mapping: mapping}, nil
}

// signIn returns the provider that people sign in with, or nil when there is none.
func signIn(access *auth.Auth, o *auth.OIDCOptions) (*auth.OIDC, error) {
	if o == nil {
		return nil, nil
	}
	provider, err := auth.NewOIDC(access, *o)
	if err != nil {
		return nil, &client.UsageError{Message: "sign-in with OpenID Connect: " + err.Error()}
	}
	return provider, nil
}

// loadSample translates and appends the embedded records. Loading them again changes nothing.
func loadSample(ctx context.Context, log *engine.Log, env *client.Env) error {
	entries, err := sample.Files.ReadDir(sample.Dir)
	if err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	var events []*engine.Event
	for _, entry := range entries {
		if entry.Name() == "NOTICE" {
			continue
		}
		file, err := sample.Files.Open(sample.Dir + "/" + entry.Name())
		if err != nil {
			return fmt.Errorf("read sample: %w", err)
		}
		_, err = ingest.Read(file, entry.Name(), record.Options{Year: sample.Year}, func(e *engine.Event, err error) error {
			events = append(events, e)
			return err
		})
		if err != nil {
			return fmt.Errorf("read sample %s: %w", entry.Name(), err)
		}
	}
	outcomes, err := log.Append(ctx, events)
	if err != nil {
		return fmt.Errorf("load sample: %w", err)
	}
	for _, o := range outcomes {
		if o.Err != nil {
			return fmt.Errorf("load sample: event %q: %w", o.ID, o.Err)
		}
	}
	fmt.Fprintf(env.Stderr, "a sample of %d real audit records is in; try `annals search result:failure`\n", len(events))
	return nil
}

func greet(env *client.Env, address, data, token string, log *engine.Log) {
	fmt.Fprintf(env.Stderr, "annals %s serves %s, %d events in %s\n", client.Version(), address, log.Size(), data)
	if token != "" {
		fmt.Fprintf(env.Stderr, "access token, shown only now: %s\n(kept in %s; commands on this machine find it there)\n",
			token, filepath.Join(data, auth.TokenFile))
	}
	if err := log.Ready(); err != nil {
		fmt.Fprintf(env.Stderr, "NOT READY: %v\n", err)
	}
}

// offerSetup shows the link with which the first administrator makes an account, while there is none. There is no password to begin with.
func offerSetup(env *client.Env, address string, access *auth.Auth) error {
	link, earlier, err := access.FirstSetup()
	if err != nil {
		return fmt.Errorf("make set-up link: %w", err)
	}
	if !link.Expires.IsZero() {
		fmt.Fprintf(env.Stderr, "set up the first account: %s%s\n(once, until %s)\n", address, link.Path, link.Expires.Local().Format(time.DateTime))
	}
	if !earlier.IsZero() {
		fmt.Fprintf(env.Stderr, "no account is set up yet; the link shown before is good until %s, `annals account setup-link` makes another\n",
			earlier.Local().Format(time.DateTime))
	}
	return nil
}

// serve answers until ctx ends, then lets requests under way finish for a while.
func serve(ctx context.Context, listener net.Listener, server *http.Server, logger *slog.Logger) error {
	failed := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			failed <- server.ServeTLS(listener, "", "")
			return
		}
		failed <- server.Serve(listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	logger.Info("stopping")
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

// serveProfiles serves Go's profiles, on loopback only: they show what is in memory.
func serveProfiles(address string, logger *slog.Logger) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &client.UsageError{Message: fmt.Sprintf("--debug: %q is not a loopback address with a port", address)}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for profiles: %w", err)
	}
	go func() {
		server := &http.Server{ReadHeaderTimeout: 10 * time.Second} // the default mux has the profiles and nothing else
		logger.Error("profiles", "err", server.Serve(listener))
	}()
	return nil
}

// memoryLimitBytes is where the garbage collector begins to work harder, unless GOMEMLIMIT says otherwise.
const memoryLimitBytes = 480 << 20

func setMemoryLimit() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimitBytes)
	}
}

// parseSize reads a number of bytes with an optional unit.
func parseSize(text string) (uint64, error) {
	number := strings.TrimRight(text, "KMGTiB")
	shift, ok := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[text[len(number):]]
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !ok || n<<shift>>shift != n {
		return 0, fmt.Errorf("%q is not a size such as 512MiB or 2GiB", text)
	}
	return n << shift, nil
}
