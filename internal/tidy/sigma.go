package tidy

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// sigmaKeys is the order of the keys of a document, as SigmaHQ's rules and the specification's schema have them. Keys of one's own keep
// their order behind what they follow.
var sigmaKeys = []string{"title", "name", "id", "related", "taxonomy", "status", "description", "license", "references", "author", "date", "modified", "tags", "scope",
	"logsource", "detection", "correlation", "filter", "fields", "falsepositives", "level", "regression_tests_path", "simulation", "tests"}

// sigmaDocument lays a document out: keys in order, four blanks a level. The error says why it is better left alone.
func sigmaDocument(doc string) (string, error) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(doc), &n); err != nil {
		return doc, err
	}
	root := &n
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		root = n.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return doc, fmt.Errorf("it is no mapping")
	}
	old := comments(&n, nil)
	order(root)
	e := &emitter{}
	e.comment(n.HeadComment, 0)
	err := e.mapping(root, 0, false)
	e.comment(n.FootComment, 0)
	out := e.b.String()
	if err == nil {
		err = equivalent(doc, out, old)
	}
	if err == nil {
		return out, nil
	}
	// The library writes what the emitter does not know.
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(level)
	if err := enc.Encode(&n); err != nil {
		return doc, err
	}
	if err := enc.Close(); err != nil {
		return doc, err
	}
	if err := equivalent(doc, b.String(), old); err != nil {
		return doc, err
	}
	return b.String(), nil
}

// equivalent reports why one document does not say what another says: other values, or comments that are gone.
func equivalent(doc, out string, old []string) error {
	var was, now any
	if err := yaml.Unmarshal([]byte(doc), &was); err != nil {
		return err
	}
	var again yaml.Node
	if yaml.Unmarshal([]byte(out), &now) != nil || yaml.Unmarshal([]byte(out), &again) != nil || !reflect.DeepEqual(was, now) {
		return errors.New("another layout would be read otherwise")
	}
	return lostComment(old, comments(&again, nil))
}

// order sorts the keys of the document that the specification knows; each other key goes with the one before it.
func order(root *yaml.Node) {
	type group struct {
		rank  int
		nodes []*yaml.Node
	}
	var groups []*group
	for i := 0; i+1 < len(root.Content); i += 2 {
		rank := slices.Index(sigmaKeys, root.Content[i].Value)
		pair := root.Content[i : i+2]
		if rank < 0 && len(groups) > 0 {
			last := groups[len(groups)-1]
			last.nodes = append(last.nodes, pair...)
			continue
		}
		groups = append(groups, &group{max(rank, 0), slices.Clone(pair)})
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return a.rank - b.rank })
	root.Content = nil
	for _, g := range groups {
		root.Content = append(root.Content, g.nodes...)
	}
}

// comments gathers the comments of a tree, a line each.
func comments(n *yaml.Node, out []string) []string {
	for _, c := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		for line := range strings.Lines(c) {
			if s := strings.TrimSpace(line); s != "" {
				out = append(out, s)
			}
		}
	}
	for _, c := range n.Content {
		out = comments(c, out)
	}
	return out
}

// sigmaSpan is the part of a document's text that is laid out: without the marks of documents around it.
func sigmaSpan(doc string) text.Span {
	at := text.Span{Start: 0, End: len(doc)}
	if strings.HasPrefix(doc, "---") {
		if i := strings.IndexByte(doc, '\n'); i >= 0 {
			at.Start = i + 1
		}
	}
	return at
}
