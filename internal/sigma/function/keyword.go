package function

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// spellings looks at the texts of an event in which a keyword is looked for: the raw text, and what it says without escapes, which is
// remembered for the other keywords.
func spellings(v event.Value, plain *fn.Memo, look func(string) bool) bool {
	whole := Text(v)
	s := withoutOrigin(whole)
	if look(s) {
		return true
	}
	switch t := strings.TrimLeft(whole, " \t\r\n"); {
	case strings.HasPrefix(t, "<") && strings.Contains(s, "&"):
		return look(plain.Of(s, unescapedXML).Str())
	case (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) && strings.Contains(s, `\`):
		return look(plain.Of(s, unescapedJSON).Str())
	}
	return false
}

// withoutOrigin takes away where an event was read from, which stands first in what harrier convert writes and is no part of the event: the
// name of a file tells what somebody thought of it.
func withoutOrigin(s string) string {
	const file, record = `{"_file":"`, `,"_record":`
	if !strings.HasPrefix(s, file) {
		return s
	}
	i := len(file)
	for i < len(s) && s[i] != '"' {
		if s[i] == '\\' {
			i++
		}
		i++
	}
	if number, ok := strings.CutPrefix(s[min(i+1, len(s)):], record); ok {
		return strings.TrimLeft(number, "0123456789")
	}
	return s
}

func unescapedXML(s string) event.Value  { return event.StringOf(unescapeXML(s)) }
func unescapedJSON(s string) event.Value { return event.StringOf(unescapeJSON(s)) }

// unescapeJSON replaces the escapes of JSON text, without looking at its structure. What is no escape of JSON stays: text that begins
// with a bracket need not be JSON.
func unescapeJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'u':
			if len(s) >= 4 {
				if n, err := strconv.ParseUint(s[:4], 16, 16); err == nil {
					b.WriteRune(rune(n))
					s = s[4:]
					continue
				}
			}
			b.WriteString(`\u`)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// unescapeXML replaces the entities that XML knows without a document type, and references to characters.
// https://www.w3.org/TR/xml/#sec-predefined-ent
func unescapeXML(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s[:min(len(s), 12)], ';')
		r, ok := rune(0), false
		if end > 0 {
			name := s[1:end]
			if r, ok = entities[name]; !ok && strings.HasPrefix(name, "#") {
				base, digits := 10, name[1:]
				if h, hex := strings.CutPrefix(digits, "x"); hex {
					base, digits = 16, h
				}
				n, err := strconv.ParseUint(digits, base, 32)
				r, ok = rune(n), err == nil && n <= utf8.MaxRune
			}
		}
		if !ok {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteRune(r)
		s = s[end+1:]
	}
}

func bindKeyword(fold bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
		v, err := constant("sigma_keyword", args, 1)
		if err != nil {
			return nil, err
		}
		g := GlobOf(syntax.ParsePattern(Text(v)).Wrap(true, true), fold)
		plain := env.Memo("unescaped")
		return anyValue(func(v event.Value) bool { return spellings(v, plain, g.Match) }), nil
	}
}

// needKeyword is the guard of a keyword: see inEvent.
func needKeyword(fold bool) func([]fn.Arg) fn.Required {
	return func(args []fn.Arg) fn.Required {
		if len(args) < 2 || !args[1].Const {
			return fn.Required{}
		}
		return inEvent(required(Text(args[1].Value), fold))
	}
}

func bindKeywordRegex(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_keyword_re", args, 1)
	if err != nil {
		return nil, err
	}
	r, err := fn.CompileRegex(Text(v), fn.PCRE)
	if err != nil {
		return nil, err
	}
	plain := env.Memo("unescaped")
	return anyValue(func(v event.Value) bool { return spellings(v, plain, r.Match) }), nil
}

func needKeywordRegex(args []fn.Arg) fn.Required { return inEvent(needRegex(args)) }

// inEvent returns what raw text contains whose spelling with or without escapes contains one of the texts of r: the longest stretch
// of each that has no character with an escape of its own. Any character may be written as its number.
func inEvent(r fn.Required) fn.Required {
	out := fn.Required{Fold: r.Fold, Escaped: true}
	for _, s := range r.Any {
		best, from := "", 0
		for i := 0; i <= len(s); i++ {
			if i == len(s) || s[i] < ' ' || s[i] >= 0x7f || strings.IndexByte(`<>&"'\/`, s[i]) >= 0 {
				if i-from > len(best) {
					best = s[from:i]
				}
				from = i + 1
			}
		}
		if best == "" {
			return fn.Required{}
		}
		out.Any = append(out.Any, best)
	}
	return out
}
