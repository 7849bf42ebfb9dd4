package harden

import "testing"

func TestMutators(t *testing.T) {
	by := map[string]mutator{}
	for _, m := range mutators {
		if by[m.name].name != "" {
			t.Errorf("two mutators are called %s", m.name)
		}
		by[m.name] = m
	}
	f := func(name string, k kind, in, want string) {
		t.Helper()
		got := in
		if g := by[name].of[k]; g != nil {
			got = g(in)
		}
		if got != want {
			t.Errorf("%s(%q) = %q, want %q", name, in, got, want)
		}
	}
	f("mixed-case", commandLine, "net user", "NeT uSeR")
	f("double-blanks", commandLine, `wmic /node:"a b" process`, `wmic  /node:"a b"  process`)
	f("quoted-program", commandLine, `cmd.exe /c dir`, `"cmd.exe" /c dir`)
	f("quoted-program", commandLine, `"cmd.exe" /c dir`, `cmd.exe /c dir`)
	f("quoted-program", commandLine, `"C:\Program Files\x.exe" a`, `"C:\Program Files\x.exe" a`)
	f("quotes-in-words", commandLine, `wmic process call`, `wmic pro""cess ca""ll`)
	f("carets", commandLine, `C:\Windows\cmd.exe /Q /c whoami "left alone"`, `C:\Windows\cmd.exe /Q /c who^ami "left alone"`)
	f("carets", commandLine, `net user`, `net user`)
	f("argument-order", commandLine, `x.exe in -a 1 -b 2`, `x.exe in -b 2 -a 1`)
	f("argument-order", commandLine, `cmd /c x -a -b`, `cmd /c x -a -b`)
	f("dash-for-slash", commandLine, `wmic /node:h process`, `wmic -node:h process`)
	f("dash-for-slash", commandLine, `curl /etc/passwd`, `curl /etc/passwd`)
	f("slash-for-dash", commandLine, `x -enc y --long`, `x /enc y --long`)
	f("short-parameters", commandLine, `powershell.exe -NoProfile -EncodedCommand QQ== -NonI`, `powershell.exe -nop -e QQ== -noni`)
	f("long-parameters", commandLine, `powershell -nop -ep bypass -enc QQ==`, `powershell -noprofile -executionpolicy bypass -encodedcommand QQ==`)
	f("long-parameters", commandLine, `certutil -f x`, `certutil -f x`)
	f("program-without-extension", commandLine, `"C:\W\cmd.EXE" /c`, `"C:\W\cmd" /c`)
	f("program-without-folder", commandLine, `"C:\W\cmd.exe" /c`, `"cmd.exe" /c`)
	f("forward-slashes", commandLine, `x C:\a\b \\srv\c`, `x C:/a/b \\srv\c`)
	f("dot-folder", commandLine, `C:\Windows\cmd.exe`, `C:\Windows\.\cmd.exe`)
	f("up-and-down", commandLine, `C:\Windows\cmd.exe`, `C:\Windows\Temp\..\cmd.exe`)
	f("device-path", commandLine, `type C:\a`, `type \\?\C:\a`)
	f("loopback-share", commandLine, `type C:\a`, `type \\127.0.0.1\C$\a`)
	f("environment-variables", commandLine, `C:\Windows\System32\cmd.exe /c C:\Windows\x.bat`, `%COMSPEC% /c %SystemRoot%\x.bat`)
	f("environment-variables", commandLine, `C:\Users\bob\AppData\Local\Temp\a.exe`, `%TEMP%\a.exe`)
	f("renamed-program", program, `C:\W\wmic.exe`, `C:\W\updtsvc.exe`)
	f("renamed-program", commandLine, `wmic process`, `updtsvc process`)
	f("renamed-program", parentProgram, `C:\W\wmic.exe`, `C:\W\wmic.exe`)
	f("registry-roots", registryKey, `HKLM\Software`, `HKEY_LOCAL_MACHINE\Software`)
	f("backticks", script, "Invoke-Mimikatz", "Inv`oke-Mimi`katz")
	f("aliases", script, "Invoke-Expression $x", "iex $x")
	f("aliases", script, "Some-Thing", "Some-Thing")
}

func TestKinds(t *testing.T) {
	f := func(field string, want kind) {
		t.Helper()
		if got := kindOf(field); got != want {
			t.Errorf("%s is of kind %d, want %d", field, got, want)
		}
	}
	f("CommandLine", commandLine)
	f("winlog.event_data.ParentCommandLine", commandLine)
	f("Process_Command_Line", commandLine)
	f("process.executable", program)
	f("UtcTime", none)
}

func FuzzMutators(f *testing.F) {
	f.Add(`"C:\Windows\System32\cmd.exe" /Q /c powershell -enc QQ== "a b`)
	f.Fuzz(func(t *testing.T, s string) {
		if got := join(split(s)); got != s {
			t.Errorf("split(%q) loses text: %q", s, got)
		}
		for _, m := range mutators {
			for _, g := range m.of {
				g(s)
			}
		}
	})
}
