package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the peers whose word about the client's address is believed.
type proxies []netip.Prefix

// client returns the address that a request comes from. Anyone can send X-Forwarded-For, and every proxy adds to its right end, so it is
// read from there, only when the peer is a trusted proxy, and only past entries that are trusted proxies too: the first other one
// is the client. Where an entry is no address, the proxy that passed it on is all that is known.
func (p proxies) client(r *http.Request) netip.Addr {
	at := parseAddress(r.RemoteAddr)
	if !p.trusted(at) {
		return at
	}
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, entry := range slices.Backward(entries) {
		next := parseAddress(strings.TrimSpace(entry))
		if !next.IsValid() {
			return at
		}
		if at = next; !p.trusted(at) {
			return at
		}
	}
	return at
}

// secure reports whether a request came over TLS, to us or, on the word of a trusted peer, to a proxy. The peer's own word is the last one.
func (p proxies) secure(r *http.Request) bool {
	if r.TLS != nil || !p.trusted(parseAddress(r.RemoteAddr)) {
		return r.TLS != nil
	}
	words := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	return strings.EqualFold(strings.TrimSpace(words[len(words)-1]), "https")
}

func (p proxies) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(a) })
}

// parseAddress reads an address with or without a port; the zero Addr is none. An IPv4 address in IPv6's clothes is the IPv4 address, so
// that one client has one address.
func parseAddress(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// ParseProxies reads a list of addresses and CIDR prefixes, separated by commas.
func ParseProxies(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(entry)
		if addr, addrErr := netip.ParseAddr(entry); addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a prefix such as 10.0.0.0/8", cut(entry, maxParamBytes))
		}
		if prefix.Addr().Is4In6() {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), max(prefix.Bits()-96, 0))
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}
