package dtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// The diagnostics of tests.
const (
	idBroken = "TST1001" // a file of tests is not readable YAML
	idForm   = "TST1002" // a key or value that tests do not have
	idNoRule = "TST3001" // the rule that a test speaks of is not there
)

// maxTestFile bounds a file of tests in bytes; data of that size belongs into a file of its own.
const maxTestFile = 16 << 20

// A testDoc is one document of a file of tests.
type testDoc struct {
	file  string
	src   *text.Source
	rules []reference
	tests []*yaml.Node
}

type reference struct {
	name string
	span text.Span
}

// rulePath returns the path of a rule that the document names by path, or "" when it names it otherwise.
func (d *testDoc) rulePath() string {
	for _, r := range d.rules {
		p := filepath.Join(filepath.Dir(d.file), filepath.FromSlash(r.name))
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p
		}
	}
	if len(d.rules) == 0 { // named after the rule
		stem := strings.TrimSuffix(d.file, filepath.Ext(d.file))
		stem = stem[:len(stem)-len(".test")]
		for _, ext := range []string{".yml", ".yaml", ".kql", ".spl", ".md"} {
			if info, err := os.Stat(stem + ext); err == nil && info.Mode().IsRegular() {
				return stem + ext
			}
		}
	}
	return ""
}

// readFile reads a file of tests; what cannot be read is reported.
func (s *Suite) readFile(file string) []*testDoc {
	data, err := readText(file)
	src := text.NewSource(file, data)
	if err != nil {
		s.problem(text.Errorf(idBroken, src, text.Span{}, "the tests cannot be read: %v", err))
		return nil
	}
	var out []*testDoc
	dec := yaml.NewDecoder(strings.NewReader(data))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			s.problem(text.Errorf(idBroken, src, errorSpan(src, err), "not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: ")))
			return out
		}
		root := resolve(&n)
		if root.Kind != yaml.MappingNode || get(root, "tests") == nil || get(root, "search") != nil || get(root, "query") != nil || get(root, "detection") != nil {
			continue // a rule that is named like a test has its tests inside
		}
		d := &testDoc{file: file, src: src}
		p := &parser{suite: s, src: src}
		p.each(root, "a file of tests", map[string]func(*yaml.Node){
			"rule":        func(n *yaml.Node) { d.rules = append(d.rules, p.references(n)...) },
			"rules":       func(n *yaml.Node) { d.rules = append(d.rules, p.references(n)...) },
			"description": func(*yaml.Node) {},
			"tests":       func(n *yaml.Node) { d.tests = p.items(n, "tests") },
		})
		out = append(out, d)
	}
}

// readText reads a file of tests, which has to be text.
func readText(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTestFile+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxTestFile:
		return "", fmt.Errorf("it is larger than %d MiB: put the data into a file of its own", maxTestFile>>20)
	case !utf8.Valid(data):
		return "", errors.New("it is not UTF-8")
	}
	return strings.TrimPrefix(string(data), "\ufeff"), nil
}

func (s *Suite) problem(d text.Diagnostic) { s.Diagnostics = append(s.Diagnostics, d) }

// beside makes the cases of a file of tests.
func (s *Suite) beside(d *testDoc) {
	var rules []*rule.Rule
	for _, ref := range d.rules {
		found := s.find(ref.name, d.file)
		if len(found) == 0 {
			s.problem(text.Errorf(idNoRule, d.src, ref.span, "there is no rule %q, neither by path nor by id nor by name", ref.name))
		}
		rules = append(rules, found...)
	}
	if len(d.rules) == 0 {
		if rules = s.namedAfter(d.file); len(rules) == 0 {
			s.problem(text.Errorf(idNoRule, d.src, text.Span{}, "no rule has the name of this file of tests, and it does not say which rule it is for"))
		}
	}
	for _, r := range rules {
		for _, n := range d.tests {
			s.add(r, d.src, n, "harrier")
		}
	}
}

// inside makes the cases that a rule's own document holds.
func (s *Suite) inside(r *rule.Rule) {
	doc := resolve(r.Doc)
	if n := get(doc, "tests"); n != nil && n.Kind == yaml.SequenceNode {
		for _, t := range n.Content {
			s.add(r, r.Source, resolve(t), r.Format)
		}
	}
	if tags := get(doc, "tags"); tags != nil && tags.Kind == yaml.MappingNode {
		if manual := get(tags, "manual_test"); manual != nil && manual.Value != "" {
			for _, c := range s.Cases {
				if c.Rule == r {
					c.Skip = "by hand only: " + strings.Join(strings.Fields(manual.Value), " ")
				}
			}
		}
	}
	if n := get(doc, "regression_tests_path"); n != nil && n.Kind == yaml.ScalarNode {
		s.regression(r, n)
	}
}

func (s *Suite) add(r *rule.Rule, src *text.Source, n *yaml.Node, origin string) {
	p := &parser{suite: s, src: src, dir: filepath.Dir(src.Name)}
	if c := p.testCase(n); c != nil {
		c.Rule = r
		if c.Origin == "" {
			c.Origin = origin
		}
		if c.Origin == "escu" {
			for _, o := range r.Observables {
				if o.Role == "victim" {
					c.Expect.Filled = append(c.Expect.Filled, o.Field)
				}
			}
		}
		s.Cases = append(s.Cases, c)
	}
}

// A parser reads tests and reports what it does not understand at its place.
type parser struct {
	suite *Suite
	src   *text.Source
	dir   string
	bad   bool
}

func (p *parser) fail(n *yaml.Node, format string, args ...any) {
	p.bad = true
	p.suite.problem(text.Errorf(idForm, p.src, nodeSpan(p.src, n), format, args...))
}

// each calls the function of each key; what names the thing in messages.
func (p *parser) each(n *yaml.Node, what string, keys map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s is a mapping", what)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		f := keys[strings.ToLower(key)]
		if f == nil {
			var names []string
			for k := range keys {
				names = append(names, k)
			}
			slices.Sort(names)
			hint := ""
			if near := text.Nearest(key, names); len(near) > 0 {
				hint = "; did you mean " + strings.Join(near, " or ") + "?"
			}
			p.fail(n.Content[i], "%s has no key %q%s", what, key, hint)
			continue
		}
		f(resolve(n.Content[i+1]))
	}
}

func (p *parser) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "%s is a list", what)
		return nil
	}
	var out []*yaml.Node
	for _, c := range n.Content {
		out = append(out, resolve(c))
	}
	return out
}

func (p *parser) str(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode {
		p.fail(n, "%s is a text", what)
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

func (p *parser) num(n *yaml.Node, what string) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
		p.fail(n, "%s is a number", what)
		return 0
	}
	return v
}

// strs reads a text or a list of texts.
func (p *parser) strs(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return []*yaml.Node{n}
	}
	out := p.items(n, what)
	for _, c := range out {
		p.str(c, "each of "+what)
	}
	return out
}

func (p *parser) references(n *yaml.Node) []reference {
	var out []reference
	for _, c := range p.strs(n, "the list of rules") {
		out = append(out, reference{c.Value, nodeSpan(p.src, c)})
	}
	return out
}

// testCase reads one test. It returns nil after an error, which has been reported.
func (p *parser) testCase(n *yaml.Node) *Case {
	c := &Case{Source: p.src, Span: nodeSpan(p.src, n), Expect: Expect{AtLeast: 1, AtMost: -1}}
	stamp := map[string]string{}
	var inline []string
	expect, exactly, least, most := "", -1, -1, -1
	own := false
	ignore := func(*yaml.Node) {}
	keys := map[string]func(*yaml.Node){
		"name":        func(n *yaml.Node) { c.Name = p.str(n, "the name") },
		"description": ignore,
		"skip":        func(n *yaml.Node) { c.Skip = p.str(n, "the reason to skip") },
		"now":         func(n *yaml.Node) { c.Now = p.str(n, "now") },
		"attack_data": func(n *yaml.Node) {
			for _, a := range p.items(n, "attack_data") {
				c.Data = append(c.Data, p.attackData(a))
			}
		},
		"events": func(n *yaml.Node) { inline = append(inline, p.events(n)) },
		"file":   func(n *yaml.Node) { c.Data = append(c.Data, p.files(n)...) },
		"files":  func(n *yaml.Node) { c.Data = append(c.Data, p.files(n)...) },
		"expect": func(n *yaml.Node) {
			if expect = p.str(n, "expect"); expect != "match" && expect != "no-match" {
				p.fail(n, "expect is match or no-match, not %q", expect)
			}
		},
		"exactly":  func(n *yaml.Node) { exactly = p.num(n, "exactly") },
		"at_least": func(n *yaml.Node) { least = p.num(n, "at_least") },
		"at_most":  func(n *yaml.Node) { most = p.num(n, "at_most") },
		"fields":   func(n *yaml.Node) { c.Expect.Rows = append(c.Expect.Rows, p.row(n)) },
		"rows": func(n *yaml.Node) {
			for _, r := range p.items(n, "rows") {
				c.Expect.Rows = append(c.Expect.Rows, p.row(r))
			}
		},
		"entities": func(n *yaml.Node) {
			for _, e := range p.items(n, "entities") {
				c.Expect.Entities = append(c.Expect.Entities, p.entity(e))
			}
		},
		"risk":    func(n *yaml.Node) { v := p.num(n, "risk"); c.Expect.Risk = &v },
		"level":   func(n *yaml.Node) { c.Expect.Level = strings.ToLower(p.str(n, "level")) },
		"message": func(n *yaml.Node) { c.Expect.Message = p.str(n, "message") },
		// Keys of contentctl's older tests, which say nothing here: a test passes when something is found.
		"pass_condition": ignore, "baselines": ignore, "earliest_offset": ignore, "latest_offset": ignore, "file_name": ignore, "test_type": ignore, "type": ignore,
	}
	for _, k := range []string{"host", "source", "sourcetype", "index"} {
		keys[k] = func(n *yaml.Node) { stamp[k] = p.str(n, k) }
	}
	p.each(n, "a test", keys)
	if n.Kind == yaml.MappingNode {
		own = get(n, "attack_data") == nil
	}
	for _, t := range inline {
		c.Data = append(c.Data, Dataset{Inline: t, span: c.Span})
	}
	for i := range c.Data {
		for k, v := range stamp {
			if c.Data[i].Stamp == nil {
				c.Data[i].Stamp = map[string]string{}
			}
			if c.Data[i].Stamp[k] == "" && v != "" {
				c.Data[i].Stamp[k] = v
			}
		}
	}
	if own {
		c.Origin = "harrier"
	}
	p.bounds(n, c, expect, exactly, least, most)
	if len(c.Data) == 0 && c.Skip == "" && !p.bad {
		p.fail(n, "the test has no data: it needs events, files or attack_data")
	}
	if p.bad {
		return nil
	}
	return c
}

// bounds settles how many findings there must be.
func (p *parser) bounds(n *yaml.Node, c *Case, expect string, exactly, least, most int) {
	e := &c.Expect
	if expect == "no-match" {
		if exactly > 0 || least > 0 {
			p.fail(n, "the test expects no match and some findings at once")
		}
		e.AtLeast, e.AtMost = 0, 0
	}
	if least >= 0 {
		e.AtLeast = least
	}
	if most >= 0 {
		e.AtMost = most
		if least < 0 && most == 0 {
			e.AtLeast = 0
		}
	}
	if exactly >= 0 {
		e.AtLeast, e.AtMost = exactly, exactly
	}
	if e.AtMost >= 0 && e.AtMost < e.AtLeast || expect == "match" && e.AtMost == 0 {
		p.fail(n, "the test cannot pass: it wants at least %d findings and at most %d", max(e.AtLeast, 1), e.AtMost)
	}
	if e.AtMost == 0 && len(e.Rows)+len(e.Entities) > 0 {
		p.fail(n, "the test expects no findings, and says what they must hold")
	}
}

func (p *parser) attackData(n *yaml.Node) Dataset {
	d := Dataset{span: nodeSpan(p.src, n), Stamp: map[string]string{}}
	ignore := func(*yaml.Node) {}
	set := func(k string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			if v := p.str(n, k); v != "" {
				d.Stamp[k] = v
			}
		}
	}
	p.each(n, "attack_data", map[string]func(*yaml.Node){
		"data":         func(n *yaml.Node) { d.Ref, d.span = strings.TrimSpace(p.str(n, "data")), nodeSpan(p.src, n) },
		"file_name":    ignore,
		"source":       set("source"),
		"sourcetype":   set("sourcetype"),
		"host":         set("host"),
		"custom_index": set("index"),
		"index":        set("index"),
		// The present is the newest event, so that times need no shifting.
		"update_timestamp": ignore,
	})
	if d.Ref == "" && !p.bad {
		p.fail(n, "attack_data has no data: a URL or a path")
	}
	return d
}

func (p *parser) files(n *yaml.Node) []Dataset {
	var out []Dataset
	for _, f := range p.strs(n, "files") {
		out = append(out, Dataset{Ref: f.Value, span: nodeSpan(p.src, f)})
	}
	return out
}

// events reads events that are written out: a text with whatever a file could hold, or a list of mappings.
func (p *parser) events(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		if strings.TrimSpace(n.Value) == "" {
			p.fail(n, "there are no events")
		}
		return n.Value
	}
	var b []byte
	for _, e := range p.items(n, "events") {
		switch e.Kind {
		case yaml.ScalarNode:
			b = append(append(b, e.Value...), '\n')
		case yaml.MappingNode:
			left := maxNodes
			v := valueOf(e, &left)
			if left < 0 {
				p.fail(e, "the event has more than %d values: its aliases stand for each other", maxNodes)
				return ""
			}
			b = append(event.AppendJSON(b, v), '\n')
		default:
			p.fail(e, "an event is a mapping or a line of text")
		}
	}
	return string(b)
}

func (p *parser) row(n *yaml.Node) Row {
	r := Row{span: nodeSpan(p.src, n)}
	if n.Kind != yaml.MappingNode {
		p.fail(n, "a row is a mapping from columns to values")
		return r
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := resolve(n.Content[i+1])
		if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
			v = nil
		}
		r.Columns = append(r.Columns, Column{n.Content[i].Value, v})
	}
	return r
}

// entity reads "kind:value", a value alone, or a mapping of kind, role and value.
func (p *parser) entity(n *yaml.Node) Entity {
	var e Entity
	if n.Kind == yaml.ScalarNode {
		e.Value = n.Value
		for _, k := range entityKinds {
			if v, ok := strings.CutPrefix(n.Value, k+":"); ok {
				e.Kind, e.Value = k, strings.TrimSpace(v)
			}
		}
		return e
	}
	p.each(n, "an entity", map[string]func(*yaml.Node){
		"kind": func(n *yaml.Node) {
			if e.Kind = p.str(n, "kind"); !slices.Contains(entityKinds, e.Kind) {
				p.fail(n, "the kinds of entities are %s, not %q", strings.Join(entityKinds, ", "), e.Kind)
			}
		},
		"role":  func(n *yaml.Node) { e.Role = p.str(n, "role") },
		"value": func(n *yaml.Node) { e.Value = p.str(n, "value") },
	})
	return e
}

var entityKinds = []string{"host", "user", "ip", "process", "file", "url", "hash", "registry", "other"}

// resolve follows aliases and documents to what they stand for.
func resolve(n *yaml.Node) *yaml.Node {
	for n != nil {
		switch {
		case n.Kind == yaml.AliasNode && n.Alias != nil:
			n = n.Alias
		case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
			n = n.Content[0]
		default:
			return n
		}
	}
	return n
}

func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

func nodeSpan(src *text.Source, n *yaml.Node) text.Span {
	at := src.Offset(text.Position{Line: n.Line, Column: n.Column})
	return text.Span{Start: at, End: at + max(1, len(n.Value))}
}

func errorSpan(src *text.Source, err error) text.Span {
	line := 0
	if i := strings.Index(err.Error(), "line "); i >= 0 {
		fmt.Sscanf(err.Error()[i:], "line %d", &line)
	}
	if line == 0 {
		return text.Span{}
	}
	at := src.Offset(text.Position{Line: line, Column: 1})
	return text.Span{Start: at, End: at + len(src.Line(line))}
}

// maxNodes bounds what aliases of YAML may blow an event up to.
const maxNodes = 100_000

// valueOf turns YAML into a value, and counts its nodes down from left; below zero the rest is null.
func valueOf(n *yaml.Node, left *int) event.Value {
	if *left--; *left < 0 {
		return event.NullValue
	}
	n = resolve(n)
	switch n.Kind {
	case yaml.MappingNode:
		var b event.Bag
		for i := 0; i+1 < len(n.Content) && *left >= 0; i += 2 {
			b = append(b, event.Field{Name: n.Content[i].Value, Value: valueOf(n.Content[i+1], left)})
		}
		return event.ObjectOf(b)
	case yaml.SequenceNode:
		list := make([]event.Value, 0, len(n.Content))
		for _, c := range n.Content {
			if *left < 0 {
				break
			}
			list = append(list, valueOf(c, left))
		}
		return event.ListOf(list)
	}
	switch n.Tag {
	case "!!null":
		return event.NullValue
	case "!!bool":
		var v bool
		if n.Decode(&v) == nil {
			return event.BoolOf(v)
		}
	case "!!int":
		var v int64
		if n.Decode(&v) == nil {
			return event.IntOf(v)
		}
	case "!!float":
		var v float64
		if n.Decode(&v) == nil {
			return event.FloatOf(v)
		}
	}
	return event.StringOf(n.Value)
}
