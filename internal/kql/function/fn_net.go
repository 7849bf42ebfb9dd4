package function

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// IP addresses, perhaps with a prefix length: 192.168.1.1/24. An argument that is no address gives null.
// https://learn.microsoft.com/kusto/query/scalar-functions#ipv4ipv6-functions

// An ipNet is an address and how many of its leading bits count: 32 or 128 when it is written alone.
type ipNet struct {
	addr   netip.Addr
	prefix int
}

// parseIPv4 reads four decimal numbers, perhaps with a prefix length.
func parseIPv4(s string) (ip uint32, prefix int, ok bool) {
	prefix = 32
	s = strings.TrimSpace(s)
	if at := strings.IndexByte(s, '/'); at >= 0 {
		n, good := smallNumber(s[at+1:], 32)
		if !good {
			return 0, 0, false
		}
		prefix, s = n, s[:at]
	}
	for i := range 4 {
		part := s
		if i < 3 {
			at := strings.IndexByte(s, '.')
			if at < 0 {
				return 0, 0, false
			}
			part, s = s[:at], s[at+1:]
		}
		n, good := smallNumber(part, 255)
		if !good {
			return 0, 0, false
		}
		ip = ip<<8 | uint32(n)
	}
	return ip, prefix, true
}

func smallNumber(s string, limit int) (int, bool) {
	if s == "" || len(s) > 3 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, n <= limit
}

func mask4(prefix int) uint32 {
	if prefix <= 0 {
		return 0
	}
	return ^uint32(0) << (32 - min(prefix, 32))
}

// parseIPv6 reads an IPv6 address or, as one, an IPv4 address; prefix lengths of the latter count from bit 96.
func parseIPv6(s string) (ipNet, bool) {
	if ip, prefix, ok := parseIPv4(s); ok {
		a := [16]byte{10: 0xff, 11: 0xff, 12: byte(ip >> 24), 13: byte(ip >> 16), 14: byte(ip >> 8), 15: byte(ip)}
		return ipNet{netip.AddrFrom16(a), 96 + prefix}, true
	}
	s = strings.TrimSpace(s)
	n := ipNet{prefix: 128}
	text, suffix, found := strings.Cut(s, "/")
	if found {
		p, ok := smallNumber(suffix, 128)
		if !ok {
			return n, false
		}
		n.prefix = p
	}
	if !strings.Contains(text, ":") || len(text) > 60 || strings.Contains(text, "%") {
		return n, false
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return n, false
	}
	b := a.As16()
	if strings.Contains(text, ".") && [10]byte(b[:10]) == [10]byte{} { // ::192.168.1.1/24 counts as its IPv4 address does
		b[10], b[11] = 0xff, 0xff
		if found && n.prefix <= 32 {
			n.prefix += 96
		}
	}
	n.addr = netip.AddrFrom16(b)
	return n, true
}

func (n ipNet) masked(prefix int) netip.Addr {
	p, err := n.addr.Prefix(min(max(prefix, 0), 128))
	if err != nil {
		return n.addr
	}
	return p.Addr()
}

// compare4 compares the bits that count for both, and for prefix.
func compare4(args []event.Value) (int, bool) {
	a, pa, ok1 := parseIPv4(args[0].Str())
	b, pb, ok2 := parseIPv4(args[1].Str())
	if !ok1 || !ok2 {
		return 0, false
	}
	p := min(pa, pb)
	if len(args) > 2 {
		if n := args[2].Int(); n < 0 || n > 32 {
			return 0, false
		} else {
			p = min(p, int(n))
		}
	}
	a, b = a&mask4(p), b&mask4(p)
	switch {
	case a < b:
		return -1, true
	case a > b:
		return 1, true
	}
	return 0, true
}

func compare6(args []event.Value) (int, bool) {
	a, ok1 := parseIPv6(args[0].Str())
	b, ok2 := parseIPv6(args[1].Str())
	if !ok1 || !ok2 {
		return 0, false
	}
	p := min(a.prefix, b.prefix)
	if len(args) > 2 {
		if n := args[2].Int(); n < 0 || n > 128 {
			return 0, false
		} else {
			p = min(p, int(n))
		}
	}
	return a.masked(p).Compare(b.masked(p)), true
}

// within4 reports whether an address is in a range: the range's own prefix length counts.
func within4(ip, span string) (bool, bool) {
	a, pa, ok1 := parseIPv4(ip)
	b, pb, ok2 := parseIPv4(span)
	p := min(pa, pb)
	return a&mask4(p) == b&mask4(p), ok1 && ok2
}

func within6(ip, span string) (bool, bool) {
	a, ok1 := parseIPv6(ip)
	b, ok2 := parseIPv6(span)
	if !ok1 || !ok2 {
		return false, false
	}
	p := min(a.prefix, b.prefix)
	return a.masked(p) == b.masked(p), true
}

var privateNets = []struct{ net, mask uint32 }{{10 << 24, mask4(8)}, {172<<24 | 16<<16, mask4(12)}, {192<<24 | 168<<16, mask4(16)}}

func init() {
	ordering := func(compare func([]event.Value) (int, bool)) fn.Row {
		return func(args []event.Value) event.Value {
			c, ok := compare(args)
			if !ok {
				return event.NullValue
			}
			return event.IntOf(int64(c))
		}
	}
	equality := func(compare func([]event.Value) (int, bool)) fn.Row {
		return func(args []event.Value) event.Value {
			c, ok := compare(args)
			if !ok {
				return event.NullValue
			}
			return event.BoolOf(c == 0)
		}
	}
	inRange := func(within func(ip, span string) (bool, bool)) fn.Row {
		return func(args []event.Value) event.Value {
			in, ok := within(args[0].Str(), args[1].Str())
			if !ok {
				return event.NullValue
			}
			return event.BoolOf(in)
		}
	}
	inAny := func(within func(ip, span string) (bool, bool)) fn.Row {
		return func(args []event.Value) event.Value {
			ip := Text(args[0])
			if _, ok := within(ip, ip); !ok {
				return event.NullValue
			}
			known := false
			for _, a := range args[1:] {
				for _, r := range elements(nil, a) {
					in, ok := within(ip, Text(r))
					if in && ok {
						return event.BoolOf(true)
					}
					known = known || ok
				}
			}
			if !known {
				return event.NullValue
			}
			return event.BoolOf(false)
		}
	}
	two, ranges := "ip1:string, ip2:string, prefix:long?", []string{"ip:string|dynamic, ranges:string+ -> bool", "ip:string|dynamic, ranges:array -> bool"}
	anyRange := func(name, see, doc string, row fn.Row) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see, Row: row}, Sig: ranges}
	}
	register(
		strict("ipv4_compare", "ipv4-compare-function", "Compares two IPv4 addresses in the bits that both prefix lengths leave: -1, 0 or 1.", two+" -> long", ordering(compare4)),
		strict("ipv4_is_match", "ipv4-is-match-function", "Reports whether two IPv4 addresses are equal in the bits that both prefix lengths leave.", two+" -> bool", equality(compare4)),
		strict("ipv6_compare", "ipv6-compare-function", "Compares two IPv6 or IPv4 addresses in the bits that both prefix lengths leave: -1, 0 or 1.", two+" -> long", ordering(compare6)),
		strict("ipv6_is_match", "ipv6-is-match-function", "Reports whether two IPv6 or IPv4 addresses are equal in the bits that both prefix lengths leave.", two+" -> bool", equality(compare6)),
		strict("ipv4_is_in_range", "ipv4-is-in-range-function", "Reports whether an IPv4 address is in a range.", "ip:string, ip_range:string -> bool", inRange(within4)),
		strict("ipv6_is_in_range", "ipv6-is-in-range-function", "Reports whether an IPv6 or IPv4 address is in a range.", "ip:string, ip_range:string -> bool", inRange(within6)),
		anyRange("ipv4_is_in_any_range", "ipv4-is-in-any-range-function", "Reports whether an IPv4 address is in one of several ranges.", inAny(within4)),
		anyRange("ipv6_is_in_any_range", "ipv6-is-in-any-range-function", "Reports whether an IPv6 or IPv4 address is in one of several ranges.", inAny(within6)),
		strict("ipv4_is_private", "ipv4-is-private-function", "Reports whether an IPv4 address belongs to a private network (10/8, 172.16/12, 192.168/16).", "ip:string -> bool", func(args []event.Value) event.Value {
			ip, p, ok := parseIPv4(args[0].Str())
			if !ok {
				return event.NullValue
			}
			for _, n := range privateNets {
				if m := mask4(p) & n.mask; ip&m == n.net&m {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(false)
		}),
		strict("ipv4_netmask_suffix", "ipv4-netmask-suffix-function", "Gives the prefix length of an IPv4 address, 32 when it has none.", "ip:string -> long", func(args []event.Value) event.Value {
			if _, p, ok := parseIPv4(args[0].Str()); ok {
				return event.IntOf(int64(p))
			}
			return event.NullValue
		}),
		strict("ipv4_range_to_cidr_list", "ipv4-range-to-cidr-list-function", "Gives the networks that make up a range of IPv4 addresses.", "start_ip:string, end_ip:string -> dynamic", rangeToCIDR),
		strict("parse_ipv4", "parse-ipv4-function", "Gives an IPv4 address as a number, without the bits that its prefix length leaves out.", "ip:string -> long", func(args []event.Value) event.Value {
			if ip, p, ok := parseIPv4(args[0].Str()); ok {
				return event.IntOf(int64(ip & mask4(p)))
			}
			return event.NullValue
		}),
		strict("parse_ipv4_mask", "parse-ipv4-mask-function", "Gives the leading bits of an IPv4 address as a number.", "ip:string, prefix:long -> long", func(args []event.Value) event.Value {
			ip, p, ok := parseIPv4(args[0].Str())
			n := args[1].Int()
			if !ok || n < 0 || n > 32 {
				return event.NullValue
			}
			return event.IntOf(int64(ip & mask4(min(p, int(n)))))
		}),
		strict("parse_ipv6", "parse-ipv6-function", "Gives an IPv6 or IPv4 address in full length, without the bits that its prefix length leaves out.", "ip:string -> string", func(args []event.Value) event.Value {
			if n, ok := parseIPv6(args[0].Str()); ok {
				return textOf(expanded(n.masked(n.prefix)))
			}
			return event.NullValue
		}),
		strict("parse_ipv6_mask", "parse-ipv6-mask-function", "Gives the leading bits of an IPv6 or IPv4 address in full length.", "ip:string, prefix:long -> string", func(args []event.Value) event.Value {
			n, ok := parseIPv6(args[0].Str())
			p := args[1].Int()
			if !ok || p < 0 || p > 128 {
				return event.NullValue
			}
			return textOf(expanded(n.masked(min(n.prefix, int(p)))))
		}),
		lax("format_ipv4", "format-ipv4-function", "Writes an IPv4 address given as number or text, without the bits that a prefix length leaves out.", "ip:scalar, prefix:long? -> string",
			func(args []event.Value) event.Value { return formatIPv4(args, false) }),
		lax("format_ipv4_mask", "format-ipv4-mask-function", "Writes an IPv4 network in the form address/prefix.", "ip:scalar, prefix:long? -> string",
			func(args []event.Value) event.Value { return formatIPv4(args, true) }),
		strict("has_ipv4", "has-ipv4-function", "Reports whether a text has an IPv4 address, set off from letters and digits.", "source:string|dynamic, ip:string -> bool", hasIPv4(false)),
		strict("has_ipv4_prefix", "has-ipv4-prefix-function", "Reports whether a text has an IPv4 address that begins with a prefix, which ends with a dot or is an address.", "source:string|dynamic, ip_prefix:string -> bool", hasIPv4(true)),
		&Entry{Func: fn.Func{Name: "has_any_ipv4", Doc: "Reports whether a text has one of several IPv4 addresses.", See: "has-any-ipv4-function", Row: hasIPv4(false)},
			Sig: []string{"source:string|dynamic, ips:string+ -> bool", "source:string|dynamic, ips:array -> bool"}},
		&Entry{Func: fn.Func{Name: "has_any_ipv4_prefix", Doc: "Reports whether a text has an IPv4 address that begins with one of several prefixes.", See: "has-any-ipv4-prefix-function", Row: hasIPv4(true)},
			Sig: []string{"source:string|dynamic, ip_prefixes:string+ -> bool", "source:string|dynamic, ip_prefixes:array -> bool"}},
		&Entry{Func: fn.Func{Name: "geo_info_from_ip_address", Doc: "Gives country, state, city and coordinates of an IP address, from the user's own database; null without one.", See: "geo-info-from-ip-address-function", Bind: bindGeoInfo},
			Sig: []string{"ip:string -> dynamic"}},
	)
	examples(scalars, "ipv4_is_private", `ipv4_is_private("192.168.1.1/24")`, `true`, `ipv4_is_private("208.1.2.3")`, `false`, `ipv4_is_private("x")`, `null`)
	examples(scalars, "ipv4_is_in_range", `ipv4_is_in_range("192.168.1.6", "192.168.1.1/24")`, `true`)
	examples(scalars, "ipv4_is_in_any_range", `ipv4_is_in_any_range("192.168.1.6", "10.0.0.0/8", "192.168.0.0/16")`, `true`)
	examples(scalars, "ipv4_compare", `ipv4_compare("192.168.1.1/24", "192.168.1.255")`, `0`, `ipv4_compare("192.168.1.1", "192.168.1.255")`, `-1`)
	examples(scalars, "ipv4_is_match", `ipv4_is_match("192.168.1.1", "192.168.1.255", 24)`, `true`)
	examples(scalars, "ipv6_is_match", `ipv6_is_match("192.168.1.1", "::ffff:c0a8:0101")`, `true`)
	examples(scalars, "parse_ipv4", `parse_ipv4("192.1.168.1/32")`, `3221334017`)
	examples(scalars, "parse_ipv6", `parse_ipv6("192.168.255.255/24")`, `"0000:0000:0000:0000:0000:ffff:c0a8:ff00"`)
	examples(scalars, "format_ipv4", `format_ipv4("192.168.1.255", 24)`, `"192.168.1.0"`, `format_ipv4(3232236031)`, `"192.168.1.255"`)
	examples(scalars, "format_ipv4_mask", `format_ipv4_mask("192.168.1.255", 24)`, `"192.168.1.0/24"`)
	examples(scalars, "ipv4_range_to_cidr_list", `ipv4_range_to_cidr_list("1.1.128.0", "1.1.140.255")`, `["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]`)
	examples(scalars, "has_ipv4", `has_ipv4("05:04:54 127.0.0.1 GET", "127.0.0.1")`, `true`, `has_ipv4("54127.0.0.1 GET", "127.0.0.1")`, `false`)
	examples(scalars, "has_ipv4_prefix", `has_ipv4_prefix("x 127.0.0.1", "127.0.")`, `true`, `has_ipv4_prefix("x 127.0.0.1", "127.0")`, `false`)
}

func rangeToCIDR(args []event.Value) event.Value {
	a, _, ok1 := parseIPv4(args[0].Str())
	b, _, ok2 := parseIPv4(args[1].Str())
	if !ok1 || !ok2 || a > b {
		return event.NullValue
	}
	var out []event.Value
	for from, to := uint64(a), uint64(b); from <= to; {
		size := 32
		if from != 0 {
			size = min(bits.TrailingZeros32(uint32(from)), 32)
		}
		for size > 0 && from+1<<size-1 > to {
			size--
		}
		out = append(out, textOf(ipv4Text(uint32(from))+"/"+strconv.Itoa(32-size)))
		from += 1 << size
	}
	return listOf(out)
}

func ipv4Text(ip uint32) string {
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String()
}

func formatIPv4(args []event.Value, suffix bool) event.Value {
	var ip uint32
	p := 32
	switch v := args[0]; v.Kind() {
	case event.Int:
		if v.Int() < 0 || v.Int() > 1<<32-1 {
			return event.NullValue
		}
		ip = uint32(v.Int())
	default:
		var ok bool
		if ip, p, ok = parseIPv4(Text(v)); !ok {
			return event.NullValue
		}
	}
	if len(args) > 1 {
		n := args[1]
		if n.IsNull() || n.Int() < 0 || n.Int() > 32 {
			return event.NullValue
		}
		p = min(p, int(n.Int()))
	}
	s := ipv4Text(ip & mask4(p))
	if suffix {
		s += "/" + strconv.Itoa(p)
	}
	return textOf(s)
}

// hasIPv4 looks for addresses, or for what begins with a prefix, that are set off from letters and digits.
func hasIPv4(prefixes bool) fn.Row {
	return func(args []event.Value) event.Value {
		s := Text(args[0])
		for _, a := range args[1:] {
			for _, v := range elements(nil, a) {
				if want := Text(v); prefixes && hasIPPrefix(s, want) || !prefixes && hasIP(s, want) {
					return event.BoolOf(true)
				}
			}
		}
		return event.BoolOf(false)
	}
}

func hasIP(s, ip string) bool {
	if _, _, ok := parseIPv4(ip); !ok {
		return false
	}
	for at := 0; ; {
		i := strings.Index(s[at:], ip)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(ip)
		if !runBefore(s, from) && !runAfter(s, to) {
			return true
		}
		at = from + 1
	}
}

func hasIPPrefix(s, prefix string) bool {
	if !strings.HasSuffix(prefix, ".") {
		return hasIP(s, prefix)
	}
	for at := 0; ; {
		i := strings.Index(s[at:], prefix)
		if i < 0 {
			return false
		}
		from := at + i
		to := from
		for to < len(s) && (s[to] == '.' || s[to] >= '0' && s[to] <= '9') {
			to++
		}
		if _, _, ok := parseIPv4(strings.TrimRight(s[from:to], ".")); ok && !runBefore(s, from) && !runAfter(s, to) {
			return true
		}
		at = from + 1
	}
}

func bindGeoInfo(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
	return func(args []event.Value) event.Value {
		if env == nil || env.Geo == nil {
			return event.NullValue
		}
		bag, ok := env.Geo(args[0].Str())
		if !ok {
			return event.NullValue
		}
		var out event.Bag
		for _, name := range []string{"country", "state", "city", "latitude", "longitude"} {
			if v, ok := bag.Get(name); ok {
				out = append(out, event.Field{Name: name, Value: v})
			}
		}
		return event.ObjectOf(out)
	}, nil
}

// expanded writes all eight groups in full; netip writes IPv4 addresses in IPv6 with dots.
func expanded(a netip.Addr) string {
	b := a.As16()
	out := make([]byte, 0, 39)
	const hex = "0123456789abcdef"
	for i, c := range b {
		if i > 0 && i%2 == 0 {
			out = append(out, ':')
		}
		out = append(out, hex[c>>4], hex[c&15])
	}
	return string(out)
}
