package auth

import (
	"fmt"
	"os"
	"strings"
)

// OIDCSettings are what somebody says of a provider: OIDCOptions as texts and names of files.
type OIDCSettings struct {
	PublicURL, Issuer, ClientID, Scopes, GroupsClaim, LoginClaim string

	Secret     Secret // not beside SecretFile
	SecretFile string
	Mapping    string // the file of the rules
}

// Options checks the settings and reads the files. Without a word of a provider it returns nil: the public URL is of use to others, and
// a secret in the environment may be left from another day. A mistake is an *engine.FieldError that names the setting.
func (s *OIDCSettings) Options() (*OIDCOptions, error) {
	if s.PublicURL != "" {
		if _, err := checkPublicURL(s.PublicURL); err != nil {
			return nil, fieldError("public-url", "%v", err)
		}
	}
	if s.Issuer == "" && s.ClientID == "" && s.SecretFile == "" && s.Mapping == "" {
		return nil, nil
	}
	if missing := s.missing(); len(missing) > 0 {
		return nil, fieldError("oidc-issuer", "sign-in with OpenID Connect also needs %s", strings.Join(missing, ", "))
	}
	if err := checkURL(s.Issuer); err != nil {
		return nil, fieldError("oidc-issuer", "%v", err)
	}
	o := &OIDCOptions{Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: string(s.Secret.Bytes()), PublicURL: s.PublicURL,
		Scopes: strings.Fields(s.Scopes), GroupsClaim: s.GroupsClaim, LoginClaim: s.LoginClaim}
	if s.SecretFile != "" {
		text, err := os.ReadFile(s.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("read --oidc-client-secret-file: %w", err)
		}
		if o.ClientSecret = strings.TrimSpace(string(text)); o.ClientSecret == "" {
			return nil, fieldError("oidc-client-secret-file", "%s is empty", s.SecretFile)
		}
	}
	rules, err := os.ReadFile(s.Mapping)
	if err != nil {
		return nil, fmt.Errorf("read --oidc-map: %w", err)
	}
	if o.Mapping, err = ParseMapping(string(rules)); err != nil {
		return nil, fieldError("oidc-map", "%s: %v", s.Mapping, err)
	}
	return o, nil
}

// missing names the settings that are needed and not there.
func (s *OIDCSettings) missing() (names []string) {
	for _, need := range []struct {
		name  string
		there bool
	}{{"--oidc-issuer", s.Issuer != ""}, {"--oidc-client-id", s.ClientID != ""}, {"--oidc-map", s.Mapping != ""}, {"--public-url", s.PublicURL != ""},
		{"--oidc-client-secret-file or ANNALS_OIDC_CLIENT_SECRET", s.SecretFile != "" || !s.Secret.Empty()}} {
		if !need.there {
			names = append(names, need.name)
		}
	}
	return names
}
