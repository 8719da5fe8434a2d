package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"annals/engine"
)

// Options configure Auth. Dir and Records are required.
type Options struct {
	Dir     string           // the data directory, where TokenFile is
	Records *engine.Records  // of the log. Those of auth's kinds are changed by nobody else
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: slog.Default()

	MasterKey MasterKey // what seals the secrets of credentials and of second factors; the zero value: a file in Dir

	SessionIdle time.Duration // how long a session may be idle; 0: DefaultSessionIdle
	SessionMax  time.Duration // when it ends however busy it is; 0: DefaultSessionMax

	// Record takes an event for the server's own log: who signed in or failed to, what changed of an account by itself. Action, operation,
	// result, error, actor and details are set; tenant, time, source and the request's ID are filled in from ctx, which is the request's. It does
	// not wait for the disk. nil: nobody is told.
	Record func(ctx context.Context, e *engine.Event)
}

// Auth knows the tokens, the credentials and the people. All methods may be called concurrently.
type Auth struct {
	store       store // of the tokens
	credentials store
	secrets     *secrets // of the credentials and the second factors: what must be had back in clear

	accounts accounts
	sessions table[sessionRecord]
	setups   table[setupRecord]
	hasher   *hasher
	guards   guards

	sessionIdle, sessionMax time.Duration

	broken error // why nobody can be let in, if so; set by Open
	now    func() time.Time
	logger *slog.Logger
	record func(context.Context, *engine.Event) // never nil

	stop, stopped chan struct{}
	stopOnce      sync.Once
}

// Open loads the tokens and sees to the one in TokenFile. When there is none, as at the first start, it makes one and returns it, to be
// shown once; otherwise the returned token is empty. When the records are damaged it does not fail, but then nobody is let in: which tokens
// are revoked cannot be told. When the master key is missing or another one it does not fail either, and then what it sealed cannot be used; a
// key file that is named and cannot be read is a mistake. Close must be called before the log's.
func Open(o Options) (a *Auth, made string, err error) {
	a = &Auth{now: o.Now, logger: o.Logger, hasher: newHasher(), guards: newGuards(), stop: make(chan struct{}), stopped: make(chan struct{})}
	a.sessionIdle, a.sessionMax = cmp.Or(o.SessionIdle, DefaultSessionIdle), cmp.Or(o.SessionMax, DefaultSessionMax)
	if a.now == nil {
		a.now = time.Now
	}
	if a.logger == nil {
		a.logger = slog.Default()
	}
	if a.record = o.Record; a.record == nil {
		a.record = func(context.Context, *engine.Event) {}
	}
	if a.secrets, err = openSecrets(o.Records, o.Dir, o.MasterKey); err != nil {
		return nil, "", err
	}
	token, err := ReadToken(o.Dir)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return nil, "", err
	}
	switch err := a.load(o.Records); {
	case errors.Is(err, engine.ErrDamaged):
		a.broken = err
		a.logger.Error("nobody is let in until the records are whole again", "err", err)
	case err != nil:
		return nil, "", err
	case missing:
		if token, err = a.makeBootstrap(o.Dir); err != nil {
			return nil, "", fmt.Errorf("make admin token: %w", err)
		}
		made = token
		fallthrough
	default:
		if err := a.adoptBootstrap(token); err != nil {
			return nil, "", fmt.Errorf("record admin token: %w", err)
		}
		a.mend()
	}
	go a.keepUse()
	return a, made, nil
}

// load reads the records of all kinds.
func (a *Auth) load(records *engine.Records) error {
	for _, load := range []func() error{a.secrets.load,
		func() error { return a.store.load(records, recordKind) },
		func() error { return a.credentials.load(records, credentialKind) },
		func() error { return a.accounts.load(records) },
		func() error { return a.sessions.load(records, sessionKind) },
		func() error { return a.setups.load(records, setupKind) },
	} {
		if err := load(); err != nil {
			return err
		}
	}
	return nil
}

// makeBootstrap makes the token of TokenFile. The record is first: dying in between leaves one that nobody has the secret of, and the next
// start revokes it. The other way round a token could be in use before it could be revoked.
func (a *Auth) makeBootstrap(dir string) (string, error) {
	id, secret := newToken()
	if _, err := a.store.add(id, a.bootstrapRecord(secret)); err != nil {
		return "", err
	}
	token := formatToken(id, secret)
	return token, writeSecretFile(filepath.Join(dir, TokenFile), token+"\n")
}

// adoptBootstrap gives the token of TokenFile a record if it has none, as one from an earlier version and in a restored log, and revokes
// those that were in the file before it. It runs at every start, so that one that was cut short is made good.
func (a *Auth) adoptBootstrap(token string) error {
	id, secret, _ := parseToken(token)
	e := a.store.find(id)
	if e == nil {
		var err error
		if e, err = a.store.add(id, a.bootstrapRecord(secret)); err != nil {
			return err
		}
	}
	if !e.value.Load().valid(a.now()) {
		a.logger.Warn("the token in " + TokenFile + " is revoked or has expired; remove the file and start again to have another made")
	}
	for _, other := range a.store.all() {
		if other != e && other.value.Load().Bootstrap {
			if err := a.store.revoke(other, a.now()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Auth) bootstrapRecord(secret string) *record {
	return &record{Hash: hashSecret(secret), Name: TokenFile, Grants: []Grant{{Role: "admin", All: true}}, Created: a.now().UTC(), Bootstrap: true}
}
