package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/expr"
)

//go:embed shapes cim defender sentinel sigma splunk macros
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
	sigma   []*sigmaDef
	// sigmaAlias are names of other taxonomies for columns of log sources, by kind of event.
	sigmaAlias map[string]map[string]string
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
	guids             []string // endings of the names of fields whose GUIDs lack their braces, in small letters
	collector         []string // fields beside the event's own that its collector adds
}

// logDef names a Windows event log by its providers and channels, in small letters; names are the same as they are written.
type logDef struct {
	providers, channels []string
	names               [2][]string
}

func newLogDef(providers, channels []string) *logDef {
	return &logDef{lowered(providers), lowered(channels), [2][]string{providers, channels}}
}

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
		Has, Collector, GUIDs            strList
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
		{"shapes", l.loadShapes}, {"splunk", l.loadViews}, {"cim", l.loadViews}, {"defender", l.loadViews}, {"sentinel", l.loadViews}, {"sigma", l.loadSigma}, {"macros", l.loadMacros},
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
