package schema

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/expr"
)

func (l *library) loadViews(fsys fs.FS, dir string, names []string) error {
	fragments, docs := map[string]pairs{}, map[string]string{}
	before := maps.Clone(l.views)
	views := make([]yamlView, len(names))
	for i, name := range names {
		if err := decode(fsys, name, &views[i]); err != nil {
			return err
		}
		for f, ps := range views[i].Fragments {
			fragments[f] = ps
		}
		maps.Copy(docs, views[i].Docs)
	}
	for i, name := range names {
		if err := l.addView(name, &views[i], fragments); err != nil {
			return err
		}
	}
	for name, v := range l.views {
		if before[name] == nil {
			for i, c := range v.columns {
				if c.Doc == "" {
					v.columns[i].Doc = docs[c.Name]
				}
			}
		}
	}
	return nil
}

func (l *library) addView(name string, y *yamlView, fragments map[string]pairs) error {
	var feeds []*mapDef
	for i := range y.From {
		m, err := readMap(name, &y.From[i], fragments)
		if err != nil {
			return err
		}
		feeds = append(feeds, m)
	}
	if y.View == "" && len(feeds) == 0 {
		return nil // fragments alone
	}
	if y.View == eventsView {
		l.layers = append(l.layers, feeds...)
		for _, c := range y.Columns {
			col, err := parseColumn(c.key, c.value)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", name, c.line, err)
			}
			l.layered = append(l.layered, col)
		}
		return nil
	}
	v := &viewDef{name: y.View, doc: strings.TrimSpace(y.Doc), time: y.Time, index: map[string]int{}, maps: feeds, late: map[string]string{}, calc: map[string]expr.Expr{}}
	if l.views[v.name] != nil {
		return fmt.Errorf("%s: view %s is defined twice", name, v.name)
	}
	if y.Copy != "" {
		from := l.views[y.Copy]
		if from == nil {
			return fmt.Errorf("%s: no view %s to copy from", name, y.Copy)
		}
		v.columns = slices.Clone(from.columns)
		for i, c := range v.columns {
			v.index[c.Name] = i
		}
	}
	for i := 0; i+1 < len(y.Fields.Content); i += 2 {
		for _, c := range y.Fields.Content[i+1].Content {
			col, err := parseColumn(c.Value, y.Fields.Content[i].Value)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", name, c.Line, err)
			}
			if _, again := v.index[col.Name]; again {
				return fmt.Errorf("%s:%d: column %s again", name, c.Line, col.Name)
			}
			v.index[col.Name] = len(v.columns)
			v.columns = append(v.columns, col)
		}
	}
	for _, c := range y.Columns {
		col, err := parseColumn(c.key, c.value)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, c.line, err)
		}
		if i, ok := v.index[col.Name]; ok {
			v.columns[i] = col
			continue
		}
		v.index[col.Name] = len(v.columns)
		v.columns = append(v.columns, col)
	}
	for _, p := range y.Calculated {
		if _, ok := v.index[p.key]; !ok {
			return fmt.Errorf("%s:%d: no column %s", name, p.line, p.key)
		}
		e, err := p.parse(name)
		if err != nil {
			return err
		}
		v.calc[p.key] = e
	}
	for _, use := range y.LateUse {
		for _, p := range fragments[use] {
			if _, ok := v.index[p.key]; ok && !slices.ContainsFunc(y.Late, func(q pair) bool { return q.key == p.key }) {
				y.Late = append(y.Late, p)
			}
		}
	}
	for _, p := range y.Late {
		i, ok := v.index[p.key]
		if !ok {
			return fmt.Errorf("%s:%d: no column %s", name, p.line, p.key)
		}
		if _, err := parseTreePath(p.value); err != nil {
			return fmt.Errorf("%s:%d: %w", name, p.line, err)
		}
		v.columns[i].Late = true
		v.late[p.key] = p.value
	}
	for _, m := range feeds {
		for _, c := range m.columns {
			if _, ok := v.index[c.name]; !ok {
				return fmt.Errorf("%s: view %s has no column %s", m.where, v.name, c.name)
			}
		}
	}
	if y.Model != "" {
		v.node = &Node{Name: y.Node, Parent: y.Parent, Doc: v.doc, View: v.name, Tags: y.Tags, Without: y.Without, Constraint: y.Constraint}
		if err := l.addNode(y.Model, v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if table, ok := strings.CutPrefix(v.name, "kql:"); ok {
		v.standardColumns()
		v.ownTable(table)
	}
	l.views[v.name] = v
	return nil
}

// standardColumns adds what every table of a workspace has, whether its documentation lists it or not.
// https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns
func (v *viewDef) standardColumns() {
	if _, ok := v.index["TimeGenerated"]; !ok {
		return
	}
	for _, c := range []Column{
		{Name: "TenantId", Type: String, Doc: "The workspace."},
		{Name: "Type", Type: String, Doc: "The table."},
		{Name: "SourceSystem", Type: String, Doc: "How the row came in."},
		{Name: "_ItemId", Type: String, Doc: "The row."},
		{Name: "_ResourceId", Type: String, Doc: "The resource that the row is about."},
		{Name: "_SubscriptionId", Type: String, Doc: "Its subscription."},
		{Name: "_TimeReceived", Type: DateTime, Doc: "When the service received the row."},
		{Name: "_IsBillable", Type: String, Doc: "Whether the row is paid for."},
		{Name: "_BilledSize", Type: Real, Doc: "Its size in bytes."},
	} {
		if _, ok := v.index[c.Name]; !ok {
			v.index[c.Name] = len(v.columns)
			v.columns = append(v.columns, c)
		}
	}
}

// ownTable adds what every table has: rows that are its own already, in exports of Defender or of a workspace, and its name in Type.
func (v *viewDef) ownTable(table string) {
	typ := expr.Str(table)
	if _, ok := v.index["Type"]; ok {
		for _, m := range v.maps {
			if m.byName["Type"] == nil {
				m.byName["Type"] = typ
				m.columns = append(m.columns, colDef{"Type", typ})
			}
		}
	}
	for _, kind := range []string{"mde", "sentinel"} {
		m := &mapDef{kind: kind, events: []eventSpec{{log: table}}, same: true, where: v.name, byName: map[string]expr.Expr{"Type": typ}}
		_, xdr := v.index["Timestamp"]
		_, workspace := v.index["TimeGenerated"]
		if xdr && workspace { // the same moment under its name in Defender and in a workspace
			m.byName["Timestamp"] = expr.F(functions["coalesce"], expr.C("Timestamp"), expr.C("TimeGenerated"))
			m.byName["TimeGenerated"] = expr.F(functions["coalesce"], expr.C("TimeGenerated"), expr.C("Timestamp"))
		}
		v.maps = append(v.maps, m)
	}
}

func readMap(name string, n *yaml.Node, fragments map[string]pairs) (*mapDef, error) {
	var y yamlMap
	if err := onlyKeys(n, "kind", "when", "event", "use", "same", "prefix", "columns", "process", "created", "rank", "twins", "tags"); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := n.Decode(&y); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m := &mapDef{kind: y.Kind, same: y.Same, prefix: y.Prefix, rank: y.Rank, tags: y.Tags, byName: map[string]expr.Expr{}, where: fmt.Sprintf("%s:%d", name, n.Line)}
	if m.kind == "" {
		m.kind = "windows"
	}
	for _, e := range y.Event {
		m.events = append(m.events, parseEventSpec(e))
	}
	var err error
	m.whenSrc = y.When
	if m.when, err = optional(m.where, y.When); err != nil {
		return nil, err
	}
	put := func(p pair) error {
		e, err := p.parse(name)
		if err != nil {
			return err
		}
		if _, again := m.byName[p.key]; again {
			for i := range m.columns {
				if m.columns[i].name == p.key {
					m.columns[i].e = e
				}
			}
		} else {
			m.columns = append(m.columns, colDef{p.key, e})
		}
		m.byName[p.key] = e
		return nil
	}
	for _, use := range y.Use {
		ps, ok := fragments[use]
		if !ok {
			return nil, fmt.Errorf("%s: no fragment %s", m.where, use)
		}
		for _, p := range ps {
			if err := put(p); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range y.Columns {
		if err := put(p); err != nil {
			return nil, err
		}
	}
	for i, ref := range []pairs{y.Process, y.Created} {
		if ref == nil {
			continue
		}
		m.refs[i] = map[string]expr.Expr{}
		for _, p := range ref {
			if !slices.Contains(refFields[:], p.key) {
				return nil, fmt.Errorf("%s:%d: a process is named by %s, not %s", name, p.line, strings.Join(refFields[:], ", "), p.key)
			}
			if m.refs[i][p.key], err = p.parse(name); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range y.Twins {
		e, err := parseExpr(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.where, err)
		}
		m.twins = append(m.twins, e)
	}
	return m, nil
}

// parseColumn reads "string, what it holds"; "any=unknown, what it holds" has a default.
func parseColumn(name, spec string) (Column, error) {
	typ, doc, _ := strings.Cut(spec, ",")
	typ, def, _ := strings.Cut(typ, "=")
	t := Type(strings.TrimSpace(typ))
	if !slices.Contains(Types, t) {
		return Column{}, fmt.Errorf("column %s: no type %q", name, typ)
	}
	return Column{Name: name, Type: t, Doc: strings.TrimSpace(doc), Default: def}, nil
}
