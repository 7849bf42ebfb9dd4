package syntax

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// A Document is the YAML of a Sigma document, or of another file beside rules, with the places of what stands in it. It is for one
// goroutine.
type Document struct {
	// Root is the mapping that the document is.
	Root *yaml.Node
	p    *parser
}

// Read reads the YAML of one document. It is nil when the text is none, or no mapping.
func Read(src *text.Source) (*Document, text.Diagnostics) {
	p := &parser{src: src, lines: []int{0}}
	for i := range len(src.Text) {
		if src.Text[i] == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(src.Text))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("there is no document")
		}
		var line int
		if i := strings.Index(err.Error(), "line "); i >= 0 {
			fmt.Sscanf(err.Error()[i:], "line %d", &line)
		}
		at := 0
		if line > 0 && line <= len(p.lines) {
			at = p.lines[line-1]
		}
		p.fail("SIG1001", text.Span{Start: at, End: at}, "not valid YAML: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
		return nil, p.ds
	}
	if len(doc.Content) == 0 || p.resolve(doc.Content[0]).Kind != yaml.MappingNode {
		p.fail("SIG1002", text.Span{}, "a Sigma document is a mapping")
		return nil, p.ds
	}
	return &Document{Root: p.resolve(doc.Content[0]), p: p}, nil
}

// Span returns the place of a node.
func (d *Document) Span(n *yaml.Node) text.Span { return d.p.span(n) }

// Pairs calls f for the members of a mapping, merged ones included, with aliases followed; of anything else there are none.
func (d *Document) Pairs(n *yaml.Node, f func(key, val *yaml.Node)) {
	if n != nil && n.Kind == yaml.MappingNode {
		d.p.pairs(n, f)
	}
}

// Items returns the members of a list with aliases followed, or the node itself when it is no list.
func (d *Document) Items(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	out := make([]*yaml.Node, len(n.Content))
	for i, c := range n.Content {
		out[i] = d.p.resolve(c)
	}
	return out
}

// Member returns the value of a key of a mapping, or nil.
func (d *Document) Member(n *yaml.Node, key string) *yaml.Node {
	var out *yaml.Node
	d.Pairs(n, func(k, v *yaml.Node) {
		if k.Value == key {
			out = v
		}
	})
	return out
}

// Search reads a node as the body of a search.
func (d *Document) Search(n *yaml.Node) (Node, text.Diagnostics) {
	d.p.ds = nil
	out := d.p.search(n, 0)
	return out, d.p.ds
}

type parser struct {
	src   *text.Source
	lines []int
	ds    text.Diagnostics
	seen  int // nodes read so far
}

// maxNodes bounds what is read of a document: aliases within aliases make small texts huge.
const maxNodes = 200_000

// spent counts a node and reports whether the document is too large.
func (p *parser) spent(n *yaml.Node) bool {
	if p.seen++; p.seen == maxNodes {
		p.fail("SIG1019", p.span(n), "the document is too large")
	}
	return p.seen >= maxNodes
}

func (p *parser) fail(id string, span text.Span, format string, args ...any) {
	p.ds = append(p.ds, text.Errorf(id, p.src, span, format, args...))
}

// resolve follows aliases. yaml.v3 refuses an alias that contains itself only when it decodes into Go values, so the depth of
// what is read here is bounded by maxDepth too.
func (p *parser) resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// start returns the offset of a node. Columns count characters.
func (p *parser) start(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(p.lines) {
		return 0
	}
	at := p.lines[n.Line-1]
	for c := n.Column; c > 1 && at < len(p.src.Text); c-- {
		_, size := utf8.DecodeRuneInString(p.src.Text[at:])
		at += size
	}
	return at
}

func (p *parser) span(n *yaml.Node) text.Span {
	at := p.start(n)
	end := at + max(1, len(n.Value))
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		end += 2
	}
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		end = at + 1
	}
	return text.Span{Start: at, End: min(end, len(p.src.Text))}
}

// inner maps offsets in a scalar's value to places: blanks of the text may be folded, all else stands there as it is, but for
// escapes in double quotes, behind which places are a little off.
func (p *parser) inner(n *yaml.Node) func(from, to int) text.Span {
	at, s := p.start(n), p.src.Text
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
			at += i
		}
	} else if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		at++
	}
	blank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
	offs := make([]int, len(n.Value)+1)
	for i := range len(n.Value) {
		if !blank(n.Value[i]) {
			for at < len(s) && blank(s[at]) {
				at++
			}
		}
		offs[i] = min(at, len(s))
		if !blank(n.Value[i]) && at < len(s) {
			at++
		}
	}
	offs[len(n.Value)] = min(at, len(s))
	return func(from, to int) text.Span {
		from, to = min(from, len(n.Value)), min(to, len(n.Value))
		span := text.Span{Start: offs[from], End: offs[to]}
		if to > from {
			span.End = max(span.Start, offs[to-1]+1)
		}
		return span
	}
}

// pairs calls f for the members of a mapping, merged ones (<<) included.
func (p *parser) pairs(n *yaml.Node, f func(key, val *yaml.Node)) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := p.resolve(n.Content[i]), p.resolve(n.Content[i+1])
		if k.Tag == "!!merge" {
			if v.Kind == yaml.MappingNode && v != n {
				for j := 0; j+1 < len(v.Content); j += 2 {
					f(p.resolve(v.Content[j]), p.resolve(v.Content[j+1]))
				}
			}
			continue
		}
		f(k, v)
	}
}
