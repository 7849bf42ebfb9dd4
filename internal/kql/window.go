package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

// windows collects the columns that functions over neighbouring rows need: each call adds a step to the plan, and its value is
// a column of that step.
type windows struct {
	rows  *rows
	temps []string
}

// A windowFunc lowers a function over rows in order.
type windowFunc func(c *ctx, args []*value, x *syntax.Call) *value

var windowFuncs map[string]windowFunc

func init() {
	windowFuncs = map[string]windowFunc{
		"prev": shift(-1), "next": shift(1), "row_number": rowNumber, "row_cumsum": rowCumsum,
		"row_rank_dense": rowRank(true), "row_rank_min": rowRank(false), "row_rank": rowRank(true), "row_window_session": rowSession,
	}
}

// window binds a call of a function over rows in order.
// https://learn.microsoft.com/kusto/query/window-functions
func (c *ctx) window(f windowFunc, x *syntax.Call) *value {
	if c.windows == nil {
		return c.bad("KQL4004", x.Func, "%s has no place here: it needs rows in order", x.Func.Name)
	}
	if !c.windows.rows.serial {
		c.warnf("KQL5001", x.Func.Span(), "%s works on rows in order, and these have none: sort or serialize them first", x.Func.Name)
		r := *c.windows.rows
		r.serial = true
		c.windows.rows = &r
	}
	if entry := function.Lookup(x.Func.Name); entry != nil {
		if lo, hi := entry.Arity(); len(x.Args) < lo || hi >= 0 && len(x.Args) > hi {
			return c.bad("KQL4002", x.Func, "%s cannot take %d arguments", x.Func.Name, len(x.Args))
		}
	}
	args, nodes, ok := c.args(x)
	if !ok {
		return badValue
	}
	for i, a := range args {
		if a.star || a.isType {
			return c.bad("KQL4001", nodes[i], "a scalar value is expected")
		}
	}
	return f(c, args, x)
}

// add puts a step into the plan that makes one more column.
func (w *windows) add(as string, step plan.Node, t types.Type) *value {
	w.temps = append(w.temps, as)
	w.rows = w.rows.with(step)
	return &value{e: expr.C(as), typ: t}
}

func shift(direction int) windowFunc {
	return func(c *ctx, args []*value, x *syntax.Call) *value {
		if len(c.windows.rows.keys) > 0 {
			return c.bad("KQL2002", x, "%s is not supported inside partition or mv-apply", x.Func.Name)
		}
		by := 1
		if len(args) > 1 {
			if !args[1].known || args[1].val().Kind() != event.Int || args[1].val().Int() < 0 || args[1].val().Int() > 1<<20 {
				return c.bad("KQL4001", x.Args[1], "the number of rows must be a constant integer")
			}
			by = int(args[1].val().Int())
		}
		item := plan.ShiftItem{As: c.hidden("shift"), Expr: args[0].e, By: direction * by}
		if len(args) > 2 {
			item.Default = c.cast(args[2], args[0].typ.String()).e
		}
		return c.windows.add(item.As, &plan.Shift{Input: c.windows.rows.node, Items: []plan.ShiftItem{item}}, args[0].typ)
	}
}

// running computes an aggregate over the rows up to each row.
func (c *ctx) running(agg *fn.Agg, args []expr.Expr, restart *value, t types.Type) *value {
	n := &plan.Running{Input: c.windows.rows.node, Group: plan.Grouping{By: namedColumns(c.windows.rows.keys)}, Current: true,
		Aggs: []plan.AggItem{{As: c.hidden("row"), Fn: agg, Args: args}}}
	if restart != nil {
		n.ResetBefore = restart.e
	}
	return c.windows.add(n.Aggs[0].As, n, t)
}

func rowNumber(c *ctx, args []*value, x *syntax.Call) *value {
	call, err := function.Aggregate("count").Resolve(nil)
	if err != nil {
		return c.bad("KQL2002", x, "%s", err.Error())
	}
	var restart *value
	if len(args) > 1 {
		if restart = args[1]; restart.typ != types.Bool && restart.typ != types.Unknown {
			return c.bad("KQL4001", x.Args[1], "a condition must be of type bool, not %s", restart.typ)
		}
	}
	v := c.running(call.Agg, nil, restart, types.Long)
	if len(args) == 0 {
		return v
	}
	// The first row has the number that was asked for.
	sum := c.apply(function.Operator("+"), []*value{v, args[0]}, []syntax.Node{x, x}, x)
	if sum.bad {
		return sum
	}
	return c.apply(function.Operator("-"), []*value{sum, c.constant(event.IntOf(1), types.Long)}, []syntax.Node{x, x}, x)
}

func rowCumsum(c *ctx, args []*value, x *syntax.Call) *value {
	call, err := function.Aggregate("sum").Resolve(functionArgs(args[:1]))
	if err != nil {
		return c.resolveError(err, []syntax.Node{x.Args[0]}, x)
	}
	var restart *value
	if len(args) > 1 {
		restart = args[1]
	}
	e := args[0].e
	if len(call.Convert) > 0 && call.Convert[0] != nil {
		e = convert(args[0], call.Convert[0])
	}
	return c.running(call.Agg, []expr.Expr{e}, restart, args[0].typ)
}

func rowRank(dense bool) windowFunc {
	return func(c *ctx, args []*value, x *syntax.Call) *value {
		var restart *value
		if len(args) > 1 {
			restart = args[1]
		}
		agg := &fn.Agg{Name: x.Func.Name, Min: 1, Max: 1, Ordered: true, Doc: "The rank of the row's value among the rows so far.",
			New: func(*fn.Env, []fn.Arg) (func() fn.State, error) {
				return func() fn.State { return &rankState{dense: dense} }, nil
			}}
		return c.running(agg, []expr.Expr{args[0].e}, restart, types.Long)
	}
}

// rankState numbers runs of equal values: densely, or by the number of the run's first row.
type rankState struct {
	dense      bool
	last       event.Value
	rows, rank int64
}

func (s *rankState) Add(args []event.Value) {
	s.rows++
	if s.rows > 1 && event.Equal(s.last, args[0]) {
		return
	}
	s.last = args[0]
	if s.dense {
		s.rank++
	} else {
		s.rank = s.rows
	}
}

func (s *rankState) Merge(other fn.State) { *s = *other.(*rankState) }
func (s *rankState) Result() event.Value  { return event.IntOf(s.rank) }
func (s *rankState) Size() int            { return 64 }

// rowSession gives the start of the session that a row belongs to.
// https://learn.microsoft.com/kusto/query/row-window-session-function
func rowSession(c *ctx, args []*value, x *syntax.Call) *value {
	if args[0].typ != types.DateTime && args[0].typ != types.Unknown {
		return c.bad("KQL4001", x.Args[0], "a value of type datetime is expected, not %s", args[0].typ)
	}
	for i, a := range args[1:3] {
		if a.typ != types.TimeSpan && a.typ != types.Unknown {
			return c.bad("KQL4001", x.Args[i+1], "a value of type timespan is expected, not %s", a.typ)
		}
	}
	es := []expr.Expr{args[0].e, args[1].e, args[2].e}
	if len(args) > 3 {
		es = append(es, args[3].e)
	}
	agg := &fn.Agg{Name: "row_window_session", Min: 3, Max: 4, Ordered: true, Doc: "The start of the session that the row belongs to.",
		New: func(*fn.Env, []fn.Arg) (func() fn.State, error) {
			return func() fn.State { return &sessionState{} }, nil
		}}
	return c.running(agg, es, nil, types.DateTime)
}

type sessionState struct {
	has         bool
	start, last int64
}

func (s *sessionState) Add(args []event.Value) {
	if args[0].Kind() != event.Time || args[1].Kind() != event.Duration || args[2].Kind() != event.Duration {
		s.has = false
		return
	}
	t := args[0].Ticks()
	restart := len(args) > 3 && args[3].IsTrue()
	if !s.has || restart || t-s.start > args[1].Ticks() || t-s.last > args[2].Ticks() {
		s.has, s.start = true, t
	}
	s.last = t
}

func (s *sessionState) Merge(other fn.State) { *s = *other.(*sessionState) }

func (s *sessionState) Result() event.Value {
	if !s.has {
		return event.NullValue
	}
	return event.TicksOf(s.start)
}

func (s *sessionState) Size() int { return 32 }
