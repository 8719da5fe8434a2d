package reply

import (
	"context"
	"net/netip"
)

type clientKey struct{}

// WithClient notes the address that the request behind ctx comes from.
func WithClient(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, clientKey{}, addr)
}

// Client returns the address that the request behind ctx comes from: the peer's, or what a trusted proxy says it stands for. It is the
// one to use for limits, lockouts and the log; outside of a request it is the zero Addr.
func Client(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(clientKey{}).(netip.Addr)
	return addr
}

// Network is what counts as one address: an IPv6 network of 64 bits is one customer's, who has all of its addresses.
func Network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return prefix.Addr()
}

type secureKey struct{}

// WithSecure notes that the request behind ctx came over TLS, if not to us, then to a proxy that is believed.
func WithSecure(ctx context.Context) context.Context {
	return context.WithValue(ctx, secureKey{}, true)
}

// Secure reports whether the request behind ctx is known to have come over TLS.
func Secure(ctx context.Context) bool { return ctx.Value(secureKey{}) != nil }
