package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	providerTimeout  = 10 * time.Second // for one request to the provider
	providerPause    = 5 * time.Second  // after a discovery that failed, until the next is tried
	maxProviderBytes = 1 << 20          // of one answer; 10,000 groups in an ID token are half of it
)

// provider is what discovery found out. It is kept until the process ends; only keys are read again, when a token names one that is new.
type provider struct {
	*oidc.Provider
	verifier    *oidc.IDTokenVerifier
	config      oauth2.Config
	namesIssuer bool // it says in every answer that the answer is its own (RFC 9207)
}

// discovery finds the provider at the first sign-in, so that one that is down does not keep the server from starting.
type discovery struct {
	mu      sync.Mutex // held while the provider is asked: others wait for the same answer
	found   *provider
	err     error // of the last try
	retryAt time.Time
}

// provider returns the provider. While it cannot be found, it is asked every few seconds at most, however many want to sign in. The request
// that happens to ask may go away; the others still need the answer.
func (o *OIDC) provider(ctx context.Context) (*provider, error) {
	d := &o.discovery
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found != nil {
		return d.found, nil
	}
	if now := o.access.now(); now.Before(d.retryAt) {
		return nil, d.err
	}
	d.found, d.err = o.discover(context.WithoutCancel(ctx))
	d.retryAt = o.access.now().Add(providerPause)
	return d.found, d.err
}

func (o *OIDC) discover(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.issuer)
	if err != nil {
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	var more struct {
		Keys        string   `json:"jwks_uri"`
		Methods     []string `json:"token_endpoint_auth_methods_supported"`
		NamesIssuer bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	endpoint := found.Endpoint()
	for _, u := range []string{endpoint.AuthURL, endpoint.TokenURL, more.Keys} {
		if err := checkURL(u); err != nil {
			return nil, fmt.Errorf("discover the provider: an endpoint: %w", err)
		}
	}
	if u := found.UserInfoEndpoint(); u != "" {
		if err := checkURL(u); err != nil {
			return nil, fmt.Errorf("discover the provider: its userinfo endpoint: %w", err)
		}
	}
	// Trying out which way the provider takes the secret, as oauth2 otherwise does, would spend the code on the wrong one.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &provider{
		Provider: found, namesIssuer: more.NamesIssuer,
		verifier: found.Verifier(&oidc.Config{ClientID: o.clientID, Now: o.access.now}),
		config:   oauth2.Config{ClientID: o.clientID, ClientSecret: o.clientSecret, Endpoint: endpoint, RedirectURL: o.redirectURL, Scopes: o.scopes},
	}, nil
}

// checkURL takes https, and plain http on this machine only: what passes there decides who gets in.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return err
	case u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%q is not https://HOST", cut(text))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%q is plain http, which is for this machine only", cut(text))
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// providerClient asks the provider: not for ever, no more than is needed, and nobody else. A redirect could send the client's secret elsewhere.
func providerClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{
		Transport: boundedAnswers{transport},
		Timeout:   providerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the provider sends on to another address")
		},
	}
}

// boundedAnswers cuts answers off with an error, since libraries read them whole.
type boundedAnswers struct{ http.RoundTripper }

func (b boundedAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxProviderBytes)
	}
	return resp, err
}
