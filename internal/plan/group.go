package plan

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// AggItem is one aggregate of an Aggregate, Attach or Running.
type AggItem struct {
	// As is the name of the result column. When Over is set it may hold a * for each * of Over.
	As   string
	Fn   *fn.Agg
	Args []expr.Expr
	// Over, when set, is a pattern over the input's column names (SPL: values(*) as *): the item stands for one aggregate a
	// matching column, whose first argument is that column, before Args. Grouping columns and columns that begin with _ do
	// not match.
	Over string
}

func (a AggItem) String() string {
	var args []string
	if a.Over != "" {
		args = append(args, a.Over)
	}
	for _, e := range a.Args {
		args = append(args, expr.Print(e))
	}
	return a.As + " = " + a.Fn.Name + "(" + strings.Join(args, ", ") + ")"
}

// Grouping says how rows are put into groups.
type Grouping struct {
	By []Named
	// DropNull leaves out rows in which a key is null; else null is a key like any other.
	DropNull bool
	// SplitLists puts a row whose key is a list into one group an element (several list keys: into all combinations);
	// DedupLists counts equal elements of one row once.
	SplitLists, DedupLists bool
}

func (g Grouping) String() string {
	s := " by " + list(g.By)
	if g.DropNull {
		s += " dropnull"
	}
	if g.SplitLists {
		s += " split"
	}
	if g.DedupLists {
		s += " dedup"
	}
	return s
}

// Aggregate makes one row a group: the keys, then the aggregates. Lineage of a group is the union of its rows'. Without keys
// there is one group, also over no rows when EmptyRow is set.
type Aggregate struct {
	Input Node
	Group Grouping
	Aggs  []AggItem
	// Sorted orders the groups by their keys ascending (SPL's order, numbers before text); else they come in the order of
	// their first rows.
	Sorted   bool
	EmptyRow bool
	// Recorded puts the groups in the order of their first records in the input instead, which does not depend on how the input
	// was cut.
	Recorded bool
}

func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }
func (n *Aggregate) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Aggregate) Head() string {
	s := fmt.Sprintf("aggregate %s%s sorted=%v emptyrow=%v", list(n.Aggs), n.Group, n.Sorted, n.EmptyRow)
	if n.Recorded {
		s += " recorded"
	}
	return s
}

// Attach computes the aggregates of each group and adds them to every row of it (SPL: eventstats). Order and all columns
// stay; rows that belong to no group get nulls.
type Attach struct {
	Input Node
	Group Grouping
	Aggs  []AggItem
}

func (n *Attach) Inputs() []Node       { return []Node{n.Input} }
func (n *Attach) With(in ...Node) Node { return &Attach{in[0], n.Group, n.Aggs} }
func (n *Attach) Head() string         { return "attach " + list(n.Aggs) + n.Group.String() }

// Running computes aggregates over the rows up to each row, in arrival order (SPL: streamstats; KQL: row_cumsum).
type Running struct {
	Input Node
	Group Grouping
	Aggs  []AggItem
	// Window > 0 looks at that many rows only; 0 at all. GlobalWindow counts the rows of all groups, else of the row's own.
	Window       int
	GlobalWindow bool
	// Current includes the row itself.
	Current bool
	// TimeWindow > 0 looks at rows whose Time lies within so many ticks of the row's.
	TimeWindow int64
	Time       expr.Expr
	// ResetOnChange starts anew when the keys differ from the row before; ResetBefore and ResetAfter when they are true.
	ResetOnChange           bool
	ResetBefore, ResetAfter expr.Expr
}

func (n *Running) Inputs() []Node { return []Node{n.Input} }
func (n *Running) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Running) Head() string {
	return fmt.Sprintf("running %s%s window=%d global=%v current=%v time=%d reset=%v before=%s after=%s", list(n.Aggs), n.Group, n.Window,
		n.GlobalWindow, n.Current, n.TimeWindow, n.ResetOnChange, expr.Print(n.ResetBefore), expr.Print(n.ResetAfter))
}

// ShiftItem takes an expression's value from another row.
type ShiftItem struct {
	As   string
	Expr expr.Expr
	// By rows: -1 is the row before.
	By      int
	Default expr.Expr // nil: null
}

func (s ShiftItem) String() string {
	return fmt.Sprintf("%s = shift(%s, %d, %s)", s.As, expr.Print(s.Expr), s.By, expr.Print(s.Default))
}

// Shift adds columns with values of neighbouring rows, in arrival order (KQL: prev, next; SPL: autoregress, delta).
type Shift struct {
	Input Node
	Items []ShiftItem
}

func (n *Shift) Inputs() []Node       { return []Node{n.Input} }
func (n *Shift) With(in ...Node) Node { return &Shift{in[0], n.Items} }
func (n *Shift) Head() string         { return "shift " + list(n.Items) }
