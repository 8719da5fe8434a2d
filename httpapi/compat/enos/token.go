package enos

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"annals/engine"
	"annals/httpapi/auth"
)

const (
	accessToken   = "enos access token" // what its pass is good for
	tokenLifetime = 2 * time.Hour       // 7,200 seconds, as the vendor's have
)

// tokenRequest is what a token is asked for with. The time may be a number or a string; it is signed as it is written.
type tokenRequest struct {
	AppKey      string `json:"appKey"`
	Encryption  string `json:"encryption"`
	Timestamp   digits `json:"timestamp"`
	AccessToken string `json:"accessToken"` // to be refreshed
}

// accessReply is a token.
type accessReply struct {
	AccessToken string `json:"accessToken"`
	Expire      int64  `json:"expire"` // in how many seconds
}

// getToken answers POST …/token/get: while a token of the key is alive, the same one.
func (h *Handler) getToken(x *exchange) (any, error) {
	asked, credential, err := h.applicant(x, "get")
	if err != nil {
		return nil, err
	}
	return h.current.get(credential, asked.AppKey, h.now()), nil
}

// refreshToken answers POST …/token/refresh: a new token for one that is still alive. The old one goes on until its own time is over: other clients
// that use the key were given it too.
func (h *Handler) refreshToken(x *exchange) (any, error) {
	asked, credential, err := h.applicant(x, "refresh")
	if err != nil {
		return nil, err
	}
	if asked.AccessToken == "" {
		return nil, gatewayRefuses(gatewayEmpty, "The parameter is empty: accessToken")
	}
	pass, err := h.auth.OpenPass(auth.EnOS, accessToken, asked.AccessToken)
	if err != nil {
		return nil, err
	}
	if keyID, _, _ := strings.Cut(asked.AccessToken, "."); !pass.Proven || pass.Expired || keyID != asked.AppKey {
		return nil, gatewayRefuses(gatewayNoRefresh, "Failed to refresh the access token: it has expired, or is not one of this appKey")
	}
	return h.current.renew(credential, asked.AppKey, h.now()), nil
}

// applicant reads who asks for a token, and checks the proof: the encryption, which is good for one time.
func (h *Handler) applicant(x *exchange, what string) (asked tokenRequest, credential *auth.Credential, err error) {
	x.asked.Action, x.asked.Operation, x.asked.Query = "access-token.create", engine.OpLogin, what
	if err := decode(x.body, &asked); err != nil {
		return asked, nil, gatewayRefuses(gatewayBadParam, "Invalid parameter: the body is not the JSON that is wanted")
	}
	for _, field := range [][2]string{{"appKey", asked.AppKey}, {"encryption", asked.Encryption}, {"timestamp", string(asked.Timestamp)}} {
		if field[1] == "" {
			return asked, nil, gatewayRefuses(gatewayEmpty, "The parameter is empty: "+field[0])
		}
	}
	if err := h.checkTime("timestamp", string(asked.Timestamp)); err != nil {
		return asked, nil, err
	}
	if !looksLikeKey(asked.AppKey) {
		return asked, nil, gatewayRefuses(gatewayNoKey, "The appKey does not exist")
	}
	if credential, err = h.auth.Credential(auth.EnOS, asked.AppKey); err != nil {
		return asked, nil, err
	}
	proven := hmac.Equal([]byte(asked.Encryption), []byte(encrypt(asked.AppKey, string(asked.Timestamp), credential.Secret)))
	caller, err := credential.Check(x.Context(), proven, auth.Known)
	if err != nil {
		return asked, nil, err
	}
	x.known, x.asked.Thing = true, engine.Resource{Type: "credential", ID: caller.ID, Name: caller.Name}
	if now := h.now(); !h.used.first(what+" "+asked.Encryption, now.Add(2*tolerance), now) {
		return asked, nil, gatewayRefuses(gatewayRepeated, "Repeated requests with duplicated encryption")
	}
	return asked, credential, nil
}

// looksLikeKey reports whether there could be the key. One that looks so and does not exist is answered as a wrong encryption is, so that nobody
// finds out which keys there are.
func looksLikeKey(appKey string) bool {
	return len(appKey) == len(uuid.Nil.String()) && uuid.Validate(appKey) == nil
}

// encrypt computes what the vendor calls encryption, from "Get Access Token".
func encrypt(appKey, timestamp string, secret auth.Secret) string {
	text := sha256.New()
	_, _ = text.Write([]byte(appKey + timestamp))
	_, _ = text.Write(secret.Bytes())
	return hex.EncodeToString(text.Sum(nil))
}

// currentTokens are the tokens that are given to whoever asks next, by key ID. A restart forgets which they were; they stay good.
type currentTokens struct {
	mu    sync.Mutex // guards what follows
	byKey map[string]givenToken
}

type givenToken struct {
	text    string
	expires time.Time
}

func (t givenToken) reply(now time.Time) accessReply {
	return accessReply{t.text, int64(t.expires.Sub(now) / time.Second)}
}

// get returns the key's token, a new one if it has none that is good for another second.
func (c *currentTokens) get(credential *auth.Credential, keyID string, now time.Time) accessReply {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.byKey[keyID]; t.expires.Sub(now) >= time.Second {
		return t.reply(now)
	}
	return c.make(credential, keyID, now)
}

// renew returns a new token, which is the key's from now on.
func (c *currentTokens) renew(credential *auth.Credential, keyID string, now time.Time) accessReply {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.make(credential, keyID, now)
}

func (c *currentTokens) make(credential *auth.Credential, keyID string, now time.Time) accessReply {
	if c.byKey == nil {
		c.byKey = map[string]givenToken{}
	}
	for key, t := range c.byKey {
		if !now.Before(t.expires) {
			delete(c.byKey, key)
		}
	}
	expires := now.Add(tokenLifetime + time.Second - 1).Truncate(time.Second) // a pass has whole seconds
	c.byKey[keyID] = givenToken{credential.MakePass(accessToken, expires), expires}
	return c.byKey[keyID].reply(now)
}
