package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

var errForm = errors.New("a form of YAML that has no layout of its own")

// An emitter writes a document as SigmaHQ's rules are written: four blanks a level, counted from where a key begins, also behind the dash
// of a list. The library counts from the dash.
type emitter struct{ b strings.Builder }

const level = 4

func (e *emitter) comment(s string, indent int) {
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" {
			e.b.WriteByte('\n')
			continue
		}
		fmt.Fprintf(&e.b, "%*s%s\n", indent, "", line)
	}
}

// mapping writes the pairs of a mapping. The first one continues a line when inline is set.
func (e *emitter) mapping(n *yaml.Node, indent int, inline bool) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.LineComment != "" || val.Anchor != "" || key.Anchor != "" || val.HeadComment != "" && val.Kind == yaml.ScalarNode {
			return errForm
		}
		first := inline && i == 0
		if first && key.HeadComment != "" {
			return errForm
		}
		e.comment(key.HeadComment, indent)
		name, err := scalarText(key, 0)
		if err != nil {
			return err
		}
		if !first {
			fmt.Fprintf(&e.b, "%*s", indent, "")
		}
		e.b.WriteString(name + ":")
		if err := e.value(val, indent); err != nil {
			return err
		}
		e.comment(val.FootComment, indent+level)
		e.comment(key.FootComment, indent)
	}
	return nil
}

// value writes what stands behind a key.
func (e *emitter) value(n *yaml.Node, indent int) error {
	flow := n.Style&yaml.FlowStyle != 0 || n.Kind != yaml.ScalarNode && len(n.Content) == 0
	switch {
	case n.Kind == yaml.ScalarNode || flow:
		s, err := scalarText(n, indent+level)
		if err != nil {
			return err
		}
		if s != "" {
			s = " " + s
		}
		if n.LineComment != "" {
			if strings.Contains(s, "\n") {
				return errForm
			}
			s += " " + n.LineComment
		}
		e.b.WriteString(s + "\n")
		return nil
	case n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode:
		if n.LineComment != "" {
			e.b.WriteString(" " + n.LineComment)
		}
		e.b.WriteByte('\n')
		e.comment(n.HeadComment, indent+level)
		if n.Kind == yaml.MappingNode {
			return e.mapping(n, indent+level, false)
		}
		return e.sequence(n, indent+level)
	}
	return errForm
}

func (e *emitter) sequence(n *yaml.Node, indent int) error {
	for _, c := range n.Content {
		if c.Anchor != "" {
			return errForm
		}
		e.comment(c.HeadComment, indent)
		fmt.Fprintf(&e.b, "%*s-", indent, "")
		switch {
		case c.Kind == yaml.MappingNode && c.Style&yaml.FlowStyle == 0 && len(c.Content) > 0:
			e.b.WriteByte(' ')
			if err := e.mapping(c, indent+2, true); err != nil {
				return err
			}
		case c.Kind == yaml.ScalarNode || c.Style&yaml.FlowStyle != 0 || len(c.Content) == 0:
			if err := e.value(c, indent); err != nil {
				return err
			}
		default:
			return errForm
		}
		e.comment(c.FootComment, indent)
	}
	return nil
}

// scalarText writes a scalar, or a collection in brackets, in the style that it was written in; further lines are indented by indent.
func scalarText(n *yaml.Node, indent int) (string, error) {
	if n.Kind == yaml.AliasNode {
		return "", errForm
	}
	c := *n
	c.HeadComment, c.LineComment, c.FootComment = "", "", ""
	if c.Kind == yaml.ScalarNode && c.Tag == "!!null" {
		return c.Value, nil
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(level)
	if err := enc.Encode(&c); err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" {
			lines[i] = strings.Repeat(" ", indent) + strings.TrimPrefix(lines[i], strings.Repeat(" ", level))
		}
	}
	return strings.Join(lines, "\n"), nil
}
