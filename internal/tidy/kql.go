package tidy

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// kqlQuery lays a query out: a statement begins a line, an operator too. A statement or operator with comments inside stays as it was
// written.
func kqlQuery(src *text.Source) (string, text.Diagnostics) {
	q, ds := syntax.Parse(src)
	if ds.HasErrors() {
		return src.Text, ds
	}
	k := &kqlLayout{gaps: gaps{src.Text, syntax.Comments(src.Text)}}
	end := 0
	for i, st := range q.Statements {
		at := trimmed(src.Text, st.Span())
		k.gap(end, at.Start, i > 0)
		k.statement(st, at)
		end = at.End
		if i < len(q.Statements)-1 || strings.Contains(withoutComments(src.Text, k.comments, end), ";") {
			k.lines[len(k.lines)-1] += ";"
		}
	}
	k.gap(end, len(src.Text), len(q.Statements) > 0)
	out := keepEnds(src.Text, strings.TrimRight(strings.Join(k.lines, "\n"), "\n"))
	return settle(src, out, ds, func(s *text.Source) (string, []string, bool) {
		q, ds := syntax.Parse(s)
		return syntax.Print(q), texts(s.Text, syntax.Comments(s.Text)), !ds.HasErrors()
	})
}

type kqlLayout struct {
	gaps
	lines []string
}

// gap adds the comments between two statements. A blank line between statements stays one.
func (k *kqlLayout) gap(from, to int, between bool) {
	trailing, own := k.between(from, to)
	if len(trailing) > 0 && len(k.lines) > 0 {
		k.lines[len(k.lines)-1] += " " + strings.Join(trailing, " ")
	} else {
		own = append(trailing, own...)
	}
	if between && to < len(k.src) && hasBlankLine(k.src[from:to]) {
		k.lines = append(k.lines, "")
	}
	k.lines = append(k.lines, own...)
}

func hasBlankLine(s string) bool {
	lines := strings.Split(s, "\n")
	for i := 1; i+1 < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" {
			return true
		}
	}
	return false
}

func withoutComments(s string, comments []text.Span, from int) string {
	b := []byte(s[from:])
	for _, c := range comments {
		for i := max(c.Start, from); i < c.End; i++ {
			b[i-from] = ' '
		}
	}
	return string(b)
}

func (k *kqlLayout) statement(st syntax.Statement, at text.Span) {
	if !k.inside(at) {
		k.printed(syntax.Print(st))
		return
	}
	prefix, indent := "", ""
	var x syntax.Expr
	switch st := st.(type) {
	case *syntax.ExprStatement:
		x = st.X
	case *syntax.Let:
		x, prefix, indent = st.X, "let "+syntax.Print(st.Name)+" =", "    "
	}
	p, ok := x.(*syntax.Pipeline)
	if !ok || prefix != "" && k.inside(text.Span{Start: at.Start, End: p.Span().Start}) {
		k.lines = append(k.lines, verbatim(k.src, at))
		return
	}
	if prefix != "" {
		k.lines = append(k.lines, prefix)
	}
	end := p.Span().Start
	step := func(n syntax.Node, pipe string) {
		at := trimmed(k.src, n.Span())
		trailing, own := k.between(end, at.Start)
		if len(trailing) > 0 && len(k.lines) > 0 && end > p.Span().Start {
			k.lines[len(k.lines)-1] += " " + strings.Join(trailing, " ")
		} else {
			own = append(trailing, own...)
		}
		for _, c := range own {
			k.lines = append(k.lines, indent+c)
		}
		s := syntax.Print(n)
		if k.inside(at) {
			s = verbatim(k.src, at)
		}
		first := len(k.lines)
		k.printed(pipe + s)
		for i := first; i < len(k.lines); i++ {
			if !k.inside(at) || i == first {
				k.lines[i] = indent + k.lines[i]
			}
		}
		end = at.End
	}
	if p.Source != nil {
		step(p.Source, "")
	}
	for i, o := range p.Ops {
		pipe := "| "
		if i == 0 && p.Source == nil {
			pipe = ""
		}
		step(o, pipe)
	}
}

// printed adds a printed text, with lines that are too long broken.
func (k *kqlLayout) printed(s string) {
	for _, line := range strings.Split(s, "\n") {
		body := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(body)]
		if strings.ContainsAny(body, "`~") { // texts of several lines, whose ends wrap does not know
			k.lines = append(k.lines, line)
			continue
		}
		k.lines = append(k.lines, strings.Split(indent+wrap(body, indent+"    "), "\n")...)
	}
}
