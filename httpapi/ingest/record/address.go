package record

import (
	"net/netip"
	"strings"
)

// IP returns the IP address that s holds, in its usual spelling: without port, brackets and zone, and of a list of addresses the first.
// It is "" where s holds none, such as a service's name.
func IP(s string) string {
	s, _, _ = strings.Cut(s, ",")
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return ""
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("").String()
}
