// Command annals is a self-hosted audit log in one binary. This file joins the rooms: flags, then index, log, door; closed in
// reverse. Every other command asks a running server and lives in annals/httpapi/client.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"annals/engine"
	"annals/httpapi"
	"annals/httpapi/auth"
	"annals/httpapi/client"
	"annals/httpapi/ingest"
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
	data, debug, trustedProxies string
	sample                      bool
	level                       slog.Level
	listen                      httpapi.ListenOptions
	limits                      httpapi.RateLimits
	log                         engine.Options
	access                      auth.Options
	oidc                        auth.OIDCSettings
	told                        map[string]string // all of them, for the server's own log
}

func runServe(ctx context.Context, env *client.Env, args []string) error {
	var s serveFlags
	f := env.Flags()
	f.StringVar(&s.listen.Address, "listen", "127.0.0.1:8600", "`ADDRESS` to listen on")
	f.StringVar(&s.data, "data", "./annals-data", "data `DIR`, made if missing")
	f.AgeVar(&s.log.Retention, "retention", "0", "remove windows whose events are all older than this `AGE`, such as 90d or 1y; 0 keeps all")
	f.SizeVar(&s.log.MinFreeBytes, "min-free", "512MiB", "refuse writes when less than this `SIZE` is free on the disk")
	f.LevelVar(&s.level, "log-level", "info", "`LEVEL` of the server's own messages: debug, info, warn or error")
	f.StringVar(&s.listen.TLS.Cert, "tls-cert", "", "serve with TLS: `FILE` of the certificate chain, read again when it changes")
	f.StringVar(&s.listen.TLS.Key, "tls-key", "", "`FILE` of the certificate's private key")
	f.StringVar(&s.listen.TLS.ClientCA, "tls-client-ca", "", "take only clients with a certificate that those in `FILE` have signed")
	f.BoolVar(&s.listen.Insecure, "insecure-listen", false, "listen without TLS on an address that is not loopback, such as behind a proxy that has TLS")
	f.StringVar(&s.trustedProxies, "trusted-proxies", "", "`LIST` of addresses and CIDRs whose X-Forwarded-For names the client")
	f.Float64Var(&s.limits.PerAddress, "rate-limit", 1000, "at most `NUMBER` requests a second from one address, twice as many at once; 0 for no limit; without it this machine has none")
	f.Float64Var(&s.limits.PerToken, "token-rate-limit", 2000, "at most `NUMBER` requests a second with one token or account, in the same way")
	f.StringVar(&s.access.MasterKey.File, "master-key-file", "", "`FILE` of the key that seals the secrets of credentials and second factors; else ANNALS_MASTER_KEY has it, else master.key in the data directory")
	f.AgeVar(&s.access.SessionIdle, "session-idle", "12h", "a person who has done nothing for this `AGE` signs in again")
	f.AgeVar(&s.access.SessionMax, "session-max", "7d", "a person signs in again after this `AGE`, whatever they do")
	f.StringVar(&s.oidc.PublicURL, "public-url", "", "`URL` under which browsers reach this server, such as https://annals.example")
	f.StringVar(&s.oidc.Issuer, "oidc-issuer", "", "let people sign in with the OpenID Connect provider that has this `URL`")
	f.StringVar(&s.oidc.ClientID, "oidc-client-id", "", "`ID` that the provider knows this server by")
	f.StringVar(&s.oidc.SecretFile, "oidc-client-secret-file", "", "`FILE` with the secret for the provider; instead the variable ANNALS_OIDC_CLIENT_SECRET may have it")
	f.StringVar(&s.oidc.Scopes, "oidc-scopes", "openid profile email", "`SCOPES` to ask the provider for, with spaces between")
	f.StringVar(&s.oidc.GroupsClaim, "oidc-groups-claim", "groups", "`CLAIM` with someone's groups, or the path to it, such as realm_access.roles")
	f.StringVar(&s.oidc.LoginClaim, "oidc-login-claim", "preferred_username", "`CLAIM` with the name that someone goes by")
	f.StringVar(&s.oidc.Mapping, "oidc-map", "", "`FILE` of lines \"GROUP = ROLE@TENANT[,TENANT...]\"; ROLE@* is for all tenants, the group * is everyone")
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
	if s.access.SessionIdle == 0 || s.access.SessionMax == 0 {
		return &client.UsageError{Message: "--session-idle and --session-max: 0 would sign everybody out at once"}
	}
	for _, name := range []string{"rate-limit", "token-rate-limit"} {
		s.limits.Loopback = s.limits.Loopback || f.Source(name) != ""
	}
	s.told = f.Values()
	s.access.MasterKey.Text, s.access.MasterKey.Next = secret(env, "ANNALS_MASTER_KEY"), secret(env, "ANNALS_MASTER_KEY_NEXT")
	s.oidc.Secret = secret(env, "ANNALS_OIDC_CLIENT_SECRET")
	return usage(s.run(ctx, env))
}

// secret takes a secret out of the environment, so that no process that this one starts inherits it.
func secret(env *client.Env, name string) auth.Secret {
	text := env.Getenv(name)
	_ = os.Unsetenv(name) // fails for a name that can be none
	return auth.NewSecret(text)
}

// usage makes a usage error of a mistake in a setting, which rooms name without the dashes.
func usage(err error) error {
	if mistake, ok := errors.AsType[*engine.FieldError](err); ok {
		return &client.UsageError{Message: "--" + mistake.Error()}
	}
	return err
}

// run opens in order, serves until ctx ends, and closes in reverse.
func (s *serveFlags) run(ctx context.Context, env *client.Env) (err error) {
	logger := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: s.level}))
	setMemoryLimit()
	trusted, err := httpapi.ParseProxies(s.trustedProxies)
	if err != nil {
		return &engine.FieldError{Field: "trusted-proxies", Message: err.Error()}
	}
	if err := errors.Join(s.limits.Check(), s.access.MasterKey.Check()); err != nil {
		return err
	}
	vouching, err := s.oidc.Options()
	if err != nil {
		return err
	}
	if err := httpapi.ServeProfiles(s.debug, logger); err != nil {
		return err
	}
	// The address first: a server that cannot listen has nothing to open the log for.
	listener, secure, err := httpapi.Listen(s.listen, logger)
	if err != nil {
		return err
	}
	defer listener.Close()
	s.log.Dir, s.log.Logger, s.log.Index = s.data, logger, index.New(index.Options{Logger: logger})
	log, err := engine.Open(s.log)
	if err != nil {
		return errors.Join(fmt.Errorf("open log: %w", err), s.log.Index.Close())
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	own := httpapi.NewOwnLog(httpapi.OwnLogOptions{Append: log.AppendOwn, Logger: logger})
	s.access.Dir, s.access.Records, s.access.Logger, s.access.Record = s.data, log.Records(), logger, own.Record
	access, token, err := auth.Open(s.access)
	if err != nil {
		return errors.Join(fmt.Errorf("open access: %w", err), own.Close())
	}
	defer func() { err = errors.Join(err, access.Close()) }()
	defer func() { err = errors.Join(err, own.Close()) }()
	var provider *auth.OIDC
	if vouching != nil {
		if provider, err = auth.NewOIDC(access, *vouching); err != nil {
			return fmt.Errorf("set up sign-in with OpenID Connect: %w", err)
		}
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
	if err := s.greet(env, address, token, log, access); err != nil {
		return err
	}
	api := httpapi.New(httpapi.Options{Log: log, Auth: access, Version: client.Version(), Logger: logger, Collectors: log.Collectors(),
		Proxies: trusted, Limits: s.limits, Own: own, OIDC: provider})
	server := httpapi.NewServer(s.listen.Address, api)
	server.TLSConfig = secure
	own.Start(client.Version(), s.told, log.Size())
	return httpapi.Serve(ctx, listener, server, logger)
}

// loadSample appends the embedded records.
func loadSample(ctx context.Context, log *engine.Log, env *client.Env) error {
	events, err := ingest.Sample()
	if err != nil {
		return err
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

// greet says where the server is, and shows what is shown once: the first token, and the link with which the first administrator makes an account.
func (s *serveFlags) greet(env *client.Env, address, token string, log *engine.Log, access *auth.Auth) error {
	link, earlier, err := access.FirstSetup()
	if err != nil {
		return fmt.Errorf("make set-up link: %w", err)
	}
	hello := client.Greeting{Address: address, Dir: s.data, Events: log.Size(), Token: token, Trouble: log.Ready(),
		Public: strings.TrimSuffix(cmp.Or(s.oidc.PublicURL, address), "/"), SetupPath: link.Path, SetupExpires: link.Expires, SetupEarlier: earlier}
	hello.Print(env.Stderr)
	return nil
}

// memoryLimitBytes is where the garbage collector begins to work harder, unless GOMEMLIMIT says otherwise.
const memoryLimitBytes = 480 << 20

func setMemoryLimit() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimitBytes)
	}
}
