package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// A pattern maps tuples of constants to bodies.
type pattern struct {
	decl  *syntax.DeclarePattern
	scope *scope
}

func (c *ctx) declarePattern(s *syntax.DeclarePattern) {
	c.scope.names[s.Name.Name] = &value{pattern: &pattern{s, c.scope}}
}

// patternCall binds name(args), or name(args).path: the body of the case that has these constants. nil means that x is no call
// of a pattern.
// https://learn.microsoft.com/kusto/query/pattern-statement
func (c *ctx) patternCall(x *syntax.Call, path syntax.Expr) *value {
	v := c.scope.find(x.Func.Name)
	if v == nil || v.pattern == nil {
		return nil
	}
	p := v.pattern
	if len(x.Args) != len(p.decl.Params) {
		return c.bad("KQL4002", x, "the pattern %s takes %d arguments, not %d", x.Func.Name, len(p.decl.Params), len(x.Args))
	}
	inner := &ctx{binder: c.binder, scope: p.scope.inner(), depth: c.depth + 1}
	var args []event.Value
	for i, a := range x.Args {
		arg := c.scalar(a)
		if arg.bad {
			return arg
		}
		if !arg.known {
			return c.bad("KQL4001", a, "the argument of a pattern must be a constant")
		}
		args = append(args, arg.val())
		inner.scope.names[p.decl.Params[i].Name.Name] = c.named(arg, p.decl.Params[i].Name.Name)
	}
	at := ""
	if id, ok := path.(*syntax.Ident); ok {
		at = id.Name
	}
	if p.decl.Path != nil {
		inner.scope.names[p.decl.Path.Name.Name] = c.named(c.constant(event.StringOf(at), types.String), p.decl.Path.Name.Name)
	}
	for _, m := range p.decl.Matches {
		if !c.matches(m, args, at, path != nil) {
			continue
		}
		got, _ := inner.statements(m.Body.Statements)
		if got == nil {
			return c.bad("KQL4006", x, "the pattern %s gives no value there", x.Func.Name)
		}
		return got
	}
	return c.bad("KQL4002", x, "the pattern %s has no case for these arguments", x.Func.Name)
}

func (c *ctx) matches(m *syntax.PatternMatch, args []event.Value, at string, hasPath bool) bool {
	if len(m.Args) != len(args) || (m.Path != nil) != hasPath {
		return false
	}
	for i, a := range m.Args {
		l, ok := a.(*syntax.Literal)
		if !ok || !event.Equal(literalValue(l), args[i]) {
			return false
		}
	}
	if m.Path == nil {
		return true
	}
	l, ok := m.Path.(*syntax.Literal)
	return ok && l.Str == at
}
