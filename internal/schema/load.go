package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/expr"
)

//go:embed shapes cim defender sentinel splunk macros
var files embed.FS

// library is everything that the mapping files say, parsed once for the process and never changed.
type library struct {
	shapes  map[string][]*shapeDef // by source shape, in order of precedence
	logs    map[string]*logDef
	views   map[string]*viewDef
	layers  []*mapDef // "spl:events", later ones on top
	layered []Column
	tree    []*treeDef
	models  []*Model
	macros  []Macro
}

var loadLibrary = sync.OnceValues(func() (*library, error) { return load(files) })

// lib returns the embedded library. Its files are part of the program: a fault in one is a fault of the build, which a test finds.
func lib() *library {
	l, err := loadLibrary()
	if err != nil {
		panic("schema: " + err.Error())
	}
	return l
}

// shapeDef tells how records of one source shape become events of a kind.
type shapeDef struct {
	name, shape, kind string
	order             int
	has               []string // fields that a record must have
	when              expr.Expr
	prefixes          []string // a canonical field F is source field prefix+F
	fields            map[string]expr.Expr
	bag               expr.Expr // an object that holds further canonical fields
	log               string    // the Windows log of all its events, when class fields are not set
	classes           [3]expr.Expr
	collector         []string // fields beside the event's own that its collector adds
}

// logDef names a Windows event log by its providers and channels, in small letters.
type logDef struct{ providers, channels []string }

// eventSpec selects event classes: a log and ids of it, or for other kinds a table, record type or action.
type eventSpec struct {
	log string
	ids []string // nil: all
}

// mapDef maps events of a kind to columns of a view.
type mapDef struct {
	kind    string
	events  []eventSpec
	when    expr.Expr
	whenSrc string
	same    bool   // columns come from source fields of the same name
	prefix  string // columns come from the source field of their name in camelCase behind this prefix
	columns []colDef
	byName  map[string]expr.Expr
	refs    [2]map[string]expr.Expr // by refNames
	rank    int
	twins   []expr.Expr
	tags    []string
	exempt  bool   // from the constraint of the view's node
	where   string // file:line, for errors and the catalogue
}

type colDef struct {
	name string
	e    expr.Expr
}

// viewDef is a table or a node of a data model.
type viewDef struct {
	name, doc string
	time      string
	columns   []Column
	index     map[string]int
	maps      []*mapDef
	late      map[string]string
	calc      map[string]expr.Expr // over other columns of the view, where a mapping gives no value
	node      *Node
}

// treeDef tells what an event teaches about processes.
type treeDef struct {
	kind   string
	events []eventSpec
	nodes  []map[string]expr.Expr
	where  string
}

// YAML forms.
type (
	pair struct {
		key, value string
		line       int
	}
	pairs   []pair
	strList []string

	yamlShape struct {
		Shape, Kind, Doc, When, Bag, Log string
		Has, Collector                   strList
		Order                            int
		Prefixes                         []string
		Fields                           pairs
		Class                            pairs
		Logs                             map[string]struct{ Provider, Channel strList }
		Titles                           map[string]map[string]string
		Processes                        []yaml.Node
	}
	yamlView struct {
		View, Doc, Time string
		Model, Node     string
		Parent          string
		Tags, Without   strList
		Constraint      string
		Columns         pairs
		Fields          yaml.Node // types with the names of their columns, for tables whose names speak for themselves
		Calculated      pairs
		Late            pairs
		LateUse         strList `yaml:"late_use"` // fragments of late columns, as far as the view has the columns
		From            []yaml.Node
		Fragments       map[string]pairs
		Docs            map[string]string // of columns by name, for all views of the folder that have no own
		Copy            string            // take columns of another view in the same folder
	}
	yamlMap struct {
		Prefix     string
		Kind, When string
		Event      strList
		Use        strList
		Same       bool
		Columns    pairs
		Process    pairs
		Created    pairs
		Rank       int
		Twins      []string
		Tags       strList
	}
	yamlTree struct {
		Kind      string
		Event     strList
		Processes []pairs
	}
)

func (p *pairs) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected a mapping", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		if v.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: expected a scalar for %s", v.Line, k.Value)
		}
		*p = append(*p, pair{k.Value, v.Value, v.Line})
	}
	return nil
}

func (s *strList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*s = strList{n.Value}
		return nil
	}
	return n.Decode((*[]string)(s))
}

// onlyKeys refuses a mapping with other keys: a misspelt one must not be without effect, nor must an event list that lost its quotes.
func onlyKeys(n *yaml.Node, keys ...string) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(keys, k.Value) {
			return fmt.Errorf("line %d: no key %s here", k.Line, k.Value)
		}
	}
	return nil
}

func load(fsys fs.FS) (*library, error) {
	l := &library{shapes: map[string][]*shapeDef{}, logs: map[string]*logDef{}, views: map[string]*viewDef{}}
	for _, room := range []struct {
		dir  string
		read func(fsys fs.FS, dir string, names []string) error
	}{
		{"shapes", l.loadShapes}, {"splunk", l.loadViews}, {"cim", l.loadViews}, {"defender", l.loadViews}, {"sentinel", l.loadViews}, {"macros", l.loadMacros},
	} {
		names, err := fs.Glob(fsys, room.dir+"/*.yml")
		if err != nil {
			return nil, err
		}
		slices.Sort(names)
		if err := room.read(fsys, room.dir, names); err != nil {
			return nil, err
		}
	}
	return l, l.link()
}

func decode(fsys fs.FS, name string, into any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (l *library) loadShapes(fsys fs.FS, _ string, names []string) error {
	for _, name := range names {
		var y yamlShape
		if err := decode(fsys, name, &y); err != nil {
			return err
		}
		for log, d := range y.Logs {
			l.logs[log] = &logDef{lowered(d.Provider), lowered(d.Channel)}
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
			prefixes: y.Prefixes, log: y.Log, fields: map[string]expr.Expr{}, collector: y.Collector}
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

func lowered(ss []string) []string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = strings.ToLower(s)
	}
	return out
}

func optional(name, text string) (expr.Expr, error) {
	if text == "" {
		return nil, nil
	}
	e, err := parseExpr(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

func (p pair) parse(name string) (expr.Expr, error) {
	e, err := parseExpr(p.value)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %s: %w", name, p.line, p.key, err)
	}
	return e, nil
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

// parseEventSpec reads "security 4624,4625", "sysmon", "DeviceEvents PowerShellCommand" or "*".
func parseEventSpec(s string) eventSpec {
	log, ids, ok := strings.Cut(s, " ")
	spec := eventSpec{log: log}
	if ok {
		for _, id := range strings.Split(ids, ",") {
			spec.ids = append(spec.ids, strings.TrimSpace(id))
		}
	}
	return spec
}

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
			if !slices.Contains(refFields, p.key) {
				return nil, fmt.Errorf("%s:%d: a process is named by %s, not %s", name, p.line, strings.Join(refFields, ", "), p.key)
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

// link checks what refers from file to file.
func (l *library) link() error {
	for _, v := range l.views {
		for _, m := range v.maps {
			if err := l.checkEvents(m.kind, m.events, m.where); err != nil {
				return err
			}
		}
	}
	for _, m := range l.layers {
		if err := l.checkEvents(m.kind, m.events, m.where); err != nil {
			return err
		}
	}
	for _, t := range l.tree {
		if err := l.checkEvents(t.kind, t.events, t.where); err != nil {
			return err
		}
	}
	return l.linkModels()
}

// overlap reports whether two lists of events can mean the same event; an empty one means all.
func overlap(a, b []eventSpec) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if x.log != y.log && x.log != "*" && y.log != "*" {
				continue
			}
			if x.ids == nil || y.ids == nil || slices.ContainsFunc(x.ids, func(id string) bool { return slices.Contains(y.ids, id) }) {
				return true
			}
		}
	}
	return false
}

func (l *library) checkEvents(kind string, specs []eventSpec, where string) error {
	if kind != "windows" {
		return nil
	}
	for _, s := range specs {
		if s.log != "*" && l.logs[s.log] == nil {
			return fmt.Errorf("%s: no log %s", where, s.log)
		}
	}
	return nil
}

func (d *logDef) has(provider, channel string) bool {
	return slices.Contains(d.providers, strings.ToLower(provider)) || channel != "" && slices.Contains(d.channels, strings.ToLower(channel))
}

// taggedKind is that of events that bring the tags of the Common Information Model with them: their fields have its names already.
const taggedKind = "tagged"
