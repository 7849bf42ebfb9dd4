package schema

import (
	"fmt"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A Registry opens the views of one run over its input. Its views share what they learn of processes; make a new Registry for new
// input. Bind may be called from any goroutine.
type Registry struct {
	lib     *library
	classes *event.Classes
	tree    *tree
	mu      sync.Mutex
	tables  map[string]*userTable
	twins   map[*viewDef]*twins
}

func (r *Registry) twinsOf(def *viewDef) *twins {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.twins[def] == nil {
		r.twins[def] = newTwins()
	}
	return r.twins[def]
}

// NewRegistry returns a registry for one run.
func NewRegistry() *Registry {
	return &Registry{lib: lib(), classes: &event.Classes{}, tree: newTree(), tables: map[string]*userTable{}, twins: map[*viewDef]*twins{}}
}

// A View turns batches of source events into batches of a view's columns. It belongs to one goroutine.
type View interface {
	// Sources names the source fields that the view reads.
	Sources() event.FieldSet
	// Apply returns the view's rows among those of a source batch, with their class and lineage and the needed columns, or nil
	// when there are none. It must be called for every batch of the input, in order, also of classes that the view does not
	// hold: it learns from them what late columns need.
	Apply(b *event.Batch) *event.Batch
	// Late names the needed columns that Apply leaves open for some rows, and [TwinColumn] when rows may turn out to repeat
	// others. When it is not empty, rows must be kept until all input has been read and then passed through Finish.
	Late() event.FieldSet
	// Finish returns rows that Apply gave (or some of them) with those of their late columns that need has. Of the columns that Apply
	// gave, b has at least those that need has and those that begin with "_". It drops rows that tell again what a better source
	// told, and returns nil when none is left.
	Finish(b *event.Batch, need event.FieldSet) *event.Batch
}

// TwinColumn stands in [View.Late] for "Finish may drop rows": Windows logs tell many things twice, once through Sysmon and once
// through its own auditing.
const TwinColumn = "_twin" // exec.RowsLate

// Bind opens a view to compute the needed columns of it.
func (r *Registry) Bind(name string, need event.FieldSet, env *fn.Env) (View, error) {
	if name == eventsView {
		return newEvents(r, need, env)
	}
	if v := r.lib.views[name]; v != nil {
		return newTableView(r, v, need, env)
	}
	if strings.HasPrefix(name, sigmaPrefix) {
		return r.bindSigma(name, need, env)
	}
	r.mu.Lock()
	t := r.tables[name]
	r.mu.Unlock()
	if t != nil {
		return t.bind(need), nil
	}
	return nil, fmt.Errorf("there is no view %s", name)
}

// tableView is a View with declared columns.
type tableView struct {
	reg   *Registry
	def   *viewDef
	env   *fn.Env
	spl   bool // SPL's value model, or
	sigma bool // the source's own values; KQL's otherwise
	need  []Column
	conv  []*converter

	filter  *expr.Program
	calc    []*expr.Program // by position in need; nil: none
	norms   map[*shapeDef]*normaliser
	plans   map[string]map[*event.Class]*mapPlan
	sources event.FieldSet
	learns  bool
	late    []lateColumn
	told    map[*process]*lateFacts // what late columns hold for the rows that name a process (nil: an unknown one)
	toldBy  int                     // the seals of the tree that told it
	twins   *twins
	meters  []*cost.Meter // by position in need; nil when nobody asks
}

// mapPlan is the mappings of a view for one class of events, in order of precedence.
type mapPlan struct {
	maps  []*boundMap
	reads []string
}

type boundMap struct {
	def   *mapDef
	when  *adaptive
	cols  []*adaptive    // by position in the view's need; nil: missing
	refs  [2][]*adaptive // by refNames, then by refFields
	twins []*adaptive
}
