package enos

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// People sign in to the portal, choose an OU, and have a token for what they do. Their accounts are credentials as well: account is the appKey,
// password the appSecret. A token is a pass behind the ID of its session, so a session can be ended; all of them end with the process, as nothing on
// disk says which have been.
const (
	sessionPrefix   = "APP_PORTAL_S_" // the vendor's
	refreshPrefix   = "APP_PORTAL_R_"
	sessionLifetime = 2 * time.Hour
	refreshLifetime = 24 * time.Hour
)

// session is somebody who is signed in.
type session struct {
	id      string
	token   string // it came with
	account *auth.Credential
	caller  auth.Caller // the account's, without a right
}

// What the passes are good for. Session and OU come from the client and are quoted, so that no others make the same text.
func (h *Handler) sessionPurpose(id string) string {
	return fmt.Sprintf("enos session %s %q", h.start, id)
}

func (h *Handler) refreshPurpose(id, org string) string {
	return fmt.Sprintf("enos refresh %s %q %q", h.start, id, org)
}

func (h *Handler) makeSession(account *auth.Credential, id string) string {
	return sessionPrefix + id + "." + account.MakePass(h.sessionPurpose(id), h.now().Add(sessionLifetime))
}

// login answers POST …/login.
func (h *Handler) login(x *exchange) (any, error) {
	x.asked.Action, x.asked.Operation = "portal.sign_in", engine.OpLogin
	if _, err := h.gateway(x, auth.Known); err != nil {
		return nil, err
	}
	var asked struct {
		Account  string `json:"account"`
		Password string `json:"password"`
	}
	if err := decode(x.body, &asked); err != nil || asked.Account == "" || asked.Password == "" {
		return nil, wrong("account and password are required")
	}
	account, err := h.auth.Credential(auth.EnOS, asked.Account)
	if err != nil {
		return nil, err
	}
	caller, err := account.Check(x.Context(), account.Secret.Equal(asked.Password), auth.Known)
	if err != nil {
		return nil, noAccount(err)
	}
	where, err := placesOf(x, account)
	if err != nil {
		return nil, err
	}
	return loginReply{AccessToken: h.makeSession(account, rand.Text()), Organizations: h.list(where), User: organization{ID: caller.ID, Name: caller.Name}}, nil
}

// noAccount is a wrong password in the words of the call, which has two codes of its own.
func noAccount(err error) error {
	switch p := reply.ProblemOf(err); p.Status {
	case http.StatusUnauthorized:
		return notLetIn(wrong("The account or the password is not right"))
	case http.StatusTooManyRequests:
		return &failure{portal: portalTooMany, message: "Too many attempts: " + p.Detail, status: http.StatusOK, retryAfter: p.RetryAfter()}
	}
	return err
}

// signedIn returns whose token is in the request's Authorization header, with the word Bearer or without, as the vendor's samples have it.
func (h *Handler) signedIn(x *exchange) (session, error) {
	text := strings.TrimSpace(x.Header.Get("Authorization"))
	if scheme, token, two := strings.Cut(text, " "); two && strings.EqualFold(scheme, "Bearer") {
		text = strings.TrimSpace(token)
	}
	rest, portals := strings.CutPrefix(text, sessionPrefix)
	id, pass, _ := strings.Cut(rest, ".")
	if !portals || h.ended.has(id, h.now()) {
		return session{}, badToken("Access token is not valid")
	}
	s, err := h.open(x, "Access token", id, h.sessionPurpose(id), pass)
	s.token = text
	return s, err
}

// open lets in by a pass of a session. What is how people call it.
func (h *Handler) open(x *exchange, what, id, purpose, text string) (session, error) {
	pass, err := h.auth.OpenPass(auth.EnOS, purpose, text)
	if err != nil {
		return session{}, err
	}
	if pass.Proven && pass.Expired {
		return session{}, badToken("The token has expired")
	}
	caller, err := pass.Check(x.Context(), pass.Proven, auth.Known)
	if err != nil && reply.ProblemOf(err).Status == http.StatusUnauthorized {
		return session{}, badToken(what + " is not valid")
	}
	return session{id: id, account: pass.Credential, caller: caller}, err
}

// setSession answers POST …/session/set: whoever is signed in chooses an OU, and gets a refresh token.
func (h *Handler) setSession(x *exchange) (any, error) {
	x.asked.Action, x.asked.Operation = "portal.enter", engine.OpLogin
	if _, err := h.gateway(x, auth.Known); err != nil {
		return nil, err
	}
	if x.Header.Get("Authorization") == "" {
		return nil, badToken("Please login first")
	}
	s, err := h.signedIn(x)
	if err != nil {
		return nil, err
	}
	var asked struct {
		OrgID string `json:"orgId"`
	}
	if err := decode(x.body, &asked); err != nil || asked.OrgID == "" {
		return nil, wrong("orgId is required")
	}
	x.asked.Query = engine.FormatQuery(is("tenant", asked.OrgID))
	where, err := placesOf(x, s.account)
	if err != nil {
		return nil, err
	}
	if !h.mayEnter(where, asked.OrgID) {
		return nil, noOrg()
	}
	return h.entered(s, asked.OrgID, s.token), nil
}

// refreshSession answers GET …/token/refresh: a new access token and a new refresh token for a refresh token, which is used up.
func (h *Handler) refreshSession(x *exchange) (any, error) {
	x.asked.Action, x.asked.Operation = "portal.refresh", engine.OpLogin
	if _, err := h.gateway(x, auth.Known); err != nil {
		return nil, err
	}
	text, portals := strings.CutPrefix(x.URL.Query().Get("refreshToken"), refreshPrefix)
	if !portals {
		return nil, badToken("Refresh token is not valid")
	}
	id, rest, _ := strings.Cut(text, ".")
	named, pass, _ := strings.Cut(rest, ".")
	org, err := base64.RawURLEncoding.DecodeString(named)
	now := h.now()
	if err != nil || h.ended.has(id, now) {
		return nil, badToken("Refresh token is not valid")
	}
	s, err := h.open(x, "Refresh token", id, h.refreshPurpose(id, string(org)), pass)
	if err != nil {
		return nil, err
	}
	where, err := placesOf(x, s.account)
	if err != nil {
		return nil, err
	}
	// What is signed of the token names it; the rest may be written in more than one way.
	signed := pass[:strings.LastIndexByte(pass, '.')]
	if !h.mayEnter(where, string(org)) || !h.ended.first(signed, now.Add(refreshLifetime), now) {
		return nil, badToken("Refresh token is not valid")
	}
	return h.entered(s, string(org), h.makeSession(s.account, id)), nil
}

// entered is the answer to who has entered an OU.
func (h *Handler) entered(s session, org, token string) sessionReply {
	expires := h.now().Add(refreshLifetime).Truncate(time.Second)
	refresh := refreshPrefix + s.id + "." + base64.RawURLEncoding.EncodeToString([]byte(org)) + "." + s.account.MakePass(h.refreshPurpose(s.id, org), expires)
	return sessionReply{UserID: s.caller.ID, UserName: s.caller.Name, CurrentOrgID: org, CurrentOrgName: org, WorkingOrganizationID: org,
		WorkingOrganizationName: org, AccessToken: token, RefreshToken: refresh, RefreshTokenExpire: expires.UnixMilli()}
}

// logout answers GET …/logout: the session ends, with every token of it.
func (h *Handler) logout(x *exchange) (any, error) {
	x.asked.Action, x.asked.Operation = "portal.sign_out", engine.OpLogout
	if _, err := h.gateway(x, auth.Known); err != nil {
		return nil, err
	}
	s, err := h.signedIn(x)
	if err != nil {
		return nil, err
	}
	now := h.now()
	h.ended.first(s.id, now.Add(refreshLifetime), now)
	return true, nil
}
