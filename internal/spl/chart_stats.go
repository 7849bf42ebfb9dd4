package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// chartStats are the statistics of chart and timechart. They may be expressions over statistics, eval(sum(a)/count), and
// rates such as per_hour(a), which are computed from statistics that the result does not show.
type chartStats struct {
	aggs []plan.AggItem
	// shown are the columns of the result in their order. A column that is a statistic as it is reads itself.
	shown []plan.Named
	// seconds is the width of a span of time in seconds; nil when rows are not spans of time.
	seconds expr.Expr
}

func (l *lowerer) chartStats(list []*syntax.Aggregation, seconds expr.Expr) *chartStats {
	s := &chartStats{seconds: seconds}
	used := map[string]bool{}
	for _, a := range list {
		as := l.columnName(a)
		if a.As != nil {
			as = a.As.Value
		}
		if used[as] {
			l.wrong(a, "two columns of the result would be named %s", as)
			continue
		}
		used[as] = true
		if _, rate := function.RateForms[strings.ToLower(a.Func)]; !rate && !strings.EqualFold(a.Func, "eval") {
			if item, ok := l.aggregation(a); ok {
				s.aggs = append(s.aggs, item)
				s.shown = append(s.shown, plan.Named{Name: item.As, Expr: expr.C(item.As)})
			}
			continue
		}
		var x syntax.Expr = &syntax.Call{Loc: a.Loc, Name: a.Func}
		switch {
		case strings.EqualFold(a.Func, "eval"):
			x = a.Eval
		case a.Eval != nil:
			x.(*syntax.Call).Args = []syntax.Expr{a.Eval}
		case a.Arg != nil:
			x.(*syntax.Call).Args = []syntax.Expr{&syntax.Field{Loc: a.Arg.Loc, Word: a.Arg}}
		}
		if x == nil {
			l.wrong(a, "%s needs an expression", a.Func)
			continue
		}
		s.shown = append(s.shown, plan.Named{Name: as, Expr: l.value(s.over(l, x))})
	}
	return s
}

// over returns an expression in which the statistics are fields, and computes those. A function of one argument that is
// also a statistic, such as max(x), is the statistic; count needs no parentheses.
func (s *chartStats) over(l *lowerer, x syntax.Expr) syntax.Expr {
	list := func(xs []syntax.Expr) []syntax.Expr {
		out := make([]syntax.Expr, len(xs))
		for i, e := range xs {
			out[i] = s.over(l, e)
		}
		return out
	}
	switch x := x.(type) {
	case *syntax.Field:
		if x.Word.Is("count") || x.Word.Is("c") {
			return s.statistic(l, &syntax.Aggregation{Loc: x.Loc, Func: "count"})
		}
	case *syntax.Call:
		unit, rate := function.RateForms[strings.ToLower(x.Name)]
		if len(x.Args) > 1 || !rate && function.Aggregate(x.Name) == nil {
			return &syntax.Call{Loc: x.Loc, Name: x.Name, Args: list(x.Args)}
		}
		a := &syntax.Aggregation{Loc: x.Loc, Func: x.Name}
		if len(x.Args) == 1 {
			if f, ok := x.Args[0].(*syntax.Field); ok {
				a.Arg = f.Word
			} else {
				a.Eval = x.Args[0]
			}
		}
		if !rate {
			return s.statistic(l, a)
		}
		if s.seconds == nil {
			l.wrong(x, "%s can stand in timechart only", x.Name)
			return x
		}
		a.Func = "sum"
		sum, ok := s.statistic(l, a).(*syntax.Field)
		if !ok {
			return x
		}
		// The rate is a column of its own, so that it can be read like a statistic.
		name := l.fresh("rate")
		perUnit := expr.F(function.Operator("divide"), s.seconds, expr.L(event.FloatOf(unit)))
		s.shown = append(s.shown, plan.Named{Name: name, Expr: expr.F(function.Operator("divide"), expr.C(sum.Word.Value), perUnit)})
		return field(x.Loc, name)
	case *syntax.Unary:
		return &syntax.Unary{Loc: x.Loc, Op: x.Op, X: s.over(l, x.X)}
	case *syntax.Binary:
		return &syntax.Binary{Loc: x.Loc, Op: x.Op, X: s.over(l, x.X), Y: s.over(l, x.Y)}
	case *syntax.Logic:
		return &syntax.Logic{Loc: x.Loc, Op: x.Op, Items: list(x.Items)}
	case *syntax.In:
		return &syntax.In{Loc: x.Loc, X: s.over(l, x.X), List: list(x.List)}
	case *syntax.Group:
		return &syntax.Group{Loc: x.Loc, X: s.over(l, x.X)}
	}
	return x
}

func field(at syntax.Loc, name string) *syntax.Field {
	return &syntax.Field{Loc: at, Word: &syntax.Word{Loc: at, Raw: name, Value: name, Quote: '\''}}
}

// statistic computes one statistic under a name of its own.
func (s *chartStats) statistic(l *lowerer, a *syntax.Aggregation) syntax.Expr {
	item, ok := l.aggregation(a)
	if !ok {
		return &syntax.Field{Loc: a.Loc, Word: &syntax.Word{Loc: a.Loc, Raw: "null", Value: "null"}}
	}
	item.As = l.fresh("stat")
	s.aggs = append(s.aggs, item)
	return field(a.Loc, item.As)
}

// visible are the columns of the result.
func (s *chartStats) visible() []string {
	var out []string
	for _, n := range s.shown {
		if !strings.HasPrefix(n.Name, "__") {
			out = append(out, n.Name)
		}
	}
	return out
}

// computed returns the plan with the columns that are computed from statistics, each of which may read those before it.
func (s *chartStats) computed(in plan.Node) plan.Node {
	for _, n := range s.shown {
		if c, ok := n.Expr.(*expr.Col); !ok || c.Name != n.Name {
			in = &plan.Extend{Input: in, Items: []plan.Named{n}}
		}
	}
	return in
}

// tidy leaves the columns of the result, behind those of the group.
func (s *chartStats) tidy(in plan.Node, group ...string) plan.Node {
	var hidden []string
	for _, a := range s.aggs {
		if strings.HasPrefix(a.As, "__") {
			hidden = append(hidden, a.As)
		}
		if a.Over != "" {
			return in
		}
	}
	for _, n := range s.shown {
		if strings.HasPrefix(n.Name, "__") {
			hidden = append(hidden, n.Name)
		}
	}
	if len(hidden) == 0 {
		return in
	}
	var items []plan.Named
	for _, name := range append(group, s.visible()...) {
		items = append(items, plan.Named{Name: name, Expr: expr.C(name)})
	}
	return &plan.Project{Input: in, Items: items}
}

// zero are the columns whose empty cells are 0.
func (s *chartStats) zero() []string {
	var out []string
	for _, a := range s.aggs {
		if counts(a.Fn) && !strings.HasPrefix(a.As, "__") {
			out = append(out, a.As)
		}
	}
	return out
}
