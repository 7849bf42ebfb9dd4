package syntax

import (
	"fmt"
	"strings"
)

// Print writes a tree in the canonical layout: one line, one blank between words, operators in capitals, only the
// parentheses that are needed, and those around an OR within an AND. Strings, numbers and names stay as written; comments
// are dropped. Parsing the result gives the same tree, apart from places.
func Print(n Node) string {
	w := &printer{}
	switch n := n.(type) {
	case *Query:
		w.query(n)
	case *Stage:
		w.stage(n)
	case Command:
		n.print(w)
	case *Subsearch:
		w.subsearch(n)
	case *Template:
		w.template(n)
	case *MacroCall:
		w.text(n.Raw)
	case SearchExpr:
		w.search(n, 0)
	case Expr:
		w.expr(n, 0)
	case *Word:
		w.word(n)
	case *Option:
		w.option(n)
	case *Aggregation:
		w.aggregations([]*Aggregation{n})
	case *SortKey:
		w.sortKeys([]*SortKey{n})
	case *Split:
		w.split(n)
	case *Alias:
		w.pairs([]*Alias{n}, "as")
	case *Assignment:
		w.word(n.Field)
		w.glue("=")
		w.tight()
		w.expr(n.X, 0)
	case *Condition:
		w.condition("", n)
	case *Conversion:
		w.text(n.Func + "(")
		w.tight()
		w.optional(n.Field)
		w.glue(")")
		w.as(n.As)
	default:
		panic(fmt.Sprintf("syntax: Print of %T", n))
	}
	return w.b.String()
}

type printer struct {
	b     strings.Builder
	close bool // no blank before what comes next
}

// text writes a word, with a blank before it unless it is the first or tight was called.
func (w *printer) text(s string) {
	if s == "" {
		return
	}
	if w.b.Len() > 0 && !w.close {
		w.b.WriteByte(' ')
	}
	w.close = false
	w.b.WriteString(s)
}

// glue writes directly behind what stands there.
func (w *printer) glue(s string) { w.b.WriteString(s) }

// tight lets the next word follow without a blank.
func (w *printer) tight() { w.close = true }

func (w *printer) query(q *Query) {
	for i, s := range q.Stages {
		if c, ok := s.Command.(*Search); i > 0 || !(ok && c.Implied) {
			w.text("|")
		}
		w.stage(s)
	}
}

func (w *printer) stage(s *Stage) {
	s.Command.print(w)
	for _, m := range s.Tail {
		w.text(m.Raw)
	}
}

func (w *printer) name(c Command) { w.text(c.Name()) }

func (w *printer) word(x *Word) { w.text(x.Raw) }

func (w *printer) optional(x *Word) {
	if x != nil {
		w.word(x)
	}
}

func (w *printer) words(list []*Word, sep string) {
	for i, x := range list {
		if i > 0 {
			w.glue(sep)
		}
		w.word(x)
	}
}

func (w *printer) as(x *Word) {
	if x != nil {
		w.text("as")
		w.word(x)
	}
}

func (w *printer) option(o *Option) {
	w.text(o.Name + "=")
	w.tight()
	if o.Sub != nil {
		w.subsearch(o.Sub)
	}
	w.optional(o.Value)
}

func (w *printer) options(list Options) {
	for _, o := range list {
		w.option(o)
	}
}

func (w *printer) pairs(list []*Alias, keyword string) {
	for i, a := range list {
		if i > 0 {
			w.glue(",")
		}
		w.optional(a.From)
		if a.To != nil {
			w.text(keyword)
			w.word(a.To)
		}
	}
}

func (w *printer) by(list []*Word) {
	if len(list) > 0 {
		w.text("by")
		w.words(list, ",")
	}
}

func (w *printer) aggregations(list []*Aggregation) {
	for i, a := range list {
		// A macro may stand for options, behind which there is no comma.
		if i > 0 && !strings.HasPrefix(list[i-1].Raw, "`") {
			w.glue(",")
		}
		w.text(a.Raw)
		w.as(a.As)
	}
}

func (w *printer) split(s *Split) {
	w.optional(s.Field)
	w.options(s.Options)
}

func (w *printer) sortKeys(keys []*SortKey) {
	for i, k := range keys {
		if i > 0 {
			w.glue(",")
		}
		if k.Desc {
			w.text("-")
			w.tight()
		}
		if k.Kind != "" {
			w.text(k.Kind + "(")
			w.tight()
		}
		w.optional(k.Field)
		if k.Kind != "" {
			w.glue(")")
		}
	}
}

func (w *printer) subsearch(s *Subsearch) {
	if s == nil {
		return
	}
	w.text("[")
	w.tight()
	w.query(s.Query)
	w.close = false
	w.glue("]")
}

func (w *printer) template(t *Template) {
	if t != nil {
		w.text("[" + t.Text + "]")
	}
}

func (w *printer) arg(a Arg) {
	switch a := a.(type) {
	case *Option:
		w.option(a)
	case *Subsearch:
		w.subsearch(a)
	case *Word:
		if a.isComma() {
			w.tight()
		}
		w.word(a)
	}
}

// search writes a search expression; tight is 0 where an AND can stand, 1 where an OR can, 2 where a term must.
func (w *printer) search(x SearchExpr, tight int) {
	switch x := x.(type) {
	case *And:
		w.group(tight > 0 || len(x.Items) == 0, func() {
			for _, y := range x.Items {
				w.search(y, 1)
			}
		})
	case *Or:
		// Before expansion nobody knows what parentheses around a macro would mean.
		w.group(tight > 1 || tight > 0 && !hasMacro(x.Items), func() {
			for i, y := range x.Items {
				if i > 0 {
					w.text("OR")
				}
				w.search(y, 2)
			}
		})
	case *Not:
		w.text("NOT")
		w.search(x.X, 2)
	case *Paren:
		w.group(true, func() { w.search(x.X, 0) })
	case *Comparison:
		w.word(x.Field)
		if x.Field.Quote == 0 && strings.HasSuffix(x.Field.Raw, "!") {
			w.text(x.Op) // not to be read as !=
		} else {
			w.glue(x.Op)
		}
		if v, ok := x.Value.(*Word); !ok || !strings.HasPrefix(v.Raw, "=") {
			w.tight()
		}
		w.value(x.Value)
	case *InList:
		w.word(x.Field)
		w.text("IN (")
		w.tight()
		for i, v := range x.Values {
			if i > 0 {
				w.glue(",")
			}
			w.value(v)
		}
		w.close = false
		w.glue(")")
	case *Term:
		// In some places these words mean something else unless they stand in parentheses.
		w.group(x.Word.Is("by") || x.Word.Is("groupby") || x.Word.Is("search"), func() { w.word(x.Word) })
	case *Directive:
		w.value(x)
	case *Subsearch:
		w.subsearch(x)
	case *MacroCall:
		w.text(x.Raw)
	}
}

// hasMacro reports whether a macro call is among the items, or negated among them.
func hasMacro(items []SearchExpr) bool {
	for _, x := range items {
		for {
			n, ok := x.(*Not)
			if !ok {
				break
			}
			x = n.X
		}
		if _, ok := x.(*MacroCall); ok {
			return true
		}
	}
	return false
}

func (w *printer) value(v SearchValue) {
	switch v := v.(type) {
	case *Word:
		w.word(v)
	case *Directive:
		w.text(v.Name + "(" + v.Arg.Raw + ")")
	case *Subsearch:
		w.subsearch(v)
	}
}

// group writes parentheses around something when they are needed.
func (w *printer) group(needed bool, inner func()) {
	if needed {
		w.text("(")
		w.tight()
	}
	inner()
	if needed {
		w.close = false
		w.glue(")")
	}
}

// Binding strength of eval's operators, loosest first.
const (
	bindXor = iota + 1
	bindOr
	bindAnd
	bindNot
	bindCompare
	bindAdd
	bindMultiply
	bindSign
	bindOperand
)

func binding(x Expr) int {
	switch x := x.(type) {
	case *Logic:
		return map[string]int{"XOR": bindXor, "OR": bindOr, "AND": bindAnd}[x.Op]
	case *Unary:
		if x.Op == "NOT" {
			return bindNot
		}
		return bindSign
	case *In:
		return bindCompare
	case *Binary:
		switch x.Op {
		case "+", "-", ".":
			return bindAdd
		case "*", "/", "%":
			return bindMultiply
		}
		return bindCompare
	}
	return bindOperand
}

// expr writes an eval expression, in parentheses when it binds less than least.
func (w *printer) expr(x Expr, least int) {
	b := binding(x)
	w.group(b < least, func() {
		switch x := x.(type) {
		case *Number:
			w.text(x.Raw)
		case *String:
			w.word(x.Word)
		case *Field:
			w.word(x.Word)
		case *MacroCall:
			w.text(x.Raw)
		case *Subsearch:
			w.subsearch(x)
		case *Group:
			w.group(true, func() { w.expr(x.X, 0) })
		case *Call:
			w.text(x.Name)
			w.list(x.Args)
		case *Unary:
			w.text(x.Op)
			if x.Op != "NOT" {
				w.tight()
			}
			w.expr(x.X, b)
		case *Binary:
			w.expr(x.X, b)
			w.text(x.Op)
			w.expr(x.Y, b+1)
		case *Logic:
			for i, y := range x.Items {
				if i > 0 {
					w.text(x.Op)
				}
				w.expr(y, b+1)
			}
		case *In:
			w.expr(x.X, b)
			w.text("IN ")
			w.list(x.List)
		}
	})
}

func (w *printer) list(args []Expr) {
	w.glue("(")
	w.tight()
	for i, a := range args {
		if i > 0 {
			w.glue(",")
		}
		w.expr(a, 0)
	}
	w.close = false
	w.glue(")")
}
