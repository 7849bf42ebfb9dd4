package parquet

import (
	"fmt"

	"github.com/parquet-go/parquet-go"

	"github.com/harrier-detect/harrier/internal/event"
)

// A tree is a node of a part of the schema that has lists or maps in it. Values are put together from the repetition and
// definition levels of the leaves: https://parquet.apache.org/docs/file-format/nestedencoding/.
type tree struct {
	name      string
	rep, def  int  // levels at which this node is there
	repeated  bool // the node is a list by itself
	list, kv  bool // a group around a repeated one: LIST, MAP
	children  []*tree
	leaf      int // index of the first leaf below
	leaves    int // how many
	convert   func(parquet.Value) event.Value
	canBeNull bool
}

func newTree(c *parquet.Column, leaves *[]*parquet.Column, depth int) (*tree, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("column %s: nested deeper than %d", c.Name(), maxDepth)
	}
	t := &tree{name: c.Name(), rep: c.MaxRepetitionLevel(), def: c.MaxDefinitionLevel(), repeated: c.Repeated(),
		canBeNull: c.Optional(), leaf: len(*leaves)}
	if c.Leaf() {
		t.convert = converter(c)
		*leaves = append(*leaves, c)
	} else {
		t.list, t.kv = isList(c), isMap(c)
		for _, child := range c.Columns() {
			k, err := newTree(child, leaves, depth+1)
			if err != nil {
				return nil, err
			}
			t.children = append(t.children, k)
		}
	}
	t.leaves = len(*leaves) - t.leaf
	return t, nil
}

// A rowReader gives the values of one leaf, row by row, with their levels.
type rowReader struct {
	vals []parquet.Value // of the current row
}

// value puts together the value of a node for the current row from the front of its leaves' values.
func (t *tree) value(rows []rowReader) event.Value {
	if !t.repeated {
		return t.single(rows)
	}
	var list []event.Value
	first := &rows[t.leaf]
	if len(first.vals) > 0 && int(first.vals[0].DefinitionLevel()) < t.def {
		t.skip(rows)
		return event.ListOf(nil)
	}
	for len(first.vals) > 0 {
		before := len(first.vals)
		list = append(list, t.single(rows))
		if len(first.vals) == before || len(first.vals) == 0 || int(first.vals[0].RepetitionLevel()) != t.rep {
			break
		}
	}
	return event.ListOf(list)
}

// single is value for one item of a list, or for what is no list.
func (t *tree) single(rows []rowReader) event.Value {
	first := &rows[t.leaf]
	if len(first.vals) == 0 {
		return event.NullValue
	}
	if t.convert != nil {
		v := first.vals[0]
		first.vals = first.vals[1:]
		if v.IsNull() {
			return event.NullValue
		}
		return t.convert(v)
	}
	if int(first.vals[0].DefinitionLevel()) < t.def {
		t.skip(rows)
		return event.NullValue
	}
	switch {
	case t.list:
		items := t.children[0].value(rows)
		if inner := t.children[0]; len(inner.children) == 1 { // list { element }
			flat := make([]event.Value, 0, len(items.List()))
			for _, it := range items.List() {
				v := it
				if b := it.Bag(); len(b) == 1 {
					v = b[0].Value
				}
				flat = append(flat, v)
			}
			return event.ListOf(flat)
		}
		return items
	case t.kv:
		var bag event.Bag
		for _, it := range t.children[0].value(rows).List() {
			if b := it.Bag(); len(b) == 2 {
				key := b[0].Value.Str()
				if b[0].Value.Kind() != event.String {
					key = string(event.AppendJSON(nil, b[0].Value))
				}
				bag = append(bag, event.Field{Name: key, Value: b[1].Value})
			}
		}
		return event.ObjectOf(bag)
	}
	bag := make(event.Bag, 0, len(t.children))
	for _, c := range t.children {
		if v := c.value(rows); !v.IsNull() || len(t.children) <= 2 {
			bag = append(bag, event.Field{Name: c.name, Value: v})
		}
	}
	return event.ObjectOf(bag)
}

// skip takes one value from each leaf below a node that is not there.
func (t *tree) skip(rows []rowReader) {
	for i := t.leaf; i < t.leaf+t.leaves; i++ {
		if len(rows[i].vals) > 0 {
			rows[i].vals = rows[i].vals[1:]
		}
	}
}
