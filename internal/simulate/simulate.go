// Package simulate makes telemetry: a small Windows domain at its daily work, and an intruder who moves through it. The same
// seed gives the same bytes. It serves the demo, tests and benchmarks.
package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// An Event is one Windows event before it is written in some format.
type Event struct {
	Time     time.Time
	Host     string
	Provider string
	Channel  string
	ID       int
	Record   uint64
	UserID   string // SID, or empty
	Fields   []Field
}

// Field is one named value of an event's data.
type Field struct{ Name, Value string }

// Options shape a simulation.
type Options struct {
	Seed  uint64
	Start time.Time
	// Length is how long the simulated day lasts; Events about how many background events it holds.
	Length time.Duration
	Events int
	// Intrusion adds the intruder.
	Intrusion bool
}

const (
	sysmon   = "Microsoft-Windows-Sysmon"
	security = "Microsoft-Windows-Security-Auditing"
	services = "Service Control Manager"
)

var channels = map[string]string{sysmon: "Microsoft-Windows-Sysmon/Operational", security: "Security", services: "System"}

// Run returns the events of a simulation in order of time.
func Run(o Options) []Event {
	w := &world{rng: rand.New(rand.NewPCG(o.Seed, 0x48617272696572)), start: o.Start, domain: "CONTOSO"}
	for i, name := range []string{"WS01", "WS02", "WS03", "SRV02", "FS03"} {
		h := &host{name: name + ".contoso.example", short: name, ip: fmt.Sprintf("10.0.8.%d", 11+i), pid: 1200, machine: uint32(0x5a3c9000 + i)}
		h.user = []string{"amira", "bent", "chidi", "svc_web", "svc_files"}[i]
		w.hosts = append(w.hosts, h)
		h.explorer = w.processAt(h, o.Start.Add(-time.Hour), `C:\Windows\explorer.exe`, `C:\Windows\Explorer.EXE`, nil)
		h.services = w.processAt(h, o.Start.Add(-2*time.Hour), `C:\Windows\System32\services.exe`, `C:\Windows\system32\services.exe`, nil)
	}
	w.events = w.events[:0] // what ran before the day began is not in the logs
	for i := range o.Events {
		at := o.Start.Add(time.Duration(i) * o.Length / time.Duration(max(o.Events, 1)))
		w.background(w.hosts[w.rng.IntN(len(w.hosts))], at.Add(time.Duration(w.rng.IntN(1000))*time.Millisecond))
	}
	if o.Intrusion {
		w.intrude(o.Start.Add(o.Length / 2))
	}
	slices.SortStableFunc(w.events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	records := map[string]uint64{}
	for i := range w.events {
		e := &w.events[i]
		records[e.Host+e.Channel]++
		e.Record = records[e.Host+e.Channel]
	}
	return w.events
}

type world struct {
	rng    *rand.Rand
	start  time.Time
	domain string
	hosts  []*host
	events []Event
}

type host struct {
	name, short, ip, user string
	pid                   int
	machine               uint32
	explorer, services    *process
}

type process struct {
	pid           int
	guid          string
	image, cmd    string
	user, logonID string
	parent        *process
}

func (w *world) emit(h *host, at time.Time, provider string, id int, pairs ...string) {
	e := Event{Time: at, Host: h.name, Provider: provider, Channel: channels[provider], ID: id}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Fields = append(e.Fields, Field{pairs[i], pairs[i+1]})
	}
	w.events = append(w.events, e)
}

func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000") }

func hashes(image string) string {
	h := uint64(14695981039346656037)
	for _, c := range []byte(strings.ToLower(image)) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return fmt.Sprintf("SHA256=%016X%016X%016X%016X", h, h*3, h*5, h*7)
}

func base(path string) string { return path[strings.LastIndexByte(path, '\\')+1:] }

// processAt starts a process: Sysmon 1 and Security 4688 tell of it, as on a host that has both.
func (w *world) processAt(h *host, at time.Time, image, cmd string, parent *process) *process {
	h.pid += 4 * (1 + w.rng.IntN(40))
	p := &process{pid: h.pid, image: image, cmd: cmd, parent: parent, user: w.domain + `\` + h.user, logonID: "0x3e7a1"}
	// A Sysmon GUID holds the machine, the second in which the process began, and a counter.
	p.guid = fmt.Sprintf("{%08X-%04X-%04X-%04X-%012X}", h.machine, uint16(at.Unix()), uint16(at.Unix()>>16), uint16(p.pid), p.pid)
	up := parent
	if up == nil {
		up = &process{pid: 4, guid: "{00000000-0000-0000-0000-000000000000}", image: "System", cmd: ""}
	}
	w.emit(h, at, sysmon, 1, "RuleName", "-", "UtcTime", utc(at), "ProcessGuid", p.guid, "ProcessId", fmt.Sprint(p.pid), "Image", image,
		"FileVersion", "10.0.19041.1", "Description", base(image), "Product", "Microsoft Windows", "Company", "Microsoft Corporation",
		"OriginalFileName", base(image), "CommandLine", cmd, "CurrentDirectory", `C:\Windows\system32\`, "User", p.user, "LogonGuid", p.guid,
		"LogonId", p.logonID, "TerminalSessionId", "1", "IntegrityLevel", "Medium", "Hashes", hashes(image), "ParentProcessGuid", up.guid,
		"ParentProcessId", fmt.Sprint(up.pid), "ParentImage", up.image, "ParentCommandLine", up.cmd, "ParentUser", p.user)
	w.emit(h, at.Add(2*time.Millisecond), security, 4688, "SubjectUserSid", "S-1-5-21-1004336348-1177238915-682003330-1104", "SubjectUserName", h.user,
		"SubjectDomainName", w.domain, "SubjectLogonId", p.logonID, "NewProcessId", fmt.Sprintf("0x%x", p.pid), "NewProcessName", image,
		"TokenElevationType", "%%1936", "ProcessId", fmt.Sprintf("0x%x", up.pid), "CommandLine", cmd, "TargetUserSid", "S-1-0-0", "TargetUserName", "-",
		"TargetDomainName", "-", "TargetLogonId", "0x0", "ParentProcessName", up.image, "MandatoryLabel", "S-1-16-8192")
	return p
}

func (w *world) connect(h *host, at time.Time, p *process, initiated bool, srcIP string, srcPort int, dstIP string, dstPort int) {
	w.emit(h, at, sysmon, 3, "RuleName", "-", "UtcTime", utc(at), "ProcessGuid", p.guid, "ProcessId", fmt.Sprint(p.pid), "Image", p.image, "User", p.user,
		"Protocol", "tcp", "Initiated", fmt.Sprint(initiated), "SourceIsIpv6", "false", "SourceIp", srcIP, "SourceHostname", "", "SourcePort", fmt.Sprint(srcPort),
		"SourcePortName", "", "DestinationIsIpv6", "false", "DestinationIp", dstIP, "DestinationHostname", "", "DestinationPort", fmt.Sprint(dstPort), "DestinationPortName", "")
}

func (w *world) serviceInstalled(h *host, at time.Time, name, path string) {
	w.emit(h, at, services, 7045, "ServiceName", name, "ImagePath", path, "ServiceType", "user mode service", "StartType", "demand start", "AccountName", "LocalSystem")
}

func (w *world) logon(h *host, at time.Time, user, ip string, kind int) {
	w.emit(h, at, security, 4624, "SubjectUserSid", "S-1-0-0", "SubjectUserName", "-", "SubjectDomainName", "-", "SubjectLogonId", "0x0",
		"TargetUserSid", "S-1-5-21-1004336348-1177238915-682003330-1104", "TargetUserName", user, "TargetDomainName", w.domain, "TargetLogonId", fmt.Sprintf("0x%x", w.rng.IntN(1<<24)),
		"LogonType", fmt.Sprint(kind), "LogonProcessName", "NtLmSsp ", "AuthenticationPackageName", "NTLM", "WorkstationName", "", "LogonGuid", "{00000000-0000-0000-0000-000000000000}",
		"TransmittedServices", "-", "LmPackageName", "NTLM V2", "KeyLength", "128", "ProcessId", "0x0", "ProcessName", "-", "IpAddress", ip, "IpPort", fmt.Sprint(49152+w.rng.IntN(16000)))
}
