package syntax

// A SearchExpr is an expression of the search grammar: [*And], [*Or], [*Not], [*Comparison], [*InList], [*Term],
// [*Directive], [*Paren], [*Subsearch] or [*MacroCall].
type SearchExpr interface {
	Node
	search()
}

// And holds when all its items do; with no items it is the empty parentheses "()".
type And struct {
	Loc
	Items []SearchExpr
}

// Or holds when one of its items does.
type Or struct {
	Loc
	Items []SearchExpr
}

// Not holds when X does not.
type Not struct {
	Loc
	X SearchExpr
}

// A Comparison tests a field against a literal.
type Comparison struct {
	Loc
	Field *Word
	Op    string // = != < <= > >=
	Value SearchValue
}

// An InList tests a field against several literals: field IN (a, b).
type InList struct {
	Loc
	Field  *Word
	Values []SearchValue
}

// A Term is a word or a quoted phrase to look for in the event's text.
type Term struct {
	Loc
	Word *Word
}

// A Directive is TERM(x) or CASE(x), as a term or as the value of a comparison.
type Directive struct {
	Loc
	Name string // TERM or CASE
	Arg  *Word  // all that stands between the parentheses
}

// Paren is a parenthesised group that holds macro calls: what the parentheses mean shows only after expansion. Other
// parentheses have no node, the tree says what they said.
type Paren struct {
	Loc
	X SearchExpr
}

// A SearchValue is the right side of a comparison: [*Word], [*Directive] or [*Subsearch].
type SearchValue interface {
	Node
	searchValue()
}

func (*Word) searchValue()      {}
func (*Directive) searchValue() {}
func (*Subsearch) searchValue() {}

func (*And) search()        {}
func (*Or) search()         {}
func (*Not) search()        {}
func (*Comparison) search() {}
func (*InList) search()     {}
func (*Term) search()       {}
func (*Directive) search()  {}
func (*Paren) search()      {}
func (*Subsearch) search()  {}
func (*MacroCall) search()  {}

func (n *And) each(f func(Node)) {
	for _, x := range n.Items {
		f(x)
	}
}

func (n *Or) each(f func(Node)) {
	for _, x := range n.Items {
		f(x)
	}
}

func (n *Not) each(f func(Node)) { f(n.X) }

func (n *Comparison) each(f func(Node)) {
	f(n.Field)
	if n.Value != nil {
		f(n.Value)
	}
}

func (n *InList) each(f func(Node)) {
	f(n.Field)
	for _, v := range n.Values {
		f(v)
	}
}

func (n *Term) each(f func(Node))      { f(n.Word) }
func (n *Directive) each(f func(Node)) { f(n.Arg) }
func (n *Paren) each(f func(Node))     { f(n.X) }
