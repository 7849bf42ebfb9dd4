package reference

import (
	"maps"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/spl/function"
)

// SPL returns the reference of SPL.
func SPL() *Language {
	l := &Language{Name: "spl", Title: "SPL"}
	commands := Group{Kind: "command", Title: "Commands",
		Doc: "Examples of tables read the lookup table owners.csv with the rows web1, ann and web2, bob of the columns host and owner. Fields that begin with an underscore are left out of the rows."}
	env := spl.Options{Models: models{}, Lookups: tables{}, Detached: true}
	for _, c := range spl.Commands() {
		e := &Entry{Kind: "command", Name: c.Name, Aliases: c.Aliases, Doc: c.Doc, Page: c.Page(), Note: c.Note, Refused: c.Refused, Tabular: true}
		if c.Syntax != "" {
			e.Syntax = strings.Split(c.Syntax, " | "+c.Name)
			for i := 1; i < len(e.Syntax); i++ {
				e.Syntax[i] = c.Name + e.Syntax[i]
			}
		}
		if why, ok := strings.CutPrefix(c.Doc, "Refused: "); ok { // such a command names in its message what it lacks
			e.Refused, e.Doc = strings.TrimSuffix(why, "."), ""
		}
		if e.Refused == "" {
			e.Examples = c.Examples()
			for _, o := range c.Options(env) {
				e.Options = append(e.Options, Option{Name: o.Name, Values: o.Only, Inert: o.Inert, Refused: o.Refused})
			}
		}
		commands.Entries = append(commands.Entries, e)
	}
	scalars := Group{Kind: "function", Title: "Evaluation functions", Doc: "For eval, where, fieldformat, and eval(…) inside statistics. In the examples the field l holds a, b and ab."}
	for _, f := range function.Scalars {
		scalars.Entries = append(scalars.Entries, scalar("function", f))
	}
	for _, f := range function.Specials {
		scalars.Entries = append(scalars.Entries, &Entry{Kind: "function", Name: f.Name, Syntax: []string{call(f.Name, f.Min, f.Max)}, Doc: f.Doc, Page: f.See,
			Note: f.Note, Examples: f.Examples})
	}
	sortEntries(scalars.Entries)
	aggregates := Group{Kind: "statistic", Title: "Statistics",
		Doc: "For stats and its relatives. Examples are taken over the rows x = 2, 2, 10 at the times 100, 200, 300. Besides those listed, a percentile may be named by any number from 0 to 100: perc95, p99.9, exactperc10, upperperc50."}
	for _, a := range function.Aggregates {
		aggregates.Entries = append(aggregates.Entries, &Entry{Kind: "statistic", Name: a.Name, Syntax: []string{call(a.Name, a.Min, a.Max)}, Doc: a.Doc, Page: a.See, Note: a.Note,
			Examples: a.Examples})
	}
	for _, name := range slices.Sorted(maps.Keys(function.RateForms)) {
		aggregates.Entries = append(aggregates.Entries, &Entry{Kind: "statistic", Name: name, Syntax: []string{call(name, 1, 1)},
			Doc: "The sum of a field " + strings.ReplaceAll(name, "_", " ") + "; for timechart only."})
	}
	sortEntries(aggregates.Entries)
	operators := Group{Kind: "operator", Title: "Operators of expressions", Doc: "The names are those that plans print."}
	for _, f := range function.Operators {
		e := scalar("operator", f)
		e.Syntax = nil
		operators.Entries = append(operators.Entries, e)
	}
	sortEntries(operators.Entries)
	tests := Group{Kind: "test", Title: "Tests of the search command", Doc: "The names are those that plans print; a search writes what the description begins with. Examples are tested on one event: host is Web1, n is 5, ip is 10.1.2.3, and its raw text GET /admin?id=7 from 10.1.2.3 by Ann."}
	for _, f := range function.Search {
		e := scalar("test", f)
		e.Syntax = nil
		tests.Entries = append(tests.Entries, e)
	}
	l.Groups = []Group{commands, scalars, aggregates, operators, tests}
	return l
}

func scalar(kind string, f *fn.Func) *Entry {
	return &Entry{Kind: kind, Name: f.Name, Syntax: []string{call(f.Name, f.Min, f.Max)}, Doc: f.Doc, Page: f.See, Note: f.Note, Examples: f.Examples}
}

// models shows data models to the examples of commands.
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

func (models) ModelNames() []string { return nil }

// tables shows the examples' lookup tables.
type tables struct{}

func (tables) Table(name string) (*spl.Table, error) {
	data, ok := spl.ExampleLookups[name]
	if !ok {
		return nil, nil
	}
	cols, rows, err := spl.ReadTable(strings.NewReader(data))
	return &spl.Table{Name: name, Columns: cols, Rows: rows}, err
}

func (tables) TableNames() []string { return slices.Sorted(maps.Keys(spl.ExampleLookups)) }
