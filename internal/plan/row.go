package plan

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

// Filter keeps the rows for which Pred is true.
type Filter struct {
	Input Node
	Pred  expr.Expr
}

func (n *Filter) Inputs() []Node       { return []Node{n.Input} }
func (n *Filter) With(in ...Node) Node { return &Filter{in[0], n.Pred} }
func (n *Filter) Head() string         { return "filter " + expr.Print(n.Pred) }

// Extend computes columns from the input's columns, all at once, and adds them or puts them in the place of columns of the
// same name. A null result is a null in that row.
type Extend struct {
	Input Node
	Items []Named
}

func (n *Extend) Inputs() []Node       { return []Node{n.Input} }
func (n *Extend) With(in ...Node) Node { return &Extend{in[0], n.Items} }
func (n *Extend) Head() string         { return "extend " + list(n.Items) }

// Project computes exactly these columns, in this order.
type Project struct {
	Input Node
	Items []Named
}

func (n *Project) Inputs() []Node       { return []Node{n.Input} }
func (n *Project) With(in ...Node) Node { return &Project{in[0], n.Items} }
func (n *Project) Head() string         { return "project " + list(n.Items) }

// Spread makes columns whose names depend on values: each row's Expr gives an object, and each of its fields becomes a column
// (bag_unpack, fromjson, spath without path, kv, eval {x}=…).
type Spread struct {
	Input Node
	Expr  expr.Expr
	// Prefix is put before every new name.
	Prefix string
	// Keep tells what happens to columns that are there already: kept, or overwritten where the object has a value.
	Keep bool
	// Drop names a column that Expr used up, or is empty.
	Drop string
}

func (n *Spread) Inputs() []Node       { return []Node{n.Input} }
func (n *Spread) With(in ...Node) Node { return &Spread{in[0], n.Expr, n.Prefix, n.Keep, n.Drop} }
func (n *Spread) Head() string {
	return fmt.Sprintf("spread %s prefix=%q keep=%v drop=%q", expr.Print(n.Expr), n.Prefix, n.Keep, n.Drop)
}

// SelectMode says what a Select does with the columns its patterns match.
type SelectMode uint8

const (
	// Keep keeps the matching columns and drops all others, in the input's order.
	Keep SelectMode = iota
	// Drop drops the matching columns.
	Drop
	// Table keeps the matching columns in the order of the patterns; a name without * that no input has becomes a column of
	// nulls.
	Table
	// First moves the matching columns to the front, in the order of the patterns.
	First
)

// Select keeps, drops or orders columns by name or pattern (* for any run of characters). Its result is decided over the whole
// input, not batch by batch: the columns are those of all batches.
type Select struct {
	Input    Node
	Mode     SelectMode
	Patterns []string
	// KeepInternal keeps columns that begin with _ in Mode Keep, as SPL's fields does.
	KeepInternal bool
}

func (n *Select) Inputs() []Node       { return []Node{n.Input} }
func (n *Select) With(in ...Node) Node { return &Select{in[0], n.Mode, n.Patterns, n.KeepInternal} }
func (n *Select) Head() string {
	s := "select " + [...]string{"keep", "drop", "table", "first"}[n.Mode] + " " + strings.Join(n.Patterns, ", ")
	if n.KeepInternal {
		s += " +internal"
	}
	return s
}

// Rename gives columns other names, pair after pair. From and To may hold * in equal number. A column that had the new name
// before is dropped, also where the old column is missing.
type Rename struct {
	Input Node
	Pairs []RenamePair
}

// RenamePair is one renaming of a Rename.
type RenamePair struct{ From, To string }

func (p RenamePair) String() string { return p.From + " as " + p.To }

func (n *Rename) Inputs() []Node       { return []Node{n.Input} }
func (n *Rename) With(in ...Node) Node { return &Rename{in[0], n.Pairs} }
func (n *Rename) Head() string         { return "rename " + list(n.Pairs) }

// Collation says how a sort key orders values.
type Collation uint8

const (
	// ByValue orders values of one kind naturally, numbers together; text by code points.
	ByValue Collation = iota
	// AutoText is SPL's sort without a type: numbers by size, addresses as addresses, else character order.
	AutoText
	// AsNumber, AsText and AsAddress force a type.
	AsNumber
	AsText
	AsAddress
)

// SortKey is one key of a Sort.
type SortKey struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool
	Collation  Collation
}

func (k SortKey) String() string {
	s := expr.Print(k.Expr)
	if k.Desc {
		s += " desc"
	}
	if k.NullsFirst {
		s += " nulls first"
	}
	if k.Collation != ByValue {
		s += [...]string{"", " auto", " num", " text", " ip"}[k.Collation]
	}
	return s
}

// Sort orders rows, stably; equal rows keep their order. Limit > 0 keeps that many rows only.
type Sort struct {
	Input Node
	Keys  []SortKey
	Limit int
	// Recorded puts rows with equal keys in the order of their first records in the input; else they stay in the order of arrival,
	// which depends on how the input was cut.
	Recorded bool
}

func (n *Sort) Inputs() []Node { return []Node{n.Input} }
func (n *Sort) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Sort) Head() string {
	s := fmt.Sprintf("sort %s limit %d", list(n.Keys), n.Limit)
	if n.Recorded {
		s += " recorded"
	}
	return s
}

// Limit keeps the first N rows, or the last ones when Last is set (in their order; SPL's tail reverses).
type Limit struct {
	Input Node
	N     int
	Last  bool
	// While, when not nil, ends the rows at the first for which it is not true (SPL: head (expr)); KeepLast keeps that row,
	// null counts as true with NullTrue.
	While              expr.Expr
	KeepLast, NullTrue bool
}

func (n *Limit) Inputs() []Node { return []Node{n.Input} }
func (n *Limit) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Limit) Head() string {
	s := fmt.Sprintf("limit %d last=%v", n.N, n.Last)
	if n.While != nil {
		s += fmt.Sprintf(" while %s keeplast=%v null=%v", expr.Print(n.While), n.KeepLast, n.NullTrue)
	}
	return s
}

// Reverse turns the order of rows around.
type Reverse struct{ Input Node }

func (n *Reverse) Inputs() []Node       { return []Node{n.Input} }
func (n *Reverse) With(in ...Node) Node { return &Reverse{in[0]} }
func (n *Reverse) Head() string         { return "reverse" }

// Dedup keeps the first N rows of each combination of keys.
type Dedup struct {
	Input Node
	Keys  []expr.Expr
	N     int
	// KeepEmpty keeps rows in which a key is null; else they are dropped. NullsEqual makes null a key value like any other.
	KeepEmpty, NullsEqual bool
	// Consecutive compares neighbours only.
	Consecutive bool
	// Blank keeps duplicate rows and empties the key columns in them instead (SPL: keepevents).
	Blank bool
}

func (n *Dedup) Inputs() []Node { return []Node{n.Input} }
func (n *Dedup) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Dedup) Head() string {
	parts := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		parts[i] = expr.Print(k)
	}
	return fmt.Sprintf("dedup %s n=%d keepempty=%v nullsequal=%v consecutive=%v blank=%v", strings.Join(parts, ", "), n.N, n.KeepEmpty, n.NullsEqual, n.Consecutive, n.Blank)
}

// Expand makes one row of each element of list columns, side by side when there are several (the shorter ones give null).
// A scalar counts as a list of one.
type Expand struct {
	Input   Node
	Columns []ExpandColumn
	// KeepEmpty keeps, once, a row whose lists are all empty or null.
	KeepEmpty bool
	// Bags splits an object into objects of one field each; Pairs into [name, value] lists.
	Bags, Pairs bool
	// IndexAs names a column that gets the element's number from 0, or is empty.
	IndexAs string
	// RowLimit > 0 bounds the rows made from one.
	RowLimit int
}

// ExpandColumn is one column of an Expand: the list, and the name of the column that gets its elements.
type ExpandColumn struct {
	Name string
	Expr expr.Expr
}

func (n *Expand) Inputs() []Node { return []Node{n.Input} }
func (n *Expand) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Expand) Head() string {
	items := make([]Named, len(n.Columns))
	for i, c := range n.Columns {
		items[i] = Named(c)
	}
	return fmt.Sprintf("expand %s keepempty=%v bags=%v pairs=%v index=%q limit=%d", list(items), n.KeepEmpty, n.Bags, n.Pairs, n.IndexAs, n.RowLimit)
}

// Fill replaces nulls. With Down, by the last value above; else by Value.
type Fill struct {
	Input Node
	// Columns are names and patterns; none means all columns of the whole input.
	Columns []string
	Value   event.Value
	Down    bool
	// Create adds named columns that no row has.
	Create bool
}

func (n *Fill) Inputs() []Node { return []Node{n.Input} }
func (n *Fill) With(in ...Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}
func (n *Fill) Head() string {
	return fmt.Sprintf("fill %s value=%s down=%v create=%v", strings.Join(n.Columns, ", "), n.Value, n.Down, n.Create)
}
