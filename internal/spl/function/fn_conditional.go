package function

import (
	"fmt"
	"net/netip"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var conditional = []*fn.Func{
	{Name: "cidrmatch", Min: 2, Max: 2, Bind: cidrMatch, See: pageConditional,
		Doc:      "Whether an address lies in an address range, IPv4 or IPv6. What is no address lies in none.",
		Examples: ex(`cidrmatch("10.0.0.0/8","10.1.2.3")`, `true`, `cidrmatch("10.0.0.0/8","host")`, `false`, `cidrmatch("2001:db8::/32","2001:db8::1")`, `true`)},
	{Name: "coalesce", Min: 1, Max: -1, Null: fn.SeesNull, Row: coalesce, See: pageConditional,
		Doc: "The first argument that is not null.", Examples: ex(`coalesce(null(),"a","b")`, `"a"`, `coalesce(null())`, `null`)},
	{Name: "false", Min: 0, Max: 0, Row: func([]event.Value) event.Value { return event.BoolOf(false) }, See: pageConditional,
		Doc: "A condition that never holds.", Examples: ex(`false()`, `false`)},
	{Name: "in", Min: 2, Max: -1, Null: fn.SeesNull, Bind: in, Needs: needEqual, See: pageConditional,
		Doc:      "Whether a value equals one of the listed ones, as = compares. Case counts and there are no wildcards.",
		Examples: ex(`in(404,200,404)`, `true`, `in("b","a","B")`, `false`, `in("bob","b*")`, `false`, `in(split("a,b",","),"b")`, `true`)},
	{Name: "like", Min: 2, Max: 2, Bind: like, Needs: needLike, See: pageConditional,
		Doc:      "Whether a whole text has the form of a pattern in which % stands for any text and _ for one character. Case counts.",
		Examples: ex(`like("abc","a%")`, `true`, `like("abc","b")`, `false`, `like("fxo","f_o")`, `true`, `like("ABC","a%")`, `false`, `like("C:\\Temp\\x","%\\Temp\\%")`, `true`),
		Note:     "A backslash in the pattern is a backslash, also before % and _: published rules write paths that way, and the manual does not say."},
	{Name: "match", Min: 2, Max: 2, Bind: match, Needs: needMatch, See: pageConditional,
		Doc:      "Whether a regular expression (PCRE) is found anywhere in a text. Case counts unless the pattern says (?i).",
		Examples: ex(`match("oh yes","yes")`, `true`, `match("Yes","yes")`, `false`, `match("abc123","(?=.*\d)abc")`, `true`, `match(null(),"x")`, `null`)},
	{Name: "null", Min: 0, Max: 0, Row: func([]event.Value) event.Value { return null }, See: pageConditional,
		Doc: "No value.", Examples: ex(`null()`, `null`)},
	{Name: "nullif", Min: 2, Max: 2, Null: fn.SeesNull, Row: nullIf, See: pageConditional,
		Doc: "Null when the two arguments are equal, else the first one.", Examples: ex(`nullif("a","a")`, `null`, `nullif("a","b")`, `"a"`, `nullif(1,null())`, `1`)},
	{Name: "true", Min: 0, Max: 0, Row: func([]event.Value) event.Value { return event.BoolOf(true) }, See: pageConditional,
		Doc: "A condition that always holds; the usual last condition of case.", Examples: ex(`true()`, `true`)},
}

// Specials are the forms that the lowering spells out.
var Specials = []*Form{
	{Name: "case", Min: 2, Max: -1, See: pageConditional, Lowering: "expr.Case; the number of arguments must be even",
		Doc: "The value behind the first condition that is true; null when none is.", Examples: ex(`case(1==2,"a",2==2,"b")`, `"b"`, `case(1==2,"a")`, `null`, `case(null()="a","a",1==1,"b")`, `"b"`)},
	{Name: "if", Min: 3, Max: 3, See: pageConditional, Lowering: "expr.Case",
		Doc: "The second argument when the condition is true, else the third.", Examples: ex(`if(1==1,"y","n")`, `"y"`, `if(null()!="a","y","n")`, `"n"`)},
	{Name: "lookup", Min: 3, Max: 3, See: pageConditional, Lowering: "a lookup in front of the expression, or refused",
		Doc: "A row of a CSV lookup as a JSON object."},
	{Name: "mvfilter", Min: 1, Max: 1, See: pageMultivalue, Lowering: "expr.Each with Filter over the one field that the condition reads",
		Doc: "The values of a multivalue field for which a condition holds; the condition may read one field only.", Examples: ex(`mvfilter(match(l,"^a"))`, `["a","ab"]`)},
	{Name: "mvmap", Min: 2, Max: 3, See: pageMultivalue, Lowering: "expr.Each over the first argument, with the field it reads bound to each value",
		Doc: "The results of an expression for each value of a multivalue field.", Examples: ex(`mvmap(l,len(l))`, `[1,1,2]`)},
	{Name: "searchmatch", Min: 1, Max: 1, See: pageConditional, Lowering: "the condition that the search command makes of the text",
		Doc: "Whether the event matches a search expression."},
	{Name: "sigfig", Min: 1, Max: 1, See: pageMath, Lowering: `Operator("sigfig") with a postfix program ("0 1 *") and its operands, number literals as text`,
		Doc: "The result of a calculation rounded to the precision of its operands.", Examples: ex(`sigfig(1.00*1111)`, `1110`, `sigfig(123.0+4.567)`, `127.6`)},
	{Name: "validate", Min: 2, Max: -1, See: pageConditional, Lowering: "expr.Case with negated conditions; the number of arguments must be even",
		Doc: "The value behind the first condition that is false; null when all hold.", Examples: ex(`validate(1==1,"a",1==2,"b")`, `"b"`, `validate(1==1,"a")`, `null`)},
}

func cidrMatch(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	test := func(net netip.Prefix, v event.Value) event.Value {
		var one [1]event.Value
		for _, x := range Values(v, &one) {
			if a, ok := addressOf(x); ok && net.Contains(a) {
				return event.BoolOf(true)
			}
		}
		return event.BoolOf(false)
	}
	if args[0].Const && !args[0].Value.IsNull() {
		net, ok := network(Text(args[0].Value))
		if !ok {
			return nil, fmt.Errorf("%q is not an address range such as 10.0.0.0/8", Text(args[0].Value))
		}
		return func(in []event.Value) event.Value { return test(net, in[1]) }, nil
	}
	return func(in []event.Value) event.Value {
		net, ok := network(Text(in[0]))
		if !ok {
			return event.BoolOf(false)
		}
		return test(net, in[1])
	}, nil
}

// network reads an address range; a single address is a range of one.
func network(s string) (netip.Prefix, bool) {
	if net, ok := fn.ParseNetwork(s); ok {
		return net, true
	}
	if a, ok := fn.ParseAddress(s); ok {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

func coalesce(in []event.Value) event.Value {
	for _, v := range in {
		if !isNull(v) {
			return v
		}
	}
	return null
}

func nullIf(in []event.Value) event.Value {
	a, b := in[0], in[1]
	if a.IsNull() || b.IsNull() {
		return orNull(a)
	}
	if a.Kind() == event.List || b.Kind() == event.List {
		if event.Equal(a, b) {
			return null
		}
		return a
	}
	if Equal(a, b) {
		return null
	}
	return a
}

func in(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	set := newValueSet()
	var open []int // positions of items that are no constants
	for i, a := range args[1:] {
		if !a.Const {
			open = append(open, i+1)
			continue
		}
		var one [1]event.Value
		for _, v := range Values(a.Value, &one) {
			set.add(v)
		}
	}
	return func(in []event.Value) event.Value {
		if in[0].IsNull() {
			return null
		}
		var one, two [1]event.Value
		for _, v := range Values(in[0], &one) {
			if set.has(v) {
				return event.BoolOf(true)
			}
			for _, i := range open {
				for _, item := range Values(in[i], &two) {
					if Equal(v, item) {
						return event.BoolOf(true)
					}
				}
			}
		}
		return event.BoolOf(false)
	}, nil
}

// A valueSet holds values under the equality of =.
type valueSet struct {
	texts map[string]bool
	nums  map[float64]bool
}

func newValueSet() *valueSet { return &valueSet{map[string]bool{}, map[float64]bool{}} }

func (s *valueSet) add(v event.Value) {
	if n, ok := Number(v); ok {
		s.nums[n] = true
	}
	s.texts[Text(v)] = true
}

func (s *valueSet) has(v event.Value) bool {
	if len(s.nums) > 0 {
		if n, ok := Number(v); ok {
			return s.nums[n]
		}
	}
	if v.Kind() == event.String {
		return s.texts[v.Str()]
	}
	return s.texts[Text(v)]
}

func like(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	test := func(g *fn.Glob, v event.Value) event.Value {
		if v.Kind() == event.String {
			return event.BoolOf(g.Match(v.Str()))
		}
		var one [1]event.Value
		for _, x := range Values(v, &one) {
			if g.Match(Text(x)) {
				return event.BoolOf(true)
			}
		}
		return event.BoolOf(false)
	}
	if args[1].Const {
		g := fn.LikeGlob(Text(args[1].Value), false, false)
		return func(in []event.Value) event.Value { return test(g, in[0]) }, nil
	}
	globs := newMemo(func(s string) *fn.Glob { return fn.LikeGlob(s, false, false) })
	return func(in []event.Value) event.Value { return test(globs.get(Text(in[1])), in[0]) }, nil
}

func match(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := newPattern(args[1])
	if err != nil {
		return nil, err
	}
	return func(in []event.Value) event.Value {
		r := re.of(in[1])
		if r == nil {
			return null
		}
		v := in[0]
		if v.Kind() == event.String {
			return event.BoolOf(r.Match(v.Str()))
		}
		var one [1]event.Value
		for _, x := range Values(v, &one) {
			if r.Match(Text(x)) {
				return event.BoolOf(true)
			}
		}
		return event.BoolOf(false)
	}, nil
}

// A pattern is a regular-expression argument: compiled once when it is constant, else once per distinct text.
type pattern struct {
	fixed *fn.Regex
	memo  *memo[*fn.Regex]
}

func newPattern(a fn.Arg) (*pattern, error) {
	if a.Const {
		if a.Value.IsNull() {
			return &pattern{}, nil
		}
		r, err := fn.CompileRegex(Text(a.Value), fn.PCRE)
		if err != nil {
			return nil, err
		}
		return &pattern{fixed: r}, nil
	}
	return &pattern{memo: newMemo(func(s string) *fn.Regex {
		r, err := fn.CompileRegex(s, fn.PCRE)
		if err != nil {
			return nil // a pattern made of data that does not compile matches nothing: the call is null
		}
		return r
	})}, nil
}

// of returns the compiled pattern for the argument's value, or nil when it is none.
func (p *pattern) of(v event.Value) *fn.Regex {
	if p.memo == nil {
		return p.fixed
	}
	return p.memo.get(Text(v))
}

// A memo remembers what was made of the last texts. It belongs to one goroutine, as the kernel that owns it does.
type memo[T any] struct {
	make func(string) T
	of   map[string]T
}

const maxMemo = 256

func newMemo[T any](f func(string) T) *memo[T] { return &memo[T]{make: f, of: map[string]T{}} }

func (m *memo[T]) get(s string) T {
	v, ok := m.of[s]
	if !ok {
		if len(m.of) >= maxMemo {
			clear(m.of)
		}
		v = m.make(s)
		m.of[s] = v
	}
	return v
}
