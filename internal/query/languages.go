package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// languages is what the engine tells each front end of its environment.
type languages struct {
	spl   spl.Options
	kql   kql.Options
	sigma sigma.Options
}

func (e *Engine) prepareLanguages() error {
	tables, err := e.inferTables()
	if err != nil {
		return err
	}
	e.kql = kqlOptions(e.settings, tables)
	e.sigma = sigmaOptions(e.settings)
	e.spl = spl.Options{Macros: newMacros(e.settings.Macros), Lookups: newLookups(e.settings), Models: models{}, Detached: e.settings.Detached}
	if dir := e.settings.WriteLookups; dir != "" {
		e.spl.Writer = &lookupWriter{dir: dir, lookups: e.spl.Lookups.(*lookups)}
	}
	return nil
}

func (e *Engine) compile(lang rule.Language, src *text.Source) (*Compiled, text.Diagnostics) {
	switch lang {
	case rule.SPL:
		q, ds := spl.Compile(src, e.spl)
		if ds.HasErrors() {
			return nil, ds
		}
		return &Compiled{Language: lang, Plan: q.Plan, Columns: q.Columns, Open: q.Open}, ds
	case rule.KQL:
		q, ds := kql.Compile(src, e.kql)
		if q == nil || ds.HasErrors() {
			return nil, ds
		}
		c := &Compiled{Language: lang, Plan: q.Plan, Open: q.Open, Chart: q.Chart}
		for _, col := range q.Columns {
			c.Columns = append(c.Columns, col.Name)
			c.Types = append(c.Types, col.Type.String())
		}
		return c, ds
	case rule.Sigma:
		q, ds := sigma.Compile(src, e.sigma)
		if q == nil {
			return nil, ds
		}
		return &Compiled{Language: lang, Plan: q.Plan, Columns: q.Columns}, ds
	}
	return nil, text.Diagnostics{text.Errorf("RUL2002", src, text.Span{}, "queries in %s cannot be run yet", lang)}
}

// macros answers for the supplied macros and those of content and user, which win.
type macros struct{ syntax.Macros }

func newMacros(own []rule.Macro) macros {
	m := macros{syntax.Macros{}}
	key := func(name string, args int) string {
		if args == 0 {
			return name
		}
		return fmt.Sprintf("%s(%d)", name, args)
	}
	for _, s := range schema.Macros() {
		m.Macros[key(s.Name, len(s.Args))] = syntax.Macro{Args: s.Args, Definition: s.Definition}
	}
	for _, o := range own {
		m.Macros[key(o.Name, len(o.Args))] = syntax.Macro{Args: o.Args, Definition: o.Definition}
	}
	return m
}

// Macro implements syntax.MacroSet. contentctl generates a filter macro for every rule, so that none of them is in a
// repository: a macro by such a name that nobody has defined keeps every row.
func (m macros) Macro(name string, args int) (syntax.Macro, bool) {
	if d, ok := m.Macros.Macro(name, args); ok {
		return d, true
	}
	if args == 0 && strings.HasSuffix(name, "_filter") {
		return syntax.Macro{Definition: schema.FilterMacro}, true
	}
	return syntax.Macro{}, false
}

// models shows the schema's data models to SPL.
type models struct{}

func (models) Model(name string) *spl.Model {
	m := schema.FindModel(name)
	if m == nil {
		return nil
	}
	out := &spl.Model{Name: m.Name}
	for _, n := range m.Nodes {
		set := spl.DataSet{Name: n.Name, Parent: n.Parent, View: n.View}
		for _, f := range n.Fields {
			set.Fields = append(set.Fields, f.Name)
		}
		out.Sets = append(out.Sets, set)
	}
	return out
}

func (models) ModelNames() []string {
	var names []string
	for _, m := range schema.Models() {
		names = append(names, m.Name)
	}
	return names
}

// views shows the schema's views to exec, with the numbers of recordings where a plan asks for them.
type views struct {
	registry   *schema.Registry
	recordings func() *recordings
}

func (v views) Bind(view string, need event.FieldSet, env *fn.Env) (exec.View, error) {
	if !slices.Contains(need.Names(), clockColumn) {
		return v.registry.Bind(view, need, env)
	}
	v.recordings() // before the pass that will ask for them: the input serves one scan at a time
	inner, err := v.registry.Bind(view, need.Without(clockColumn), env)
	if err != nil {
		return nil, err
	}
	return &clockView{inner, v.recordings}, nil
}
