package function

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// The tests of text.
var (
	Like    = &fn.Func{Name: "sigma_like", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindLike(true), Needs: needLike(true), See: pageRules, Doc: "The value has the form of a pattern with * and ?, ignoring case."}
	LikeCS  = &fn.Func{Name: "sigma_like_cased", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindLike(false), Needs: needLike(false), See: pageModifiers, Doc: "The value has the form of a pattern with * and ?, with case."}
	In      = &fn.Func{Name: "sigma_in", Min: 2, Max: -1, Null: fn.SeesNull, Bind: bindIn, Needs: needIn, See: pageRules, Doc: "The value is one of some texts, ignoring case."}
	Keyword = &fn.Func{Name: "sigma_keyword", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindKeyword(true), Needs: needKeyword(true), See: pageRules,
		Doc: "A text, with * and ? in it, occurs in the event, ignoring case. In events whose raw text is XML or JSON it may be spelt with or without the escapes of these."}
	KeywordCS = &fn.Func{Name: "sigma_keyword_cased", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindKeyword(false), Needs: needKeyword(false), See: pageRules, Doc: "Like sigma_keyword, with case."}
	Regex     = &fn.Func{Name: "sigma_re", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindRegex, Needs: needRegex, See: pageModifiers, Doc: "A regular expression finds something in the value."}
	KeywordRe = &fn.Func{Name: "sigma_keyword_re", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindKeywordRegex, Needs: needKeywordRegex, See: pageModifiers, Doc: "A regular expression finds something in the event."}
	CIDR      = &fn.Func{Name: "sigma_cidr", Min: 2, Max: 2, Null: fn.SeesNull, Bind: bindCIDR, See: pageModifiers, Doc: "The value is an address in a network."}
	Same      = &fn.Func{Name: "sigma_same", Min: 3, Max: 3, Null: fn.SeesNull, Bind: bindSame, See: pageModifiers,
		Doc: "A value of one field is (or contains, starts with, ends with) a value of another; with case when the third argument begins with cased."}
)

// GlobOf compiles a pattern.
func GlobOf(p syntax.Pattern, fold bool) *fn.Glob {
	var b fn.GlobBuilder
	for _, part := range p {
		switch part.Wild {
		case '*':
			b.Any()
		case '?':
			b.One()
		default:
			b.Text(part.Text)
		}
	}
	return b.Glob(fold)
}

// matcher returns the test of a pattern on text. Patterns that are nothing but a text at one end, which most are, need no glob.
func matcher(pattern string, fold bool) func(string) bool {
	p := syntax.ParsePattern(pattern)
	if s, ok := p.Plain(); ok {
		if fold {
			return func(v string) bool { return fn.EqualFold(v, s) }
		}
		return func(v string) bool { return v == s }
	}
	return GlobOf(p, fold).Match
}

func bindLike(fold bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		v, err := constant("sigma_like", args, 1)
		if err != nil {
			return nil, err
		}
		match := matcher(Text(v), fold)
		return anyValue(func(v event.Value) bool { return match(Text(v)) }), nil
	}
}

// required returns what every text with the pattern's form contains.
func required(pattern string, fold bool) fn.Required {
	return GlobOf(syntax.ParsePattern(pattern), fold).Required()
}

func needLike(fold bool) func([]fn.Arg) fn.Required {
	return func(args []fn.Arg) fn.Required {
		if len(args) < 2 || !args[1].Const {
			return fn.Required{}
		}
		return required(Text(args[1].Value), fold)
	}
}

func bindIn(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	set := map[string]bool{}
	longest := 0
	for i := range args[1:] {
		v, err := constant("sigma_in", args, i+1)
		if err != nil {
			return nil, err
		}
		s := strings.ToLower(Text(v))
		set[s] = true
		longest = max(longest, len(s))
	}
	return anyValue(func(v event.Value) bool {
		s := Text(v)
		return len(s) <= 3*longest && set[strings.ToLower(s)] // the cases of a letter differ by a few bytes at most
	}), nil
}

func needIn(args []fn.Arg) fn.Required {
	out := fn.Required{Fold: true}
	for _, a := range args[1:] {
		if s := Text(a.Value); a.Const && s != "" {
			out.Any = append(out.Any, strings.ToLower(s))
			continue
		}
		return fn.Required{}
	}
	return out
}

func bindRegex(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_re", args, 1)
	if err != nil {
		return nil, err
	}
	r, err := fn.CompileRegex(Text(v), fn.PCRE)
	if err != nil {
		return nil, err
	}
	return anyValue(func(v event.Value) bool { return r.Match(Text(v)) }), nil
}

func needRegex(args []fn.Arg) fn.Required {
	if len(args) < 2 || !args[1].Const {
		return fn.Required{}
	}
	r, err := fn.CompileRegex(Text(args[1].Value), fn.PCRE)
	if err != nil {
		return fn.Required{}
	}
	return r.Required()
}

func bindCIDR(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_cidr", args, 1)
	if err != nil {
		return nil, err
	}
	net, ok := fn.ParseNetwork(Text(v))
	if !ok {
		return nil, &networkError{Text(v)}
	}
	return anyValue(func(v event.Value) bool {
		a, ok := fn.ParseAddress(strings.TrimSpace(Text(v)))
		return ok && (net.Contains(a) || net.Contains(a.Unmap()))
	}), nil
}

type networkError struct{ text string }

func (e *networkError) Error() string { return strconv.Quote(e.text) + " is no network" }

func bindSame(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	v, err := constant("sigma_same", args, 2)
	if err != nil {
		return nil, err
	}
	how, cased := strings.CutPrefix(Text(v), "cased ")
	test := map[string]func(a, b string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix}[how]
	if test == nil {
		test = func(a, b string) bool { return a == b }
	}
	return func(in []event.Value) event.Value {
		return event.BoolOf(holds(in[0], func(a event.Value) bool {
			return holds(in[1], func(b event.Value) bool {
				x, y := Text(a), Text(b)
				if !cased {
					x, y = strings.ToLower(x), strings.ToLower(y)
				}
				return test(x, y)
			}, 0)
		}, 0))
	}, nil
}
