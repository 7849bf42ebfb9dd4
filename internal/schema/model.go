package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A Model is a Splunk data model: a tree of nodes (data sets).
type Model struct {
	Name  string
	Nodes []*Node // parents before children
}

// A Node is a data set of a model. Rules name it Model.Node and its fields Node.field.
type Node struct {
	Name string
	// Parent names the node that this one narrows, or is empty.
	Parent string
	Doc    string
	// View is the view that holds the node's events, fields without prefix.
	View string
	// Tags are those that an event must have to belong; Without those it must not have.
	Tags, Without []string
	// Constraint is the further condition of a child node, as a search (action=failure), or empty.
	Constraint string
	filter     expr.Expr
	tagged     bool // it has tags of its own, which tell its members among events that bring tags
	// Fields are the node's fields with those that it inherits.
	Fields []Column
}

// Node finds a node by name, or returns nil.
func (m *Model) Node(name string) *Node {
	for _, n := range m.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Root returns the first node, which rules mean that name a model without a node.
func (m *Model) Root() *Node { return m.Nodes[0] }

// Models lists the data models, sorted by name.
func Models() []*Model { return lib().models }

// FindModel returns a data model by name, or nil. Names are case-sensitive, as they are in Splunk.
func FindModel(name string) *Model {
	for _, m := range lib().models {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func (l *library) addNode(model string, v *viewDef) error {
	i := slices.IndexFunc(l.models, func(m *Model) bool { return m.Name == model })
	if i < 0 {
		i = len(l.models)
		l.models = append(l.models, &Model{Name: model})
	}
	m := l.models[i]
	if m.Node(v.node.Name) != nil {
		return fmt.Errorf("node %s.%s is defined twice", model, v.node.Name)
	}
	m.Nodes = append(m.Nodes, v.node)
	return nil
}

// linkModels orders the nodes and gives children what they inherit.
func (l *library) linkModels() error {
	slices.SortFunc(l.models, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range l.models {
		var order []*Node
		var add func(n *Node, depth int) error
		add = func(n *Node, depth int) error {
			if slices.Contains(order, n) {
				return nil
			}
			if depth > 8 {
				return fmt.Errorf("model %s: nodes are each other's parents", m.Name)
			}
			if n.Parent != "" {
				p := m.Node(n.Parent)
				if p == nil {
					return fmt.Errorf("model %s: node %s has no parent %s", m.Name, n.Name, n.Parent)
				}
				if err := add(p, depth+1); err != nil {
					return err
				}
			}
			order = append(order, n)
			return nil
		}
		// Nodes stand in the order of their file names; the root that gives the model its view comes first.
		for _, n := range m.Nodes {
			if err := add(n, 0); err != nil {
				return err
			}
		}
		m.Nodes = order
		for _, n := range m.Nodes {
			v := l.views[n.View]
			if n.Parent != "" {
				p := l.views[m.Node(n.Parent).View]
				for _, c := range p.columns {
					if _, ok := v.index[c.Name]; !ok {
						v.index[c.Name] = len(v.columns)
						v.columns = append(v.columns, c)
					}
				}
				if own := n.Tags; len(own) == 0 {
					n.Tags = m.Node(n.Parent).Tags
				} else {
					n.tagged = true
				}
				if n.Constraint != "" {
					for _, pm := range p.maps {
						if pm.kind != taggedKind || !n.tagged {
							v.maps = append(v.maps, pm)
						}
					}
				}
				if v.time == "" {
					v.time = p.time
				}
			}
			for _, c := range baseColumns {
				if _, ok := v.index[c.Name]; !ok {
					v.index[c.Name] = len(v.columns)
					v.columns = append(v.columns, c)
				}
			}
			n.Fields = v.columns
			if _, ok := v.index[tagField]; ok && n.Constraint == "" {
				tags := expr.L(stringList(n.Tags))
				for _, m := range v.maps {
					if m.kind != taggedKind && m.byName[tagField] == nil {
						m.byName[tagField] = tags
						m.columns = append(m.columns, colDef{tagField, tags})
					}
				}
			}
			if !slices.ContainsFunc(v.maps, func(m *mapDef) bool { return m.kind == taggedKind }) {
				v.maps = append([]*mapDef{{kind: taggedKind, same: true, where: n.View, exempt: n.tagged, whenSrc: "tag has " + strings.Join(n.Tags, " and "),
					when: expr.F(functions["tagged"], expr.C(tagField), expr.L(stringList(n.Tags)))}}, v.maps...)
			}
			if n.Constraint != "" {
				var err error
				if n.filter, err = parseExpr(n.Constraint); err != nil {
					return fmt.Errorf("model %s: node %s: %w", m.Name, n.Name, err)
				}
			}
		}
	}
	return nil
}

func stringList(ss []string) event.Value {
	list := make([]event.Value, len(ss))
	for i, s := range ss {
		list[i] = event.StringOf(s)
	}
	return event.ListOf(list)
}

// baseColumns are those that every event has, in whatever node.
var baseColumns = []Column{
	{Name: "_time", Type: Any, Doc: "When it happened, in seconds since 1970."},
	{Name: "host", Type: Any, Doc: "The machine that logged it."},
	{Name: "source", Type: Any, Doc: "Where the event came from."},
	{Name: "sourcetype", Type: Any, Doc: "The form of the event."},
	{Name: "index", Type: Any, Doc: "The index that holds it."},
	{Name: "eventtype", Type: Any, Doc: "The event types it is of."},
}

var _ = declare(&fn.Func{Name: "tagged", Min: 2, Max: 2, Null: fn.SeesNull, Doc: "Whether a list of tags has all of these.", Row: func(a []event.Value) event.Value {
	have := a[0].List()
	if a[0].Kind() != event.List {
		have = a[:1]
	}
	for _, want := range a[1].List() {
		if !slices.ContainsFunc(have, func(v event.Value) bool { return strings.EqualFold(textOf(v), want.Str()) }) {
			return boolOf(false)
		}
	}
	return boolOf(true)
}})
