package check

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

var conditionLints = []*Lint{
	{ID: "LNT5001", Title: "a condition can never hold", Severity: text.Warning, Language: rule.SPL,
		Doc: "A test that no value satisfies, or two tests of one field that no value satisfies together. The rule, or the alternative that the condition stands in, finds nothing. " +
			"Fields that may have several values in one event are left out, since each test may hold for another of them.",
		Bad: `EventCode=1 EventCode=11 | stats count by dest`, Good: `EventCode=1 OR EventCode=11 | stats count by dest`,
		each: neverTrue},
	{ID: "LNT5002", Title: "a condition always holds", Severity: text.Warning, Language: rule.SPL,
		Doc: "Alternatives that leave nothing out, such as NOT a OR NOT b for two values of one field, and a count that is compared with less than the smallest group has. " +
			"Mostly AND was meant, or another threshold.",
		Bad: `EventCode=1 | where user!="system" OR user!="root" | stats count by dest`, Good: `EventCode=1 | where user!="system" AND user!="root" | stats count by dest`,
		each: alwaysTrue},
	{ID: "LNT5003", Title: "a filter contradicts an earlier one", Severity: text.Warning, Language: rule.SPL,
		Doc: "What an earlier stage lets through can never satisfy this one, so that nothing is left behind it.",
		Bad: `EventCode=4688 | where EventCode=4624 | stats count by dest`, Good: `EventCode=4688 | where Process_Name="a" | stats count by dest`,
		each: contradicting},
	{ID: "LNT5004", Title: "an alternative can never hold", Severity: text.Note, Language: rule.KQL,
		Doc:  "One of several alternatives contradicts what has to hold beside it. The others still find something; this one is dead.",
		Bad:  `DeviceProcessEvents | where FileName =~ "cmd.exe" and (FileName =~ "sh.exe" or ProcessCommandLine has "x")`,
		Good: `DeviceProcessEvents | where FileName =~ "cmd.exe" and (FileName endswith ".exe" or ProcessCommandLine has "x")`,
		each: deadAlternatives},
	{ID: "LNT5005", Title: "a star that is no wildcard", Severity: text.Warning, Language: rule.SPL,
		Doc: "In where and eval, and in all of KQL's operators, * is an ordinary character: the field would have to hold a star. Use like() with %, match(), search, or contains, startswith and endswith.",
		Bad: `EventCode=1 | where Image="*powershell.exe" | stats count by dest`, Good: `EventCode=1 | where like(Image, "%powershell.exe") | stats count by dest`,
		each: plainStars},
	{ID: "LNT5006", Title: "a value stands in its list twice", Severity: text.Note, Language: rule.KQL, Fixable: true,
		Doc: "The second one changes nothing; often another value was meant. --fix takes it out.",
		Bad: `DeviceProcessEvents | where FileName in~ ("cmd.exe", "CMD.exe", "wscript.exe")`, Good: `DeviceProcessEvents | where FileName in~ ("cmd.exe", "wscript.exe")`,
		each: doubledValues},
	{ID: "LNT5010", Title: "letters' case counts where Windows does not care", Severity: text.Note, Language: rule.KQL,
		Doc: "Names of programs, paths, command lines and registry keys come in any letters: Windows takes them alike, and attackers vary them. " +
			"Use =~, in~, has or contains in KQL, lower() or (?i) in SPL.",
		Bad: `DeviceProcessEvents | where FileName == "powershell.exe"`, Good: `DeviceProcessEvents | where FileName =~ "powershell.exe"`,
		each: caseTraps},
}

// tests calls f for every test of a condition.
func (c *cond) tests(f func(*test)) {
	if c == nil {
		return
	}
	if c.op == opTest && c.test != nil {
		f(c.test)
	}
	for _, a := range c.args {
		a.tests(f)
	}
}

// every calls f for a condition and all conditions within it, with the sign that it has.
func (c *cond) walk(not bool, f func(c *cond, not bool)) {
	if c == nil {
		return
	}
	f(c, not)
	for _, a := range c.args {
		a.walk(not != (c.op == opNot), f)
	}
}

// joined reports whether c, with its sign, demands all of its arguments, or any of them.
func joined(c *cond, not bool) (all, some bool) {
	return c.op == opAnd && !not || c.op == opOr && not, c.op == opOr && !not || c.op == opAnd && not
}

func neverTrue(s *subject) {
	for _, flt := range s.filters() {
		flt.cond.tests(func(t *test) {
			if why := t.impossible(); why != "" {
				s.at(t.span, "%s can never hold: %s", t, why)
			}
		})
		flt.cond.walk(false, func(c *cond, not bool) {
			if all, _ := joined(c, not); !all {
				return
			}
			var tests []signed
			var groups []group
			conjuncts(c, not, &tests, &groups)
			if a, b, ok := clash(tests); ok {
				s.at(b.span, "%s and %s can never hold together", a, b)
			}
		})
	}
}

// clash finds two tests that contradict each other.
func clash(tests []signed) (a, b signed, ok bool) {
	for j := range tests {
		for i := range j {
			if contradict(tests[i], tests[j]) {
				return tests[i], tests[j], true
			}
		}
	}
	return a, b, false
}

func alwaysTrue(s *subject) {
	for _, flt := range s.filters() {
		flt.cond.walk(false, func(c *cond, not bool) {
			if c.op == opTest && len(flt.grouped) > 0 && flt.grouped[c.test.field] {
				// Whole numbers from one on satisfy it.
				if lo, hi, ok := c.test.bounds(); ok && !not && lo.at > -endless && hi.at >= endless && (lo.at < 1 || lo.at == 1 && lo.closed) {
					s.at(c.span, "%s always holds: a group has one event at least", c.test)
				}
			}
			if _, some := joined(c, not); !some {
				return
			}
			// By De Morgan, alternatives leave nothing out when their contraries cannot hold together.
			var tests []signed
			var groups []group
			conjuncts(c, !not, &tests, &groups)
			for j := range tests {
				for i := range j {
					a, b := tests[i], tests[j]
					if a.field == b.field && a.kind != analyze.Exists && b.kind != analyze.Exists && contradict(a, b) && !sameTest(a, b) {
						s.at(c.span, "%s or %s holds for every value of %s", signed{a.test, !a.not}, signed{b.test, !b.not}, a.field)
						return
					}
				}
			}
		})
	}
}

// sameTest reports whether a test and its contrary stand side by side, which is a way to ask for a value at all.
func sameTest(a, b signed) bool {
	return a.not != b.not && a.kind == b.kind && slices.Equal(a.values, b.values)
}

func contradicting(s *subject) {
	for _, flt := range s.filters() {
		var tests []signed
		var groups []group
		conjuncts(flt.cond, false, &tests, &groups)
		for _, t := range tests {
			for _, h := range flt.held {
				if contradict(h, t) {
					s.at(t.span, "%s can never hold: an earlier stage demands %s", t, h)
					break
				}
			}
		}
	}
}

func deadAlternatives(s *subject) {
	for _, flt := range s.filters() {
		flt.cond.walk(false, func(c *cond, not bool) {
			if all, _ := joined(c, not); !all {
				return
			}
			var tests []signed
			var groups []group
			conjuncts(c, not, &tests, &groups)
			for _, g := range groups {
				dead := 0
				var say []func()
				for _, alt := range g.args {
					var inner []signed
					var more []group
					conjuncts(alt, g.not, &inner, &more)
					hit := false
					for _, t := range inner {
						for _, h := range tests {
							if !hit && contradict(h, t) {
								hit = true
								say = append(say, func() { s.at(t.span, "%s can never hold beside %s: this alternative is dead", t, h) })
							}
						}
					}
					if hit {
						dead++
					}
				}
				if dead < len(g.args) {
					for _, f := range say {
						f()
					}
				}
			}
		})
	}
}

func plainStars(s *subject) {
	for _, flt := range s.filters() {
		if !flt.eval {
			continue
		}
		flt.cond.tests(func(t *test) {
			switch t.kind {
			case analyze.Eq, analyze.In, analyze.Contains, analyze.StartsWith, analyze.EndsWith, analyze.Has:
			default:
				return
			}
			for _, v := range t.values {
				if core := strings.Trim(v, "*"); core != v && core != "" || strings.Contains(core, "*.") && t.kind != analyze.Contains {
					s.at(t.span, "* in %q is an ordinary character here", v)
					return
				}
			}
		})
	}
}

func doubledValues(s *subject) {
	for _, flt := range s.filters() {
		flt.cond.tests(func(t *test) {
			if len(t.each) != len(t.values) {
				return
			}
			for j, v := range t.values {
				for i := range j {
					if v == t.values[i] || t.fold && strings.EqualFold(v, t.values[i]) {
						d := s.at(t.each[j], "%q stands in the list already", v)
						d.Fix = []text.Edit{{Span: withComma(s.source().Text, t.each[j]), New: ""}}
						return
					}
				}
			}
		})
	}
}

// withComma widens the place of a list's member, not the first one, by the comma in front of it.
func withComma(src string, at text.Span) text.Span {
	i := at.Start
	for i > 0 && strings.ContainsRune(" \t\r\n", rune(src[i-1])) {
		i--
	}
	if i > 0 && src[i-1] == ',' {
		at.Start = i - 1
	}
	return at
}

// varied are fields whose letters Windows does not care about, in lower case and without the data set's name.
var varied = map[string]bool{"process_name": true, "process": true, "process_path": true, "process_exec": true, "parent_process_name": true, "parent_process": true,
	"parent_process_path": true, "original_file_name": true, "image": true, "parentimage": true, "commandline": true, "parentcommandline": true, "originalfilename": true,
	"filename": true, "folderpath": true, "processcommandline": true, "initiatingprocessfilename": true, "initiatingprocesscommandline": true, "initiatingprocessfolderpath": true,
	"initiatingprocessparentfilename": true, "processversioninfooriginalfilename": true, "initiatingprocessversioninfooriginalfilename": true,
	"registrykey": true, "registryvaluename": true, "registry_path": true, "registry_key_name": true, "registry_value_name": true, "targetobject": true, "targetfilename": true,
	"file_name": true, "file_path": true, "newprocessname": true, "parentprocessname": true, "new_process_name": true, "creator_process_name": true, "imageloaded": true,
	"process_command_line": true, "service_file_name": true, "imagepath": true, "servicename": true, "targetimage": true, "sourceimage": true}

func caseTraps(s *subject) {
	if s.rule.Language == rule.KQL && !readsWindows(s) || otherSystem(s.rule) {
		return
	}
	for _, flt := range s.filters() {
		flt.cond.tests(func(t *test) {
			name := strings.ToLower(t.field)
			if i := strings.LastIndexByte(name, '.'); i >= 0 {
				name = name[i+1:]
			}
			if t.fold || t.cased != "" || !varied[name] {
				return
			}
			switch t.kind {
			case analyze.Eq, analyze.In, analyze.Contains, analyze.StartsWith, analyze.EndsWith, analyze.Has, analyze.Wildcard:
				if slices.ContainsFunc(t.values, hasLetters) {
					s.at(t.span, "%s minds letters' case, and Windows does not: %s", t, instead(s.rule.Language, t.kind))
				}
			case analyze.Match:
				if !strings.Contains(t.values[0], "(?i") && hasLetters(bare(t.values[0])) && !bothCases(t.values[0]) {
					s.at(t.span, "the regular expression for %s minds letters' case, and Windows does not: begin it with (?i)", t.field)
				}
			}
		})
	}
}

// readsWindows reports whether a query reads nothing but tables of endpoints, which may run Windows.
func readsWindows(s *subject) bool {
	return len(s.x.Reads) == 0 || slices.ContainsFunc(s.x.Reads, func(r analyze.Read) bool {
		return strings.HasPrefix(r.View, "kql:Device") || r.View == "kql:SecurityEvent" || r.View == "kql:Event" || r.View == "kql:WindowsEvent" || strings.Contains(r.View, "asim") || strings.Contains(r.View, "Im")
	})
}

var otherSystems = regexp.MustCompile(`(?i)linux|auditd|unix|macos|osx|kubernetes|container`)

// otherSystem reports whether a rule is about systems on which letters' case counts.
func otherSystem(r *rule.Rule) bool {
	return otherSystems.MatchString(r.Name) || otherSystems.MatchString(filepath.Base(r.File)) || otherSystems.MatchString(strings.Join(r.DataSources, " "))
}

func instead(lang rule.Language, k analyze.Kind) string {
	if lang == rule.SPL {
		return "compare lower(…), or use search"
	}
	switch k {
	case analyze.Eq:
		return "use =~"
	case analyze.In:
		return "use in~"
	}
	return fmt.Sprintf("use %s without _cs", k)
}

func hasLetters(s string) bool { return strings.ToLower(s) != strings.ToUpper(s) }

// bare leaves of a pattern what stands for itself: no escapes, no classes of characters, no names of groups.
func bare(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			if pattern[i] == 'x' || pattern[i] == 'u' {
				i += 2
			}
		case c == '[':
			for i++; i < len(pattern) && (pattern[i] != ']' || pattern[i-1] == '\\' && pattern[i-2] != '\\'); i++ {
			}
		case c == '(' && strings.HasPrefix(pattern[i:], "(?"):
			for i++; i < len(pattern) && strings.IndexByte(">:=!)", pattern[i]) < 0; i++ {
			}
		case c < 0x80:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bothCases reports whether a pattern spells its letters in both cases: [Pp]ower.
func bothCases(pattern string) bool {
	for i := 0; i+3 < len(pattern); i++ {
		if pattern[i] == '[' && pattern[i+3] == ']' && strings.EqualFold(pattern[i+1:i+2], pattern[i+2:i+3]) && pattern[i+1] != pattern[i+2] {
			return true
		}
	}
	return strings.Contains(pattern, "a-zA-Z") || strings.Contains(pattern, "A-Za-z")
}
