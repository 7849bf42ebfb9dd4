package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// refFields name a process in a mapping's process (the one that acts) and created (the one that is started).
var refFields = [...]string{"host", "guid", "pid", "time"}

var refNames = [...]string{"process", "created"}

// refColumns carry references from Apply to Finish.
var refColumns = func() [][]string {
	out := make([][]string, len(refNames))
	for i, r := range refNames {
		for _, f := range refFields {
			out[i] = append(out[i], "_"+r+"."+f)
		}
	}
	return out
}()

type lateColumn struct {
	col  Column
	path treePath
	conv func(event.Value) event.Value // to the view's value model
}

// A treePath leads from a reference to a fact: process.parent.image.
type treePath struct {
	ref   int // into refNames
	up    int // how many parents up
	field string
}

// derived facts are made of stored ones.
var derivedFacts = []string{"file_name", "folder_path", "account_name", "account_domain", "sha1", "sha256", "md5"}

func parseTreePath(s string) (treePath, error) {
	parts := strings.Split(s, ".")
	p := treePath{ref: slices.Index(refNames[:], parts[0])}
	if p.ref < 0 || len(parts) < 2 {
		return p, fmt.Errorf("%q does not begin with %s", s, strings.Join(refNames[:], " or "))
	}
	for _, up := range parts[1 : len(parts)-1] {
		if up != "parent" {
			return p, fmt.Errorf("%q: only parent can stand in the middle", s)
		}
		p.up++
	}
	p.field = parts[len(parts)-1]
	if !slices.Contains(treeFields, p.field) && !slices.Contains(derivedFacts, p.field) {
		return p, fmt.Errorf("%q: a process has no %s", s, p.field)
	}
	return p, nil
}

// fact returns what is known of a process under the name of a field.
func (p *process) fact(field string) event.Value {
	if p == nil || p.vals == nil {
		return event.Value{}
	}
	val := func(name string) event.Value { return p.vals[slices.Index(treeFields, name)] }
	apply := func(fn, name string) event.Value {
		v := val(name)
		if v.IsNull() {
			return v
		}
		return functions[fn].Row([]event.Value{v})
	}
	switch field {
	case "pid":
		if p.pid == 0 {
			return event.Value{}
		}
		return event.IntOf(p.pid)
	case "start":
		if p.start == 0 {
			return event.Value{}
		}
		return event.TicksOf(p.start)
	case "file_name":
		return apply("basename", "image")
	case "folder_path":
		return val("image")
	case "account_name":
		return apply("account_name", "account")
	case "account_domain":
		return apply("account_domain", "account")
	case "sha1", "sha256", "md5":
		if h, ok := hashOf(textOf(val("hashes")), field); ok {
			return event.StringOf(strings.ToLower(h))
		}
		return event.Value{}
	}
	return val(field)
}

// upFact is what a process itself tells of its parent, for when the parent is not known otherwise.
func (p *process) upFact(field string) event.Value {
	if p == nil || p.vals == nil {
		return event.Value{}
	}
	switch field {
	case "file_name", "folder_path", "image":
		v := p.vals[tfParentImage]
		if field == "file_name" && !v.IsNull() {
			return functions["basename"].Row([]event.Value{v})
		}
		return v
	case "command_line":
		return p.vals[tfParentCommandLine]
	case "guid":
		return p.vals[tfParentGUID]
	case "pid":
		if i, ok := integer(p.vals[tfParentPID]); ok && i != 0 {
			return event.IntOf(i)
		}
	}
	return event.Value{}
}

func (v *tableView) Finish(b *event.Batch, need event.FieldSet) *event.Batch {
	if v.twins != nil {
		if b = v.twins.drop(b); b == nil {
			return nil
		}
	}
	if len(v.late) == 0 {
		return b
	}
	t := v.reg.tree
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seal()
	if v.toldBy != t.seals { // what the view remembers is of another state of the tree
		v.toldBy, v.told = t.seals, map[*process]*lateFacts{}
	}
	var refs [len(refNames)]*references
	for i := range refNames {
		refs[i] = v.references(b, refColumns[i])
	}
	out := b.Derive()
	for i, name := range b.Names() {
		hidden := slices.ContainsFunc(refColumns, func(cols []string) bool { return slices.Contains(cols, name) })
		if !hidden {
			out.Set(name, b.ColumnAt(i))
		}
	}
	for n, l := range v.late {
		ref := refs[l.path.ref]
		if ref == nil || !need.Has(l.col.Name) {
			continue
		}
		early := out.Column(l.col.Name)
		vals := make([]event.Value, b.Len())
		for row := range vals {
			if early != nil {
				if vals[row] = early.Value(row); !blank(vals[row]) {
					continue
				}
			}
			if x, ok := v.lateFact(ref.of(row), n); ok {
				vals[row] = x
			}
		}
		out.Set(l.col.Name, event.NewColumn(vals))
	}
	return out
}

// references are what the rows of a batch say of one process each. They are looked up when a column asks, once for all columns.
type references struct {
	view *tableView
	cols [len(refFields)]*event.Column
	rows []*lateFacts // nil: not looked up yet
}

// references returns those in the given columns, or nil when b has none.
func (v *tableView) references(b *event.Batch, columns []string) *references {
	r := &references{view: v}
	told := false
	for i, name := range columns {
		r.cols[i] = b.Column(name)
		told = told || r.cols[i] != nil
	}
	if !told {
		return nil
	}
	r.rows = make([]*lateFacts, b.Len())
	return r
}

// of returns what the view has to say of the process that a row names; of an unknown one it has nothing.
func (r *references) of(row int) *lateFacts {
	if r.rows[row] != nil {
		return r.rows[row]
	}
	get := func(i int) event.Value {
		if r.cols[i] == nil {
			return event.Value{}
		}
		return r.cols[i].Value(row)
	}
	pid, _ := integer(get(2))
	at, _ := parseTime(get(3))
	p := r.view.reg.tree.find(textOf(get(0)), textOf(get(1)), pid, at)
	f := r.view.told[p]
	if f == nil {
		f = &lateFacts{process: p, state: make([]factState, len(r.view.late)), vals: make([]event.Value, len(r.view.late))}
		r.view.told[p] = f
	}
	r.rows[row] = f
	return f
}

// lateFacts are the values of a view's late columns for rows that name one process. Many rows name the same few processes, and many
// rules keep the same rows, so each value is made once.
type lateFacts struct {
	process *process
	state   []factState // by position in the view's late columns
	vals    []event.Value
}

type factState uint8

const (
	notAsked factState = iota
	notTold
	isTold
)

// lateFact returns the value of a late column, by its position, and whether there is one.
func (v *tableView) lateFact(f *lateFacts, n int) (event.Value, bool) {
	if f.state[n] == notAsked {
		f.state[n] = notTold
		if x := v.reg.tree.reached(f.process, v.late[n].path); !x.IsNull() {
			f.vals[n], f.state[n] = v.late[n].conv(x), isTold
		}
	}
	return f.vals[n], f.state[n] == isTold
}

// reached returns the fact at the end of a path that begins with p; null when it is not known.
func (t *tree) reached(p *process, path treePath) event.Value {
	for up := range path.up {
		next := t.parent(p)
		if next == nil && up == path.up-1 {
			return p.upFact(path.field)
		}
		p = next
	}
	return p.fact(path.field)
}
