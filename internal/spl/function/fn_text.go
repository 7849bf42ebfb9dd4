package function

import (
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var texts = []*fn.Func{
	{Name: "len", Min: 1, Max: 1, Row: length, See: pageText, Doc: "The number of characters of a text.", Examples: ex(`len("héé")`, `3`, `len("\\")`, `1`, `len(1234)`, `4`)},
	{Name: "length", Min: 1, Max: 1, Row: length, See: pageText, Doc: "The same as len.", Examples: ex(`length("ab")`, `2`)},
	{Name: "lower", Min: 1, Max: 1, Row: textual(strings.ToLower), See: pageText, Doc: "The text in lower case; each value of a multivalue field.", Examples: ex(`lower("AbC")`, `"abc"`, `lower(null())`, `null`, `mvjoin(lower(split("A,B",",")),"|")`, `"a|b"`)},
	{Name: "ltrim", Min: 1, Max: 2, Bind: trimmer(strings.TrimLeft), See: pageText, Doc: "The text without the given characters, by default blanks and tabs, at its beginning.", Examples: ex(`ltrim("  ab  ")`, `"ab  "`, `ltrim("   ZZZZabcZZ ", " Z")`, `"abcZZ "`)},
	{Name: "replace", Min: 3, Max: 3, Bind: replace, See: pageText,
		Doc:      `The text with every match of a regular expression (PCRE) replaced; \1 to \9 in the replacement are groups.`,
		Examples: ex(`replace("1/14/2023","^(\d{1,2})/(\d{1,2})/","\2/\1/")`, `"14/1/2023"`, `replace("ABCabc","(?i)b","-")`, `"A-Ca-c"`, `replace("HOST1$","\$$","")`, `"HOST1"`)},
	{Name: "rtrim", Min: 1, Max: 2, Bind: trimmer(strings.TrimRight), See: pageText, Doc: "The text without the given characters, by default blanks and tabs, at its end.", Examples: ex(`rtrim("abcZZ ", " Z")`, `"abc"`)},
	{Name: "spath", Min: 2, Max: 2, Bind: spath, See: pageText,
		Doc:      "The values at a path of JSON or XML text; an object or array comes as its JSON text.",
		Examples: ex(`spath("{\"a\":{\"b\":7}}","a.b")`, `7`, `mvjoin(spath("{\"a\":[{\"n\":\"x\"},{\"n\":\"y\"}]}","a{}.n"),"|")`, `"x|y"`, `spath("<a><b i=\"1\">x</b></a>","a.b{@i}")`, `"1"`)},
	{Name: "substr", Min: 2, Max: 3, Bind: substring, See: pageText,
		Doc:      "A part of a text, from a position that counts from 1, or from the end when it is negative, of the given length or to the end.",
		Examples: ex(`substr("hello",2)`, `"ello"`, `substr("hello",-3,2)`, `"ll"`, `substr("string",1,3)+substr("string",-3)`, `"string"`, `substr("abc",2,100)`, `"bc"`)},
	{Name: "trim", Min: 1, Max: 2, Bind: trimmer(strings.Trim), See: pageText, Doc: "The text without the given characters, by default blanks and tabs, at both ends.", Examples: ex(`trim("   ZZZZabcZZ ", " Z")`, `"abc"`)},
	{Name: "upper", Min: 1, Max: 1, Row: textual(strings.ToUpper), See: pageText, Doc: "The text in upper case; each value of a multivalue field.", Examples: ex(`upper("a"."b")`, `"AB"`)},
	{Name: "urldecode", Min: 1, Max: 1, Row: textual(func(s string) string { return fn.URLDecode(s, false) }), See: pageText,
		Doc:      "The text with each %XX replaced by the byte it stands for.",
		Examples: ex(`urldecode("http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader")`, `"http://www.splunk.com/download?r=header"`, `urldecode("a+b%zz")`, `"a+b%zz"`)},
}

var crypto = []*fn.Func{
	{Name: "md5", Min: 1, Max: 1, Row: textual(fn.MD5), See: pageCrypto, Doc: "The MD5 digest of a text, in hexadecimal digits.", Examples: ex(`md5("abc")`, `"900150983cd24fb0d6963f7d28e17f72"`)},
	{Name: "sha1", Min: 1, Max: 1, Row: textual(fn.SHA1), See: pageCrypto, Doc: "The SHA-1 digest of a text, in hexadecimal digits.", Examples: ex(`sha1("abc")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`)},
	{Name: "sha256", Min: 1, Max: 1, Row: textual(fn.SHA256), See: pageCrypto, Doc: "The SHA-256 digest of a text, in hexadecimal digits.", Examples: ex(`sha256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`)},
	{Name: "sha512", Min: 1, Max: 1, Row: textual(fn.SHA512), See: pageCrypto, Doc: "The SHA-512 digest of a text, in hexadecimal digits.", Examples: ex(`substr(sha512("abc"),1,16)`, `"ddaf35a193617aba"`)},
}

func length(in []event.Value) event.Value {
	return event.IntOf(int64(utf8.RuneCountInString(Text(in[0]))))
}

func trimmer(trim func(s, cutset string) string) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(*fn.Env, []fn.Arg) (fn.Row, error) {
		return func(in []event.Value) event.Value {
			cut := " \t"
			if len(in) == 2 {
				cut = Text(in[1])
			}
			return perValue(func(v event.Value) event.Value { return event.StringOf(trim(Text(v), cut)) })(in)
		}, nil
	}
}

func replace(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := newPattern(args[1])
	if err != nil {
		return nil, err
	}
	by := newMemo(fn.BackslashReplacement)
	return func(in []event.Value) event.Value {
		r := re.of(in[1])
		if r == nil {
			return null
		}
		to := by.get(Text(in[2]))
		return perValue(func(v event.Value) event.Value { return event.StringOf(r.ReplaceAll(Text(v), to)) })(in)
	}, nil
}

// substring follows SQLite's substr, as the manual says: https://www.sqlite.org/lang_corefunc.html#substr
func substring(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if err := requireNumbers(args, 1, 2); err != nil {
		return nil, err
	}
	return func(in []event.Value) event.Value {
		start, ok := Number(in[1])
		size := 1e9
		if len(in) == 3 {
			var ok2 bool
			size, ok2 = Number(in[2])
			ok = ok && ok2
		}
		if !ok {
			return null
		}
		from, n := clampInt(start), clampInt(size)
		return perValue(func(v event.Value) event.Value { return event.StringOf(cutText(Text(v), from, n)) })(in)
	}, nil
}

func clampInt(f float64) int {
	if f != f {
		return 0
	}
	return int(max(min(f, 1e9), -1e9))
}

func cutText(s string, from, n int) string {
	size := utf8.RuneCountInString(s)
	before := n < 0 // that many characters in front of the position
	if before {
		n = -n
	}
	switch {
	case from < 0:
		if from += size; from < 0 {
			n, from = max(n+from, 0), 0
		}
	case from > 0:
		from--
	case n > 0:
		n--
	}
	if before {
		if from -= n; from < 0 {
			n, from = max(n+from, 0), 0
		}
	}
	lo := min(from, size)
	hi := min(lo+n, size)
	if size == len(s) {
		return s[lo:hi]
	}
	return string([]rune(s)[lo:hi])
}

func spath(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	paths := newMemo(fn.ParsePath)
	return func(in []event.Value) event.Value {
		p := paths.get(Text(in[1]))
		doc := fn.ParseDocument(Text(in[0]))
		if p == nil || doc == nil {
			return null
		}
		return List(doc.At(p))
	}, nil
}
