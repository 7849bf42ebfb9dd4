package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A normaliser gives the canonical fields of one source shape's batches. It belongs to one goroutine.
type normaliser struct {
	def     *shapeDef
	env     *fn.Env
	fields  map[string]*field
	when    *expr.Program
	classes [3]*expr.Program
	bag     *expr.Program
}

// A field finds one canonical field in a batch: an expression over source fields, or the first of several source fields, or a
// property of the shape's bag.
type field struct {
	name    string
	e       *adaptive
	from    []string
	fromBag *expr.Program
	finish  *expr.Program // of the value found, in valueColumn; or nil
}

const (
	bagColumn   = "#bag"
	valueColumn = "#value"
)

// Pseudo fields of Windows events: their data as an object, as event XML's EventData element, and as Log Analytics wraps that.
const (
	dataField    = "#data"
	dataXMLField = "#data_xml"
	dataItem     = "#data_item"
)

// objectField before a field's name asks for the object that its dotted fields make up.
const objectField = "#object:"

// systemFields are the canonical fields that are not part of an event's data.
var systemFields = []string{"Provider", "ProviderGuid", "EventSourceName", "EventID", "Qualifiers", "Version", "Level", "Task", "Opcode", "Keywords", "TimeCreated", "EventRecordID",
	"ActivityID", "RelatedActivityID", "ExecutionProcessID", "ExecutionThreadID", "Channel", "Computer", "UserID", "Message", "LevelName", "TaskName", "OpcodeName", "KeywordNames", event.RawField}

func newNormaliser(def *shapeDef, env *fn.Env) (*normaliser, error) {
	n := &normaliser{def: def, env: env, fields: map[string]*field{}}
	var err error
	if def.when != nil {
		if n.when, err = expr.Compile(def.when, env); err != nil {
			return nil, err
		}
	}
	for i, e := range def.classes {
		if e != nil {
			if n.classes[i], err = expr.Compile(e, env); err != nil {
				return nil, err
			}
		}
	}
	if def.bag != nil {
		if n.bag, err = expr.Compile(def.bag, env); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// sources returns the source fields that canonical field name is made of.
func (s *shapeDef) sources(name string) []string {
	var out []string
	if name == dataField || name == dataXMLField || name == dataItem {
		name = "*"
	}
	if root, ok := strings.CutPrefix(name, objectField); ok {
		for _, p := range s.prefixes {
			out = append(out, p+root, p+root+".*")
		}
	} else if e := s.fields[name]; e != nil {
		out = append(out, expr.Columns(e)...)
	} else if name == event.RawField {
		return []string{name} // of the record, not of its data
	} else {
		for _, p := range s.prefixes {
			out = append(out, p+name)
		}
	}
	if s.bag != nil {
		out = append(out, expr.Columns(s.bag)...)
	}
	return out
}

// gates returns the source fields that decide whether a record has this shape, and its class.
func (s *shapeDef) gates() []string {
	out := slices.Clone(s.has)
	if s.when != nil {
		out = append(out, expr.Columns(s.when)...)
	}
	for _, e := range s.classes {
		if e != nil {
			out = append(out, expr.Columns(e)...)
		}
	}
	return out
}

// claims returns those of the rows (nil: all) that have this shape; all is true when these are all rows.
func (n *normaliser) claims(b *event.Batch, rows []int32) (out []int32, all bool) {
	for _, h := range n.def.has {
		c := b.Column(h)
		if c == nil || c.AllMissing() {
			return nil, false
		}
	}
	if len(n.def.has) == 0 && n.when == nil {
		return rows, true
	}
	total := b.Len()
	if rows != nil {
		total = len(rows)
	}
	keep := rows
	if n.when != nil {
		keep = n.when.Select(b, rows)
	} else if keep == nil {
		keep = make([]int32, total)
		for i := range keep {
			keep[i] = int32(i)
		}
	}
	for _, h := range n.def.has {
		c := b.Column(h)
		kept := keep[:0:0]
		for _, r := range keep {
			if !c.Value(int(r)).IsNull() {
				kept = append(kept, r)
			}
		}
		keep = kept
	}
	return keep, len(keep) == total
}

// batch returns b with the named canonical fields as its columns. A field that no record has is left out.
func (n *normaliser) batch(b *event.Batch, class *event.Class, names []string) *event.Batch {
	out := b.Derive()
	out.Class = class
	for _, name := range names {
		if c := n.column(b, name); c != nil {
			out.Set(name, c)
		}
	}
	return out
}

func (n *normaliser) column(b *event.Batch, name string) *event.Column {
	switch name {
	case dataField, dataXMLField, dataItem:
		return n.data(b, name)
	}
	if root, ok := strings.CutPrefix(name, objectField); ok {
		var c *event.Column
		for _, p := range n.def.prefixes {
			if d := assembleObject(b, p+root, b.Column(p+root)); d != nil {
				c = overlay(c, d)
			}
		}
		return c
	}
	f := n.fields[name]
	if f == nil {
		f = &field{name: name}
		if e := n.def.fields[name]; e != nil {
			f.e, _ = adapt(e, n.env) // a test compiles every mapping
		}
		switch {
		case f.e != nil:
		case name == event.RawField:
			f.from = []string{name}
		default:
			for _, p := range n.def.prefixes {
				f.from = append(f.from, p+name)
			}
			if n.bag != nil {
				f.fromBag, _ = expr.Compile(expr.F(functions["member"], expr.C(bagColumn), expr.Str(name)), n.env)
			}
			if slices.ContainsFunc(n.def.guids, func(ending string) bool { return strings.HasSuffix(strings.ToLower(name), ending) }) {
				f.finish, _ = expr.Compile(expr.F(functions["guid"], expr.C(valueColumn)), n.env)
			}
		}
		n.fields[name] = f
	}
	if f.e != nil {
		if f.e.lacksAll(b) {
			return nil
		}
		return f.e.Eval(b)
	}
	var c *event.Column
	for _, from := range f.from {
		if strings.Contains(from, "*") {
			for i, have := range b.Names() {
				if event.MatchName(from, have) {
					c = overlay(c, b.ColumnAt(i))
				}
			}
		} else if d := b.Column(from); d != nil {
			c = overlay(c, d)
		}
	}
	if f.fromBag != nil {
		if bag := n.bagOf(b); bag != nil {
			in := b.Derive()
			in.Set(bagColumn, bag)
			c = overlay(c, f.fromBag.Eval(in))
		}
	}
	if f.finish != nil && c != nil {
		in := b.Derive()
		in.Set(valueColumn, c)
		c = f.finish.Eval(in)
	}
	return c
}

// overlay fills the null values of c (nil: all of them) from d.
func overlay(c, d *event.Column) *event.Column {
	if c == nil || c.AllMissing() {
		return d
	}
	vals := make([]event.Value, c.Len())
	for i := range vals {
		if vals[i] = c.Value(i); vals[i].IsNull() {
			vals[i] = d.Value(i)
		}
	}
	return event.NewColumn(vals)
}

// data returns one of the pseudo fields. Its values are made when they are read: they are dear, and few rows are asked for them.
func (n *normaliser) data(b *event.Batch, form string) *event.Column {
	type named struct {
		name string
		col  *event.Column
	}
	var fields []named
	names := slices.Clone(b.Names())
	b.Class.Order(names)
	for _, name := range names {
		for _, p := range n.def.prefixes {
			f, ok := strings.CutPrefix(name, p)
			if strings.Contains(p, "*") {
				var parts []string
				if parts, ok = event.MatchWildcards(p+"*", name); ok {
					f = parts[len(parts)-1]
				}
			}
			if ok && f != "" && !(p == "" && (slices.Contains(systemFields, f) || slices.Contains(n.def.collector, f))) {
				fields = append(fields, named{f, b.Column(name)})
				break
			}
		}
	}
	bag := n.bagOf(b)
	return event.NewLazy(b.Len(), func(row int) event.Value {
		var out event.Bag
		for _, f := range fields {
			if v := f.col.Value(row); !v.IsMissing() {
				out = append(out, event.Field{Name: strings.TrimPrefix(f.name, "EventData."), Value: v})
			}
		}
		if bag != nil {
			for _, f := range bag.Value(row).Bag() {
				if !slices.Contains(systemFields, f.Name) {
					out = append(out, f)
				}
			}
		}
		switch form {
		case dataXMLField:
			return event.StringOf(dataXML(out))
		case dataItem:
			return event.StringOf(`<DataItem type="System.XmlData">` + dataXML(out) + `</DataItem>`)
		}
		return event.ObjectOf(out)
	})
}

func (n *normaliser) bagOf(b *event.Batch) *event.Column {
	if n.bag == nil {
		return nil
	}
	return n.bag.Eval(b)
}

// A group is the rows of a batch that are of one class.
type group struct {
	class *event.Class
	rows  []int32 // nil: all
}

// classify splits the given rows (nil: all) of a batch by class: the batch's own, or what the shape's class fields say.
func (n *normaliser) classify(b *event.Batch, rows []int32, classes *event.Classes) []group {
	c := *b.Class
	if n.classes == [3]*expr.Program{} {
		if n.def.log == "" {
			return []group{{b.Class, rows}}
		}
		c.Channel, c.Provider = n.def.log, ""
		return []group{{classes.Intern(c), rows}}
	}
	var cols [3]*event.Column
	for i, p := range n.classes {
		if p != nil {
			cols[i] = p.Eval(b)
		}
	}
	total := b.Len()
	if rows != nil {
		total = len(rows)
	}
	byKey := map[event.Class]int{}
	var out []group
	for i := range total {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		k := event.Class{Shape: c.Shape, Provider: c.Provider, Channel: c.Channel, ID: c.ID}
		for j, to := range []*string{&k.Provider, &k.Channel, &k.ID} {
			if cols[j] != nil {
				*to = textOf(cols[j].Value(r))
			}
		}
		g, ok := byKey[k]
		if !ok {
			g = len(out)
			byKey[k] = g
			out = append(out, group{class: classes.Intern(k)})
		}
		out[g].rows = append(out[g].rows, int32(r))
	}
	if len(out) == 1 && len(out[0].rows) == b.Len() {
		out[0].rows = nil
	}
	return out
}

// matches reports whether events of a class are among those that a mapping names.
func (l *library) matches(kind string, specs []eventSpec, c *event.Class) bool {
	if len(specs) == 0 {
		return true
	}
	for _, s := range specs {
		if s.ids != nil && !slices.ContainsFunc(s.ids, func(id string) bool { return strings.EqualFold(id, c.ID) }) {
			continue
		}
		if s.log == "*" {
			return true
		}
		if kind == "windows" {
			if l.logs[s.log].has(c.Provider, c.Channel) {
				return true
			}
		} else if strings.EqualFold(s.log, c.Channel) || s.ids == nil && strings.EqualFold(s.log, c.ID) {
			return true
		}
	}
	return false
}
