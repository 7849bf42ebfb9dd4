package spl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func (l *lowerer) xpath(c *syntax.General) {
	a := l.arguments(c)
	field, out := a.text("field", event.RawField), a.text("outfield", "xpath")
	def := a.get("default")
	w := a.next("an XPath in quotes")
	a.end()
	if _, err := parseXPath(w.Value); err != nil {
		l.wrong(w, "%v", err)
		return
	}
	x := expr.Expr(expr.F(fnXPath, expr.C(field), expr.Str(w.Value)))
	if def != nil {
		x = expr.F(function.Lookup("coalesce"), x, expr.Str(def.Value.Value))
	}
	l.extend(plan.Named{Name: out, Expr: x})
}

// fnXPath gives the values at an XPath of XML text.
var fnXPath = &fn.Func{Name: "xpath", Min: 2, Max: 2,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		p, err := parseXPath(args[1].Value.Str())
		if err != nil {
			return nil, err
		}
		return func(in []event.Value) event.Value {
			root := fn.ParseXML(function.Text(in[0]))
			if root == nil {
				return event.NullValue
			}
			var out []event.Value
			for _, s := range p.values(root) {
				out = append(out, event.StringOf(s))
			}
			return function.List(out)
		}, nil
	}}

// An xpath is a location path: steps down to elements, then an attribute or text. It has the child and descendant axes,
// names, *, positions and comparisons of attributes and children with literals, which is what searches use.
type xpath struct {
	steps []xpathStep
	attr  string // the last step is @attr
}

type xpathStep struct {
	deep  bool // //
	name  string
	preds []xpathPred
}

type xpathPred struct {
	position int    // [2]
	attr     string // [@name…]
	child    string // [name…]
	value    string
	compare  bool // …='value'
	not      bool // …!='value'
}

func parseXPath(s string) (*xpath, error) {
	p := &xpath{}
	rest := strings.TrimSpace(s)
	bad := func() (*xpath, error) { return nil, fmt.Errorf("%q is not an XPath that xpath can follow", s) }
	for first := true; rest != ""; first = false {
		st := xpathStep{}
		switch {
		case strings.HasPrefix(rest, "//"):
			st.deep, rest = true, rest[2:]
		case strings.HasPrefix(rest, "/"):
			rest = rest[1:]
		case !first:
			return bad()
		default:
			st.deep = true // a relative path begins anywhere
		}
		if rest == "text()" {
			return p, nil
		}
		if attr, ok := strings.CutPrefix(rest, "@"); ok {
			if attr == "" || strings.ContainsAny(attr, "/[]") {
				return bad()
			}
			if p.attr = attr; st.deep && !first {
				p.steps = append(p.steps, xpathStep{deep: true, name: "*"})
			}
			return p, nil
		}
		n := strings.IndexAny(rest, "/[")
		if n < 0 {
			n = len(rest)
		}
		st.name, rest = rest[:n], rest[n:]
		if i := strings.IndexByte(st.name, ':'); i >= 0 {
			st.name = st.name[i+1:] // names are compared without name spaces
		}
		if st.name == "" || strings.ContainsAny(st.name, "()@=") {
			return bad()
		}
		for strings.HasPrefix(rest, "[") {
			end := closingBracket(rest)
			if end < 0 {
				return bad()
			}
			pred, ok := parsePredicate(strings.TrimSpace(rest[1:end]))
			if !ok {
				return bad()
			}
			st.preds = append(st.preds, pred)
			rest = rest[end+1:]
		}
		if p.steps = append(p.steps, st); len(p.steps) > 100 {
			return bad()
		}
	}
	if len(p.steps) == 0 {
		return bad()
	}
	return p, nil
}

func closingBracket(s string) int {
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ']':
			return i
		}
	}
	return -1
}

func parsePredicate(s string) (xpathPred, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return xpathPred{position: n}, n > 0
	}
	left, right, compare := strings.Cut(s, "=")
	p := xpathPred{compare: compare}
	if compare {
		if l, ok := strings.CutSuffix(left, "!"); ok {
			p.not, left = true, l
		}
		right = strings.TrimSpace(right)
		if len(right) < 2 || right[0] != right[len(right)-1] || right[0] != '\'' && right[0] != '"' {
			if _, ok := function.ParseNumber(right); !ok {
				return p, false
			}
			p.value = right
		} else {
			p.value = right[1 : len(right)-1]
		}
	}
	left = strings.TrimSpace(left)
	if attr, ok := strings.CutPrefix(left, "@"); ok {
		p.attr = attr
		return p, attr != ""
	}
	p.child = left
	return p, left != "" && !strings.ContainsAny(left, "()[] ")
}

// values returns what the path leads to below root.
func (p *xpath) values(root *fn.XMLNode) []string {
	nodes := []*fn.XMLNode{root}
	for _, st := range p.steps {
		var next []*fn.XMLNode
		for _, n := range nodes {
			next = append(next, st.from(n)...)
		}
		nodes = next
	}
	var out []string
	for _, n := range nodes {
		if p.attr != "" {
			if v, ok := n.Attr(p.attr); ok {
				out = append(out, v)
			}
			continue
		}
		out = append(out, textOf(n))
	}
	return out
}

// textOf is the text of an element and all below it.
func textOf(n *fn.XMLNode) string {
	if len(n.Children) == 0 {
		return n.Text()
	}
	parts := []string{n.Text()}
	for _, c := range n.Children {
		parts = append(parts, textOf(c))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

func (st *xpathStep) from(n *fn.XMLNode) []*fn.XMLNode {
	var found []*fn.XMLNode
	var visit func(n *fn.XMLNode)
	visit = func(n *fn.XMLNode) {
		var here []*fn.XMLNode
		for _, c := range n.Children {
			if st.name == "*" || c.Name == st.name {
				here = append(here, c)
			}
		}
		for _, p := range st.preds {
			here = p.keep(here)
		}
		found = append(found, here...)
		if st.deep {
			for _, c := range n.Children {
				visit(c)
			}
		}
	}
	visit(n)
	return found
}

func (p *xpathPred) keep(nodes []*fn.XMLNode) []*fn.XMLNode {
	if p.position > 0 {
		if p.position <= len(nodes) {
			return nodes[p.position-1 : p.position]
		}
		return nil
	}
	var out []*fn.XMLNode
	for _, n := range nodes {
		if p.holds(n) {
			out = append(out, n)
		}
	}
	return out
}

func (p *xpathPred) holds(n *fn.XMLNode) bool {
	if p.attr != "" {
		v, ok := n.Attr(p.attr)
		return ok && (!p.compare || (v == p.value) != p.not)
	}
	for _, c := range n.Children {
		if c.Name == p.child && (!p.compare || (textOf(c) == p.value) != p.not) {
			return true
		}
	}
	return false
}
