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

var _ = declare(&fn.Func{Name: "kql_registry_data", Min: 1, Max: 1, Doc: "Sysmon's Details as Defender shows data: numbers in decimal.",
	Row: func(a []event.Value) event.Value {
		s := textOf(a[0])
		if d := registryData(s); d != s {
			if i, ok := integer(event.StringOf(d)); ok {
				return event.StringOf(textOf(event.IntOf(i)))
			}
			// A QWORD is written in two halves: 0x00000001-0x00000002.
			if hi, lo, ok := strings.Cut(d, "-"); ok {
				h, ok1 := integer(event.StringOf(hi))
				l, ok2 := integer(event.StringOf(lo))
				if ok1 && ok2 {
					return event.StringOf(textOf(event.IntOf(h<<32 | l)))
				}
			}
		}
		return a[0]
	}})

// asrRules names the attack surface reduction rules by id, as DeviceEvents does between Asr and Blocked or Audited.
// https://learn.microsoft.com/defender-endpoint/attack-surface-reduction-rules-reference
var asrRules = map[string]string{
	"56a863a9-875e-4185-98a7-b882c64b5ce5": "VulnerableSignedDriver",
	"7674ba52-37eb-4a4f-a9a1-f0f9a1619a2c": "AdobeReaderChildProcess",
	"d4f940ab-401b-4efc-aadc-ad5f3c50688a": "OfficeChildProcess",
	"9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2": "LsassCredentialTheft",
	"be9ba2d9-53ea-4cdc-84e5-9b1eeee46550": "ExecutableEmailContent",
	"01443614-cd74-433a-b99e-2ecdc07bfc25": "UntrustedExecutable",
	"5beb7efe-fd9a-4556-801d-275e5ffc04cc": "ObfuscatedScript",
	"d3e037e1-3eb8-44c8-a917-57927947596d": "ScriptExecutableDownload",
	"3b576869-a4ec-4529-8536-b80a7769e899": "ExecutableOfficeContent",
	"75668c1f-73b5-4cf0-bb93-3ecf5cb7cc84": "OfficeProcessInjection",
	"26190899-1602-49e8-8b27-eb1d0a1ce869": "OfficeCommAppChildProcess",
	"e6db77e5-3df2-4cf1-b95a-636979351e5b": "PersistenceThroughWmi",
	"d1e49aac-8f56-4280-b9ba-993a6d77406c": "PsexecWmiChildProcess",
	"b2b3f03d-6a65-4f7b-a9c7-1c7ef74a9ba4": "UntrustedUsbProcess",
	"92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b": "OfficeMacroWin32ApiCalls",
	"c1db55ab-c21a-4637-bb3f-a12568109d35": "Ransomware",
}

var _ = declare(&fn.Func{Name: "asr_action", Min: 2, Max: 2, Doc: "The action type of an attack surface reduction rule's event: Asr, the rule, Blocked (1121) or Audited (1122).",
	Row: func(a []event.Value) event.Value {
		name := asrRules[strings.ToLower(strings.Trim(textOf(a[0]), "{}"))]
		if name == "" {
			name = "UnknownRule"
		}
		if i, _ := integer(a[1]); i == 1122 {
			return event.StringOf("Asr" + name + "Audited")
		}
		return event.StringOf("Asr" + name + "Blocked")
	}})

// eventTitles holds what events are called, by log and id; the mapping files fill it.
var eventTitles = map[string]map[string]string{}

var _ = declare(
	&fn.Func{Name: "title", Min: 2, Max: 2, Doc: "What an event of a log is called.", Row: func(a []event.Value) event.Value {
		if t := eventTitles[textOf(a[0])][textOf(a[1])]; t != "" {
			return event.StringOf(t)
		}
		return event.NullValue
	}},
	&fn.Func{Name: "security_activity", Min: 1, Max: 1, Doc: "The Activity of SecurityEvent: the event's number and title.",
		See: "https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityevent",
		Row: func(a []event.Value) event.Value {
			id := textOf(a[0])
			if t := eventTitles["security"][id]; t != "" {
				return event.StringOf(id + " - " + t + ".")
			}
			return event.StringOf(id)
		}},
)

var _ = declare(&fn.Func{Name: "registry_hive", Min: 1, Max: 1, Doc: "The root key of a registry path, written in full, with the key below it.", Row: perText(func(s string) string {
	s = longHive(s)
	root, rest, ok := strings.Cut(s, `\`)
	if !ok {
		return s
	}
	sub, _, _ := strings.Cut(rest, `\`)
	return root + `\` + sub
})})
