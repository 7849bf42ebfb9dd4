package kql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/text"
)

// A lambda is a function that the query or the user's content defines. Its body is bound anew at each call, with the arguments
// in the place of the parameters.
type lambda struct {
	name   string
	params []*syntax.ColumnDecl
	body   []syntax.Statement
	scope  *scope // where it was defined
	src    *text.Source
	view   bool
	saved  bool
}

func (c *ctx) lambda(name string, x *syntax.Lambda) *lambda {
	return &lambda{name: name, params: x.Params, body: x.Body.Statements, scope: c.scope, src: c.src, view: x.View}
}

// savedFunction returns the saved function of that name, nil when there is none.
func (c *ctx) savedFunction(name string, at syntax.Node) *lambda {
	if v := c.saved[name]; v != nil {
		return v.lambda
	}
	if c.opt.Function == nil {
		return nil
	}
	f, ok := c.opt.Function(name)
	if !ok {
		return nil
	}
	q, diags := syntax.Parse(f.Body)
	if diags.HasErrors() {
		d := text.Errorf("KQL4002", c.src, at.Span(), "the saved function %s cannot be read", name)
		d.Related = diags
		c.diags = append(c.diags, d)
		return nil
	}
	l := &lambda{name: name, body: q.Statements, src: f.Body, saved: true, scope: (*scope)(nil).inner()}
	for _, p := range f.Params {
		d := savedParam(f, p, p.Default)
		if strings.EqualFold(p.Type, "string") && (d == nil || isName(d[0].Default)) {
			// Text is often given bare: Default: '*' in YAML.
			d = savedParam(f, p, strconv.Quote(p.Default))
		}
		if d == nil {
			c.errorf("KQL4002", at.Span(), "the saved function %s declares a parameter that cannot be read: %s:%s = %s", name, p.Name, p.Type, p.Default)
			return nil
		}
		l.params = append(l.params, d...)
	}
	if c.saved == nil {
		c.saved = map[string]*value{}
	}
	c.saved[name] = &value{lambda: l}
	return l
}

// savedParam reads the declaration of a parameter, nil when it cannot be read.
func savedParam(f *Function, p Param, value string) []*syntax.ColumnDecl {
	decl := "['" + p.Name + "']:" + p.Type
	if p.Type == "table:(*)" {
		decl = "['" + p.Name + "']:(*)"
	}
	if value != "" {
		decl += " = " + value
	}
	parsed, diags := syntax.Parse(text.NewSource(f.Body.Name, "declare query_parameters("+decl+")"))
	d, ok := firstStatement(parsed).(*syntax.DeclareParameters)
	if !ok || diags.HasErrors() {
		return nil
	}
	return d.Params
}

func isName(x syntax.Expr) bool { _, ok := x.(*syntax.Ident); return ok }

func firstStatement(q *syntax.Query) syntax.Statement {
	if len(q.Statements) == 0 {
		return nil
	}
	return q.Statements[0]
}

// callLambda binds the body of a function for these arguments. first, when not nil, is given for the first parameter (invoke).
func (c *ctx) callLambda(l *lambda, args []syntax.Expr, at syntax.Node, first *value) *value {
	if c.calls++; c.calls > maxCalls || slices.Contains(c.calling, l.name) && l.saved {
		return c.bad("KQL2002", at, "the query calls functions too often, or a saved function calls itself: %s", l.name)
	}
	given := make([]*value, len(l.params))
	nodes := make([]syntax.Node, len(l.params))
	next := 0
	if first != nil {
		if len(given) == 0 {
			return c.bad("KQL4002", at, "%s takes no table to work on", l.name)
		}
		given[0], nodes[0] = first, at
		next = 1
	}
	for _, a := range args {
		i := next
		if n, ok := a.(*syntax.Named); ok && !n.Tuple {
			i = slices.IndexFunc(l.params, func(p *syntax.ColumnDecl) bool { return p.Name.Name == n.Names[0].Name })
			if i < 0 {
				return c.bad("KQL4002", n.Names[0], "%s has no parameter named %q", l.name, n.Names[0].Name)
			}
			a = n.X
		} else {
			next++
		}
		if i >= len(given) {
			return c.bad("KQL4002", at, "%s takes %d arguments, not %d", l.name, len(given), len(args))
		}
		given[i], nodes[i] = c.value(a), a
		if given[i].bad {
			return badValue
		}
	}
	inner := &ctx{binder: c.binder, scope: l.scope.inner(), depth: c.depth + 1}
	for i, p := range l.params {
		v := given[i]
		switch {
		case v == nil && p.Default != nil:
			src := c.src
			c.src = l.src
			v = (&ctx{binder: c.binder, scope: l.scope}).scalar(p.Default)
			c.src = src
			if v.bad {
				return v
			}
		case v == nil:
			return c.bad("KQL4002", at, "%s takes a value for %s", l.name, p.Name.Name)
		case p.Table != nil:
			if v.table == nil && v.lambda != nil && len(v.lambda.params) == 0 {
				v = c.callLambda(v.lambda, nil, at, nil)
			}
			if v.table == nil {
				return c.bad("KQL4001", nodes[i], "a table is expected for %s", p.Name.Name)
			}
			if v = c.restrict(v, p, nodes[i]); v.bad {
				return v
			}
		case v.e == nil:
			return c.bad("KQL4001", nodes[i], "a scalar value is expected for %s", p.Name.Name)
		}
		if p.Table == nil {
			v = c.named(c.cast(v, p.Type), p.Name.Name)
		}
		inner.scope.names[p.Name.Name] = v
	}
	src := c.src
	c.src = l.src
	c.calling = append(c.calling, l.name)
	had := len(c.diags)
	v, _ := inner.statements(l.body)
	c.calling = c.calling[:len(c.calling)-1]
	c.src = src
	if l.saved {
		c.wrapErrors(had, l, at)
	}
	if v == nil {
		return c.bad("KQL4006", at, "the function %s gives no value", l.name)
	}
	if v.e != nil && !v.bad {
		out := *v
		out.name, out.column = "", false
		return &out
	}
	return v
}

// wrapErrors turns errors inside a saved function into one at its call, which the rule's author can see.
func (c *ctx) wrapErrors(had int, l *lambda, at syntax.Node) {
	inside := c.diags[had:]
	if !inside.HasErrors() {
		return
	}
	id := "KQL4002"
	for _, d := range inside {
		if d.Unsupported() {
			id = "KQL2002"
		}
	}
	d := text.Errorf(id, c.src, at.Span(), "the saved function %s cannot be used: %s", l.name, firstError(inside))
	d.Related = slices.Clone(inside)
	c.diags = append(c.diags[:had:had], d)
}

func firstError(ds text.Diagnostics) string {
	for _, d := range ds {
		if d.Severity == text.Error {
			return d.Message
		}
	}
	return ""
}

// restrict checks that a table has the columns that a tabular parameter asks for.
// differs: the body can see the other columns too, which the service hides from it until its result.
func (c *ctx) restrict(v *value, p *syntax.ColumnDecl, at syntax.Node) *value {
	t := v.table
	if p.Table.Open || t.open {
		return v
	}
	for _, col := range p.Table.Columns {
		have, ok := t.column(col.Name.Name)
		want, _ := types.Parse(col.Type)
		if !ok {
			return c.bad("KQL4001", at, "the table given for %s has no column %q", p.Name.Name, col.Name.Name)
		}
		if have.Type != want && have.Type != types.Unknown && want != types.Unknown {
			return c.bad("KQL4001", at, "the column %q of the table given for %s is %s, not %s", col.Name.Name, p.Name.Name, have.Type, want)
		}
	}
	return v
}
