package rule

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// mapping looks keys of a YAML mapping up; keys are compared without regard to case, since old Sentinel content capitalises
// them. It remembers what was asked for.
type mapping struct {
	node *yaml.Node
	// read holds the values that were asked for: true for those that were taken whole, false for those that were looked into.
	// It is shared with the mappings inside, and may be nil.
	read map[*yaml.Node]bool
}

func mappingOf(n *yaml.Node) (mapping, bool) {
	for n != nil && n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return mapping{node: n}, n != nil && n.Kind == yaml.MappingNode
}

// find returns the value of a key as it stands there, or nil.
func (m mapping) find(key string) *yaml.Node {
	if m.node == nil || m.node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.node.Content); i += 2 {
		if strings.EqualFold(m.node.Content[i].Value, key) {
			return m.node.Content[i+1]
		}
	}
	return nil
}

func (m mapping) mark(v *yaml.Node, whole bool) *yaml.Node {
	if v == nil {
		return nil
	}
	if m.read != nil {
		m.read[v] = m.read[v] || whole
	}
	if v.Kind == yaml.AliasNode {
		return v.Alias
	}
	return v
}

// get returns the value of a key, which counts as read to the bottom, or nil.
func (m mapping) get(key string) *yaml.Node { return m.mark(m.find(key), true) }

// unread returns the keys, dotted, whose values nobody asked for, in the order of the file, each once.
func (m mapping) unread() []string {
	var out []string
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		switch n.Kind {
		case yaml.SequenceNode:
			for _, c := range n.Content {
				walk(c, path)
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				name, v := path+n.Content[i].Value, n.Content[i+1]
				whole, read := m.read[v]
				switch {
				case whole:
				case read:
					walk(v, name+".")
				case !contains(out, name):
					out = append(out, name)
				}
			}
		}
	}
	if m.node != nil {
		walk(m.node, "")
	}
	return out
}

// pairs returns the keys and values of a mapping whose keys are names of the author's own.
func (m mapping) pairs(key string) [][2]string {
	n := m.get(key)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out [][2]string
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, [2]string{n.Content[i].Value, scalar(n.Content[i+1])})
	}
	return out
}

func (m mapping) has(key string) bool { return m.find(key) != nil }

// str returns a scalar's text, or "".
func (m mapping) str(key string) string {
	v := m.find(key)
	if v != nil && (v.Kind == yaml.ScalarNode || v.Kind == yaml.AliasNode) {
		return scalar(m.mark(v, true))
	}
	return ""
}

// flag reports whether a key is true.
func (m mapping) flag(key string) bool {
	s := strings.ToLower(m.str(key))
	return s == "true" || s == "yes"
}

func (m mapping) num(key string) int {
	f, err := strconv.ParseFloat(strings.TrimSpace(m.str(key)), 64)
	if err != nil {
		return 0
	}
	return int(f + 0.5)
}

func (m mapping) sub(key string) mapping {
	s, _ := mappingOf(m.mark(m.find(key), false))
	s.read = m.read
	return s
}

// list returns the texts of a list, of a list within the list, or of a single scalar: all three are published.
func (m mapping) list(key string) []string { return texts(m.get(key)) }

func texts(n *yaml.Node) []string {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.ScalarNode:
		if s := strings.TrimSpace(n.Value); s != "" && n.Tag != "!!null" {
			return []string{s}
		}
	case n.Kind == yaml.SequenceNode:
		var out []string
		for _, c := range n.Content {
			out = append(out, texts(c)...)
		}
		return out
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// maps returns the mappings of a list.
func (m mapping) maps(key string) []mapping {
	n := m.mark(m.find(key), false)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var out []mapping
	for _, c := range n.Content {
		if s, ok := mappingOf(c); ok {
			s.read = m.read
			out = append(out, s)
		}
	}
	return out
}

// excerpt returns a scalar of a YAML file as a source whose places are places in the file. The scalar's text is aligned with
// the file's bytes from the place where it begins: YAML folds lines, strips indents and doubles quotes in between.
func excerpt(name, file string, n *yaml.Node) *text.Source {
	at := offsetOf(file, n.Line, n.Column)
	val, indent := n.Value, 0
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if i := strings.IndexByte(file[at:], '\n'); i >= 0 {
			at += i + 1
		}
		indent = blockIndent(file[at:])
		at += min(indent, spaces(file[at:]))
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		at++
	}
	var textAt, fileAt []int
	mark := func(t, f int) {
		if k := len(textAt); k > 0 && fileAt[k-1]-textAt[k-1] == f-t {
			return
		}
		textAt, fileAt = append(textAt, t), append(fileAt, f)
	}
	for t := 0; t < len(val) && at < len(file); {
		if n.Style&yaml.DoubleQuotedStyle != 0 && file[at] == '\\' {
			mark(t, at)
			_, size := utf8.DecodeRuneInString(val[t:])
			if w := escapeWidth(file[at:]); w > 0 {
				t, at = t+size, at+w
			} else { // an escaped line end stands for nothing
				at += 1 + blankWidth(file[at+1:])
			}
			continue
		}
		switch c := val[t]; {
		case file[at] == c && (c != ' ' || !foldsHere(file[at:], n)):
			mark(t, at)
			if c == '\'' && n.Style&yaml.SingleQuotedStyle != 0 && strings.HasPrefix(file[at:], "''") {
				at++
			}
			t, at = t+1, at+1
			if c == '\n' {
				at += min(indent, spaces(file[at:]))
			}
		case blankWidth(file[at:]) > 0:
			mark(t, at)
			at += blankWidth(file[at:])
			for t < len(val) && (val[t] == ' ' || val[t] == '\n') {
				t++
			}
		default: // out of step: what follows keeps the last known relation
			return text.NewExcerpt(name, file, val, textAt, fileAt)
		}
	}
	return text.NewExcerpt(name, file, val, textAt, fileAt)
}

// foldsHere reports whether the blank at the start of s ends a line of a flow scalar, so that the value's one blank stands
// for the whole fold.
func foldsHere(s string, n *yaml.Node) bool {
	if n.Style&yaml.LiteralStyle != 0 {
		return false
	}
	rest := strings.TrimLeft(s, " \t")
	return strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n")
}

func blankWidth(s string) int { return len(s) - len(strings.TrimLeft(s, " \t\r\n")) }

func spaces(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// blockIndent returns the indent of a block scalar's body: that of its first line with anything on it.
func blockIndent(body string) int {
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) != "" {
			return spaces(line)
		}
	}
	return 0
}

// escapeWidth returns how many bytes a double-quoted escape takes that stands for one character, or 0 for an escaped line end.
func escapeWidth(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '\n', '\r':
		return 0
	case 'x':
		return min(4, len(s))
	case 'u':
		return min(6, len(s))
	case 'U':
		return min(10, len(s))
	}
	return 2
}

// offsetOf returns the byte offset of a line and column, both counted from 1; columns count characters.
func offsetOf(file string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(file[at:], '\n')
		if i < 0 {
			return len(file)
		}
		at += i + 1
	}
	for ; column > 1 && at < len(file); column-- {
		_, size := utf8.DecodeRuneInString(file[at:])
		at += size
	}
	return at
}
