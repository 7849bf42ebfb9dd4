package function

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Functions with regular expressions. https://learn.microsoft.com/kusto/query/regex

// A pattern gives the compiled form of a regular expression: once when it is constant, and of the last one used when it
// varies. A varying pattern that does not compile is nil.
type pattern func(args []event.Value) *fn.Regex

func patternAt(i int, args []fn.Arg, wrap func(string) string) (pattern, error) {
	if args[i].Const {
		re, err := compileRegex(wrap(Text(args[i].Value)))
		if err != nil {
			return nil, err
		}
		return func([]event.Value) *fn.Regex { return re }, nil
	}
	var last string
	var re *fn.Regex
	known := false
	return func(args []event.Value) *fn.Regex {
		if p := args[i].Str(); !known || p != last {
			re, _ = compileRegex(wrap(p))
			last, known = p, true
		}
		return re
	}, nil
}

func asIs(s string) string { return s }

func quoteRegex(s string) string { return regexp.QuoteMeta(s) }

// group returns what group g of a match is.
func group(s string, loc []int, g int) (string, bool) {
	if g < 0 || 2*g+1 >= len(loc) || loc[2*g] < 0 {
		return "", false
	}
	return s[loc[2*g]:loc[2*g+1]], true
}

func bindExtract(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := patternAt(0, args, asIs)
	if err != nil {
		return nil, err
	}
	to := types.String
	if len(args) > 3 {
		to, _ = types.Parse(Text(args[3].Value))
	}
	null := event.NullValue
	if to == types.String {
		null = emptyText
	}
	return func(args []event.Value) event.Value {
		r := re(args)
		if r == nil {
			return null
		}
		s := args[2].Str()
		g, ok := group(s, r.Find(s), int(args[1].Int()))
		if !ok {
			return null
		}
		return Cast(textOf(g), to)
	}, nil
}

func bindExtractAll(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := patternAt(0, args, asIs)
	if err != nil {
		return nil, err
	}
	return func(row []event.Value) event.Value {
		r := re(row)
		s := row[len(row)-1].Str()
		if r == nil {
			return event.NullValue
		}
		names := r.Names()
		var groups []int
		if len(row) == 3 {
			for _, v := range elements(nil, row[1]) {
				switch v.Kind() {
				case event.Int:
					groups = append(groups, int(v.Int()))
				case event.String:
					for i, n := range names {
						if n == v.Str() && n != "" {
							groups = append(groups, i)
						}
					}
				}
			}
		} else {
			for i := 1; i < len(names); i++ {
				groups = append(groups, i)
			}
			if len(groups) == 0 { // without groups, what matched
				groups = []int{0}
			}
		}
		all := r.FindAll(s, -1)
		if len(all) == 0 {
			return event.NullValue
		}
		out := make([]event.Value, 0, len(all))
		for _, loc := range all {
			if len(groups) == 1 {
				g, _ := group(s, loc, groups[0])
				out = append(out, textOf(g))
				continue
			}
			parts := make([]event.Value, 0, len(groups))
			for _, i := range groups {
				g, _ := group(s, loc, i)
				parts = append(parts, textOf(g))
			}
			out = append(out, event.ListOf(parts))
		}
		return event.ListOf(out)
	}, nil
}

// bindReplace makes replace_regex, whose text, pattern and replacement stand at the given places.
func bindReplace(source, lookup, rewrite int) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		re, err := patternAt(lookup, args, asIs)
		if err != nil {
			return nil, err
		}
		var by *fn.Replacement
		if args[rewrite].Const {
			by = fn.BackslashReplacement(Text(args[rewrite].Value))
		}
		return func(args []event.Value) event.Value {
			r := re(args)
			if r == nil {
				return args[source]
			}
			t := by
			if t == nil {
				t = fn.BackslashReplacement(args[rewrite].Str())
			}
			return textOf(r.ReplaceAll(args[source].Str(), t))
		}, nil
	}
}

// bindTrim removes a match from the start and from the end of a text.
func bindTrim(start, end bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		head, err := patternAt(0, args, func(p string) string { return `\A(?:` + p + `)` })
		if err != nil {
			return nil, err
		}
		tail, err := patternAt(0, args, func(p string) string { return `(?:` + p + `)\z` })
		if err != nil {
			return nil, err
		}
		return func(args []event.Value) event.Value {
			s := args[1].Str()
			if r := head(args); start && r != nil {
				for loc := r.Find(s); loc != nil && loc[1] > 0; loc = r.Find(s) {
					if s = s[loc[1]:]; !end { // trim removes all matches, trim_start one
						break
					}
				}
			}
			if r := tail(args); end && r != nil {
				for loc := r.Find(s); loc != nil && loc[0] < len(s); loc = r.Find(s) {
					if s = s[:loc[0]]; !start {
						break
					}
				}
			}
			return textOf(s)
		}, nil
	}
}

func bindCountOf(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if len(args) > 2 && strings.EqualFold(Text(args[2].Value), "regex") {
		re, err := patternAt(1, args, asIs)
		if err != nil {
			return nil, err
		}
		return func(args []event.Value) event.Value {
			r := re(args)
			if r == nil {
				return event.IntOf(0)
			}
			n := 0
			for _, loc := range r.FindAll(args[0].Str(), -1) {
				if loc[1] > loc[0] {
					n++
				}
			}
			return event.IntOf(int64(n))
		}, nil
	}
	return func(args []event.Value) event.Value {
		s, sub := args[0].Str(), args[1].Str()
		n := int64(0)
		for sub != "" {
			i := strings.Index(s, sub)
			if i < 0 {
				break
			}
			n++
			_, w := utf8.DecodeRuneInString(s[i:])
			s = s[i+w:]
		}
		return event.IntOf(n)
	}, nil
}

func bindIndexOfRegex(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := patternAt(1, args, asIs)
	if err != nil {
		return nil, err
	}
	return func(args []event.Value) event.Value {
		r := re(args)
		s := Text(args[0])
		if r == nil || len(args) > 2 && args[2].Int() < 0 {
			return event.NullValue
		}
		piece, start, nth, ok := window(s, args[2:])
		if !ok {
			return event.NullValue
		}
		all := r.FindAll(piece, int(min(nth, int64(len(piece))+1)))
		if int64(len(all)) < nth {
			return event.IntOf(-1)
		}
		return event.IntOf(start + runes(piece[:all[nth-1][0]]))
	}, nil
}
