package plan

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
)

// JoinKind says which rows a Join gives.
type JoinKind uint8

const (
	Inner JoinKind = iota
	// InnerUnique is Inner over the left rows reduced to the first of each key (KQL's default).
	InnerUnique
	LeftOuter
	RightOuter
	FullOuter
	LeftSemi
	LeftAnti
	RightSemi
	RightAnti
)

func (k JoinKind) String() string {
	return [...]string{"inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti"}[k]
}

// Join pairs rows of Left and Right whose keys are equal. The columns of the result are those of Left, then those of Right;
// semi and anti joins give one side only.
type Join struct {
	Left, Right         Node
	Kind                JoinKind
	LeftKeys, RightKeys []expr.Expr // equally many; none: every pair matches
	// NullsMatch lets null keys equal each other; else a row with a null key has no match.
	NullsMatch bool
	// Max > 0 takes at most that many right rows for a left row (SPL's join takes one).
	Max int
	// Clash says what happens to a right column whose name the left side has: it gets a numeric suffix (KQL), it replaces the
	// left value in matched rows (SPL), or it is dropped.
	Clash Clash
	// LeftPrefix and RightPrefix rename the columns of a side before they meet (SPL: left=L right=R).
	LeftPrefix, RightPrefix string
	// Order, when set, admits only pairs in which the right row's value is not greater than the left row's, or with Later not
	// less (SPL: usetime). Where one has no number there is no bound.
	Order *JoinOrder
}

// JoinOrder compares the rows of a pair.
type JoinOrder struct {
	Left, Right expr.Expr
	Later       bool
}

// Clash is the rule for right columns whose name the left side has.
type Clash uint8

const (
	ClashSuffix Clash = iota
	ClashOverwrite
	ClashKeepLeft
)

func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }
func (n *Join) With(in ...Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}
func (n *Join) Head() string {
	var on []string
	for i := range n.LeftKeys {
		on = append(on, expr.Print(n.LeftKeys[i])+" == "+expr.Print(n.RightKeys[i]))
	}
	order := ""
	if n.Order != nil {
		order = fmt.Sprintf(" order=%s,%s later=%v", expr.Print(n.Order.Left), expr.Print(n.Order.Right), n.Order.Later)
	}
	return fmt.Sprintf("join %s on %s nulls=%v max=%d clash=%s prefixes=%q,%q%s", n.Kind, strings.Join(on, ", "), n.NullsMatch, n.Max,
		[...]string{"suffix", "overwrite", "keepleft"}[n.Clash], n.LeftPrefix, n.RightPrefix, order)
}

// Union gives the rows of all inputs, one input after the other. Its columns are those of all inputs, in the order of first
// appearance.
type Union struct {
	Sources []Node
	// OriginAs names a column that says which source a row is from (KQL: withsource), with Names in the order of Sources.
	OriginAs string
	Names    []string
}

func (n *Union) Inputs() []Node       { return n.Sources }
func (n *Union) With(in ...Node) Node { return &Union{in, n.OriginAs, n.Names} }
func (n *Union) Head() string {
	return fmt.Sprintf("union %d sources origin=%q %s", len(n.Sources), n.OriginAs, strings.Join(n.Names, ", "))
}

// Beside puts rows of Right next to rows of Left by position (SPL: appendcols).
type Beside struct {
	Left, Right Node
	Override    bool
}

func (n *Beside) Inputs() []Node       { return []Node{n.Left, n.Right} }
func (n *Beside) With(in ...Node) Node { return &Beside{in[0], in[1], n.Override} }
func (n *Beside) Head() string         { return fmt.Sprintf("beside override=%v", n.Override) }

// Tee feeds the rows of Input to Branch as well, whose rows follow behind them (SPL: appendpipe). Branch reads them by
// Ref{Name}.
type Tee struct {
	Input  Node
	Name   string
	Branch Node
}

func (n *Tee) Inputs() []Node       { return []Node{n.Input, n.Branch} }
func (n *Tee) With(in ...Node) Node { return &Tee{in[0], n.Name, in[1]} }
func (n *Tee) Head() string         { return "tee " + n.Name }
