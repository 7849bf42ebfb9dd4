package kql

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("parse-kv", lowerParseKV) }

// lowerParseKV takes columns out of a text of keys and values.
// https://learn.microsoft.com/kusto/query/parse-kv-operator
func lowerParseKV(c *ctx, in *rows, op *syntax.ParseKV) *rows {
	x := op.X
	if n, named := x.(*syntax.Named); named {
		x = n.X
	}
	v := c.scalar(x)
	cols := c.schema(op.Columns)
	if v.bad || cols == nil {
		return nil
	}
	kv := &kvReader{}
	for _, col := range cols {
		kv.keys = append(kv.keys, col.Name)
	}
	for _, p := range op.With {
		s := optionText(p.Value())
		switch p.Name {
		case "pair_delimiter":
			kv.pair = s
		case "kv_delimiter":
			kv.delim = s
		case "quote":
			switch r := []rune(s); len(r) {
			case 1:
				kv.quotes = append(kv.quotes, [2]rune{r[0], r[0]})
			case 2:
				kv.quotes = append(kv.quotes, [2]rune{r[0], r[1]})
			default:
				c.bad("KQL4005", p, "quote takes one or two characters")
				return nil
			}
		case "escape":
			if utf8.RuneCountInString(s) != 1 {
				c.bad("KQL4005", p, "escape takes one character")
				return nil
			}
			kv.escapes += s
		case "greedy":
			kv.greedy = strings.EqualFold(s, "true")
		case "regex":
			re, err := regexp.Compile(s)
			if err != nil || re.NumSubexp() != 2 {
				c.bad("KQL4005", p, "regex takes a regular expression with two groups, for the key and for the value")
				return nil
			}
			kv.re = re
		}
	}
	if (kv.pair == "") != (kv.delim == "") {
		c.bad("KQL4005", op, "pair_delimiter and kv_delimiter go together")
		return nil
	}
	helper := c.hidden("pairs")
	f := &fn.Func{Name: "parse_kv", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Takes the values of keys out of a text.", Row: func(args []event.Value) event.Value {
		return kv.read(args[0].Str())
	}}
	out := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: helper, Expr: expr.F(f, c.cast(v, "string").e)}}})
	var items []plan.Named
	var ts []types.Type
	for i, col := range cols {
		e := expr.Expr(expr.F(elementOf, expr.C(helper), expr.L(event.IntOf(int64(i)))))
		if conv := function.Convert(types.String, col.Type); conv != nil {
			e = expr.F(conv, e)
		}
		if col.Type == types.String {
			e = expr.F(orEmpty, e)
		}
		items = append(items, plan.Named{Name: col.Name, Expr: e})
		ts = append(ts, col.Type)
	}
	return out.extend(items, ts).drop(helper)
}

// kvReader finds the values of keys in a text.
type kvReader struct {
	keys        []string
	pair, delim string // none: anything but letters and digits separates
	quotes      [][2]rune
	escapes     string
	greedy      bool
	re          *regexp.Regexp
}

// read returns the values in the order of the keys; the first one of a key counts.
func (kv *kvReader) read(text string) event.Value {
	out := make([]event.Value, len(kv.keys))
	put := func(key, value string) {
		key = strings.TrimSpace(key)
		for i, k := range kv.keys {
			if k == key && out[i].IsNull() {
				out[i] = event.StringOf(strings.TrimSpace(value))
			}
		}
	}
	switch {
	case kv.re != nil:
		for _, m := range kv.re.FindAllStringSubmatch(text, -1) {
			put(m[1], m[2])
		}
	case kv.delim != "":
		kv.delimited(text, put)
	default:
		kv.loose(text, put)
	}
	for i := range out {
		if out[i].IsNull() {
			out[i] = event.NullValue
		}
	}
	return event.ListOf(out)
}

// quoted reads a quoted text at the start of s, and returns how long it is with its quotes; 0 when s starts with no quote.
func (kv *kvReader) quoted(s string) (value string, n int) {
	first, w := utf8.DecodeRuneInString(s)
	for _, q := range kv.quotes {
		if first != q[0] {
			continue
		}
		var b strings.Builder
		for i := w; i < len(s); {
			r, k := utf8.DecodeRuneInString(s[i:])
			if strings.ContainsRune(kv.escapes, r) && i+k < len(s) {
				i += k
				r, k = utf8.DecodeRuneInString(s[i:])
			} else if r == q[1] {
				return b.String(), i + k
			}
			b.WriteRune(r)
			i += k
		}
	}
	return "", 0
}

func (kv *kvReader) delimited(text string, put func(key, value string)) {
	for s := text; s != ""; {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		key, n := kv.quoted(s)
		if n == 0 {
			at := strings.Index(s, kv.delim)
			next := strings.Index(s, kv.pair)
			if at < 0 {
				return
			}
			if next >= 0 && next < at {
				s = s[next+len(kv.pair):]
				continue
			}
			key, n = s[:at], at
		}
		s = strings.TrimLeftFunc(s[n:], unicode.IsSpace)
		if !strings.HasPrefix(s, kv.delim) {
			continue
		}
		s = s[len(kv.delim):]
		lead := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
		value, n := kv.quoted(s[lead:])
		if n > 0 {
			n += lead
		} else if n = strings.Index(s, kv.pair); kv.greedy {
			n = kv.nextKey(s)
			value = s[:n]
		} else if n < 0 {
			n, value = len(s), s
		} else {
			value = s[:n]
		}
		put(key, value)
		s = strings.TrimPrefix(s[n:], kv.pair)
	}
}

// nextKey returns where the pair delimiter before the next known key stands, or the end.
func (kv *kvReader) nextKey(s string) int {
	end := len(s)
	for _, k := range kv.keys {
		if i := strings.Index(s, kv.pair+k+kv.delim); i >= 0 && i < end {
			end = i
		}
	}
	return end
}

// loose takes any character but letters and digits as a delimiter.
func (kv *kvReader) loose(text string, put func(key, value string)) {
	for i, key := range kv.keys {
		_ = i
		for from := 0; ; {
			at := strings.Index(text[from:], key)
			if at < 0 {
				break
			}
			at += from
			from = at + len(key)
			before, _ := utf8.DecodeLastRuneInString(text[:at])
			rest := strings.TrimLeftFunc(text[from:], unicode.IsSpace)
			after, w := utf8.DecodeRuneInString(rest)
			if at > 0 && wordRune(before) || rest == "" || wordRune(after) {
				continue
			}
			rest = strings.TrimLeftFunc(rest[w:], unicode.IsSpace)
			value, n := kv.quoted(rest)
			if n == 0 {
				if n = strings.IndexFunc(rest, func(r rune) bool { return !wordRune(r) }); n < 0 {
					n = len(rest)
				}
				value = rest[:n]
			}
			put(key, value)
			break
		}
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
