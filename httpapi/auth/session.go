package auth

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

// How long a session lasts when Options do not say.
const (
	DefaultSessionIdle = 12 * time.Hour
	DefaultSessionMax  = 7 * 24 * time.Hour
)

const (
	pendingMax         = 5 * time.Minute // from the password to the second factor
	maxAccountSessions = 50              // of one account, and as many pending ones; the one that was idle for the longest makes room
	maxAgentBytes      = 256
)

// sessionKind is the kind of the sessions' records. The key is the SHA-256 of what the cookie says, in hex: who reads the records, as in a
// backup, cannot sign in with them. The value is a sessionRecord as JSON.
const sessionKind = "session"

// sessionRecord is what is kept of a session.
type sessionRecord struct {
	Account  string     `json:"account"`
	Epoch    uint64     `json:"epoch,omitzero"` // the account's when the password was checked
	Created  time.Time  `json:"created"`
	LastSeen time.Time  `json:"last_seen"`
	Address  netip.Addr `json:"address,omitzero"` // where it began
	Agent    string     `json:"agent,omitempty"`
	Pending  bool       `json:"pending,omitzero"` // the second factor is still to come; nothing else may be done
}

type session = row[sessionRecord]

// Session is what is shown of one.
type Session struct {
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen"`
	Expires  time.Time `json:"expires"` // earlier when it is idle
	Address  string    `json:"address,omitempty"`
	Agent    string    `json:"agent,omitempty"`
	Current  bool      `json:"current"` // the one that asks
}

var (
	errNoSession = reply.Unauthorized("the session is not known, has ended or has expired: sign in again")
	errPending   = reply.Unauthorized("the second factor is still to come: POST /api/v1/session/totp")
)

// sessionOf finds the session of a request's cookie and whose it is. Every reason to refuse one has the same answer.
func (a *Auth) sessionOf(r *http.Request) (*session, *account, error) {
	secret := readCookie(r)
	if secret == "" {
		return nil, nil, reply.Unauthorized("send the header Authorization: Bearer <token>, or sign in with POST /api/v1/session; " +
			"the first token is in admin.token in the data directory")
	}
	if a.broken != nil {
		return nil, nil, a.broken
	}
	s := a.sessions.find(keyOf(secret))
	if s == nil {
		return nil, nil, errNoSession
	}
	acc, now := a.owner(s), a.now()
	if acc == nil || !a.live(s, now) {
		return nil, nil, errNoSession
	}
	s.used.Store(now.UnixNano())
	return s, acc, nil
}

// owner returns whose session it is, or nil when it is over whatever the time.
func (a *Auth) owner(s *session) *account {
	rec := s.value.Load()
	acc := a.accounts.find(rec.Account)
	if acc == nil {
		return nil
	}
	if r := acc.value.Load(); r.Epoch != rec.Epoch || !r.Disabled.IsZero() {
		return nil
	}
	return acc
}

// live reports whether the session's time is not up.
func (a *Auth) live(s *session, now time.Time) bool {
	rec := s.value.Load()
	return now.Before(a.ends(rec)) && (rec.Pending || now.Before(s.lastUsed(rec.LastSeen).Add(a.sessionIdle)))
}

func (a *Auth) ends(rec *sessionRecord) time.Time {
	if rec.Pending {
		return rec.Created.Add(pendingMax)
	}
	return rec.Created.Add(a.sessionMax)
}

// admitSession binds a session to what its account may do where need is asked for. Without the right it is bound to none, as record.admit does.
func admitSession(s *session, acc *account, need Right) (Caller, error) {
	r, rec := acc.value.Load(), s.value.Load()
	caller := Caller{ID: acc.id, Name: r.Login, Email: r.Email, Type: "account", session: s.id, epoch: rec.Epoch, reach: r.reach}
	switch {
	case rec.Pending && need != Pending:
		return Caller{}, errPending
	case !rec.Pending && need == Pending:
		return Caller{}, reply.Forbidden("no second factor is asked for")
	case need == Pending, need == Self, need == Known:
		return caller, nil
	}
	var err error
	caller.Tenants, err = r.reach.tenants(need)
	return caller, err
}

// begin makes a session and gives the browser its cookie; the one that the browser had before is over. It is on disk on return.
func (a *Auth) begin(w http.ResponseWriter, r *http.Request, rec sessionRecord) error {
	if err := private(r); err != nil {
		return err
	}
	secret := newSessionSecret()
	agent := r.UserAgent()
	if len(agent) > maxAgentBytes {
		agent = agent[:maxAgentBytes]
	}
	now := a.now().UTC()
	rec.Created, rec.LastSeen, rec.Address, rec.Agent = now, now, reply.Client(r.Context()), strings.ToValidUTF8(agent, "")
	a.sessions.changing.Lock()
	defer a.sessions.changing.Unlock()
	if err := a.makeRoom(&rec, readCookie(r)); err != nil {
		return fmt.Errorf("end older session: %w", err)
	}
	if _, err := a.sessions.put(keyOf(secret), &rec); err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	http.SetCookie(w, newCookie(r, secret))
	return nil
}

// makeRoom ends the session of an older cookie, and the account's longest idle one when there are too many of the new one's kind: who has the
// password only pushes out nobody who has the second factor too. The caller holds changing.
func (a *Auth) makeRoom(rec *sessionRecord, older string) error {
	if older != "" {
		if err := a.sessions.remove(keyOf(older)); err != nil {
			return err
		}
	}
	list := a.sessionsOf(rec.Account, rec.Pending)
	if len(list) < maxAccountSessions {
		return nil
	}
	return a.sessions.remove(list[len(list)-1].id)
}

// sessionsOf returns an account's sessions, or its pending ones, that are not over, the last seen first.
func (a *Auth) sessionsOf(account string, pending bool) (list []*session) {
	now := a.now()
	for _, s := range a.sessions.all() {
		if rec := s.value.Load(); rec.Account == account && rec.Pending == pending && a.owner(s) != nil && a.live(s, now) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(x, y *session) int {
		return cmp.Or(y.lastUsed(y.value.Load().LastSeen).Compare(x.lastUsed(x.value.Load().LastSeen)), cmp.Compare(x.id, y.id))
	})
	return list
}

// Sessions returns the caller's own sessions, the last seen first.
func (a *Auth) Sessions(by Caller) []Session {
	list := []Session{}
	for _, s := range a.sessionsOf(by.ID, false) {
		rec := s.value.Load()
		shown := Session{Created: rec.Created, LastSeen: s.lastUsed(rec.LastSeen), Expires: a.ends(rec), Agent: rec.Agent, Current: s.id == by.session}
		if rec.Address.IsValid() {
			shown.Address = rec.Address.String()
		}
		list = append(list, shown)
	}
	return list
}

// SignOut ends the caller's session.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request, by Caller) error {
	a.sessions.changing.Lock()
	defer a.sessions.changing.Unlock()
	if err := a.sessions.remove(by.session); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	dropCookie(w, r)
	a.note(r.Context(), actionSignOut, engine.OpLogout, by.Actor())
	return nil
}

// SignOutEverywhere ends all sessions of the caller's account.
func (a *Auth) SignOutEverywhere(w http.ResponseWriter, r *http.Request, by Caller) error {
	err := a.accounts.change(a.accounts.find(by.ID), func(rec *accountRecord) error {
		rec.Epoch++
		return nil
	})
	if err != nil {
		return fmt.Errorf("end all sessions: %w", err)
	}
	dropCookie(w, r)
	a.note(r.Context(), actionSignOutEverywhere, engine.OpLogout, by.Actor())
	return nil
}

// sweepSessions forgets the sessions that are over, and writes down when the others were used last.
func (a *Auth) sweepSessions() error {
	var errs []error
	for _, s := range a.sessions.all() {
		errs = append(errs, a.sweep(s))
	}
	return errors.Join(errs...)
}

func (a *Auth) sweep(s *session) error {
	a.sessions.changing.Lock()
	defer a.sessions.changing.Unlock()
	rec := s.value.Load()
	if a.owner(s) == nil || !a.live(s, a.now()) {
		return a.sessions.remove(s.id)
	}
	used := s.lastUsed(rec.LastSeen)
	if !used.After(rec.LastSeen) || a.sessions.find(s.id) == nil { // one that has ended meanwhile must not come back
		return nil
	}
	seen := *rec
	seen.LastSeen = used
	_, err := a.sessions.put(s.id, &seen)
	return err
}

// keyOf returns the key under which the record of a secret is found.
func keyOf(secret string) string { return hex.EncodeToString(hashSecret(secret)) }
