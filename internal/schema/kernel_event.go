package schema

import (
	"net/netip"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// hashOf picks one algorithm out of Sysmon's "MD5=…,SHA256=…" (also with | or blanks between).
func hashOf(hashes, algorithm string) (string, bool) {
	for _, part := range strings.FieldsFunc(hashes, func(r rune) bool { return r == ',' || r == '|' || r == ';' || r == ' ' }) {
		if name, h, ok := strings.Cut(part, "="); ok && strings.EqualFold(name, algorithm) {
			return h, true
		}
	}
	return "", false
}

// hives are the ways to write the root keys. https://learn.microsoft.com/windows/win32/sysinfo/predefined-keys
var hives = []struct{ long, short string }{
	{"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_USERS", "HKU"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_CLASSES_ROOT", "HKCR"}, {"HKEY_CURRENT_CONFIG", "HKCC"},
}

// longHive writes a registry path as Defender does: Sysmon's HKLM and the kernel's \REGISTRY\MACHINE as HKEY_LOCAL_MACHINE.
func longHive(path string) string {
	for _, h := range hives {
		if rest, ok := cutFold(path, h.short); ok && (rest == "" || rest[0] == '\\') {
			return h.long + rest
		}
	}
	if rest, ok := cutFold(path, `\REGISTRY\MACHINE`); ok {
		return "HKEY_LOCAL_MACHINE" + rest
	}
	if rest, ok := cutFold(path, `\REGISTRY\USER`); ok {
		return "HKEY_USERS" + rest
	}
	return path
}

// shortHive writes a registry path as Sysmon does.
func shortHive(path string) string {
	long := longHive(path)
	for _, h := range hives {
		if rest, ok := cutFold(long, h.long); ok {
			return h.short + rest
		}
	}
	return path
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// devicePath turns the kernel's \device\harddiskvolumeN into a drive letter. Which letter it had is not in the event; C: is right
// for the system volume, which programs are nearly always started from.
func devicePath(path string) string {
	if rest, ok := cutFold(path, `\device\harddiskvolume`); ok {
		if i := strings.IndexByte(rest, '\\'); i > 0 {
			return "C:" + rest[i:]
		}
	}
	return path
}

// addressOf reads an IP address, taking the IPv4 address out of ::ffff:a.b.c.d.
func addressOf(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	return a.Unmap(), err == nil
}

// addressKind names the range of an address as Defender's LocalIPType and RemoteIPType do.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-devicenetworkevents-table
func addressKind(s string) string {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	switch {
	case err != nil:
		return ""
	case a.Is4In6():
		return "FourToSixMapping"
	case a.IsLoopback():
		return "Loopback"
	case a.IsMulticast():
		return "Multicast"
	case a.IsLinkLocalUnicast():
		return "LinkLocal"
	case a.IsPrivate():
		return "Private"
	case a.IsUnspecified(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "Reserved"
	}
	return "Public"
}

var _ = declare(
	&fn.Func{Name: "hash", Min: 2, Max: 2, Doc: "One algorithm's hash out of Sysmon's list of hashes.", Row: func(a []event.Value) event.Value {
		if h, ok := hashOf(textOf(a[0]), textOf(a[1])); ok {
			return event.StringOf(h)
		}
		return event.NullValue
	}},
	&fn.Func{Name: "account", Min: 2, Max: 2, Null: fn.SeesNull, Doc: `DOMAIN\name of a domain and a name, or the name alone.`, Row: func(a []event.Value) event.Value {
		switch {
		case blank(a[1]):
			return event.NullValue
		case blank(a[0]):
			return event.StringOf(textOf(a[1]))
		}
		return event.StringOf(textOf(a[0]) + `\` + textOf(a[1]))
	}},
	&fn.Func{Name: "account_name", Min: 1, Max: 1, Doc: `The name in DOMAIN\name or name@domain.`, Row: perText(func(s string) string {
		_, name := cutLast(s, `\`)
		if user, _, ok := strings.Cut(name, "@"); ok {
			return user
		}
		return name
	})},
	&fn.Func{Name: "account_domain", Min: 1, Max: 1, Doc: `The domain in DOMAIN\name, or null.`, Row: func(a []event.Value) event.Value {
		if d, _ := cutLast(textOf(a[0]), `\`); d != "" {
			return event.StringOf(d)
		}
		return event.NullValue
	}},
	&fn.Func{Name: "program", Min: 1, Max: 1, Doc: "The first word of a command line, a quoted one without its quotes.", Row: perText(func(s string) string {
		s = strings.TrimSpace(s)
		if q, ok := strings.CutPrefix(s, `"`); ok {
			p, _, _ := strings.Cut(q, `"`)
			return p
		}
		p, _, _ := strings.Cut(s, " ")
		return p
	})},
	&fn.Func{Name: "long_hive", Min: 1, Max: 1, Doc: "A registry path with its root key written in full.", Row: perText(longHive)},
	&fn.Func{Name: "short_hive", Min: 1, Max: 1, Doc: "A registry path with its root key as HKLM, HKU, …", Row: perText(shortHive)},
	&fn.Func{Name: "device_path", Min: 1, Max: 1, Doc: `A kernel path (\device\harddiskvolumeN\…) as a drive's.`, Row: perText(devicePath)},
	&fn.Func{Name: "integrity", Min: 1, Max: 1, Doc: "The integrity level of a mandatory label SID (S-1-16-8192) or name.",
		See: "https://learn.microsoft.com/windows/security/identity-protection/access-control/security-identifiers",
		Row: func(a []event.Value) event.Value {
			s := textOf(a[0])
			if rid, ok := strings.CutPrefix(s, "S-1-16-"); ok {
				if name := map[string]string{"0": "Untrusted", "4096": "Low", "8192": "Medium", "8448": "MediumPlus", "12288": "High", "16384": "System", "20480": "Protected"}[rid]; name != "" {
					return event.StringOf(name)
				}
			}
			if label, ok := strings.CutPrefix(s, `Mandatory Label\`); ok {
				return event.StringOf(strings.TrimSuffix(label, " Mandatory Level"))
			}
			return a[0]
		}},
	&fn.Func{Name: "ip", Min: 1, Max: 1, Doc: "An IP address in its usual form, IPv4 taken out of IPv6; null for anything else.", Row: func(a []event.Value) event.Value {
		if ip, ok := addressOf(textOf(a[0])); ok {
			return event.StringOf(ip.String())
		}
		return event.NullValue
	}},
	&fn.Func{Name: "ip_kind", Min: 1, Max: 1, Doc: "The kind of an address: Public, Private, Loopback, …", Row: func(a []event.Value) event.Value {
		if k := addressKind(textOf(a[0])); k != "" {
			return event.StringOf(k)
		}
		return event.NullValue
	}},
	&fn.Func{Name: "transport", Min: 1, Max: 1, Doc: "The name of a transport protocol given by number or name.",
		See: "https://www.iana.org/assignments/protocol-numbers",
		Row: func(a []event.Value) event.Value {
			s := strings.ToLower(textOf(a[0]))
			if n := map[string]string{"1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "51": "ah", "58": "ipv6-icmp", "132": "sctp"}[s]; n != "" {
				return event.StringOf(n)
			}
			return event.StringOf(s)
		}},
)

// registryData takes the value out of Sysmon's Details: "DWORD (0x00000001)" is 0x00000001, other data stand there as they are.
func registryData(details string) string {
	for _, t := range []string{"DWORD (", "QWORD ("} {
		if rest, ok := strings.CutPrefix(details, t); ok {
			return strings.TrimSuffix(rest, ")")
		}
	}
	return details
}

var _ = declare(
	&fn.Func{Name: "registry_data", Min: 1, Max: 1, Doc: "The value in Sysmon's Details of a registry event: DWORD (0x00000001) is 0x00000001.", Row: perText(registryData)},
	&fn.Func{Name: "registry_type", Min: 1, Max: 1, Doc: "The registry type that Sysmon's Details tell.", Row: func(a []event.Value) event.Value {
		s := textOf(a[0])
		switch {
		case strings.HasPrefix(s, "DWORD ("):
			return event.StringOf("REG_DWORD")
		case strings.HasPrefix(s, "QWORD ("):
			return event.StringOf("REG_QWORD")
		case s == "Binary Data":
			return event.StringOf("REG_BINARY")
		}
		return event.StringOf("REG_SZ")
	}},
)
