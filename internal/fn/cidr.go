package fn

import (
	"net/netip"
	"strings"
)

// ParseNetwork reads an address range in CIDR notation, IPv4 or IPv6. Host bits may be set; they are ignored.
func ParseNetwork(s string) (netip.Prefix, bool) {
	// Cheap refusals first: most texts that are asked about are no ranges.
	if len(s) < 4 || strings.IndexByte(s, '/') < 0 {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return p.Masked(), true
}

// ParseAddress reads an IPv4 or IPv6 address; IPv4 written as IPv6 becomes IPv4.
func ParseAddress(s string) (netip.Addr, bool) {
	if len(s) < 2 || len(s) > 45+16 || !(isHexDigit(s[0]) || s[0] == ':') {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
