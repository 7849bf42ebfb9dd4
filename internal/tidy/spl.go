package tidy

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// splQuery lays a search out, macros unexpanded: the first stage as it is printed, each further one behind a pipe on a line of its own.
func splQuery(src *text.Source) (string, text.Diagnostics) {
	q, ds := syntax.Parse(src)
	if ds.HasErrors() {
		return src.Text, ds
	}
	for _, d := range ds {
		if d.Severity == text.Warning {
			// What had to be mended to be read may be read otherwise at home.
			return src.Text, append(ds, text.Warnf("FMT5001", src, d.Span, "left as it is, since it was mended to be read: %s", d.Message))
		}
	}
	g := &gaps{src.Text, syntax.Comments(src.Text)}
	var lines []string
	end := 0
	for i, st := range q.Stages {
		at := g.bare(trimmed(src.Text, st.Span()))
		trailing, own := g.between(end, at.Start)
		if len(trailing) > 0 && len(lines) > 0 {
			lines[len(lines)-1] += " " + strings.Join(trailing, " ")
		} else {
			own = append(trailing, own...)
		}
		lines = append(lines, own...)
		s := syntax.Print(st)
		pipe := "| "
		if c, ok := st.Command.(*syntax.Search); i == 0 && ok && c.Implied {
			pipe = ""
		}
		if g.inside(at) {
			s = verbatim(src.Text, at)
		} else {
			s = wrap(pipe+s, "    ")[len(pipe):]
		}
		lines = append(lines, pipe+s)
		end = at.End
	}
	_, own := g.between(end, len(src.Text))
	if t, o := g.between(end, len(src.Text)); len(t) > 0 && len(lines) > 0 {
		lines[len(lines)-1] += " " + strings.Join(t, " ")
		own = o
	}
	lines = append(lines, own...)
	out := keepEnds(src.Text, strings.Join(lines, "\n"))
	return settle(src, out, ds, func(s *text.Source) (string, []string, bool) {
		q, ds := syntax.Parse(s)
		return syntax.Print(q), texts(s.Text, syntax.Comments(s.Text)), !ds.HasErrors()
	})
}

// settle holds a layout against the text that it was made of: the same tree, and all comments. What differs stays as it was written.
func settle(src *text.Source, out string, ds text.Diagnostics, read func(*text.Source) (tree string, comments []string, ok bool)) (string, text.Diagnostics) {
	was, old, _ := read(src)
	now, kept, ok := read(text.NewSource(src.Name, out))
	if !ok || was != now {
		return src.Text, append(ds, text.Warnf("FMT5001", src, text.Span{}, "left as it is: another layout would be read otherwise"))
	}
	if err := lostComment(old, kept); err != nil {
		return src.Text, append(ds, text.Warnf("FMT5001", src, text.Span{}, "left as it is: %v", err))
	}
	return out, ds
}
