package harden

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind says what a field of an event holds, and so how somebody who wants to go unseen could have written it.
type kind uint8

const (
	none kind = iota
	commandLine
	program       // path or name of the program that ran
	parentProgram // of its parent, which is not always the attacker's to rename
	filePath
	registryKey
	script
	pipe
)

// kinds are the names of fields that sources give these kinds, in small letters and without blanks and underscores; of a
// dotted name the last part counts.
var kinds = map[string]kind{
	"commandline": commandLine, "parentcommandline": commandLine, "processcommandline": commandLine, "parentprocesscommandline": commandLine,
	"initiatingprocesscommandline": commandLine, "initiatingprocessparentcommandline": commandLine, "cmdline": commandLine, "parentcmdline": commandLine,
	"grandparentcommandline": commandLine, "imagepath": commandLine, "servicefilename": commandLine, "hostapplication": commandLine, "taskcontent": commandLine,
	"image": program, "newprocessname": program, "processname": program, "sourceimage": program, "imagefilename": program, "executable": program,
	"applicationname": program, "application": program, "newprocess": program,
	"parentimage": parentProgram, "parentprocessname": parentProgram, "parentbasefilename": parentProgram, "initiatingprocessfilename": parentProgram,
	"initiatingprocessfolderpath": parentProgram, "targetimage": filePath,
	"imageloaded": filePath, "targetfilename": filePath, "folderpath": filePath, "relativetargetname": filePath, "targetfilepath": filePath,
	"targetobject": registryKey, "objectname": registryKey, "registrykey": registryKey, "regobjectname": registryKey,
	"scriptblocktext": script, "payload": script, "pipename": pipe,
}

var plainName = strings.NewReplacer("_", "", " ", "", "-", "")

func kindOf(field string) kind {
	if i := strings.LastIndexByte(field, '.'); i >= 0 {
		field = field[i+1:]
	}
	return kinds[plainName.Replace(strings.ToLower(field))]
}

// A mutator writes values as somebody could who wants to go unseen and still have the same effect.
type mutator struct {
	name string
	doc  string
	of   map[kind]func(string) string
}

func each(f func(string) string, ks ...kind) map[kind]func(string) string {
	m := map[kind]func(string) string{}
	for _, k := range ks {
		m[k] = f
	}
	return m
}

var everyKind = []kind{commandLine, program, parentProgram, filePath, registryKey, script, pipe}

// mutators are tried one by one, each on the events as they were. What they are after is collected in
// https://www.wietzebeukema.nl/blog/windows-command-line-obfuscation and https://attack.mitre.org/techniques/T1027/010/.
var mutators = []mutator{
	{"lower-case", "all letters small", each(strings.ToLower, everyKind...)},
	{"upper-case", "all letters capitals", each(strings.ToUpper, everyKind...)},
	{"mixed-case", "small letters and capitals in turn", each(mixedCase, everyKind...)},
	{"double-blanks", "two blanks for each", each(func(s string) string { return blanks(s, "  ") }, commandLine, script)},
	{"tabs", "a tab for each blank", each(func(s string) string { return blanks(s, "\t") }, commandLine, script)},
	{"trailing-blank", "a blank at the end", each(func(s string) string { return s + " " }, commandLine)},
	{"quoted-program", "the program in quotes, or without them", each(requote, commandLine)},
	{"quotes-in-words", "empty quotes within arguments, which programs do not see", each(quotesInWords, commandLine)},
	{"carets", "carets within what cmd.exe is given, which it takes out", each(carets, commandLine)},
	{"argument-order", "switches in another order", each(reorder, commandLine)},
	{"dash-for-slash", "-switch for /switch", each(func(s string) string { return switches(s, '/', "-") }, commandLine)},
	{"slash-for-dash", "/switch for -switch", each(func(s string) string { return switches(s, '-', "/") }, commandLine)},
	{"typographic-dash", "an en dash for a dash, which PowerShell and other programs take for one", each(func(s string) string { return switches(s, '-', "–") }, commandLine)},
	{"short-parameters", "PowerShell's parameters as short as it takes them", each(func(s string) string { return parameters(s, true) }, commandLine)},
	{"long-parameters", "PowerShell's parameters spelt out", each(func(s string) string { return parameters(s, false) }, commandLine)},
	{"program-without-extension", "the program without .exe", each(func(s string) string { return onProgram(s, dropExtension) }, commandLine)},
	{"program-without-folder", "the program by its name alone", each(func(s string) string { return onProgram(s, base) }, commandLine)},
	{"forward-slashes", "paths with forward slashes", each(forwardSlashes, commandLine)},
	{"dot-folder", `paths through the folder itself: C:\Windows\.\System32`, each(dotFolder, commandLine)},
	{"up-and-down", `paths down into a folder and up again: C:\Windows\Temp\..\System32`, each(upAndDown, commandLine)},
	{"device-path", `paths of devices: \\?\C:\`, each(func(s string) string { return drives(s, `\\?\`, `:\`) }, commandLine)},
	{"loopback-share", `paths over the machine's own share: \\127.0.0.1\C$\`, each(func(s string) string { return drives(s, `\\127.0.0.1\`, `$\`) }, commandLine)},
	{"environment-variables", "well-known folders by their variables", each(variables, commandLine)},
	{"renamed-program", "a copy of the program under another name", map[kind]func(string) string{
		commandLine: func(s string) string { return onProgram(s, rename) }, program: rename}},
	{"registry-roots", "the roots of the registry by their other names", each(registryRoots, commandLine, registryKey, script)},
	{"backticks", "backticks within PowerShell's words, which it does not see", each(backticks, script)},
	{"aliases", "PowerShell's short names of commands", each(aliases, script, commandLine)},
}

func mixedCase(s string) string {
	up := false
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return r
		}
		if up = !up; up {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}

// word is one argument of a command line with the blanks in front of it. Quotes are part of it.
type word struct{ space, text string }

func split(s string) []word {
	var out []word
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		w := word{space: s[start:i]}
		start = i
		quoted := false
		for ; i < len(s) && (quoted || s[i] != ' ' && s[i] != '\t'); i++ {
			quoted = quoted != (s[i] == '"')
		}
		w.text = s[start:i]
		out = append(out, w)
	}
	return out
}

func join(ws []word) string {
	var b strings.Builder
	for _, w := range ws {
		b.WriteString(w.space)
		b.WriteString(w.text)
	}
	return b.String()
}

// onWords changes the words behind the program.
func onWords(s string, f func(string) string) string {
	ws := split(s)
	for i := range ws {
		if i > 0 {
			ws[i].text = f(ws[i].text)
		}
	}
	return join(ws)
}

// onProgram changes the program, inside its quotes.
func onProgram(s string, f func(string) string) string {
	ws := split(s)
	if len(ws) == 0 {
		return s
	}
	t := ws[0].text
	if bare := strings.Trim(t, `"`); bare != "" {
		ws[0].text = strings.Replace(t, bare, f(bare), 1)
	}
	return join(ws)
}

func blanks(s, to string) string {
	ws := split(s)
	for i := range ws {
		if i > 0 && ws[i].space != "" {
			ws[i].space = to
		}
	}
	return join(ws)
}

func requote(s string) string {
	ws := split(s)
	switch {
	case len(ws) == 0:
	case strings.HasPrefix(ws[0].text, `"`):
		if bare := strings.Trim(ws[0].text, `"`); !strings.Contains(bare, " ") {
			ws[0].text = bare
		}
	default:
		ws[0].text = `"` + ws[0].text + `"`
	}
	return join(ws)
}

var letters = regexp.MustCompile(`[A-Za-z]{4,}`)

// inWords puts a mark into the middle of every longer word of letters.
func inWords(s, mark string) string {
	return letters.ReplaceAllStringFunc(s, func(w string) string { return w[:len(w)/2] + mark + w[len(w)/2:] })
}

func quotesInWords(s string) string {
	return onWords(s, func(w string) string {
		if strings.Contains(w, `"`) {
			return w
		}
		return inWords(w, `""`)
	})
}

var commandSwitch = regexp.MustCompile(`(?i)\bcmd(?:\.exe)?"?\s+(?:/[a-z](?::\S*)?\s+)*?/[ckr]\s`)

func carets(s string) string {
	at := commandSwitch.FindStringIndex(s)
	if at == nil {
		return s
	}
	// Between quotes cmd.exe leaves carets where they are.
	parts := strings.Split(s[at[1]:], `"`)
	for i := 0; i < len(parts); i += 2 {
		parts[i] = inWords(parts[i], "^")
	}
	return s[:at[1]] + strings.Join(parts, `"`)
}

func isSwitch(w string) bool {
	return len(w) > 1 && (w[0] == '-' || w[0] == '/' && strings.Count(w, "/") == 1) && !strings.ContainsAny(w[1:], `\`)
}

// reorder turns the order of the switches round, each with the words behind it. What cmd.exe is given has an order of its own.
func reorder(s string) string {
	ws := split(s)
	if len(ws) == 0 || strings.EqualFold(dropExtension(base(strings.Trim(ws[0].text, `"`))), "cmd") {
		return s
	}
	first := slices.IndexFunc(ws, func(w word) bool { return isSwitch(w.text) })
	if first < 0 {
		return s
	}
	var groups [][]word
	for _, w := range ws[first:] {
		if isSwitch(w.text) || len(groups) == 0 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], w)
	}
	slices.Reverse(groups)
	return join(append(slices.Clone(ws[:first]), slices.Concat(groups...)...))
}

func switches(s string, from byte, to string) string {
	return onWords(s, func(w string) string {
		if len(w) > 1 && w[0] == from && isSwitch(w) && w[1] != from {
			return to + w[1:]
		}
		return w
	})
}

// powershell are the parameters of powershell.exe, each with the shortest form that it takes:
// https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_powershell_exe
var powershell = []struct{ long, short string }{
	{"encodedcommand", "e"}, {"executionpolicy", "ex"}, {"noprofile", "nop"}, {"noninteractive", "noni"}, {"nologo", "nol"}, {"noexit", "noe"}, {"windowstyle", "w"},
	{"command", "c"}, {"file", "f"}, {"version", "v"}, {"inputformat", "inp"}, {"outputformat", "o"}, {"psconsolefile", "p"},
}

// other spellings of parameters that are no beginnings of their names.
var parameterAliases = map[string]string{"ec": "encodedcommand", "ep": "executionpolicy"}

var powershellProgram = regexp.MustCompile(`(?i)\b(?:powershell|pwsh)(?:\.exe)?\b`)

func parameters(s string, short bool) string {
	if !powershellProgram.MatchString(s) {
		return s
	}
	return onWords(s, func(w string) string {
		if len(w) < 2 || w[0] != '-' && w[0] != '/' {
			return w
		}
		name := strings.ToLower(w[1:])
		for _, p := range powershell {
			if parameterAliases[name] == p.long || strings.HasPrefix(p.long, name) && strings.HasPrefix(name, p.short) {
				if short {
					return w[:1] + p.short
				}
				return w[:1] + p.long
			}
		}
		return w
	})
}

func base(s string) string { return s[strings.LastIndexAny(s, `\/`)+1:] }

func dropExtension(s string) string {
	if n := len(s) - len(".exe"); n > 0 && strings.EqualFold(s[n:], ".exe") {
		return s[:n]
	}
	return s
}

// newName is what a renamed program is called. No program of Windows has the name.
const newName = "updtsvc"

func rename(s string) string {
	b := base(s)
	ext := ""
	if len(dropExtension(b)) < len(b) {
		ext = b[len(dropExtension(b)):]
	}
	return s[:len(s)-len(b)] + newName + ext
}

var localPath = regexp.MustCompile(`(?i)\b[a-z]:\\[^\s"'<>|]*`)

func forwardSlashes(s string) string {
	return localPath.ReplaceAllStringFunc(s, func(p string) string { return strings.ReplaceAll(p, `\`, "/") })
}

// beforeLast puts a detour in front of the last folder or file of each path.
func beforeLast(s, detour string) string {
	return localPath.ReplaceAllStringFunc(s, func(p string) string {
		i := strings.LastIndexByte(p, '\\')
		return p[:i+1] + detour + p[i+1:]
	})
}

func dotFolder(s string) string { return beforeLast(s, `.\`) }
func upAndDown(s string) string { return beforeLast(s, `Temp\..\`) }

func drives(s, before, after string) string {
	return localPath.ReplaceAllStringFunc(s, func(p string) string { return before + p[:1] + after + p[3:] })
}

// folders are variables for what paths begin with, longest first.
var folders = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(?i)\bc:\\windows\\system32\\cmd\.exe\b`), "%COMSPEC%"},
	{regexp.MustCompile(`(?i)\bc:\\program files \(x86\)`), "%ProgramFiles(x86)%"},
	{regexp.MustCompile(`(?i)\bc:\\program files\b`), "%ProgramFiles%"},
	{regexp.MustCompile(`(?i)\bc:\\programdata\b`), "%ProgramData%"},
	{regexp.MustCompile(`(?i)\bc:\\users\\public\b`), "%PUBLIC%"},
	{regexp.MustCompile(`(?i)\bc:\\users\\[^\\\s"]+\\appdata\\local\\temp\b`), "%TEMP%"},
	{regexp.MustCompile(`(?i)\bc:\\users\\[^\\\s"]+\\appdata\\roaming\b`), "%APPDATA%"},
	{regexp.MustCompile(`(?i)\bc:\\users\\[^\\\s"]+`), "%USERPROFILE%"},
	{regexp.MustCompile(`(?i)\bc:\\windows\b`), "%SystemRoot%"},
}

func variables(s string) string {
	for _, f := range folders {
		s = f.re.ReplaceAllLiteralString(s, f.to)
	}
	return s
}

var roots = []struct{ long, short string }{
	{"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_CLASSES_ROOT", "HKCR"}, {"HKEY_USERS", "HKU"},
}

var registryRoot = regexp.MustCompile(`(?i)\b(?:HKEY_LOCAL_MACHINE|HKEY_CURRENT_USER|HKEY_CLASSES_ROOT|HKEY_USERS|HKLM|HKCU|HKCR|HKU)\b`)

func registryRoots(s string) string {
	return registryRoot.ReplaceAllStringFunc(s, func(r string) string {
		for _, x := range roots {
			switch {
			case strings.EqualFold(r, x.long):
				return x.short
			case strings.EqualFold(r, x.short):
				return x.long
			}
		}
		return r
	})
}

// A backtick before one of these letters is an escape of PowerShell.
const tickEscapes = "0abefnrtuv"

func backticks(s string) string {
	return letters.ReplaceAllStringFunc(s, func(w string) string {
		for i := len(w) / 2; i < len(w); i++ {
			if r, _ := utf8.DecodeRuneInString(w[i:]); !strings.ContainsRune(tickEscapes, r) {
				return w[:i] + "`" + w[i:]
			}
		}
		return w
	})
}

// shortNames are built-in aliases: https://learn.microsoft.com/powershell/scripting/learn/shell/using-aliases
var shortNames = map[string]string{
	"invoke-expression": "iex", "invoke-webrequest": "iwr", "invoke-command": "icm", "invoke-item": "ii", "invoke-restmethod": "irm", "invoke-wmimethod": "iwmi",
	"get-childitem": "gci", "get-content": "gc", "get-item": "gi", "get-itemproperty": "gp", "set-itemproperty": "sp", "get-process": "gps", "stop-process": "spps",
	"start-process": "saps", "get-service": "gsv", "start-service": "sasv", "get-wmiobject": "gwmi", "new-item": "ni", "remove-item": "ri", "copy-item": "cpi",
	"foreach-object": "%", "where-object": "?", "set-content": "sc", "add-content": "ac", "import-module": "ipmo", "start-job": "sajb", "new-pssession": "nsn",
	"enter-pssession": "etsn", "get-command": "gcm", "get-member": "gm", "set-alias": "sal", "write-output": "echo", "select-string": "sls", "get-location": "gl",
}

var cmdlet = regexp.MustCompile(`(?i)\b[a-z]+-[a-z]+\b`)

func aliases(s string) string {
	return cmdlet.ReplaceAllStringFunc(s, func(w string) string {
		if short, ok := shortNames[strings.ToLower(w)]; ok {
			return short
		}
		return w
	})
}
