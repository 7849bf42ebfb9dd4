package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "makemv", See: "makemv", Syntax: `makemv [delim="<text>"|tokenizer="<regex>"] [allowempty=<bool>] [setsv=<bool>] <field>`,
			Doc: "Makes a multivalue field of a text: its pieces between delimiters, or what the first group of a regular expression matches.", lower: general((*lowerer).makemv)},
		&Command{Name: "mvexpand", See: "mvexpand", Syntax: "mvexpand [limit=<n>] <field>", Doc: "Makes a row of each value of a multivalue field.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				limit := a.number("limit", 0, 0)
				field := a.next("a field")
				a.end()
				l.node = &plan.Expand{Input: l.node, Columns: []plan.ExpandColumn{{Name: field.Value, Expr: expr.C(field.Value)}}, KeepEmpty: true, RowLimit: limit}
			})},
		&Command{Name: "nomv", See: "nomv", Syntax: "nomv <field>", Doc: "Makes one text of a multivalue field, a value a line.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				field := a.next("a field")
				a.end()
				l.extend(plan.Named{Name: field.Value, Expr: expr.F(function.Lookup("mvjoin"), expr.C(field.Value), expr.Str(l.delimiter(field.Value)))})
			})},
		&Command{Name: "strcat", See: "strcat", Syntax: `strcat [allrequired=<bool>] <field|"text">… <destination>`, Doc: "Joins fields and texts in a new field. A missing field is empty, unless all are required.",
			lower: general((*lowerer).strcat)},
		&Command{Name: "rangemap", See: "rangemap", Syntax: "rangemap field=<field> <name>=<from>-<to> … [default=<name>]", Doc: "Puts the name of the range in which a number lies into the field range.",
			lower: general((*lowerer).rangemap)},
	)
}

// delimiter is what nomv puts between the values of a field: what an mvcombine before it said, else a new line.
func (l *lowerer) delimiter(field string) string {
	if d, ok := l.delims[field]; ok {
		return d
	}
	for n := l.node; n != nil; {
		if c, ok := n.(*plan.Combine); ok && c.Column == field {
			return c.Delim
		}
		in := n.Inputs()
		if len(in) != 1 {
			break
		}
		n = in[0]
	}
	return "\n"
}

func (l *lowerer) makemv(c *syntax.General) {
	a := l.arguments(c)
	delim, tokenizer := a.text("delim", " "), a.get("tokenizer")
	empty, one := a.boolean("allowempty", false), a.boolean("setsv", false)
	field := a.next("a field")
	a.end()
	x := expr.Expr(expr.F(fnPieces, expr.C(field.Value), expr.Str(delim), expr.L(event.BoolOf(empty))))
	if tokenizer != nil {
		re, err := fn.CompileRegex(tokenizer.Value.Value, fn.PCRE)
		if err != nil {
			l.wrong(tokenizer, "the regular expression cannot be compiled: %v", err)
			return
		}
		if len(re.Names()) < 2 {
			l.wrong(tokenizer, "the regular expression of tokenizer needs a group")
			return
		}
		x = expr.F(fnRexGroup, expr.C(field.Value), expr.Str(tokenizer.Value.Value), number(1), number(0))
	}
	if one {
		x = expr.F(function.Lookup("mvjoin"), x, expr.Str(" "))
	}
	l.extend(plan.Named{Name: field.Value, Expr: x})
}

// fnPieces splits a text at a delimiter; empty pieces are left out unless asked for.
var fnPieces = &fn.Func{Name: "pieces", Min: 3, Max: 3,
	Row: func(in []event.Value) event.Value {
		delim := in[1].Str()
		var out []event.Value
		var one [1]event.Value
		for _, v := range function.Values(in[0], &one) {
			for _, p := range strings.Split(function.Text(v), delim) {
				if p != "" || in[2].IsTrue() {
					out = append(out, event.StringOf(p))
				}
			}
		}
		return function.List(out)
	}}

func (l *lowerer) strcat(c *syntax.General) {
	a := l.arguments(c)
	required := a.boolean("allrequired", false)
	words := a.rest()
	a.end()
	if len(words) < 2 {
		l.wrong(c, "strcat needs sources and a destination")
		return
	}
	var parts []expr.Expr
	for _, w := range words[:len(words)-1] {
		switch {
		case w.Quote == '"':
			parts = append(parts, expr.Str(w.Value))
		case required:
			parts = append(parts, expr.C(w.Value))
		default:
			parts = append(parts, expr.F(function.Lookup("coalesce"), expr.C(w.Value), expr.Str("")))
		}
	}
	if len(parts) == 1 {
		parts = append(parts, expr.Str(""))
	}
	l.extend(plan.Named{Name: words[len(words)-1].Value, Expr: concatOf(parts)})
}

func (l *lowerer) rangemap(c *syntax.General) {
	o := l.options(c, c.Options())
	field := o.get("field")
	def := o.text("default", "None")
	if field == nil {
		l.wrong(c, "rangemap needs field=<field>")
		return
	}
	value := expr.C(field.Value.Value)
	out := &expr.Case{Else: expr.Str(def)}
	var names []expr.Expr
	for _, opt := range o.list {
		if strings.EqualFold(opt.Name, "field") || strings.EqualFold(opt.Name, "default") {
			continue
		}
		lo, hi, ok := cutRange(opt.Value.Value)
		if !ok {
			l.wrong(opt, "a range is <number>-<number>, not %q", opt.Value.Value)
			return
		}
		in := expr.All(expr.F(function.Operator("spl_ge"), value, expr.L(event.FloatOf(lo))), expr.F(function.Operator("spl_le"), value, expr.L(event.FloatOf(hi))))
		names = append(names, &expr.Case{Whens: []expr.When{{Cond: in, Then: expr.Str(opt.Name)}}, Else: null})
	}
	if len(names) == 0 {
		l.wrong(c, "rangemap needs a range, <name>=<from>-<to>")
		return
	}
	// A value in several ranges gets the names of all.
	l.extend(plan.Named{Name: "range", Expr: expr.F(function.Lookup("coalesce"), expr.F(function.Lookup("mvappend"), names...), out.Else)})
}

// cutRange reads "<from>-<to>"; both may be negative.
func cutRange(s string) (lo, hi float64, ok bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '-' {
			continue
		}
		lo, ok = function.ParseNumber(s[:i])
		if !ok {
			continue
		}
		if hi, ok = function.ParseNumber(s[i+1:]); ok {
			return lo, hi, true
		}
	}
	return 0, 0, false
}
