package function

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// A signature is one overload. It is written
//
//	name:kind[!|!!][?|+|*|+n], … -> result
//
// A kind is one of the types, or several joined with |, or one of the sets in kinds. ! asks for a constant, !! for a
// literal; (a b c) after the kind names the values that are taken. ? marks an optional parameter, + one that occurs once
// or more, +n at least n times, * any number of times; neighbouring repeated parameters repeat together. A result is a type
// or one of the rules in signature.result.
type signature struct {
	text   string
	params []param
	ret    string
}

type param struct {
	name     string
	kind     string
	types    []types.Type
	constant bool
	literal  bool
	star     bool // * may stand here
	values   []string
	min      int
	repeat   bool
}

// kinds are the sets of types that parameters take, with what is said when an argument is not in the set.
var kinds = map[string]struct {
	has     func(types.Type) bool
	message string
}{
	"scalar":          {func(types.Type) bool { return true }, "a scalar value is expected"},
	"integer":         {types.Type.IsInteger, "the value must be an integer"},
	"number":          {types.Type.IsNumber, "the value must be a number"},
	"numberOrBool":    {func(t types.Type) bool { return t.IsNumber() || t == types.Bool }, "the value must be a number or a bool"},
	"summable":        {types.Type.IsSummable, "the value must be summable: a number, timespan or datetime"},
	"orderable":       {types.Type.IsOrderable, "the value must be orderable: a number, timespan, datetime, string or bool"},
	"array":           {func(t types.Type) bool { return t == types.Dynamic }, "the value must be a dynamic array"},
	"bag":             {func(t types.Type) bool { return t == types.Dynamic }, "the value must be a dynamic bag"},
	"stringOrArray":   {func(t types.Type) bool { return t == types.Dynamic || t == types.String }, "the value must be a string or a dynamic array"},
	"integerOrArray":  {func(t types.Type) bool { return t == types.Dynamic || t.IsInteger() }, "the value must be an integer or a dynamic array"},
	"notDynamic":      {func(t types.Type) bool { return t != types.Dynamic }, "a value of type dynamic is not allowed here"},
	"notBool":         {func(t types.Type) bool { return t != types.Bool }, "a value of type bool is not allowed here"},
	"notRealOrBool":   {func(t types.Type) bool { return t != types.Bool && t != types.Real }, "a value of type real or bool is not allowed here"},
	"common":          {func(types.Type) bool { return true }, "a scalar value is expected"},
	"commonOrDynamic": {func(types.Type) bool { return true }, "a scalar value is expected"},
	"commonOrderable": {types.Type.IsOrderable, "the value must be orderable: a number, timespan, datetime, string or bool"},
	"same":            {func(types.Type) bool { return true }, "the value must have the type of the first one"},
	"type":            {func(types.Type) bool { return false }, "a type is expected: typeof(…)"},
	"column":          {func(types.Type) bool { return true }, "a column is expected"},
	"table":           {func(types.Type) bool { return true }, "a table is expected"},
}

func mustParse(text string) signature {
	s, err := parseSignature(text)
	if err != nil {
		panic("function: " + text + ": " + err.Error())
	}
	return s
}

// parseSignature reads the compact form in which the tables write signatures.
func parseSignature(text string) (signature, error) {
	s := signature{text: text}
	left, ret, ok := strings.Cut(text, "->")
	if !ok {
		return s, fmt.Errorf("no result")
	}
	s.ret = strings.TrimSpace(ret)
	for _, p := range strings.Split(left, ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		name, kind, ok := strings.Cut(p, ":")
		if !ok {
			return s, fmt.Errorf("parameter %q has no kind", p)
		}
		q := param{name: name, min: 1}
		if at := strings.IndexAny(kind, "+*?"); at >= 0 {
			switch kind[at] {
			case '?':
				q.min = 0
			case '*':
				q.min, q.repeat = 0, true
			case '+':
				q.repeat = true
				if n, err := strconv.Atoi(kind[at+1:]); err == nil {
					q.min = n
				}
			}
			kind = kind[:at]
		}
		for strings.HasSuffix(kind, "!") {
			q.literal = q.constant
			q.constant = true
			kind = kind[:len(kind)-1]
		}
		if at := strings.IndexByte(kind, '('); at >= 0 {
			q.values = strings.Fields(strings.Trim(kind[at:], "()"))
			kind = kind[:at]
		}
		if k, star := strings.CutSuffix(kind, "@"); star {
			q.star, kind = true, k
		}
		if _, known := kinds[kind]; known {
			q.kind = kind
		} else {
			for _, t := range strings.Split(kind, "|") {
				ty, ok := types.Parse(t)
				if !ok {
					return s, fmt.Errorf("no such kind %q", t)
				}
				q.types = append(q.types, ty)
			}
		}
		s.params = append(s.params, q)
	}
	return s, nil
}

// arity returns the bounds of the number of arguments; hi is -1 for none.
func (s *signature) arity() (lo, hi int) {
	for _, p := range s.params {
		lo += p.min
		if p.repeat {
			hi = -1
		} else if hi >= 0 {
			hi++
		}
	}
	return lo, hi
}

func arityOf(sigs []signature) (lo, hi int) {
	for i := range sigs {
		l, h := sigs[i].arity()
		if i == 0 {
			lo, hi = l, h
			continue
		}
		lo = min(lo, l)
		if h < 0 || hi < 0 {
			hi = -1
		} else {
			hi = max(hi, h)
		}
	}
	return lo, hi
}

// assign gives each of n arguments its parameter; nil when n arguments do not go.
func (s *signature) assign(args []Arg) []*param {
	n := len(args)
	lo, hi := s.arity()
	if n < lo || hi >= 0 && n > hi {
		return nil
	}
	first, last := -1, -1
	for i := range s.params {
		if s.params[i].repeat {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	out := make([]*param, 0, n)
	if first < 0 {
		for i := range n {
			out = append(out, &s.params[i])
		}
		return out
	}
	after := s.params[last+1:]
	tail := 0
	for i := range after {
		if after[i].min > 0 {
			tail++
		} else if n > 0 && after[i].accepts(&args[n-1]) == exact && s.params[last].accepts(&args[n-1]) != exact {
			tail++ // an optional last parameter: told apart by its type
		}
	}
	for i := range first {
		if len(out) < n-tail {
			out = append(out, &s.params[i])
		}
	}
	block := last - first + 1
	body := n - tail - len(out)
	if block > 1 && body%block != 0 {
		return nil
	}
	for i := range body {
		out = append(out, &s.params[first+i%block])
	}
	for i := range tail {
		out = append(out, &after[i])
	}
	return out
}

// match says how well an argument fits a parameter.
type match uint8

const (
	no match = iota
	converted
	exact
)

func (p *param) accepts(a *Arg) match {
	switch {
	case a.Star:
		if p.star {
			return exact
		}
		return no
	case a.IsType != (p.kind == "type"):
		return no
	case a.IsType || a.Type == types.Unknown:
		return exact
	case p.kind != "":
		if kinds[p.kind].has(a.Type) {
			return exact
		}
		return no
	}
	best := no
	for _, t := range p.types {
		if t == a.Type {
			return exact
		}
		if types.Converts(a.Type, t) {
			best = converted
		}
	}
	return best
}

// wants returns the type that an argument of type t must be given in.
func (p *param) wants(t, result types.Type) types.Type {
	switch {
	case t == types.Unknown:
		return t
	case p.kind == "common" || p.kind == "commonOrderable" || p.kind == "commonOrDynamic":
		if result != types.Unknown && result != types.Dynamic {
			return result
		}
	case len(p.types) == 1 && p.types[0] != t && p.kind == "" && types.Converts(t, p.types[0]):
		return p.types[0]
	}
	return t
}

// complaint says what is wrong with a value of type t, or returns "".
func (p *param) complaint(a *Arg) string {
	if p.accepts(a) == no {
		if p.kind != "" {
			return kinds[p.kind].message
		}
		names := make([]string, len(p.types))
		for i, t := range p.types {
			names[i] = t.String()
		}
		return "a value of type " + strings.Join(names, " or ") + " is expected"
	}
	switch {
	case p.literal && !a.Literal:
		return "the expression must be a literal"
	case p.constant && !a.Const:
		return "the expression must be a constant"
	}
	if len(p.values) > 0 && a.Literal && a.Value.Kind() == event.String {
		for _, v := range p.values {
			if strings.EqualFold(v, a.Value.Str()) {
				return ""
			}
		}
		return "the expression must be one of the values " + strings.Join(p.values, ", ")
	}
	return ""
}

// choose picks the overload for these arguments: the first that they fit exactly, else the first that they fit after
// conversion.
func choose(name string, operator bool, sigs []signature, args []Arg) (*signature, []*param, error) {
	var fit *signature
	var fitParams []*param
	candidates := 0
	for i := range sigs {
		s := &sigs[i]
		params := s.assign(args)
		if params == nil {
			continue
		}
		candidates++
		worst := exact
		for j := range args {
			worst = min(worst, params[j].accepts(&args[j]))
			if params[j].kind == "same" && worst > no && args[j].Type != types.Unknown && args[0].Type != types.Unknown &&
				args[j].Type != args[0].Type {
				worst = no
			}
		}
		if worst == exact || worst == converted && fit == nil {
			fit, fitParams = s, params
		}
		if worst == exact {
			break
		}
	}
	if fit != nil {
		for j := range args {
			if msg := fitParams[j].complaint(&args[j]); msg != "" {
				return nil, nil, errorf(j, "%s", msg)
			}
		}
		return fit, fitParams, nil
	}
	if candidates == 0 {
		lo, hi := arityOf(sigs)
		return nil, nil, arityError(name, lo, hi, len(args))
	}
	if operator {
		return nil, nil, errorf(-1, "the operator %q is not defined for the operand types %s", strings.TrimPrefix(name, "unary"), typeList(args, " and "))
	}
	if candidates == 1 {
		for i := range sigs {
			if params := sigs[i].assign(args); params != nil {
				for j := range args {
					if msg := params[j].complaint(&args[j]); msg != "" {
						return nil, nil, errorf(j, "%s", msg)
					}
				}
			}
		}
	}
	return nil, nil, errorf(-1, "%s cannot take arguments of the types (%s)", name, typeList(args, ", "))
}

func typeList(args []Arg, last string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			if i == len(args)-1 {
				b.WriteString(last)
			} else {
				b.WriteString(", ")
			}
		}
		switch {
		case a.Star:
			b.WriteString("*")
		case a.IsType:
			b.WriteString("typeof(" + a.TypeLit.String() + ")")
		default:
			b.WriteString(a.Type.String())
		}
	}
	return b.String()
}

func arityError(name string, lo, hi, n int) error {
	want, noun := strconv.Itoa(lo), "arguments"
	switch {
	case hi < 0:
		want = "at least " + want
	case hi > lo:
		want = "between " + want + " and " + strconv.Itoa(hi)
	}
	if want == "1" || want == "at least 1" {
		noun = "argument"
	}
	if lo <= n && (hi < 0 || n <= hi) {
		return errorf(-1, "%s cannot take this number of arguments", name)
	}
	return errorf(-1, "%s expects %s %s", name, want, noun)
}

// result works out the static type of a call's value.
func (s *signature) result(name string, args []Arg, params []*param) (types.Type, error) {
	if t, ok := types.Parse(s.ret); ok {
		return t, nil
	}
	at := func(i int) types.Type {
		if i < len(args) {
			return args[i].Type
		}
		return types.Unknown
	}
	var ts, plain []types.Type
	for i, a := range args {
		if strings.HasPrefix(params[i].kind, "common") {
			ts = append(ts, a.Type)
			if a.Type != types.Dynamic {
				plain = append(plain, a.Type)
			}
		}
	}
	switch s.ret {
	case "widest":
		t := types.Unknown
		for _, a := range args {
			if a.Type == types.Unknown {
				return types.Unknown, nil
			}
			if a.Type.IsNumber() {
				t = types.Widest(t, a.Type)
			}
		}
		return t.Promoted(), nil
	case "arg0":
		return at(0), nil
	case "arg1":
		return at(1), nil
	case "promoted0":
		return at(0).Promoted(), nil
	case "common": // all of one type
		t, ok := types.Common(ts, false)
		if !ok {
			return t, errorf(-1, "the arguments of %s have no common type", name)
		}
		return t, nil
	case "commonNonDynamic": // dynamic arguments do not count, and without a common type the result is dynamic
		if len(plain) == 0 {
			return types.Dynamic, nil
		}
		t, ok := types.Common(plain, false)
		if !ok {
			return types.Dynamic, nil
		}
		return t, nil
	case "typeof":
		for i := len(args) - 1; i >= 0; i-- {
			if args[i].IsType {
				return args[i].TypeLit, nil
			}
		}
	}
	return types.Unknown, nil
}
