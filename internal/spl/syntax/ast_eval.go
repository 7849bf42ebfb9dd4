package syntax

// An Expr is an expression of the eval grammar: [*Number], [*String], [*Field], [*Call], [*Unary], [*Binary], [*Logic],
// [*In], [*Group], [*Subsearch] or [*MacroCall].
type Expr interface {
	Node
	expr()
}

// A Number is a numeric literal, without sign.
type Number struct {
	Loc
	Raw string
}

// A String is a literal in double quotes.
type String struct {
	Loc
	Word *Word
}

// A Field is a field name, bare or in single quotes. Bare true, false and null are fields here too: Splunk's pages
// disagree about them.
type Field struct {
	Loc
	Word *Word
}

// A Call is a function call. Name is as written; function names ignore case.
type Call struct {
	Loc
	Name string
	Args []Expr
}

// A Unary is a sign or a negation; Op is "-", "+" or "NOT" (also written "!").
type Unary struct {
	Loc
	Op string
	X  Expr
}

// A Binary is an operation on two operands; Op is one of = != < <= > >= + - * / % . LIKE, with == written as =.
type Binary struct {
	Loc
	Op   string
	X, Y Expr
}

// A Logic is two or more operands joined by the same operator: AND, OR or XOR.
type Logic struct {
	Loc
	Op    string
	Items []Expr
}

// An In is "x IN (a, b)". A negated one stands below a [Unary] NOT.
type In struct {
	Loc
	X    Expr
	List []Expr
}

// Group is a parenthesised expression that holds macro calls; see [Paren].
type Group struct {
	Loc
	X Expr
}

// An Assignment is one "field = expression" of eval.
type Assignment struct {
	Loc
	// Field is the destination. In a bare or quoted name, {other} stands for the value of another field.
	Field *Word
	X     Expr
}

func (*Number) expr()    {}
func (*String) expr()    {}
func (*Field) expr()     {}
func (*Call) expr()      {}
func (*Unary) expr()     {}
func (*Binary) expr()    {}
func (*Logic) expr()     {}
func (*In) expr()        {}
func (*Group) expr()     {}
func (*Subsearch) expr() {}
func (*MacroCall) expr() {}

func (n *Number) each(func(Node))   {}
func (n *String) each(f func(Node)) { f(n.Word) }
func (n *Field) each(f func(Node))  { f(n.Word) }
func (n *Call) each(f func(Node)) {
	for _, a := range n.Args {
		f(a)
	}
}
func (n *Unary) each(f func(Node))  { f(n.X) }
func (n *Binary) each(f func(Node)) { f(n.X); f(n.Y) }
func (n *Logic) each(f func(Node)) {
	for _, x := range n.Items {
		f(x)
	}
}
func (n *In) each(f func(Node)) {
	f(n.X)
	for _, x := range n.List {
		f(x)
	}
}
func (n *Group) each(f func(Node)) { f(n.X) }
func (n *Assignment) each(f func(Node)) {
	f(n.Field)
	if n.X != nil {
		f(n.X)
	}
}
