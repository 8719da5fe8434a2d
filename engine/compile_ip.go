package engine

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// address is ip:, with an address in any notation, an address range, the beginning of an address, or a name.
func address(v Value) Plan {
	if v.Prefix {
		return PlanTerms{Prefix: ExactTerm("ip", FoldValue(v.Text))}
	}
	if r, ok := addressRange(v.Text); ok {
		return within(r)
	}
	return PlanTerm{Term: ExactTerm("ip", string(appendAddress(nil, v.Text)))}
}

// badAddress says what is wrong with a value that looks like an address range and is none.
func badAddress(v Value) string {
	if v.Prefix || v.Quoted || !strings.Contains(v.Text, "/") || strings.Trim(v.Text, "0123456789abcdefABCDEF.:/") != "" {
		return ""
	}
	if _, ok := addressRange(v.Text); ok {
		return ""
	}
	return fmt.Sprintf("ip: %q is no address range; write 10.0.0.0/8 or 2001:db8::/32", shorten(v.Text))
}

// addressRange reads a CIDR. A range of IPv4 addresses written as IPv6 is one of IPv4 addresses.
func addressRange(s string) (netip.Prefix, bool) {
	r, err := netip.ParsePrefix(s)
	if err != nil {
		return r, false
	}
	if r.Addr().Is4In6() && r.Bits() >= 96 {
		r = netip.PrefixFrom(r.Addr().Unmap(), r.Bits()-96)
	}
	return r.Masked(), true
}

func within(r netip.Prefix) Plan {
	if r.IsSingleIP() {
		return PlanTerm{Term: ExactTerm("ip", r.Addr().String())}
	}
	skip := len(ExactTerm("ip", ""))
	return PlanTerms{Prefix: ExactTerm("ip", sharedText(r)), Match: func(term []byte) bool {
		addr, err := netip.ParseAddr(string(term[skip:]))
		return err == nil && r.Contains(addr)
	}}
}

// sharedText is what the text of every address in r begins with: its whole octets, or its whole groups before
// the first that is zero, because a zero may begin a "::".
func sharedText(r netip.Prefix) string {
	var b strings.Builder
	raw := r.Addr().AsSlice()
	if r.Addr().Is4() {
		for _, octet := range raw[:r.Bits()/8] {
			b.WriteString(strconv.Itoa(int(octet)) + ".")
		}
		return b.String()
	}
	for i := 0; i < r.Bits()/16; i++ {
		group := int(raw[2*i])<<8 | int(raw[2*i+1])
		if group == 0 {
			break
		}
		b.WriteString(strconv.FormatInt(int64(group), 16) + ":")
	}
	return b.String()
}
