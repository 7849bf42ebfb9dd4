package schema

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// userTable is a table whose columns come from the data: the rows of certain files, as they are.
type userTable struct {
	columns []Column
	owns    func(file uint32) bool
}

// AddTable makes the rows of certain input files a view of the given name (such as "kql:Assets"), with columns as [Infer] found them.
func (r *Registry) AddTable(name string, columns []Column, owns func(file uint32) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables[name] = &userTable{columns, owns}
}

// Infer returns the columns of a table that is given only by its data: one for each field, with the narrowest type that fits all of its
// values; fields with dotted names a.b, a.c make one dynamic column a.
func Infer(bs []*event.Batch) []Column {
	var order []string
	types := map[string]Type{}
	for _, b := range bs {
		for i, name := range b.Names() {
			if name == event.RawField {
				continue
			}
			root, _, dotted := strings.Cut(name, ".")
			t, seen := types[root]
			if !seen {
				order = append(order, root)
			}
			if dotted {
				types[root] = Dynamic
				continue
			}
			types[root] = widen(t, b.ColumnAt(i))
		}
	}
	out := make([]Column, len(order))
	for i, name := range order {
		t := types[name]
		if t == "" {
			t = String
		}
		out[i] = Column{Name: name, Type: t}
	}
	return out
}

func widen(t Type, c *event.Column) Type {
	for i := range c.Len() {
		var k Type
		switch v := c.Value(i); v.Kind() {
		case event.Missing, event.Null:
			continue
		case event.Bool:
			k = Bool
		case event.Int:
			k = Long
		case event.Float:
			k = Real
		case event.Time:
			k = DateTime
		case event.Duration:
			k = TimeSpan
		case event.List, event.Object:
			k = Dynamic
		default:
			k = String
			if _, ok := isoTicks(v.Str()); ok && len(v.Str()) >= 19 {
				k = DateTime
			}
		}
		switch {
		case t == "" || t == k:
			t = k
		case t == Long && k == Real || t == Real && k == Long:
			t = Real
		case t == Dynamic || k == Dynamic:
			return Dynamic
		default:
			t = String
		}
	}
	return t
}

type userView struct {
	table *userTable
	need  []Column
	conv  []*converter
}

func (t *userTable) bind(need event.FieldSet) View {
	v := &userView{table: t}
	for _, c := range t.columns {
		if need.Has(c.Name) {
			v.need = append(v.need, c)
			v.conv = append(v.conv, &converter{f: forKQL(c.Type)})
		}
	}
	return v
}

func (v *userView) Sources() event.FieldSet {
	var names []string
	for _, c := range v.need {
		names = append(names, c.Name)
		if c.Type == Dynamic {
			names = append(names, c.Name+".*")
		}
	}
	return event.Fields(names...)
}

func (v *userView) Late() event.FieldSet                                 { return event.FieldSet{} }
func (v *userView) Finish(b *event.Batch, _ event.FieldSet) *event.Batch { return b }

func (v *userView) Apply(b *event.Batch) *event.Batch {
	if b.Lineage.One == nil {
		return nil
	}
	var rows []int32
	for i, o := range b.Lineage.One {
		if v.table.owns(o.File) {
			rows = append(rows, int32(i))
		}
	}
	switch len(rows) {
	case 0:
		return nil
	case b.Len():
	default:
		b = b.Gather(rows)
	}
	out := b.Derive()
	for i, c := range v.need {
		col := b.Column(c.Name)
		if c.Type == Dynamic {
			col = assembleObject(b, c.Name, col)
		}
		if col == nil {
			col = event.NewConstant(event.Value{}, b.Len())
		}
		out.Set(c.Name, v.conv[i].column(col))
	}
	return out
}

// assembleObject puts the columns root.a, root.b.c of a batch back together as objects. Rows that have none keep the value of whole.
func assembleObject(b *event.Batch, root string, whole *event.Column) *event.Column {
	type leaf struct {
		path []string
		col  *event.Column
	}
	var leaves []leaf
	for i, name := range b.Names() {
		if rest, ok := strings.CutPrefix(name, root+"."); ok {
			leaves = append(leaves, leaf{strings.Split(rest, "."), b.ColumnAt(i)})
		}
	}
	if len(leaves) == 0 {
		return whole
	}
	vals := make([]event.Value, b.Len())
	for row := range vals {
		bag := event.Bag{}
		for _, l := range leaves {
			if v := l.col.Value(row); !v.IsMissing() && len(l.path) <= maxBagDepth {
				bag = putPath(bag, l.path, v)
			}
		}
		if len(bag) > 0 {
			vals[row] = event.ObjectOf(bag)
		} else if whole != nil {
			vals[row] = whole.Value(row)
		}
	}
	return event.NewAny(vals)
}

func putPath(bag event.Bag, path []string, v event.Value) event.Bag {
	if len(path) == 1 {
		return append(bag, event.Field{Name: path[0], Value: v})
	}
	i := slices.IndexFunc(bag, func(f event.Field) bool { return f.Name == path[0] && f.Value.Kind() == event.Object })
	if i < 0 {
		return append(bag, event.Field{Name: path[0], Value: event.ObjectOf(putPath(nil, path[1:], v))})
	}
	bag[i].Value = event.ObjectOf(putPath(slices.Clone(bag[i].Value.Bag()), path[1:], v))
	return bag
}
