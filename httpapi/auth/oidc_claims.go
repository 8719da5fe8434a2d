package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// maxSubjectBytes is OpenID Connect's own limit.
const maxSubjectBytes = 255

// claims is what the provider says of someone.
type claims map[string]any

// find returns a claim by its name, or, where there is none of that name, by its path: "realm_access.roles" is roles in realm_access.
func (c claims) find(name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	first, rest, nested := strings.Cut(name, ".")
	if inner, ok := c[first].(map[string]any); ok && nested {
		return claims(inner).find(rest)
	}
	return nil
}

// text returns a claim that is text, fit to be shown, or "".
func (c claims) text(name string) string {
	s, _ := c.find(name).(string)
	return strings.TrimSpace(shortName(s))
}

// email is empty when it is none, and when the provider says that nobody has verified it: it would let anyone appear under anyone's address.
func (c claims) email() string {
	if verified := c["email_verified"]; verified == false || verified == "false" {
		return ""
	}
	email, _ := c.find("email").(string)
	if checkEmail(email) != nil {
		return ""
	}
	return email
}

// groups returns a claim that is one group or a list of them; ok is whether it is either.
func (c claims) groups(name string) (groups []string, ok bool) {
	switch v := c.find(name).(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, x := range v {
			if s, is := x.(string); is {
				groups = append(groups, s)
			}
		}
		return groups, true
	}
	return nil, false
}

// verify checks an ID token and what go-oidc leaves to its caller: that it answers this sign-in, for us, with this access token.
func (o *OIDC) verify(ctx context.Context, p *provider, token *oauth2.Token, nonce string) (*oidc.IDToken, claims, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, nil, errors.New("the provider's answer has no ID token")
	}
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return nil, nil, err
	}
	party, named := c["azp"]
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return nil, nil, errors.New("the ID token is for another sign-in: its nonce is not ours")
	case named && party != o.clientID, !named && len(id.Audience) > 1:
		return nil, nil, errors.New("the ID token was issued to another client: its azp is not ours")
	case id.Subject == "" || len(id.Subject) > maxSubjectBytes || !utf8.ValidString(id.Subject) || strings.ContainsFunc(id.Subject, unicode.IsControl):
		return nil, nil, errors.New("the ID token's subject is empty, too long or has control characters")
	}
	if id.AccessTokenHash != "" {
		return id, c, id.VerifyAccessToken(token.AccessToken)
	}
	return id, c, nil
}

// userinfo asks the provider for what the ID token does not say; nil when it has no such endpoint. The answer is not signed, so it must at
// least be of the same subject.
func (o *OIDC) userinfo(ctx context.Context, p *provider, token *oauth2.Token, subject string) (claims, error) {
	if p.UserInfoEndpoint() == "" {
		return nil, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, fmt.Errorf("ask userinfo: %w", err)
	}
	if info.Subject != subject {
		return nil, errOtherSubject
	}
	var c claims
	return c, info.Claims(&c)
}

var errOtherSubject = errors.New("userinfo is of another subject than the ID token")

// identity puts together who signs in from where it is said, the ID token first.
func (o *OIDC) identity(subject string, said ...claims) Identity {
	id := Identity{Issuer: o.issuer, Subject: subject}
	first := func(dst *string, get func(claims) string) {
		for _, c := range said {
			if *dst == "" {
				*dst = get(c)
			}
		}
	}
	named := func(claim string) func(claims) string { return func(c claims) string { return c.text(claim) } }
	first(&id.Name, named("name"))
	first(&id.Email, claims.email)
	first(&id.Login, named(o.loginClaim))
	for _, c := range said {
		if groups, ok := c.groups(o.groupsClaim); ok {
			id.Grants = o.mapping.grants(groups)
			return id
		}
	}
	id.Grants = o.mapping.grants(nil)
	return id
}

// complete reports whether the ID token says who it is and in which groups, so that userinfo need not be asked.
func (o *OIDC) complete(c claims) bool {
	_, ok := c.groups(o.groupsClaim)
	return ok && c.text(o.loginClaim) != ""
}
