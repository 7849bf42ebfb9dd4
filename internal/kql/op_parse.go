package kql

import (
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	register("parse", lowerParse)
	register("parse-where", lowerParse)
}

// lowerParse takes columns out of a text. The pattern becomes one regular expression, and all captures one list, so that the
// work is done once for each distinct text.
// https://learn.microsoft.com/kusto/query/parse-operator
func lowerParse(c *ctx, in *rows, op *syntax.ParseText) *rows {
	if !c.ignoreParams(op.Params, "kind", "flags") {
		return nil
	}
	kind, ok := c.oneOf(op.Params, "kind", "simple", "regex", "relaxed")
	if !ok {
		return nil
	}
	x := op.X
	if n, named := x.(*syntax.Named); named {
		x = n.X
	}
	v := c.scalar(x)
	if v.bad {
		return nil
	}
	p, cols, ok := c.parsePattern(op, kind)
	if !ok {
		return nil
	}
	helper := c.hidden("parsed")
	out := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: helper, Expr: expr.F(p.function(), c.cast(v, "string").e)}}})
	if op.Filter {
		out = out.with(&plan.Filter{Input: out.node, Pred: &expr.Not{Arg: expr.F(isNull, expr.C(helper))}})
	}
	var items []plan.Named
	var ts []types.Type
	for i, col := range cols {
		e := expr.Expr(expr.F(elementOf, expr.C(helper), expr.L(event.IntOf(int64(i)))))
		if col.Type == types.String {
			e = expr.F(orEmpty, e)
		}
		items = append(items, plan.Named{Name: col.Name, Expr: e})
		ts = append(ts, col.Type)
	}
	return out.extend(items, ts).drop(helper)
}

var isNull = &fn.Func{Name: "isnull", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Whether there is no value.", Row: func(args []event.Value) event.Value {
	return event.BoolOf(args[0].IsNull())
}}

var orEmpty = &fn.Func{Name: "or_empty", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Gives empty text for null.", Row: func(args []event.Value) event.Value {
	if args[0].IsNull() {
		return event.StringOf("")
	}
	return args[0]
}}

// A textPattern takes values out of a text.
type textPattern struct {
	re      *regexp.Regexp
	groups  []int // the group of each column
	types   []types.Type
	relaxed bool // a value that is not of its type is null; else nothing matches
	text    string
}

// captures are what a column of a type matches.
var captures = map[types.Type]string{types.Long: `[-+]?\d+`, types.Int: `[-+]?\d+`, types.Real: `[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?`,
	types.Decimal: `[-+]?\d+(?:\.\d*)?`, types.Bool: `(?i:true|false|1|0)`}

// parsePattern builds the regular expression of a pattern.
func (c *ctx) parsePattern(op *syntax.ParseText, kind string) (*textPattern, []Column, bool) {
	p := &textPattern{relaxed: kind == "relaxed"}
	regex := kind == "regex"
	flags := ""
	for _, f := range option(op.Params, "flags") {
		if !strings.ContainsRune("imsU", f) {
			c.bad("KQL4005", op, "parse has no flag %q", string(f))
			return nil, nil, false
		}
		flags += string(f)
	}
	if !regex && flags != "" {
		c.bad("KQL4005", op, "flags need kind=regex")
		return nil, nil, false
	}
	if !regex {
		flags += "s"
	}
	var b strings.Builder
	if flags != "" {
		b.WriteString("(?" + flags + ")")
	}
	b.WriteString("^")
	var cols []Column
	names := map[string]bool{}
	last := len(op.Pattern) - 1
	for i, part := range op.Pattern {
		switch part := part.(type) {
		case *syntax.Star:
			b.WriteString(".*?")
		case *syntax.Literal:
			if !regex {
				b.WriteString(regexp.QuoteMeta(part.Str))
				break
			}
			if _, err := regexp.Compile(part.Str); err != nil {
				c.bad("KQL4002", part, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
				return nil, nil, false
			}
			b.WriteString("(?:" + part.Str + ")")
		case *syntax.ColumnDecl:
			t := types.String
			if part.Type != "" {
				t, _ = types.Parse(part.Type)
			}
			if names[part.Name.Name] {
				c.bad("KQL3005", part, "a column named %q is declared already", part.Name.Name)
				return nil, nil, false
			}
			names[part.Name.Name] = true
			capture := captures[t]
			switch {
			case capture != "" && !p.relaxed:
				b.WriteString(`\s*`)
			case regex || i == last:
				capture = ".*" // the default is greedy
			default:
				capture = ".*?"
			}
			b.WriteString("(?P<c" + itoa(len(cols)) + ">" + capture + ")")
			if captures[t] != "" && !p.relaxed {
				b.WriteString(`\s*`)
			}
			cols = append(cols, Column{part.Name.Name, t})
			p.types = append(p.types, t)
		}
	}
	b.WriteString("$")
	if regex && !anchored(op.Pattern) {
		// In this mode the text may go on behind the pattern.
		s := strings.TrimSuffix(b.String(), "$")
		b.Reset()
		b.WriteString(s)
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		c.bad("KQL4002", op, "the pattern is no regular expression: %v", err)
		return nil, nil, false
	}
	p.re, p.text = re, b.String()
	for i := range cols {
		p.groups = append(p.groups, re.SubexpIndex("c"+itoa(i)))
	}
	return p, cols, true
}

// anchored reports whether a pattern ends in a column, which then takes all that is left.
func anchored(parts []syntax.Expr) bool {
	if len(parts) == 0 {
		return true
	}
	_, column := parts[len(parts)-1].(*syntax.ColumnDecl)
	return column
}

// function returns the function from a text to the list of its values, null when it does not match.
func (p *textPattern) function() *fn.Func {
	return &fn.Func{Name: "parse", Min: 1, Max: 1, Null: fn.SeesNull, Doc: "Takes values out of a text by the pattern " + p.text, Row: func(args []event.Value) event.Value {
		text := args[0].Str()
		m := p.re.FindStringSubmatchIndex(text)
		if m == nil {
			return event.NullValue
		}
		out := make([]event.Value, len(p.groups))
		for i, g := range p.groups {
			if m[2*g] < 0 {
				continue
			}
			s := text[m[2*g]:m[2*g+1]]
			if p.types[i] == types.String {
				out[i] = event.StringOf(s)
				continue
			}
			out[i] = function.Cast(event.StringOf(strings.TrimSpace(s)), p.types[i])
			if out[i].IsNull() && !p.relaxed {
				return event.NullValue
			}
		}
		return event.ListOf(out)
	}}
}
