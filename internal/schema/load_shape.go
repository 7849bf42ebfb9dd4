package schema

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/expr"
)

func (l *library) loadShapes(fsys fs.FS, _ string, names []string) error {
	for _, name := range names {
		var y yamlShape
		if err := decode(fsys, name, &y); err != nil {
			return err
		}
		for log, d := range y.Logs {
			l.logs[log] = newLogDef(d.Provider, d.Channel)
		}
		for log, t := range y.Titles {
			eventTitles[log] = t
		}
		for i := range y.Processes {
			if err := l.addTree(name, &y.Processes[i]); err != nil {
				return err
			}
		}
		if y.Shape == "" {
			continue
		}
		s := &shapeDef{name: strings.TrimSuffix(path.Base(name), ".yml"), shape: y.Shape, kind: y.Kind, order: y.Order, has: y.Has,
			prefixes: y.Prefixes, log: y.Log, fields: map[string]expr.Expr{}, collector: y.Collector, guids: y.GUIDs}
		var err error
		if s.when, err = optional(name, y.When); err != nil {
			return err
		}
		if s.bag, err = optional(name, y.Bag); err != nil {
			return err
		}
		for _, f := range y.Fields {
			if s.fields[f.key], err = f.parse(name); err != nil {
				return err
			}
		}
		for _, f := range y.Class {
			i := slices.Index([]string{"provider", "channel", "id"}, f.key)
			if i < 0 {
				return fmt.Errorf("%s:%d: class has provider, channel and id", name, f.line)
			}
			if s.classes[i], err = f.parse(name); err != nil {
				return err
			}
		}
		l.shapes[y.Shape] = append(l.shapes[y.Shape], s)
	}
	for _, ss := range l.shapes {
		slices.SortStableFunc(ss, func(a, b *shapeDef) int { return a.order - b.order })
	}
	return nil
}

func (l *library) addTree(name string, n *yaml.Node) error {
	var y yamlTree
	if err := onlyKeys(n, "kind", "event", "processes"); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := n.Decode(&y); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t := &treeDef{kind: y.Kind, where: fmt.Sprintf("%s:%d", name, n.Line)}
	if t.kind == "" {
		t.kind = "windows"
	}
	for _, e := range y.Event {
		t.events = append(t.events, parseEventSpec(e))
	}
	for _, ps := range y.Processes {
		node := map[string]expr.Expr{}
		for _, p := range ps {
			e, err := p.parse(name)
			if err != nil {
				return err
			}
			if !slices.Contains(treeFields, p.key) {
				return fmt.Errorf("%s:%d: a process has no %s", name, p.line, p.key)
			}
			node[p.key] = e
		}
		t.nodes = append(t.nodes, node)
	}
	l.tree = append(l.tree, t)
	return nil
}
