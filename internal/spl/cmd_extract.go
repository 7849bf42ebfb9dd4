package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "spath", See: "spath", Syntax: "spath [input=<field>] [output=<field>] [[path=]<path>]",
			Doc:   "Takes values out of JSON or XML text: those at a path, or all, as fields with dotted names.",
			Note:  "All of the text is read, where Splunk stops after 5000 characters.",
			lower: general((*lowerer).spath)},
		&Command{Name: "extract", Aliases: []string{"kv"}, See: "extract", Syntax: `extract [pairdelim="<characters>"] [kvdelim="<characters>"] [limit=<n>] [mv_add=<bool>]`,
			Doc:   "Makes fields of the name=value pairs in _raw.",
			lower: general((*lowerer).extract)},
		&Command{Name: "xmlkv", See: "xmlkv", Syntax: "xmlkv [<field>]", Doc: "Makes fields of the XML elements in a text, by default _raw, that hold nothing but text.",
			lower: general((*lowerer).xmlkv)},
		&Command{Name: "xpath", See: "xpath", Syntax: `xpath [outfield=<field>] [field=<field>] [default=<text>] "<xpath>"`, Doc: "Takes the values at an XPath out of XML text.",
			lower: general((*lowerer).xpath)},
		&Command{Name: "fromjson", See: "fromjson", Syntax: "fromjson [prefix=<text>] <field>", Doc: "Makes fields of the properties of a JSON object.",
			lower: general((*lowerer).fromJSON)},
		&Command{Name: "multikv", See: "multikv", Syntax: "multikv [noheader=<bool>] [forceheader=<n>]", Doc: "Makes a row of each line of a table in _raw, with columns named by its first line.",
			lower: general((*lowerer).multikv)},
		&Command{Name: "kvform", See: "kvform", Refused: "its forms are on a Splunk server"},
	)
}

func (l *lowerer) spath(c *syntax.General) {
	a := l.arguments(c)
	input, output, path := a.text("input", event.RawField), a.text("output", ""), a.text("path", "")
	at := place(c)
	if w := a.peek(); w != nil && path == "" {
		a.at++
		path, at = w.Value, w
	}
	a.end()
	if path == "" {
		if output != "" {
			l.wrong(c, "spath with output needs a path")
			return
		}
		l.node = &plan.Spread{Input: l.node, Expr: expr.F(fnSpathAll, expr.C(input))}
		return
	}
	if fn.ParsePath(path) == nil {
		l.wrong(at, "%q is not a path such as a.b{}.c", path)
		return
	}
	if output == "" {
		output = path
	}
	x := expr.F(function.Lookup("spath"), expr.C(input), expr.Str(path))
	l.extend(plan.Named{Name: output, Expr: expr.F(function.Lookup("coalesce"), x, expr.C(output))})
}

// fnSpathAll makes an object of all values of a JSON or XML text, under dotted names.
var fnSpathAll = &fn.Func{Name: "spath_all", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		doc := fn.ParseDocument(function.Text(in[0]))
		if doc == nil {
			return event.NullValue
		}
		f := &flattening{at: map[string]int{}}
		if doc.XML != nil {
			for _, n := range doc.XML.Children {
				f.xml("", n)
			}
		} else {
			f.json("", doc.JSON)
		}
		return f.object()
	}}

// flattening gathers values by name, in the order in which names first appear.
type flattening struct {
	names  []string
	values [][]event.Value
	at     map[string]int
}

// maxFlattened bounds the fields that one text makes.
const maxFlattened = 10000

func (f *flattening) add(name string, v event.Value) {
	i, ok := f.at[name]
	if !ok {
		if len(f.names) >= maxFlattened {
			return
		}
		i = len(f.names)
		f.at[name] = i
		f.names, f.values = append(f.names, name), append(f.values, nil)
	}
	f.values[i] = append(f.values[i], v)
}

func (f *flattening) object() event.Value {
	bag := make(event.Bag, len(f.names))
	for i, name := range f.names {
		bag[i] = event.Field{Name: name, Value: function.List(f.values[i])}
	}
	return event.ObjectOf(bag)
}

func (f *flattening) json(name string, v event.Value) {
	switch v.Kind() {
	case event.Object:
		for _, field := range v.Bag() {
			f.json(dotted(name, field.Name), field.Value)
		}
	case event.List:
		for _, e := range v.List() {
			f.json(name+"{}", e)
		}
	case event.Missing, event.Null:
	default:
		if name != "" {
			f.add(name, fn.JSONScalar(v))
		}
	}
}

func (f *flattening) xml(name string, n *fn.XMLNode) {
	name = dotted(name, n.Name)
	for _, a := range n.Attrs {
		f.add(name+"{@"+a.Name.Local+"}", event.StringOf(a.Value))
	}
	if t := n.Text(); t != "" {
		f.add(name, event.StringOf(t))
	}
	for _, c := range n.Children {
		f.xml(name, c)
	}
}

func dotted(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func (l *lowerer) extract(c *syntax.General) {
	a := l.arguments(c)
	pairs, kv := a.text("pairdelim", ""), a.text("kvdelim", "")
	limit := a.number("limit", 50, 0)
	multi := a.boolean("mv_add", false)
	clean := a.boolean("clean_keys", true)
	a.without("maxchars", "segment", "reload")
	a.refuse("it takes its rules from a Splunk server", "auto")
	if w := a.peek(); w != nil {
		l.unsupported(w, "extractions that are defined on a Splunk server")
		return
	}
	a.end()
	l.node = &plan.Spread{Input: l.node, Expr: expr.F(fnPairs, expr.C(event.RawField), expr.Str(pairs), expr.Str(kv), number(limit), expr.L(event.BoolOf(multi)), expr.L(event.BoolOf(clean)))}
}

// fnPairs makes an object of the name=value pairs of a text. Each character of the delimiters delimits; without them,
// pairs are separated by blanks, commas and their like, names from values by an equals sign.
var fnPairs = &fn.Func{Name: "pairs", Min: 6, Max: 6,
	Row: func(in []event.Value) event.Value {
		pairs, kv := in[1].Str(), in[2].Str()
		limit := int(in[3].Int())
		f := &flattening{at: map[string]int{}}
		add := func(name, value string) bool {
			name = strings.TrimSpace(name)
			if in[5].IsTrue() {
				name = cleanKey(name)
			}
			if name == "" {
				return true
			}
			_, there := f.at[name]
			if limit > 0 && !there && len(f.names) >= limit {
				return false
			}
			if !there || in[4].IsTrue() {
				f.add(name, event.StringOf(value))
			}
			return true
		}
		s := function.Text(in[0])
		if pairs != "" || kv != "" {
			if pairs == "" {
				pairs = " \t\r\n,;|"
			}
			if kv == "" {
				kv = "="
			}
			for _, part := range cutQuoted(s, pairs) {
				if i := strings.IndexAny(part, kv); i > 0 {
					if !add(part[:i], unquoted(strings.TrimSpace(part[i+1:]))) {
						break
					}
				}
			}
		} else {
			eachPair(s, add)
		}
		if len(f.names) == 0 {
			return event.NullValue
		}
		return f.object()
	}}

// cutQuoted splits at any of some characters outside double quotes.
func cutQuoted(s, seps string) []string {
	var out []string
	from, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(seps, c) >= 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
	}
	return s
}

// eachPair finds name=value and name="value" in a text.
func eachPair(s string, f func(name, value string) bool) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '=')
		if i < 0 {
			return
		}
		i += at
		start := i
		for start > at && isKeyByte(s[start-1]) {
			start--
		}
		end := i + 1
		value := ""
		if end < len(s) && s[end] == '"' {
			if n := strings.IndexByte(s[end+1:], '"'); n >= 0 {
				value = s[end+1 : end+1+n]
				end += n + 2
			} else {
				end++
			}
		} else {
			from := end
			for end < len(s) && strings.IndexByte(" \t\r\n,;|&\"", s[end]) < 0 {
				end++
			}
			value = s[from:end]
		}
		if start < i && !f(s[start:i], value) {
			return
		}
		at = end
	}
}

func isKeyByte(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// cleanKey makes underscores of what a field name cannot hold.
func cleanKey(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127 {
			return r
		}
		return '_'
	}, s)
}

func (l *lowerer) xmlkv(c *syntax.General) {
	a := l.arguments(c)
	a.without("maxinputs")
	field := event.RawField
	if w := a.peek(); w != nil {
		a.at++
		field = w.Value
	}
	a.end()
	l.node = &plan.Spread{Input: l.node, Expr: expr.F(fnXMLPairs, expr.C(field))}
}

// fnXMLPairs makes an object of <name>text</name> pieces of a text, which need not be well-formed XML. An attribute Name, as
// Windows events have, names the field instead of the element.
var fnXMLPairs = &fn.Func{Name: "xml_pairs", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		f := &flattening{at: map[string]int{}}
		s := function.Text(in[0])
		for {
			i := strings.IndexByte(s, '<')
			if i < 0 {
				break
			}
			s = s[i+1:]
			j := strings.IndexByte(s, '>')
			if j < 0 {
				break
			}
			head, rest := s[:j], s[j+1:]
			name, attrs, _ := strings.Cut(head, " ")
			if name == "" || strings.HasSuffix(head, "/") || strings.ContainsAny(name[:1], "/?!") {
				continue
			}
			value, after, ok := strings.Cut(rest, "</"+name+">")
			if !ok || strings.Contains(value, "<") {
				continue
			}
			s = after
			for _, q := range []string{`"`, "'"} {
				if _, v, ok := strings.Cut(attrs, "Name="+q); ok {
					if n, _, ok := strings.Cut(v, q); ok && n != "" {
						name = n
					}
				}
			}
			if _, there := f.at[name]; !there {
				f.add(name, event.StringOf(unescapeXML(value)))
			}
		}
		if len(f.names) == 0 {
			return event.NullValue
		}
		return f.object()
	}}

var unescapeXML = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&").Replace

func (l *lowerer) fromJSON(c *syntax.General) {
	a := l.arguments(c)
	prefix := a.text("prefix", "")
	field := a.next("the field with the JSON object")
	a.end()
	l.node = &plan.Spread{Input: l.node, Expr: expr.F(fnFromJSON, expr.C(field.Value)), Prefix: prefix}
}

// fnFromJSON makes an object of the properties of a JSON object; objects and arrays within stay JSON text, an array of
// scalars becomes a multivalue field.
var fnFromJSON = &fn.Func{Name: "from_json", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		v, err := fn.ParseJSON(function.Text(in[0]))
		if err != nil || v.Kind() != event.Object {
			return event.NullValue
		}
		f := &flattening{at: map[string]int{}}
		for _, field := range v.Bag() {
			switch {
			case field.Value.IsNull():
			case field.Value.Kind() == event.List && scalars(field.Value.List()):
				for _, e := range field.Value.List() {
					f.add(field.Name, fn.JSONScalar(e))
				}
			default:
				f.add(field.Name, fn.JSONScalar(field.Value))
			}
		}
		return f.object()
	}}

func scalars(list []event.Value) bool {
	for _, e := range list {
		if e.Kind() == event.List || e.Kind() == event.Object || e.IsNull() {
			return false
		}
	}
	return true
}

func (l *lowerer) multikv(c *syntax.General) {
	a := l.arguments(c)
	noheader, header := a.boolean("noheader", false), a.number("forceheader", 0, 0)
	a.without("copyattrs", "multitable")
	a.refuse("it takes its rules from a Splunk server", "conf")
	if w := a.peek(); w != nil {
		l.unsupported(w, "multikv with fields and filter clauses")
		return
	}
	a.end()
	rows := l.fresh("rows")
	l.extend(plan.Named{Name: rows, Expr: expr.F(fnTable, expr.C(event.RawField), expr.L(event.BoolOf(noheader)), number(header))})
	l.node = &plan.Expand{Input: l.node, Columns: []plan.ExpandColumn{{Name: rows, Expr: expr.C(rows)}}, KeepEmpty: true}
	l.node = &plan.Spread{Input: l.node, Expr: expr.C(rows), Drop: rows}
}

// fnTable reads a table in a text: columns are separated by tabs or by runs of blanks, and named by the first line with
// more than one of them, or by number.
var fnTable = &fn.Func{Name: "table", Min: 3, Max: 3,
	Row: func(in []event.Value) event.Value {
		lines := strings.Split(strings.ReplaceAll(function.Text(in[0]), "\r\n", "\n"), "\n")
		start := int(in[2].Int())
		if start > 0 {
			start--
		}
		var names []string
		var out []event.Value
		for i, line := range lines {
			if i < start || strings.TrimSpace(line) == "" {
				continue
			}
			cells := strings.Fields(line)
			if strings.Contains(line, "\t") {
				cells = strings.Split(line, "\t")
			}
			if names == nil {
				if in[1].IsTrue() {
					for n := range cells {
						names = append(names, "Column_"+function.Text(event.IntOf(int64(n+1))))
					}
				} else {
					if len(cells) < 2 {
						continue
					}
					for _, c := range cells {
						names = append(names, cleanKey(strings.TrimSpace(c)))
					}
					continue
				}
			}
			var bag event.Bag
			for n, c := range cells {
				if n == len(names)-1 && len(cells) > len(names) {
					c = strings.Join(cells[n:], " ")
				}
				if n >= len(names) {
					break
				}
				bag = append(bag, event.Field{Name: names[n], Value: event.StringOf(strings.TrimSpace(c))})
			}
			out = append(out, event.ObjectOf(append(bag, event.Field{Name: event.RawField, Value: event.StringOf(line)})))
		}
		if len(out) == 0 {
			return event.NullValue
		}
		return event.ListOf(out)
	}}
