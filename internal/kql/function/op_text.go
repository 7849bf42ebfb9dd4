package function

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Operators that look for text. https://learn.microsoft.com/kusto/query/datatypes-string-operators

// A textTest reports whether a text has what was asked for.
type textTest func(s string) bool

func init() {
	const plain, dynamicRight = "left:string|dynamic, right:string -> bool", "left:string|dynamic, right:string|dynamic -> bool"
	op := func(name, doc, see, sig string, make func(needle string) (textTest, error)) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see, Null: fn.SeesNull}, Sig: []string{sig}, raw: true,
			typed: func(ts []types.Type, _ types.Type) *fn.Func {
				f := textFunc(name, make)
				switch name {
				case "like", "likecs":
					f.Needs = needLike
				case "matches regex":
					f.Needs = needRegex
				case "has", "has_cs":
					f.Needs = words(needText)
				default:
					f.Needs = needText
				}
				return f
			}}
	}
	easy := func(make func(needle string) textTest) func(string) (textTest, error) {
		return func(n string) (textTest, error) { return make(n), nil }
	}
	negation := func(name, of, see string) {
		registerOps(&Entry{Func: fn.Func{Name: name, Doc: "The negation of " + of + ".", See: see}, Sig: operators[of].Sig, negates: of})
	}
	type family struct {
		name, negated, doc, see, sig string
		make                         func(string) (textTest, error)
	}
	term := func(fold bool, edges termEdges) func(string) (textTest, error) {
		return easy(func(n string) textTest { return newTermFinder(n, fold, edges).in })
	}
	for _, f := range []family{
		{"=~", "!~", "Reports whether two texts are equal but for case.", "equals-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { return fn.EqualFold(s, n) } })},
		{"has", "!has", "Reports whether a text has the given term, ignoring case. A term is a run of letters and digits.", "has-operator", plain, term(true, bothEdges)},
		{"has_cs", "!has_cs", "Reports whether a text has the given term.", "has-cs-operator", plain, term(false, bothEdges)},
		{"hasprefix", "!hasprefix", "Reports whether a term of the text begins with the given text, ignoring case.", "hasprefix-operator", plain, term(true, leftEdge)},
		{"hasprefix_cs", "!hasprefix_cs", "Reports whether a term of the text begins with the given text.", "hasprefix-cs-operator", plain, term(false, leftEdge)},
		{"hassuffix", "!hassuffix", "Reports whether a term of the text ends with the given text, ignoring case.", "hassuffix-operator", plain, term(true, rightEdge)},
		{"hassuffix_cs", "!hassuffix_cs", "Reports whether a term of the text ends with the given text.", "hassuffix-cs-operator", plain, term(false, rightEdge)},
		{"contains", "!contains", "Reports whether a text contains another, ignoring case.", "contains-operator", dynamicRight,
			easy(func(n string) textTest { return fn.NewFinder(n, true).In })},
		{"contains_cs", "!contains_cs", "Reports whether a text contains another.", "contains-cs-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { return strings.Contains(s, n) } })},
		{"startswith", "!startswith", "Reports whether a text begins with another, ignoring case.", "startswith-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { _, ok := fn.PrefixFold(s, n); return ok } })},
		{"startswith_cs", "!startswith_cs", "Reports whether a text begins with another.", "startswith-cs-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { return strings.HasPrefix(s, n) } })},
		{"endswith", "!endswith", "Reports whether a text ends with another, ignoring case.", "endswith-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { return suffixFold(s, n) } })},
		{"endswith_cs", "!endswith_cs", "Reports whether a text ends with another.", "endswith-cs-operator", dynamicRight,
			easy(func(n string) textTest { return func(s string) bool { return strings.HasSuffix(s, n) } })},
		{"like", "notlike", "Reports whether a text has the form of a pattern, in which % is any text, ignoring case. An old operator.", "datatypes-string-operators", dynamicRight,
			easy(func(n string) textTest { return fn.LikeGlob(n, false, true).Match })},
		{"likecs", "notlikecs", "Reports whether a text has the form of a pattern, in which % is any text. An old operator.", "datatypes-string-operators", dynamicRight,
			easy(func(n string) textTest { return fn.LikeGlob(n, false, false).Match })},
	} {
		registerOps(op(f.name, f.doc, f.see, f.sig, f.make))
		negation(f.negated, f.name, f.see)
	}
	registerOps(op("matches regex", "Reports whether a regular expression is found in a text.", "regex-operator", dynamicRight, func(n string) (textTest, error) {
		re, err := compileRegex(n)
		if err != nil {
			return nil, err
		}
		return re.Match, nil
	}))
	// Old spellings.
	for _, o := range [][2]string{{"containscs", "contains_cs"}, {":", "has"}} {
		of := operators[o[1]]
		registerOps(&Entry{Func: fn.Func{Name: o[0], Doc: "Another way to write " + o[1] + ".", See: of.See}, Sig: of.Sig, raw: true,
			typed: func(ts []types.Type, r types.Type) *fn.Func { return of.specialise(ts, r) }})
	}
	negation("notcontains", "contains", "contains-operator")
	negation("notcontainscs", "contains_cs", "contains-cs-operator")
	examples(operators, "=~", `"CMD.exe" =~ "cmd.EXE"`, `true`)
	examples(operators, "has", `"powershell.exe -Enc x" has "EXE"`, `true`, `"powershell" has "shell"`, `false`, `"a cmd.exe b" has "cmd.exe"`, `true`, `"a_b" has "b"`, `true`)
	examples(operators, "hasprefix", `"x powershell" hasprefix "power"`, `true`)
	examples(operators, "hassuffix", `"x powershell" hassuffix "shell"`, `true`)
	examples(operators, "contains", `"PowerShell" contains "ERS"`, `true`)
	examples(operators, "startswith", `"PowerShell" startswith "power"`, `true`)
	examples(operators, "endswith", `"PowerShell" endswith "SHELL"`, `true`)
	examples(operators, "matches regex", `"a1c" matches regex "[0-9]"`, `true`)
	examples(operators, "like", `"abcd" like "A%d"`, `true`)
}

// compileRegex compiles a regular expression as KQL reads it. Differs: \d, \w and \b know ASCII only.
// https://learn.microsoft.com/kusto/query/regex
func compileRegex(pattern string) (*fn.Regex, error) {
	return fn.CompileRegex(hexEscapes(pattern), fn.RE2)
}

// hexEscapes writes the escapes \u007F, \u{7F}, \U0000007F and \U{7F} of KQL as \x{7F}, which RE2 knows.
func hexEscapes(pattern string) string {
	if !strings.Contains(pattern, `\u`) && !strings.Contains(pattern, `\U`) {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		digits, next := "", i+2
		switch c := pattern[i+1]; {
		case (c == 'u' || c == 'U') && strings.HasPrefix(pattern[next:], "{"):
			if end := strings.IndexByte(pattern[next:], '}'); end > 0 {
				digits, next = pattern[next+1:next+end], next+end+1
			}
		case c == 'u' && next+4 <= len(pattern):
			digits, next = pattern[next:next+4], next+4
		case c == 'U' && next+8 <= len(pattern):
			digits, next = strings.TrimLeft(pattern[next:next+8], "0"), next+8
			if digits == "" {
				digits = "0"
			}
		}
		if digits == "" || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
			b.WriteString(pattern[i : i+2])
			i++
			continue
		}
		b.WriteString(`\x{` + digits + `}`)
		i = next - 1
	}
	return b.String()
}

// textFunc makes the kernel of a test on text: prepared once when the needle is constant, and again whenever another needle
// comes when it is not. A needle that varies and cannot be prepared (a bad regular expression) is found nowhere.
func textFunc(name string, make func(needle string) (textTest, error)) *fn.Func {
	return &fn.Func{Name: name, Min: 2, Max: 2, Null: fn.SeesNull, Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if args[1].Const {
			test, err := make(Text(args[1].Value))
			if err != nil {
				return nil, err
			}
			return func(args []event.Value) event.Value {
				if v := args[0]; v.Kind() == event.String {
					return event.BoolOf(test(v.Str()))
				}
				return event.BoolOf(test(Text(args[0])))
			}, nil
		}
		var last string
		var test textTest
		return func(args []event.Value) event.Value {
			n := Text(args[1])
			if test == nil || n != last {
				var err error
				if test, err = make(n); err != nil {
					test = func(string) bool { return false }
				}
				last = n
			}
			return event.BoolOf(test(Text(args[0])))
		}, nil
	}}
}

// suffixFold reports whether s ends with text, ignoring case.
func suffixFold(s, text string) bool {
	if len(s) >= len(text) && fn.EqualFold(s[len(s)-len(text):], text) {
		return true
	}
	if isASCII(s) && isASCII(text) {
		return false
	}
	want := runes(text)
	at := len(s)
	for ; want > 0 && at > 0; want-- {
		at--
		for at > 0 && s[at]&0xC0 == 0x80 {
			at--
		}
	}
	return want == 0 && fn.EqualFold(s[at:], text)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
