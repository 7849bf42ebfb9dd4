package simulate

import (
	"fmt"
	"time"
)

// daily are the programs that people and services of the domain start, with their command lines; %d becomes a number that
// varies, as document names and identifiers do.
var daily = []struct{ image, cmd string }{
	{`C:\Windows\System32\svchost.exe`, `C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule`},
	{`C:\Windows\System32\svchost.exe`, `C:\Windows\System32\svchost.exe -k LocalSystemNetworkRestricted -p`},
	{`C:\Windows\System32\taskhostw.exe`, `taskhostw.exe`},
	{`C:\Windows\System32\conhost.exe`, `\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`},
	{`C:\Windows\System32\RuntimeBroker.exe`, `C:\Windows\System32\RuntimeBroker.exe -Embedding`},
	{`C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE`, `"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE" /recycle`},
	{`C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE`, `"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "C:\Users\shared\plan-%d.docx"`},
	{`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, `"msedge.exe" --type=renderer --renderer-client-id=%d --lang=en-GB`},
	{`C:\Windows\System32\cmd.exe`, `C:\Windows\system32\cmd.exe /c ""C:\Tools\backup\nightly.bat" %d"`},
	{`C:\Windows\System32\robocopy.exe`, `robocopy C:\Data\%d \\FS03\backup /MIR /R:1`},
	{`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell.exe -NoProfile -File C:\Tools\inventory.ps1 -Run %d`},
	{`C:\Windows\System32\wbem\WMIC.exe`, `wmic logicaldisk get size,freespace,caption`},
	{`C:\Windows\System32\gpupdate.exe`, `gpupdate /target:computer`},
}

func (w *world) background(h *host, at time.Time) {
	switch n := w.rng.IntN(20); {
	case n < 11:
		d := daily[w.rng.IntN(len(daily))]
		cmd := d.cmd
		if i := w.rng.IntN(4000); containsVerb(cmd) {
			cmd = fmt.Sprintf(cmd, i)
		}
		parent := h.explorer
		if n < 5 {
			parent = h.services
		}
		w.processAt(h, at, d.image, cmd, parent)
	case n < 16:
		p := &process{pid: 2044, guid: h.services.guid, image: `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, user: w.domain + `\` + h.user}
		w.connect(h, at, p, true, h.ip, 49152+w.rng.IntN(16000), fmt.Sprintf("203.0.113.%d", w.rng.IntN(200)), 443)
	case n < 19:
		w.logon(h, at, w.hosts[w.rng.IntN(3)].user, w.hosts[w.rng.IntN(3)].ip, 3)
	default:
		w.serviceInstalled(h, at, "EdgeUpdate", `"C:\Program Files (x86)\Microsoft\EdgeUpdate\MicrosoftEdgeUpdate.exe" /svc`)
	}
}

func containsVerb(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' && s[i+1] == 'd' {
			return true
		}
	}
	return false
}

// intrude plays one intruder, who has a foothold on WS01 and a stolen password: remote service (smbexec) to SRV02, DCOM
// through the shell's windows (dcomexec) to WS02, wmic to FS03, PsExec to WS03.
func (w *world) intrude(at time.Time) {
	foot, ws02, ws03, srv, fs := w.hosts[0], w.hosts[1], w.hosts[2], w.hosts[3], w.hosts[4]

	w.logon(srv, at, "helpdesk", foot.ip, 3)
	line := `%COMSPEC% /Q /c echo cd  ^> \\127.0.0.1\C$\__output 2^>^&1 > C:\Windows\qGfTzKwe.bat & %COMSPEC% /Q /c C:\Windows\qGfTzKwe.bat & del C:\Windows\qGfTzKwe.bat`
	w.serviceInstalled(srv, at.Add(300*time.Millisecond), "zvLpRtBn", line)
	shell := `C:\Windows\System32\cmd.exe`
	w.processAt(srv, at.Add(340*time.Millisecond), shell, `C:\Windows\system32\cmd.exe /Q /c echo cd  ^> \\127.0.0.1\C$\__output 2^>^&1 > C:\Windows\qGfTzKwe.bat & C:\Windows\system32\cmd.exe /Q /c C:\Windows\qGfTzKwe.bat & del C:\Windows\qGfTzKwe.bat`, srv.services)

	at = at.Add(4 * time.Minute)
	w.logon(ws02, at, "helpdesk", foot.ip, 3)
	w.connect(ws02, at.Add(800*time.Millisecond), ws02.explorer, false, foot.ip, 50214, ws02.ip, 49721)
	cmd := w.processAt(ws02, at.Add(1200*time.Millisecond), shell, `"C:\Windows\System32\cmd.exe" /Q /c cd \ 1> \\127.0.0.1\ADMIN$\__17 2>&1`, ws02.explorer)
	w.processAt(ws02, at.Add(2100*time.Millisecond), `C:\Windows\System32\whoami.exe`, `whoami  /all`, cmd)

	at = at.Add(3 * time.Minute)
	ps := w.processAt(foot, at, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell.exe -nop -w hidden`, foot.explorer)
	w.processAt(foot, at.Add(5*time.Second), `C:\Windows\System32\wbem\WMIC.exe`, `"C:\Windows\System32\Wbem\WMIC.exe" /node:FS03 process call create "cmd.exe /c net user backup0p Winter26! /add"`, ps)
	wmi := &process{pid: 3120, guid: fs.services.guid, image: `C:\Windows\System32\wbem\WmiPrvSE.exe`, cmd: `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`}
	w.processAt(fs, at.Add(6*time.Second), shell, `cmd.exe /c net user backup0p Winter26! /add`, wmi)

	at = at.Add(2 * time.Minute)
	w.processAt(foot, at, `C:\Users\amira\Downloads\PsExec64.exe`, `PsExec64.exe  \\WS03 -accepteula -s cmd.exe`, ps)
	w.logon(ws03, at.Add(time.Second), "helpdesk", foot.ip, 3)
	w.serviceInstalled(ws03, at.Add(1500*time.Millisecond), "PSEXESVC", `%SystemRoot%\PSEXESVC.exe`)
	svc := w.processAt(ws03, at.Add(1700*time.Millisecond), `C:\Windows\PSEXESVC.exe`, `C:\Windows\PSEXESVC.exe`, ws03.services)
	w.processAt(ws03, at.Add(1900*time.Millisecond), shell, `"cmd.exe"`, svc)
}
