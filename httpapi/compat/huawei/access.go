package huawei

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// client is who asks, and by what credential.
type client struct {
	auth.Caller
	credential *auth.Credential
	keyID      string
	scope      scope // of its token; the whole domain for who signs
}

// caller lets in who sends a token or signs.
func (h *Handler) caller(r *request, need auth.Right) (client, error) {
	if header := r.Header.Get("Authorization"); isSigned(header) {
		return h.signer(r, header, need)
	}
	token := r.Header.Get("X-Auth-Token")
	if token == "" {
		return client{}, notKnown("x-auth-token not found")
	}
	t, err := h.openToken(token)
	if err != nil {
		return client{}, err
	}
	if t.Proven && t.Expired {
		return client{}, notKnown("token expires, expires_at:%s", t.Expires.Format(iamTimeLayout))
	}
	return h.admit(r, t.Credential, t.Proven, need, client{keyID: t.keyID, scope: t.scope}, "decrypt token fail")
}

const signatureFails = "verify aksk signature fail"

// signer lets in who signs. A date that is too far off is only spoken of when the signature is right, and is no guess at the secret.
func (h *Handler) signer(r *request, header string, need auth.Right) (client, error) {
	s, ok := parseSignature(header)
	if !ok {
		return client{}, notKnown(signatureFails)
	}
	c, err := h.auth.Credential(auth.Huawei, s.keyID)
	if err != nil {
		return client{}, secretFails(r, err)
	}
	now := h.now()
	date, dated := s.date(r.Request)
	proven := s.proves(r, c.Secret.Bytes()) && dated
	if proven && now.Sub(date).Abs() > patience {
		return client{}, notKnown(signatureFails + ", X-Sdk-Date is more than 15 minutes from the server's time")
	}
	who, err := h.admit(r, c, proven, need, client{keyID: s.keyID}, signatureFails)
	if err != nil || r.Method != http.MethodPut {
		return who, err
	}
	switch isNew, room := h.sent.first(s.mac, date, now); {
	case !isNew:
		return client{}, notKnown(signatureFails + ", the request was sent before")
	case !room:
		return client{}, reply.TooMany(time.Minute, "there are more changes than can be remembered")
	}
	return who, nil
}

// admit checks who has shown, or not, that it knows the credential's secret. Text says how it has failed.
func (h *Handler) admit(r *request, c *auth.Credential, proven bool, need auth.Right, who client, text string) (client, error) {
	caller, err := c.Check(r.Context(), proven, need)
	if err == nil {
		who.Caller, who.credential = caller, c
		return who, nil
	}
	switch status := reply.ProblemOf(err).Status; {
	case auth.IsLocked(err):
		err = notKnown("AK access failed to reach the limit,forbidden")
	case status == http.StatusUnauthorized:
		err = notKnown("%s", text)
	case status == http.StatusForbidden:
		err = &refusal{http.StatusForbidden, codeNotAllowed, "The IAM user is not authorized to access this API."}
	}
	return client{}, err
}

// secretFails is told when no credential can be checked now: that is the server's matter, so it goes to the log too.
func secretFails(r *request, err error) error {
	if p := reply.Fill(r.Request, err); p.Code() != "master-key" {
		return &refusal{p.Status, codeServerFailure, "Server failure."}
	}
	return notKnown("Get secretKey failed")
}

// instance is a database instance: a project of a tenant's events, by its ID or its name.
type instance struct{ tenant, id string }

// maxInstanceBytes is how far the log tells values apart.
const maxInstanceBytes = 256

// instance returns the one in the request's path, which may have no events. A project that the caller may not read is told like one that does not
// exist, and a token for another project is refused without a look at either.
func (h *Handler) instance(r *request, who client) (instance, error) {
	tenant, err := h.project(r, who)
	if err != nil {
		return instance{}, err
	}
	id, err := url.PathUnescape(mux.Vars(r.Request)["instance_id"])
	if err != nil || id == "" || len(id) > maxInstanceBytes || !utf8.ValidString(id) || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' }) {
		return instance{}, &refusal{http.StatusBadRequest, codeInstanceID, "Invalid DB instance ID or node ID format."}
	}
	return instance{tenant, id}, nil
}

// project returns the tenant in the request's path, which the caller may read.
func (h *Handler) project(r *request, who client) (string, error) {
	tenant, err := url.PathUnescape(mux.Vars(r.Request)["project_id"])
	if err != nil || !who.scope.has(tenant) {
		return "", &refusal{http.StatusForbidden, codeInvalidToken, "Invalid token."}
	}
	if !who.Tenants.Sees(tenant) {
		return "", noInstance()
	}
	return tenant, nil
}

// query asks for all events of the instance.
func (i instance) query() engine.Query {
	return engine.Query{Tenants: engine.Tenants{Names: []string{i.tenant}}, Where: fieldIs("project", i.id)}
}

// told is the instance as the server's own log tells of it. Its tenant is a part of that: what is asked of two tenants' instances of one name is not
// the same question twice, of which only the first would be told.
func (i instance) told() string {
	if i == (instance{}) { // refused before it was read
		return ""
	}
	return engine.FormatQuery(engine.And{Parts: []engine.Expr{fieldIs("tenant", i.tenant), fieldIs("project", i.id)}})
}

func fieldIs(name, value string) engine.Field {
	return engine.Field{Name: name, Values: []engine.Value{{Text: value, Quoted: true}}}
}
