package console

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// credentialsPage lists the credentials that the viewer manages.
type credentialsPage struct {
	settingsPage
	Credentials []auth.CredentialInfo
}

// credentialPage shows one credential, and its secret right after it was made.
type credentialPage struct {
	settingsPage
	Credential auth.CredentialInfo
	Secret     string // "" at any other time
}

// credentialForm is how a credential is made.
type credentialForm struct {
	*tokenForm
	Kind string
}

// kindTexts are what the kinds of credentials are for.
var kindTexts = []role{
	{auth.Huawei, msg("AK and SK, which signs")},
	{auth.Layer7, msg("OAuth client ID and secret")},
	{auth.EnOS, msg("appKey and appSecret, which signs")},
	{auth.Flashduty, msg("one app_key")},
}

// Kinds are the choices.
func (f *credentialForm) Kinds() []role { return kindTexts }

// listCredentials answers GET /settings/credentials: those that are good first, the newest first.
func (c *Console) listCredentials(w http.ResponseWriter, r *http.Request) error {
	p := credentialsPage{c.settings(r, "Key pairs", "credentials"), c.access.Credentials(auth.From(r.Context()))}
	slices.Reverse(p.Credentials)
	slices.SortStableFunc(p.Credentials, func(a, b auth.CredentialInfo) int {
		return rank(p.State(a.Revoked, a.Expires)) - rank(p.State(b.Revoked, b.Expires))
	})
	return c.render(w, http.StatusOK, "credentials", &p)
}

// newCredential answers GET /settings/credentials/new.
func (c *Console) newCredential(w http.ResponseWriter, r *http.Request) error {
	return c.render(w, http.StatusOK, "credential-new", c.credentialForm(r))
}

func (c *Console) credentialForm(r *http.Request) *credentialForm {
	return &credentialForm{c.tokenForm(c.settings(r, "New key pair", "credentials")), auth.Huawei}
}

// makeCredential answers POST /settings/credentials. The secret waits for the credential's page.
func (c *Console) makeCredential(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	f := c.credentialForm(r)
	f.read(values)
	f.Kind = values.Get("kind")
	by := auth.From(r.Context())
	made, secret, err := c.makeCredentialWished(by, f)
	if err == nil {
		c.once.keep(by, "credential "+made.ID, secret)
		http.Redirect(w, r, "/settings/credentials/"+made.ID, http.StatusSeeOther)
		return nil
	}
	status, err := f.refused(err)
	if err != nil {
		return err
	}
	return c.render(w, status, "credential-new", f)
}

func (c *Console) makeCredentialWished(by auth.Caller, f *credentialForm) (made auth.CredentialInfo, secret auth.Secret, err error) {
	wish, err := f.wish()
	if err != nil {
		return made, secret, err
	}
	return c.access.MakeCredential(by, auth.CredentialWish{Kind: f.Kind, Wish: wish})
}

// showCredential answers GET /settings/credentials/{id}.
func (c *Console) showCredential(w http.ResponseWriter, r *http.Request) error {
	by, id := auth.From(r.Context()), mux.Vars(r)["id"]
	all := c.access.Credentials(by)
	i := slices.IndexFunc(all, func(info auth.CredentialInfo) bool { return info.ID == id })
	if i < 0 {
		return reply.NotFound("no such credential")
	}
	p := credentialPage{settingsPage: c.settings(r, "Key pair", "credentials"), Credential: all[i]}
	if secret, ok := c.once.take(by, "credential "+id).(auth.Secret); ok {
		p.Secret = string(secret.Bytes())
	}
	return c.render(w, http.StatusOK, "credential", &p)
}

// AppKey is the key of a client that sends key ID and secret in one; "" of others, or at any other time.
func (p *credentialPage) AppKey() string {
	if p.Secret == "" || p.Credential.Kind != auth.Flashduty {
		return ""
	}
	return p.Credential.ID + p.Secret
}

// revokeCredential answers POST /settings/credentials/{id}/revoke.
func (c *Console) revokeCredential(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.access.RevokeCredential(auth.From(r.Context()), mux.Vars(r)["id"]); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/credentials?done=credential-revoked", http.StatusSeeOther)
	return nil
}
