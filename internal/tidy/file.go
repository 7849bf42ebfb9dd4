package tidy

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// queryKeys are the keys of YAML documents that hold queries, by format.
var queryKeys = map[string]string{"escu": "search", "anvilogic": "logic", "sentinel-analytic": "query", "sentinel-hunting": "query"}

// File lays the rules of one file out and returns the file's new text, and what was left alone and why. same tells whether two queries
// are the same to run; it may be nil. Rules whose queries do not parse are errors.
func File(p *rule.Pack, same func(lang rule.Language, a, b *text.Source) bool) (string, text.Diagnostics) {
	var ds text.Diagnostics
	var edits []text.Edit
	whole := ""
	for _, r := range p.Rules {
		whole = r.Source.Text
		if r.Language == rule.Sigma {
			at, ok := r.Query.FileSpan(text.Span{Start: 0, End: len(r.Query.Text)})
			if !ok {
				continue
			}
			inner := sigmaSpan(r.Query.Text)
			out, err := sigmaDocument(inner.Of(r.Query.Text))
			if err != nil {
				ds = append(ds, text.Warnf("FMT5001", r.Query, text.Span{}, "left as it is: %v", err))
				continue
			}
			edits = append(edits, text.Edit{Span: text.Span{Start: at.Start + inner.Start, End: at.End}, New: out})
			continue
		}
		out, more := Query(r.Language, r.Query)
		ds = append(ds, more...)
		if more.HasErrors() || out == r.Query.Text && r.Doc == nil {
			continue
		}
		if same != nil && !same(r.Language, r.Query, text.NewSource(r.Query.Name, out)) {
			ds = append(ds, text.Warnf("FMT5001", r.Query, text.Span{}, "left as it is: another layout would find something else"))
			continue
		}
		if at, ok := r.Query.FileSpan(text.Span{Start: 0, End: len(r.Query.Text)}); ok && r.Doc == nil {
			edits = append(edits, text.Edit{Span: at, New: out})
			continue
		}
		e, err := scalarEdit(r, out)
		if err != nil {
			ds = append(ds, text.Warnf("FMT5001", r.Query, text.Span{}, "left as it is: %v", err))
			continue
		}
		if e != nil {
			edits = append(edits, *e)
		}
	}
	return text.Apply(whole, edits), ds
}

// scalarEdit puts a query into the YAML that holds it: as a block of lines when it has several, else as it was written.
func scalarEdit(r *rule.Rule, query string) (*text.Edit, error) {
	if r.Part > 0 || !whole(r) {
		return nil, fmt.Errorf("the value holds several queries")
	}
	key, val, next := pair(r.Doc, queryKeys[r.Format])
	if val == nil {
		return nil, fmt.Errorf("the query stands elsewhere in the document")
	}
	query = strings.TrimSpace(query)
	if !strings.Contains(query, "\n") && query == strings.TrimSpace(r.Query.Text) {
		return nil, nil
	}
	if strings.ContainsFunc(query, func(c rune) bool {
		return c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == 0x85 || c == 0xfeff || c == 0x2028 || c == 0x2029
	}) {
		return nil, fmt.Errorf("a character of it can stand in quotes only")
	}
	src := r.Source
	start := src.Offset(text.Position{Line: val.Line, Column: val.Column})
	end, err := scalarEnd(src, val, next, start)
	if err != nil {
		return nil, err
	}
	indent := strings.Repeat(" ", key.Column-1+2)
	var b strings.Builder
	b.WriteString("|\n")
	for i, line := range strings.Split(query, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if line != "" {
			b.WriteString(indent + line)
		}
	}
	if strings.TrimSpace(src.Text[end:min(len(src.Text), end+1)]) != "" {
		return nil, fmt.Errorf("something stands behind it on its last line")
	}
	e := &text.Edit{Span: text.Span{Start: start, End: end}, New: b.String()}
	if !holds(text.Apply(src.Text, []text.Edit{*e}), key.Value, query) {
		return nil, fmt.Errorf("the document would be read otherwise")
	}
	return e, nil
}

// holds reports whether a file can be read and one of its documents has the query as the value of the key.
func holds(file, key, query string) bool {
	dec := yaml.NewDecoder(strings.NewReader(file))
	found := false
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			return false
		}
		_, val, _ := pair(&doc, key)
		found = found || val != nil && strings.TrimSpace(val.Value) == query
	}
}

// whole reports whether a rule's query is the whole value of its key.
func whole(r *rule.Rule) bool {
	_, val, _ := pair(r.Doc, queryKeys[r.Format])
	return val == nil || strings.TrimSpace(val.Value) == strings.TrimSpace(r.Query.Text)
}

// pair finds a key of a mapping, its value, and the key behind it.
func pair(doc *yaml.Node, name string) (key, val, next *yaml.Node) {
	for doc != nil && doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		doc = doc.Content[0]
	}
	if doc == nil || doc.Kind != yaml.MappingNode || doc.Style&yaml.FlowStyle != 0 {
		return nil, nil, nil
	}
	for i := 0; i+1 < len(doc.Content); i += 2 {
		if strings.EqualFold(doc.Content[i].Value, name) && doc.Content[i+1].Kind == yaml.ScalarNode {
			if i+2 < len(doc.Content) {
				next = doc.Content[i+2]
			}
			return doc.Content[i], doc.Content[i+1], next
		}
	}
	return nil, nil, nil
}

// scalarEnd returns the offset behind the last byte of a scalar that begins at start.
func scalarEnd(src *text.Source, val, next *yaml.Node, start int) (int, error) {
	s := src.Text
	switch {
	case val.Style&yaml.SingleQuotedStyle != 0:
		for i := start + 1; i < len(s); i++ {
			if s[i] == '\'' {
				if i+1 < len(s) && s[i+1] == '\'' {
					i++
					continue
				}
				return i + 1, nil
			}
		}
	case val.Style&yaml.DoubleQuotedStyle != 0:
		for i := start + 1; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == '"' {
				return i + 1, nil
			}
		}
	default:
		end := len(s)
		if next != nil {
			end = src.Offset(text.Position{Line: next.Line, Column: 1})
		} else if i := strings.Index(s[start:], "\n---"); i >= 0 {
			end = start + i
		}
		// Comments and blank lines in front of the next key are that key's.
		lines := strings.SplitAfter(s[start:end], "\n")
		for len(lines) > 1 {
			last := strings.TrimSpace(lines[len(lines)-1])
			indented := strings.HasPrefix(lines[len(lines)-1], " ")
			if last != "" && !(strings.HasPrefix(last, "#") && !indented) {
				break
			}
			end -= len(lines[len(lines)-1])
			lines = lines[:len(lines)-1]
		}
		return start + len(strings.TrimRight(s[start:end], " \t\r\n")), nil
	}
	return 0, fmt.Errorf("the end of its quotes is not found")
}
