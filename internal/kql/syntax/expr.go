package syntax

// An Ident is a name. Whether it was written plain or in brackets makes no difference to its meaning.
type Ident struct {
	exprNode
	Name string
}

func (n *Ident) children(func(Node)) {}

// A Wildcard is a name pattern with at least one '*': T*, *_count, *.
type Wildcard struct {
	exprNode
	Pattern string
}

func (n *Wildcard) children(func(Node)) {}

// A Star is '*' in an expression: all columns, as in arg_max(t, *) or where * has "x".
type Star struct{ exprNode }

func (n *Star) children(func(Node)) {}

// A ClientParameter is a name in braces, {name}, which a client is meant to replace before the query is sent.
type ClientParameter struct {
	exprNode
	Name string
}

func (n *ClientParameter) children(func(Node)) {}

// A Paren is an expression or a whole pipeline in parentheses.
type Paren struct {
	exprNode
	X Expr
}

func (n *Paren) children(visit func(Node)) { visitOne(visit, n.X) }

// A Path selects a member: X.Member. The member is an [Ident], or a [Call] (database("d").f()), or a [Wildcard]
// (database("d").T*).
type Path struct {
	exprNode
	X      Expr
	Member Expr
}

func (n *Path) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitOne(visit, n.Member)
}

// An Index selects an element: X[Index]. The index may be a position, counted from the end when negative, or a key.
type Index struct {
	exprNode
	X     Expr
	Index Expr
}

func (n *Index) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitOne(visit, n.Index)
}

// A Call is a function applied to arguments, which may be [Named] or a [Star].
type Call struct {
	exprNode
	Func *Ident
	Args []Expr
}

func (n *Call) children(visit func(Node)) {
	visitName(visit, n.Func)
	visitAll(visit, n.Args)
}

// A TableCall is toscalar(…), totable(…) or, as a let value, materialize(…): Keyword says which. X is a table, usually a
// [Pipeline].
type TableCall struct {
	exprNode
	Keyword string
	Params  []*Param
	X       Expr
}

func (n *TableCall) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visitOne(visit, n.X)
}

// A Named gives a value one name, or several: a = x, (a, b) = f(x).
type Named struct {
	exprNode
	Names []*Ident
	// Tuple tells that the names stood in parentheses.
	Tuple bool
	X     Expr
}

func (n *Named) children(visit func(Node)) {
	visitAll(visit, n.Names)
	visitOne(visit, n.X)
}

// A Unary is a sign before an expression. Op is "-" or "+".
type Unary struct {
	exprNode
	Op string
	X  Expr
}

func (n *Unary) children(visit func(Node)) { visitOne(visit, n.X) }

// A Binary is an operator between two expressions, named as it is written: "and", "==", "=~", "has", "!startswith_cs",
// "matches regex", ":", "+". "<>" is given as "!=".
type Binary struct {
	exprNode
	Op   string
	X, Y Expr
}

func (n *Binary) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitOne(visit, n.Y)
}

// An In tests against a list or the first column of a table. Op is "in", "!in", "in~", "!in~", "has_any" or "has_all".
type In struct {
	exprNode
	Op   string
	X    Expr
	List []Expr
}

func (n *In) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitAll(visit, n.List)
}

// A Between tests for a closed range: X between (Low .. High).
type Between struct {
	exprNode
	Not       bool
	X         Expr
	Low, High Expr
}

func (n *Between) children(visit func(Node)) {
	visitOne(visit, n.X)
	visitOne(visit, n.Low)
	visitOne(visit, n.High)
}

// A Param is an option of an operator: kind=inner, hint.strategy=shuffle, format="csv". The value is an [Ident], a literal or
// a signed literal. Several values occur in render only (ycolumns=a, b).
type Param struct {
	exprNode
	Name   string
	Values []Expr
}

func (n *Param) children(visit func(Node)) { visitAll(visit, n.Values) }

// Value returns the first value, or nil.
func (n *Param) Value() Expr {
	if len(n.Values) == 0 {
		return nil
	}
	return n.Values[0]
}

// A TypeOf is typeof(string) or typeof(a:string, b:long).
type TypeOf struct {
	exprNode
	Schema *Schema
}

func (n *TypeOf) children(visit func(Node)) { visit(n.Schema) }

// A Schema is a list of columns in parentheses.
type Schema struct {
	exprNode
	// Open tells that the list starts with '*': any further columns.
	Open    bool
	Columns []*ColumnDecl
}

func (n *Schema) children(visit func(Node)) { visitAll(visit, n.Columns) }

// A ColumnDecl names a column or parameter and its type: a scalar type, or a table type where Table is set. Type is one of the
// values of [Types], or the word as written where the grammar takes any (typeof(foo)), or "" where none was given (find …
// project a). Name is nil in typeof(string). Default is nil where none was given.
type ColumnDecl struct {
	exprNode
	Name    *Ident
	Type    string
	Table   *Schema
	Default Expr
}

func (n *ColumnDecl) children(visit func(Node)) {
	visitName(visit, n.Name)
	if n.Table != nil {
		visit(n.Table)
	}
	visitOne(visit, n.Default)
}

// Types maps each type name that a declaration may use to the name of the type it means.
// https://learn.microsoft.com/kusto/query/scalar-data-types/
var Types = map[string]string{
	"bool": "bool", "boolean": "bool", "int": "int", "long": "long", "real": "real", "double": "real", "decimal": "decimal",
	"string": "string", "datetime": "datetime", "date": "datetime", "timespan": "timespan", "time": "timespan",
	"guid": "guid", "uniqueid": "guid", "dynamic": "dynamic", "int64": "long", "int8": "int",
}

// A DataTable is a table written out: its values row by row.
type DataTable struct {
	exprNode
	Params  []*Param
	Columns *Schema
	Values  []Expr
}

func (n *DataTable) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visit(n.Columns)
	visitAll(visit, n.Values)
}

// An ExternalData is a table read from addresses. Inline tells that it was written inline_external_table.
type ExternalData struct {
	exprNode
	Inline  bool
	Params  []*Param
	Columns *Schema
	URIs    []Expr
	With    []*Param
}

func (n *ExternalData) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visit(n.Columns)
	visitAll(visit, n.URIs)
	visitAll(visit, n.With)
}

// A Lambda is a function literal, the value of a let statement.
type Lambda struct {
	exprNode
	// View tells that the function takes part in union * and search.
	View   bool
	Params []*ColumnDecl
	Body   *Block
}

func (n *Lambda) children(visit func(Node)) {
	visitAll(visit, n.Params)
	visit(n.Body)
}

// A Block is the body of a function or of a pattern: declarations and then the result, which may be missing.
type Block struct {
	exprNode
	Statements []Statement
}

func (n *Block) children(visit func(Node)) { visitAll(visit, n.Statements) }

// An EntityGroup lists clusters, databases or tables for macro-expand.
type EntityGroup struct {
	exprNode
	Members []Expr
}

func (n *EntityGroup) children(visit func(Node)) { visitAll(visit, n.Members) }
