package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
)

// Pivot makes columns of rows: all rows with the same Keys become one, in which each value of Names is a column that holds
// that row's Value (SPL: xyseries, chart with a column split). With several Values, a column is named by a value and a
// name, "value: name". Rows come in the order of their first appearance.
type Pivot struct {
	Input  Node
	Keys   []string
	Names  string
	Values []string
	// Sorted orders the new columns by name, with Last behind all others; else they come as they first appear.
	Sorted bool
	Last   []string
	// Zero lists those Values whose missing cells are 0; others are null.
	Zero []string
	// Separator stands between value and name of a column; Always names columns by both also with one value. Format, when not
	// empty, is how such names are built: $AGG$ and $VAL$ in it stand for the value and the name.
	Separator, Format string
	Always            bool
}

func (n *Pivot) Inputs() []Node { return []Node{n.Input} }
func (n *Pivot) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Pivot) Head() string {
	s := fmt.Sprintf("pivot keys %s names %s values %s sorted=%v zero=%s", strings.Join(n.Keys, ", "), n.Names, strings.Join(n.Values, ", "), n.Sorted, strings.Join(n.Zero, ", "))
	if n.Format != "" {
		s += fmt.Sprintf(" format=%q", n.Format)
	}
	return s
}

// Column names the column of one of Values for a name.
func (n *Pivot) Column(value, name string) string {
	switch {
	case len(n.Values) == 1 && !n.Always:
		return name
	case n.Format != "":
		return strings.NewReplacer("$AGG$", value, "$VAL$", name).Replace(n.Format)
	}
	return value + n.Separator + name
}

// Shape: the new columns depend on the rows.
func (n *Pivot) Shape([]Shape) Shape { return Shape{Names: n.Keys, Open: true, Uniform: true} }

// Unpivot makes rows of columns: each column of a row that is not Key and holds a value becomes a row of the key, the column's
// name and the value (SPL: untable).
type Unpivot struct {
	Input                Node
	Key, NameAs, ValueAs string
}

func (n *Unpivot) Inputs() []Node       { return []Node{n.Input} }
func (n *Unpivot) With(in ...Node) Node { return &Unpivot{in[0], n.Key, n.NameAs, n.ValueAs} }
func (n *Unpivot) Head() string {
	return fmt.Sprintf("unpivot key %s into %s, %s", n.Key, n.NameAs, n.ValueAs)
}
func (n *Unpivot) Shape([]Shape) Shape { return Shape{}.With(n.Key, n.NameAs, n.ValueAs) }

// Transpose turns the first Rows rows into columns (0: all): each column of the input becomes a row, whose first cell, in the
// column NameAs, is the column's name. New columns are called "row 1", "row 2" … or by the values of HeaderFrom, which is no
// row then.
type Transpose struct {
	Input      Node
	Rows       int
	NameAs     string
	HeaderFrom string
}

func (n *Transpose) Inputs() []Node       { return []Node{n.Input} }
func (n *Transpose) With(in ...Node) Node { return &Transpose{in[0], n.Rows, n.NameAs, n.HeaderFrom} }
func (n *Transpose) Head() string {
	return fmt.Sprintf("transpose %d rows name %s header %q", n.Rows, n.NameAs, n.HeaderFrom)
}
func (n *Transpose) Shape([]Shape) Shape {
	return Shape{Names: []string{n.NameAs}, Open: true, Uniform: true}
}

// Combine makes one row of all that agree in every column but one, whose values become a list (SPL: mvcombine). Delim does not
// bear on the rows: it is what a later step joins the list by when it makes text of it.
type Combine struct {
	Input         Node
	Column, Delim string
}

func (n *Combine) Inputs() []Node         { return []Node{n.Input} }
func (n *Combine) With(in ...Node) Node   { return &Combine{in[0], n.Column, n.Delim} }
func (n *Combine) Head() string           { return "combine " + n.Column + " delim " + n.Delim }
func (n *Combine) Shape(in []Shape) Shape { return in[0] }

// Continue adds the rows that are missing between the least and the greatest value of a numeric column, and sorts by it. Next
// gives, from the column's value, the value due after it. New rows hold zeros in Zero columns and nulls elsewhere.
type Continue struct {
	Input  Node
	Column string
	Next   expr.Expr
	// Zero are patterns of columns whose missing cells are 0.
	Zero []string
}

func (n *Continue) Inputs() []Node { return []Node{n.Input} }
func (n *Continue) With(in ...Node) Node {
	return &Continue{in[0], n.Column, n.Next, n.Zero}
}
func (n *Continue) Head() string {
	return fmt.Sprintf("continue %s next %s zero=%s", n.Column, expr.Print(n.Next), strings.Join(n.Zero, ", "))
}
func (n *Continue) Shape(in []Shape) Shape { return in[0] }

// MapExprs lets walks see the expression that steps.
func (n *Continue) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Next = f(n.Next)
	return &c
}

// Transaction joins rows, which come newest first, into groups of one row each: rows whose Fields do not contradict each other,
// within limits (SPL: transaction). Time gives a row's time in seconds. The group's row has the time of its earliest row in
// TimeAs, its length in seconds as duration, its number of rows as eventcount, and all other columns as sorted lists of
// distinct values, or as lists in order of time for those in Lists.
type Transaction struct {
	Input  Node
	Fields []string
	TimeAs string
	// MaxSpan, MaxPause in seconds and MaxEvents bound a group; 0 is no bound.
	MaxSpan, MaxPause float64
	MaxEvents         int
	// Starts and Ends say which row begins or ends a group; nil when the search does not.
	Starts, Ends expr.Expr
	// Disconnected lets rows into a group that share no field with it, as long as none contradicts.
	Disconnected bool
	// KeepEvicted keeps groups that were never closed although Starts or Ends asks for it; KeepOrphans keeps rows that belong to
	// no group.
	KeepEvicted, KeepOrphans bool
	Lists                    []string
	AllLists                 bool
	// NullText stands in lists for values that rows lack; empty: those are left out. RawList keeps the raw texts a list.
	NullText string
	RawList  bool
}

func (n *Transaction) Inputs() []Node { return []Node{n.Input} }
func (n *Transaction) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Transaction) Head() string {
	return fmt.Sprintf("transaction %s maxspan=%g maxpause=%g maxevents=%d starts=%s ends=%s disconnected=%v keepevicted=%v keeporphans=%v lists=%s all=%v",
		strings.Join(n.Fields, ", "), n.MaxSpan, n.MaxPause, n.MaxEvents, expr.Print(n.Starts), expr.Print(n.Ends), n.Disconnected, n.KeepEvicted, n.KeepOrphans,
		strings.Join(n.Lists, ", "), n.AllLists) + fmt.Sprintf(" nulls=%q rawlist=%v", n.NullText, n.RawList)
}

// Shape: a transaction has the columns of its rows and its own.
func (n *Transaction) Shape(in []Shape) Shape {
	out := in[0].With(n.TimeAs, "duration", "eventcount", "closed_txn")
	out.Names = slices.Clip(out.Names)
	out.Uniform = out.Open
	return out
}

// MapExprs lets walks see the conditions.
func (n *Transaction) MapExprs(f func(expr.Expr) expr.Expr) Node {
	c := *n
	c.Starts, c.Ends = f(n.Starts), f(n.Ends)
	return &c
}
