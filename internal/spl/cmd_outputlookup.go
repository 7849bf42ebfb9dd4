package spl

import (
	"path/filepath"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// A TableWriter writes lookup tables. It is safe for concurrent use.
type TableWriter interface {
	// WriteTable writes rows as the table of that name, which is a plain file name or the name of a definition.
	WriteTable(name string, rows *event.Batch, how TableWrite) error
}

// TableWrite says how a table is written.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/outputlookup)
type TableWrite struct {
	// Append adds to the rows that are there, of which the columns stay.
	Append bool
	// KeyField, when set, names the column by which rows replace those that are there; other rows stay.
	KeyField string
	// CreateEmpty writes a table also when there are no rows, and else removes the one that is there. KeepIfEmpty leaves it
	// alone then.
	CreateEmpty, KeepIfEmpty bool
}

func init() {
	addCommands(&Command{Name: "outputlookup", See: "outputlookup",
		Syntax: "outputlookup [append=<bool>] [create_empty=<bool>] [override_if_empty=<bool>] [max=<n>] [key_field=<field>] <file or table>",
		Doc:    "Writes the rows as a lookup table into the folder of --write-lookups, where later runs find it. The rows pass.",
		Note:   "Without --write-lookups a query is refused, and a rule's rows pass and nothing is written. A table is a CSV file, also where its definition is of a KV store.",
		lower:  general((*lowerer).outputlookup)})
}

func (l *lowerer) outputlookup(c *syntax.General) {
	a := l.arguments(c)
	how := TableWrite{Append: a.boolean("append", false), KeyField: a.text("key_field", ""), CreateEmpty: a.boolean("create_empty", true), KeepIfEmpty: !a.boolean("override_if_empty", true)}
	most := a.number("max", 0, 0)
	a.word("output_format", "splunk_sv_csv", "splunk_sv_csv")
	a.without("createinapp")
	w := a.next("a file or table to write")
	a.end()
	if !plainFile(w.Value) {
		l.wrong(w, "outputlookup writes into its folder only, so that %q, which is no plain file name, is no table for it", w.Value)
		return
	}
	switch to := l.opt.Writer; {
	case to != nil:
		l.batchStep("outputlookup "+w.Value, func(b *event.Batch) *event.Batch { return b })
		step := l.node.(*plan.Dynamic)
		pass := step.Build
		step.Build = func(results []*event.Batch) (plan.Node, error) {
			rows := results[0]
			if most > 0 && rows.Len() > most {
				rows = first(rows, most)
			}
			if err := to.WriteTable(w.Value, rows, how); err != nil {
				return nil, err
			}
			return pass(results)
		}
	case l.opt.Detached:
		l.note(c, "outputlookup writes nothing: searches have no effects without --write-lookups DIR")
	default:
		l.unsupported(verb{c}, "outputlookup has no folder to write %s into; --write-lookups DIR names one", w.Value)
	}
}

func first(b *event.Batch, n int) *event.Batch {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return b.Gather(rows)
}

// plainFile reports whether a name is a file's within a folder, on every system.
func plainFile(name string) bool {
	return name != "" && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, "/\\:\x00") && name == filepath.Base(name)
}
