package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// refFields name a process in a mapping's process (the one that acts) and created (the one that is started).
var refFields = []string{"host", "guid", "pid", "time"}

var refNames = []string{"process", "created"}

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
	p := treePath{ref: slices.Index(refNames, parts[0])}
	if p.ref < 0 || len(parts) < 2 {
		return p, fmt.Errorf("%q does not begin with %s", s, strings.Join(refNames, " or "))
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

func (v *tableView) Finish(b *event.Batch) *event.Batch {
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
	// Resolve each row's references once for all columns.
	refs := make([][]*process, len(refNames))
	for i := range refNames {
		cols := make([]*event.Column, len(refFields))
		told := false
		for j, name := range refColumns[i] {
			cols[j] = b.Column(name)
			told = told || cols[j] != nil
		}
		if !told {
			continue
		}
		refs[i] = make([]*process, b.Len())
		get := func(j, row int) event.Value {
			if cols[j] == nil {
				return event.Value{}
			}
			return cols[j].Value(row)
		}
		for row := range b.Len() {
			pid, _ := integer(get(2, row))
			at, _ := parseTime(get(3, row))
			refs[i][row] = t.find(textOf(get(0, row)), textOf(get(1, row)), pid, at)
		}
	}
	out := b.Derive()
	for i, name := range b.Names() {
		hidden := slices.ContainsFunc(refColumns, func(cols []string) bool { return slices.Contains(cols, name) })
		if !hidden {
			out.Set(name, b.ColumnAt(i))
		}
	}
	for _, l := range v.late {
		if refs[l.path.ref] == nil {
			continue
		}
		early := out.Column(l.col.Name)
		conv := forSPL
		if !v.spl {
			conv = forKQL(l.col.Type)
		}
		vals := make([]event.Value, b.Len())
		for row := range vals {
			if early != nil {
				if vals[row] = early.Value(row); !blank(vals[row]) {
					continue
				}
			}
			p := refs[l.path.ref][row]
			for up := 0; up < l.path.up; up++ {
				if up == l.path.up-1 && t.parent(p) == nil {
					if f := p.upFact(l.path.field); !f.IsNull() {
						vals[row] = conv(f)
					}
					p = nil
					break
				}
				p = t.parent(p)
			}
			if f := p.fact(l.path.field); !f.IsNull() {
				vals[row] = conv(f)
			}
		}
		out.Set(l.col.Name, event.NewColumn(vals))
	}
	return out
}
