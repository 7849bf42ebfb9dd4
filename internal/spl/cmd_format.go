package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "format", See: "format", Syntax: `format [mvsep="<text>"] [maxresults=<n>] [emptystr="<text>"] ["<row prefix>" "<column prefix>" "<column separator>" "<column end>" "<row separator>" "<row end>"]`,
			Doc: "Makes one text of all rows, the field search, as subsearches do.", lower: general((*lowerer).format)},
		&Command{Name: "return", See: "return", Syntax: "return [<n>] [<alias>=<field>|<field>|$<field>]…",
			Doc: "Makes search text of the first rows, by default one. $field gives the value only. Without rows it restricts nothing.", lower: general((*lowerer).returnRows)},
	)
}

// batchStep is a step over all rows at once: f makes the result's rows.
func (l *lowerer) batchStep(label string, f func(*event.Batch) *event.Batch) {
	l.node = &plan.Dynamic{Label: label, Deps: []plan.Node{l.node}, Build: func(results []*event.Batch) (plan.Node, error) {
		return &plan.Values{Label: label, Rows: f(results[0])}, nil
	}}
}

// searchText is a batch of one row with the text that a subsearch is to become.
func searchText(s string) *event.Batch {
	b := event.NewBatch(1)
	b.Set("search", event.NewConstant(event.StringOf(s), 1))
	return b
}

func (l *lowerer) format(c *syntax.General) {
	a := l.arguments(c)
	sep := defaultSeparators
	sep.mvSep, sep.empty = a.text("mvsep", "OR"), a.text("emptystr", "NOT ( )")
	most := a.number("maxresults", 0, 0)
	words := a.rest()
	a.end()
	switch len(words) {
	case 0:
	case 6:
		for i, to := range []*string{&sep.rowPrefix, &sep.colPrefix, &sep.colSep, &sep.colEnd, &sep.rowSep, &sep.rowEnd} {
			*to = words[i].Value
		}
	default:
		l.wrong(words[0], "format takes six texts or none, not %d", len(words))
		return
	}
	l.batchStep("format", func(b *event.Batch) *event.Batch { return searchText(formatRows(b, sep, most)) })
}

// returned is one field of return.
type returned struct {
	name  string // as which it is written; empty for the value alone
	field string
}

func (l *lowerer) returnRows(c *syntax.General) {
	count := 1
	var fields []returned
	first := true
	for _, arg := range c.Args {
		switch arg := arg.(type) {
		case *syntax.Option:
			if arg.Value == nil {
				l.wrong(arg, "return takes fields")
				return
			}
			fields = append(fields, returned{arg.Name, arg.Value.Value})
		case *syntax.Word:
			if first && arg.Quote == 0 && arg.Value != "" && strings.Trim(arg.Value, "0123456789") == "" {
				count = l.whole(arg, 1, 0)
			} else if arg.Raw == "," {
			} else if name, ok := strings.CutPrefix(arg.Value, "$"); ok {
				fields = append(fields, returned{"", name})
			} else {
				fields = append(fields, returned{arg.Value, arg.Value})
			}
		default:
			l.wrong(arg, "return takes fields")
			return
		}
		first = false
	}
	if len(fields) == 0 {
		l.wrong(c, "return needs a field")
		return
	}
	l.batchStep("return", func(b *event.Batch) *event.Batch { return searchText(returnText(b, fields, count)) })
}

func returnText(b *event.Batch, fields []returned, count int) string {
	var rows []string
	for r := 0; r < b.Len() && len(rows) < count; r++ {
		var terms []string
		for _, f := range fields {
			col := b.Column(f.field)
			if col == nil || col.Value(r).IsNull() {
				continue
			}
			v := col.Value(r)
			if list := v.List(); len(list) > 0 {
				v = list[0]
			}
			if f.name == "" {
				terms = append(terms, function.Text(v))
			} else {
				terms = append(terms, formatField(f.name, v, defaultSeparators))
			}
		}
		if len(terms) > 0 {
			rows = append(rows, strings.Join(terms, " "))
		}
	}
	if len(rows) == 1 {
		return rows[0]
	}
	for i := range rows {
		rows[i] = "(" + rows[i] + ")"
	}
	return strings.Join(rows, " OR ")
}
