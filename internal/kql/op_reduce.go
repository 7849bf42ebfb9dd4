package kql

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("reduce", lowerReduce) }

// lowerReduce groups texts that share their frequent words.
// https://learn.microsoft.com/kusto/query/reduce-operator
func lowerReduce(c *ctx, in *rows, op *syntax.Reduce) *rows {
	if !c.ignoreParams(op.Params, "kind") {
		return nil
	}
	kind, ok := c.oneOf(op.Params, "kind", "source", "mining")
	if !ok {
		return nil
	}
	if len(in.keys) > 0 {
		c.unsupported(op, "reduce is not supported inside partition or mv-apply")
		return nil
	}
	by := op.By
	if n, named := by.(*syntax.Named); named {
		by = n.X
	}
	v := c.scalar(by)
	if v.bad {
		return nil
	}
	r := reducer{text: c.hidden("text"), threshold: 0.1, source: kind == "source"}
	for _, p := range op.With {
		switch p.Name {
		case "threshold":
			t := c.scalar(p.Value())
			if t.bad {
				return nil
			}
			n, isNumber := t.val().Number()
			if !t.known || !isNumber || n < 0 || n > 1 {
				c.bad("KQL4002", p, "the threshold is a constant between 0 and 1")
				return nil
			}
			r.threshold = n
		case "characters":
			t := c.scalar(p.Value())
			if t.bad {
				return nil
			}
			if !t.known || t.typ != types.String {
				c.bad("KQL4001", p, "a constant string is expected")
				return nil
			}
			r.separators = t.val().Str()
		default:
			c.unsupported(p, "the option %s is not supported here", p.Name)
			return nil
		}
	}
	with := in.with(&plan.Extend{Input: in.node, Items: []plan.Named{{Name: r.text, Expr: c.cast(v, "string").e}}})
	out := in.with(&plan.Dynamic{Label: "reduce", Deps: []plan.Node{with.node}, Build: r.build})
	out.serial = false
	made := []Column{{"Pattern", types.String}, {"Count", types.Long}, {"Representative", types.String}}
	if !r.source {
		out.open, out.cols = false, nil
	}
	for _, col := range made {
		out.cols = set(out.cols, col)
	}
	return out
}

// A reducer finds the patterns of texts as the paper does on which the service's operator is based: words that are frequent at
// their place make a pattern, and a pattern that enough texts have makes a group.
type reducer struct {
	text       string // the column
	threshold  float64
	separators string // instead of all characters but letters and digits
	source     bool
}

// A piece is a word of a text, or what separates words.
type piece struct {
	text string
	word bool
}

// split cuts a text into words and what lies between them.
func (r *reducer) split(s string) []piece {
	var out []piece
	for i, c := range s {
		word := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if r.separators != "" {
			word = !strings.ContainsRune(r.separators, c)
		}
		if n := len(out); n > 0 && out[n-1].word == word {
			out[n-1].text = s[i-len(out[n-1].text) : i+len(string(c))]
			continue
		}
		out = append(out, piece{string(c), word})
	}
	return out
}

type wordAt struct {
	at   int
	text string
}

// pattern writes a text with * for the words that are not frequent; neighbours of a * that only separate words, and that the query
// declares to do so, go with it. Nothing frequent gives "".
func (r *reducer) pattern(pieces []piece, frequent map[wordAt]int, least int) string {
	var b strings.Builder
	n, any, star := 0, false, false
	between := ""
	for _, p := range pieces {
		if !p.word {
			between = p.text
			continue
		}
		if frequent[wordAt{n, p.text}] >= least {
			if !star || r.separators == "" {
				b.WriteString(between)
			}
			b.WriteString(p.text)
			any, star = true, false
		} else if !star {
			if r.separators == "" {
				b.WriteString(between)
			}
			b.WriteByte('*')
			star = true
		}
		between = ""
		n++
	}
	if !star || r.separators == "" {
		b.WriteString(between)
	}
	if !any {
		return ""
	}
	return b.String()
}

func (r *reducer) build(results []*event.Batch) (plan.Node, error) {
	rows := results[0]
	n := rows.Len()
	texts, pieces := make([]string, n), make([][]piece, n)
	frequent := map[wordAt]int{}
	for i := range n {
		texts[i] = rows.Value(r.text, i).Str()
		pieces[i] = r.split(texts[i])
		at := 0
		for _, p := range pieces[i] {
			if p.word {
				frequent[wordAt{at, p.text}]++
				at++
			}
		}
	}
	least := max(2, int(math.Ceil(r.threshold*float64(n))))
	type group struct {
		pattern, sample string
		rows            []int32
	}
	groups := map[string]*group{}
	of := make([]string, n)
	for i := range n {
		of[i] = r.pattern(pieces[i], frequent, least)
		g := groups[of[i]]
		if g == nil {
			g = &group{pattern: of[i], sample: texts[i]}
			groups[of[i]] = g
		}
		g.rows = append(g.rows, int32(i))
	}
	// Groups that are too small are one.
	others := &group{pattern: "others"}
	var list []*group
	for _, g := range groups {
		if g.pattern == "" || len(g.rows) < least {
			others.rows = append(others.rows, g.rows...)
		} else {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), strings.Compare(a.pattern, b.pattern))
	})
	if len(others.rows) > 0 {
		slices.Sort(others.rows)
		list = append(list, others)
	}
	if r.source {
		out := rows.Clone()
		cells := make([][]event.Value, 3)
		for i := range cells {
			cells[i] = make([]event.Value, n)
		}
		for _, g := range list {
			for _, i := range g.rows {
				cells[0][i], cells[1][i], cells[2][i] = event.StringOf(g.pattern), event.IntOf(int64(len(g.rows))), event.StringOf(g.sample)
			}
		}
		for i, name := range []string{"Pattern", "Count", "Representative"} {
			out.Set(name, event.NewColumn(cells[i]))
		}
		return &plan.Select{Input: &plan.Values{Label: "reduce", Rows: out}, Mode: plan.Drop, Patterns: []string{r.text}}, nil
	}
	out := event.NewBatch(len(list))
	cells := make([][]event.Value, 3)
	for _, g := range list {
		cells[0] = append(cells[0], event.StringOf(g.pattern))
		cells[1] = append(cells[1], event.IntOf(int64(len(g.rows))))
		cells[2] = append(cells[2], event.StringOf(g.sample))
		var origins []event.Origin
		for _, i := range g.rows {
			origins = event.MergeOrigins(origins, rows.Lineage.Of(int(i)))
		}
		out.Lineage.Sets = append(out.Lineage.Sets, origins)
	}
	for i, name := range []string{"Pattern", "Count", "Representative"} {
		out.Set(name, event.NewColumn(cells[i]))
	}
	return &plan.Values{Label: "reduce", Rows: out}, nil
}
