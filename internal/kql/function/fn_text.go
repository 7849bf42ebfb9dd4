package function

import (
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Text. Positions and lengths count characters, from 0. https://learn.microsoft.com/kusto/query/scalar-functions#string-functions

// maxText bounds the text that strrep and the like may make.
const maxText = 16 << 20

func textOf(s string) event.Value { return event.StringOf(s) }

func init() {
	register(
		strict("strlen", "strlen-function", "Gives the number of characters.", "string:string|dynamic -> long",
			func(args []event.Value) event.Value { return event.IntOf(runes(Text(args[0]))) }).named(NameFunction),
		strict("string_size", "string-size-function", "Gives the number of bytes in UTF-8.", "string:string|dynamic -> long",
			func(args []event.Value) event.Value { return event.IntOf(int64(len(Text(args[0])))) }).named(NameFunction),
		lax("tolower", "tolower-function", "Gives a text in lower case.", "value:scalar -> string",
			func(args []event.Value) event.Value { return textOf(strings.ToLower(Text(args[0]))) }),
		lax("toupper", "toupper-function", "Gives a text in upper case.", "value:scalar -> string",
			func(args []event.Value) event.Value { return textOf(strings.ToUpper(Text(args[0]))) }),
		lax("strcat", "strcat-function", "Joins values as text.", "arg:scalar+ -> string", func(args []event.Value) event.Value {
			var buf []byte
			for _, a := range args {
				buf = appendText(buf, a)
			}
			return textOf(string(buf))
		}),
		lax("strcat_delim", "strcat-delim-function", "Joins values as text, with a delimiter between them.", "delimiter:scalar, arg:scalar+2 -> string", func(args []event.Value) event.Value {
			var buf []byte
			for i, a := range args[1:] {
				if i > 0 {
					buf = appendText(buf, args[0])
				}
				buf = appendText(buf, a)
			}
			return textOf(string(buf))
		}),
		lax("strcat_array", "strcat-array-function", "Joins the elements of an array as text, with a delimiter between them.", "array:array, delimiter:scalar -> string", func(args []event.Value) event.Value {
			list := args[0].List()
			if args[0].Kind() != event.List && !args[0].IsNull() {
				list = args[:1]
			}
			var buf []byte
			for i, a := range list {
				if i > 0 {
					buf = appendText(buf, args[1])
				}
				if a.IsNull() {
					buf = append(buf, "null"...)
				} else {
					buf = appendText(buf, a)
				}
			}
			return textOf(string(buf))
		}),
		lax("strcmp", "strcmp-function", "Compares two texts: -1, 0 or 1.", "s1:scalar, s2:scalar -> long",
			func(args []event.Value) event.Value {
				return event.IntOf(int64(strings.Compare(Text(args[0]), Text(args[1]))))
			}),
		strict("strrep", "strrep-function", "Repeats a value as text.", "value:scalar, multiplier:long, delimiter:scalar? -> string", func(args []event.Value) event.Value {
			s, d, n := Text(args[0]), "", args[1].Int()
			if len(args) > 2 {
				d = Text(args[2])
			}
			n = min(max(n, 0), 1024) // the manual's bound on repetitions
			if n == 0 || int64(len(s)+len(d))*n > maxText {
				return emptyText
			}
			return textOf(strings.Repeat(s+d, int(n)-1) + s)
		}),
		lax("reverse", "reverse-function", "Gives a text backwards.", "value:scalar -> string",
			func(args []event.Value) event.Value { return textOf(reversed(Text(args[0]))) }),
		strict("substring", "substring-function", "Gives a part of a text, from a start (negative: from the end) and of a length.", "string:scalar, start:integer, length:integer? -> string", substring),
		&Entry{Func: fn.Func{Name: "indexof", Doc: "Gives where a text occurs in another, or -1; from a start, within a length, and the nth time.", See: "indexof-function", Null: fn.SeesNull, Row: indexOf},
			Sig: []string{"string:scalar, match:scalar, start:integer?, length:integer?, occurrence:integer!? -> long"}},
		&Entry{Func: fn.Func{Name: "indexof_regex", Doc: "Gives where a regular expression is found in a text, or -1; from a start, within a length, and the nth time.", See: "indexof-regex-function", Bind: bindIndexOfRegex},
			Sig: []string{"string:scalar, match:scalar!, start:integer?, length:integer?, occurrence:integer!? -> long"}},
		&Entry{Func: fn.Func{Name: "split", Doc: "Cuts a text at a delimiter into an array, or gives an array of the one part asked for.", See: "split-function", Null: fn.SeesNull, Row: split},
			Naming: NameFirst, Sig: []string{"source:scalar, delimiter:string, requestedIndex:integer? -> dynamic"}},
		&Entry{Func: fn.Func{Name: "extract", Doc: "Gives what a group of a regular expression matched (0: the whole match), as the given type.", See: "extract-function", Bind: bindExtract},
			Sig: []string{"regex:string!, captureGroup:long, source:string -> string", "regex:string!, captureGroup:long, source:string, type:type -> typeof"}},
		&Entry{Func: fn.Func{Name: "extract_all", Doc: "Gives all matches of a regular expression: of its group, or arrays of its groups when there are several.", See: "extract-all-function", Bind: bindExtractAll},
			Sig: []string{"regex:string!, source:string -> dynamic", "regex:string!, captureGroups:array, source:string -> dynamic"}},
		&Entry{Func: fn.Func{Name: "replace_regex", Doc: "Replaces all matches of a regular expression; \\1 stands for the first group.", See: "replace-regex-function", Bind: bindReplace(0, 1, 2)},
			Sig: []string{"source:string, lookup_regex:string!, rewrite_pattern:string! -> string"}},
		&Entry{Func: fn.Func{Name: "replace", Doc: "An old form of replace_regex, with the text last.", See: "replace-regex-function", Bind: bindReplace(2, 0, 1)},
			Sig: []string{"regex:string!, rewrite:string!, source:string -> string"}},
		strict("replace_string", "replace-string-function", "Replaces all occurrences of a text.", "text:string, lookup:string, rewrite:string -> string", func(args []event.Value) event.Value {
			s, old := args[0].Str(), args[1].Str()
			if old == "" || !strings.Contains(s, old) {
				return args[0]
			}
			if n := strings.Count(s, old); len(s)+n*(len(args[2].Str())-len(old)) > maxText {
				return emptyText
			}
			return textOf(strings.ReplaceAll(s, old, args[2].Str()))
		}),
		strict("replace_strings", "replace-strings-function", "Replaces all occurrences of several texts, one after the other; what has been replaced stays.", "text:string, lookups:array, rewrites:array -> string", replaceStrings),
		&Entry{Func: fn.Func{Name: "trim", Doc: "Removes matches of a regular expression from both ends.", See: "trim-function", Bind: bindTrim(true, true)}, Sig: []string{"regex:string!, source:string -> string"}},
		&Entry{Func: fn.Func{Name: "trim_start", Doc: "Removes a match of a regular expression from the start.", See: "trim-start-function", Bind: bindTrim(true, false)}, Sig: []string{"regex:string!, source:string -> string"}},
		&Entry{Func: fn.Func{Name: "trim_end", Doc: "Removes a match of a regular expression from the end.", See: "trim-end-function", Bind: bindTrim(false, true)}, Sig: []string{"regex:string!, source:string -> string"}},
		&Entry{Func: fn.Func{Name: "countof", Doc: "Counts the occurrences of a text, which may overlap, or the matches of a regular expression.", See: "countof-function", Bind: bindCountOf},
			Sig: []string{"source:string, search:string, kind:string(normal regex)!!? -> long"}},
		strict("translate", "translate-function", "Replaces characters by those at the same place in another list; a shorter list's last character stands for the rest, an empty list removes.",
			"searchList:string, replacementList:string, source:string -> string", translate),
		strict("regex_quote", "regex-quote-function", "Escapes all characters that mean something in a regular expression.", "string:scalar -> string",
			func(args []event.Value) event.Value { return textOf(quoteRegex(Text(args[0]))) }),
		&Entry{Func: fn.Func{Name: "has_any_index", Doc: "Gives the place in an array of the first term that a text has, or -1.", See: "has-any-index-function", Bind: bindHasAnyIndex},
			Sig: []string{"source:string|dynamic, values:array -> long"}},
		strict("unicode_codepoints_from_string", "unicode-codepoints-from-string-function", "Gives the code points of a text.", "value:scalar -> dynamic", func(args []event.Value) event.Value {
			var out []event.Value
			for _, r := range Text(args[0]) {
				out = append(out, event.IntOf(int64(r)))
			}
			return event.ListOf(out)
		}),
		lax("unicode_codepoints_to_string", "unicode-codepoints-to-string-function", "Makes a text of code points.", "value:integerOrArray+ -> string", func(args []event.Value) event.Value {
			var b []byte
			for _, a := range args {
				for _, v := range elements(nil, a) {
					if c := toLong(v); !c.IsNull() && c.Int() >= 0 && c.Int() <= utf8.MaxRune {
						b = utf8.AppendRune(b, rune(c.Int()))
					}
				}
			}
			return textOf(string(b))
		}),
	)
	alias("strcat_array", "array_strcat")
	alias("extract_all", "extractall")
	alias("unicode_codepoints_to_string", "make_string")
	alias("unicode_codepoints_from_string", "to_utf8")
	examples(scalars, "strlen", `strlen("⒦⒰⒮⒯⒪")`, `5`)
	examples(scalars, "string_size", `string_size("⒦⒰⒮⒯⒪")`, `15`)
	examples(scalars, "tolower", `tolower("Hello")`, `"hello"`)
	examples(scalars, "strcat", `strcat("a", "-", 123)`, `"a-123"`)
	examples(scalars, "strcat_delim", `strcat_delim("-", 1, "2", 3)`, `"1-2-3"`)
	examples(scalars, "strcat_array", `strcat_array(dynamic([1, 2, 3]), "->")`, `"1->2->3"`)
	examples(scalars, "strrep", `strrep("ABC", 2)`, `"ABCABC"`, `strrep(3s, 2, " ")`, `"00:00:03 00:00:03"`)
	examples(scalars, "substring", `substring("123456", -2, 2)`, `"56"`, `substring("ABCD", 0, 2)`, `"AB"`)
	examples(scalars, "indexof", `indexof("abcdefg", "cde")`, `2`, `indexof("abcabc", "c", 0, -1, 2)`, `5`, `indexof("abc", "x")`, `-1`)
	examples(scalars, "split", `split("aa_bb", "_")`, `["aa","bb"]`, `split("a_b_c", "_", 1)`, `["b"]`, `split("", "_")`, `[""]`)
	examples(scalars, "extract", `extract("x=([0-9.]+)", 1, "hello x=45.6|wo", typeof(real))`, `45.6`)
	examples(scalars, "extract_all", `extract_all(@"(\w)(\w+)", "ab cd")`, `[["a","b"],["c","d"]]`)
	examples(scalars, "replace_regex", `replace_regex("Number is 1", @"is (\d+)", @"was: \1")`, `"Number was: 1"`)
	examples(scalars, "replace_string", `replace_string("abcb", "b", "1")`, `"a1c1"`)
	examples(scalars, "trim", `trim("--", "--https://x.com--")`, `"https://x.com"`, `trim("a*", "aaathis is a testaaaa")`, `"this is a test"`)
	examples(scalars, "countof", `countof("aaa", "aa")`, `2`, `countof("abcabc", "a.c", "regex")`, `2`)
	examples(scalars, "translate", `translate("krasp", "otsku", "spark")`, `"kusto"`, `translate("abc", "", "ab")`, `""`)
	examples(scalars, "has_any_index", `has_any_index("this is an example", dynamic(["not found", "example"]))`, `1`)
}

func reversed(s string) string {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		out = append(out, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return string(out)
}

// offset returns the byte position of character n of s; len(s) when there are fewer.
func offset(s string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func substring(args []event.Value) event.Value {
	s, start := Text(args[0]), args[1].Int()
	ascii := isASCII(s)
	if start < 0 {
		n := int64(len(s))
		if !ascii {
			n = runes(s)
		}
		start = max(0, start+n)
	}
	cut := func(s string, n int64) int {
		if ascii {
			return int(min(n, int64(len(s))))
		}
		return offset(s, n)
	}
	s = s[cut(s, start):]
	if len(args) > 2 {
		n := args[2].Int()
		if n < 0 {
			return emptyText
		}
		s = s[:cut(s, n)]
	}
	return textOf(s)
}

// window reads start, length and occurrence of indexof and its like, and returns the piece of s to look in, the character
// it begins at, and which match is meant. ok is false when the arguments make no sense.
func window(s string, args []event.Value) (piece string, start int64, nth int64, ok bool) {
	nth = 1
	length := int64(-1)
	if len(args) > 0 {
		start = args[0].Int()
	}
	if len(args) > 1 {
		length = args[1].Int()
	}
	if len(args) > 2 {
		nth = args[2].Int()
	}
	if n := runes(s); start < 0 {
		if start = start + n; start < 0 {
			start = 0
		}
	}
	if length < -1 || nth < 1 {
		return "", 0, 0, false
	}
	piece = s[offset(s, start):]
	if length >= 0 {
		piece = piece[:offset(piece, length)]
	}
	return piece, start, nth, true
}

func indexOf(args []event.Value) event.Value {
	s, match := Text(args[0]), Text(args[1])
	for _, a := range args[2:] {
		if a.IsNull() {
			return event.NullValue
		}
	}
	piece, start, nth, ok := window(s, args[2:])
	if !ok {
		return event.NullValue
	}
	at := 0
	for ; nth > 0; nth-- {
		i := strings.Index(piece[at:], match)
		if i < 0 {
			return event.IntOf(-1)
		}
		at += i
		if nth > 1 {
			if at >= len(piece) {
				return event.IntOf(-1)
			}
			_, n := utf8.DecodeRuneInString(piece[at:])
			at += n
		}
	}
	return event.IntOf(start + runes(piece[:at]))
}

func split(args []event.Value) event.Value {
	s, sep := Text(args[0]), args[1].Str()
	var parts []event.Value
	if sep == "" {
		parts = []event.Value{textOf(s)}
	} else {
		parts = make([]event.Value, 0, strings.Count(s, sep)+1)
		for {
			i := strings.Index(s, sep)
			if i < 0 {
				break
			}
			parts = append(parts, textOf(s[:i]))
			s = s[i+len(sep):]
		}
		parts = append(parts, textOf(s))
	}
	if len(args) > 2 {
		if args[2].IsNull() {
			return event.NullValue
		}
		v := element(event.ListOf(parts), args[2].Int())
		if args[2].Int() < 0 || v.IsNull() {
			return event.NullValue
		}
		parts = []event.Value{v}
	}
	return event.ListOf(parts)
}

func replaceStrings(args []event.Value) event.Value {
	s, from, to := args[0].Str(), args[1].List(), args[2].List()
	if len(from) != len(to) {
		return event.NullValue
	}
	// One lookup after the other; what has been replaced is not looked at again.
	type piece struct {
		text  string
		fixed bool
	}
	pieces := []piece{{s, false}}
	for i, f := range from {
		old, by := Text(f), Text(to[i])
		if old == "" {
			continue
		}
		var next []piece
		for _, p := range pieces {
			rest := p.text
			for !p.fixed {
				at := strings.Index(rest, old)
				if at < 0 {
					break
				}
				next = append(next, piece{rest[:at], false}, piece{by, true})
				rest = rest[at+len(old):]
			}
			next = append(next, piece{rest, p.fixed})
		}
		pieces = next
	}
	var out strings.Builder
	for _, p := range pieces {
		if out.WriteString(p.text); out.Len() > maxText {
			return emptyText
		}
	}
	return textOf(out.String())
}

func translate(args []event.Value) event.Value {
	search, by := []rune(args[0].Str()), []rune(args[1].Str())
	return textOf(strings.Map(func(r rune) rune {
		for i, c := range search {
			if c != r {
				continue
			}
			switch {
			case len(by) == 0:
				return -1
			case i < len(by):
				return by[i]
			}
			return by[len(by)-1]
		}
		return r
	}, args[2].Str()))
}

func bindHasAnyIndex(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	build := func(v event.Value) []*termFinder {
		var out []*termFinder
		for _, e := range elements(nil, v) {
			out = append(out, newTermFinder(Text(e), true, bothEdges))
		}
		return out
	}
	var fixed []*termFinder
	if args[1].Const {
		fixed = build(args[1].Value)
	}
	return func(row []event.Value) event.Value {
		finders := fixed
		if !args[1].Const {
			finders = build(row[1])
		}
		s := Text(row[0])
		for i, f := range finders {
			if f.in(s) {
				return event.IntOf(int64(i))
			}
		}
		return event.IntOf(-1)
	}, nil
}
