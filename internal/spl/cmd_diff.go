package spl

import (
	"fmt"
	"html"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "diff", See: "diff", Syntax: "diff [position1=<n>] [position2=<n>] [attribute=<field>] [diffheader=<bool>] [maxlen=<n>]",
			Doc:   "Compares the text of two rows line by line: one row with the differences in _raw, lines of the first row behind -, of the second behind +.",
			lower: general((*lowerer).diff)},
		&Command{Name: "gauge", See: "gauge", Syntax: "gauge <value> [<bound>…]",
			Doc:   "Makes the row that a gauge is drawn of: the value of the first row as x, and the bounds of the ranges as y1, y2 and so on.",
			lower: general((*lowerer).gauge)},
		&Command{Name: "bucketdir", See: "bucketdir", Syntax: "bucketdir pathfield=<field> sizefield=<field> [maxcount=<n>] [countfield=<field>] [sep=<text>]",
			Doc:   "Puts files together in their directories, the deepest and then the smallest first, until there are at most so many rows.",
			lower: general((*lowerer).bucketDir)},
		&Command{Name: "selfjoin", See: "selfjoin", Syntax: "selfjoin [max=<n>] [overwrite=<bool>] [keepsingle=<bool>] <field-list>",
			Doc:   "Joins each row with other rows that have the same values in some fields.",
			lower: general((*lowerer).selfJoin)},
		&Command{Name: "xmlunescape", See: "xmlunescape", Syntax: "xmlunescape [maxinputs=<n>]", Doc: "Makes plain characters of &amp; &lt; &gt; and their kin in all fields.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				a.without("maxinputs")
				a.end()
				l.closed("xmlunescape", func(l *lowerer) {
					var items []plan.Named
					for _, name := range l.shape().Names {
						if !strings.HasPrefix(name, "_") || name == event.RawField {
							items = append(items, plan.Named{Name: name, Expr: expr.F(fnUnescape, expr.C(name))})
						}
					}
					l.extend(items...)
				})
			})},
	)
}

var fnUnescape = &fn.Func{Name: "unescape", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		return perValue(in[0], func(v event.Value) event.Value {
			if v.Kind() == event.String {
				return event.StringOf(html.UnescapeString(v.Str()))
			}
			return v
		})
	}}

func (l *lowerer) diff(c *syntax.General) {
	a := l.arguments(c)
	first, second := a.number("position1", 1, 1), a.number("position2", 2, 1)
	field := a.text("attribute", event.RawField)
	header, most := a.boolean("diffheader", false), a.number("maxlen", 100000, 0)
	context := a.boolean("context", false)
	a.end()
	l.batchStep("diff", func(b *event.Batch) *event.Batch {
		text := func(position int) []string {
			if position > b.Len() {
				return nil
			}
			s := strings.Join(textsOf(b, field, position-1), "\n")
			if most > 0 && len(s) > most {
				s = s[:most]
			}
			return strings.Split(s, "\n")
		}
		x, y := text(first), text(second)
		var lines []string
		if header {
			lines = append(lines, fmt.Sprintf("--- %d", first), fmt.Sprintf("+++ %d", second))
		}
		changed := false
		for _, e := range edits(x, y) {
			changed = changed || e[0] != ' '
			if e[0] != ' ' || context {
				lines = append(lines, e)
			}
		}
		if !changed {
			lines = []string{"Results are the same"}
		}
		t := &flatTable{at: map[string]int{}, rows: 1}
		t.set(event.RawField, event.StringOf(strings.Join(lines, "\n")))
		return t.batch()
	})
}

// maxEdits bounds the table that edits fills.
const maxEdits = 4_000_000

// edits are the lines of both texts: behind a blank those that they share in order, behind - and + those of one only.
func edits(x, y []string) []string {
	if len(x)*len(y) > maxEdits {
		x, y = x[:min(len(x), 2000)], y[:min(len(y), 2000)]
	}
	common := make([][]int, len(x)+1)
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			out = append(out, " "+x[i])
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+x[i])
			i++
		default:
			out = append(out, "+"+y[j])
			j++
		}
	}
	return out
}

func (l *lowerer) gauge(c *syntax.General) {
	a := l.arguments(c)
	words := a.rest()
	a.end()
	if len(words) == 0 {
		l.wrong(c, "gauge needs a value")
		return
	}
	var items []plan.Named
	for i, w := range words {
		name := fmt.Sprintf("y%d", i)
		if i == 0 {
			name = "x"
		}
		x := expr.Expr(expr.C(w.Value))
		if n, ok := function.ParseNumber(w.Value); ok {
			x = expr.L(wholeOrFloat(n))
		}
		items = append(items, plan.Named{Name: name, Expr: x})
	}
	l.node = &plan.Project{Input: &plan.Limit{Input: l.node, N: 1}, Items: items}
}

func (l *lowerer) bucketDir(c *syntax.General) {
	a := l.arguments(c)
	path, size := a.text("pathfield", ""), a.text("sizefield", "")
	most, countField, sep := a.number("maxcount", 24, 1), a.text("countfield", "totalCount"), a.text("sep", "")
	a.end()
	if path == "" || size == "" {
		l.wrong(c, "bucketdir needs pathfield=<field> and sizefield=<field>")
		return
	}
	l.batchStep("bucketdir", func(b *event.Batch) *event.Batch {
		sizes, counts := map[string]float64{}, map[string]int{}
		var order []string
		add := func(p string, n float64, count int) {
			if counts[p] == 0 {
				order = append(order, p)
			}
			sizes[p] += n
			counts[p] += count
		}
		for r := range b.Len() {
			for _, p := range textsOf(b, path, r) {
				n, _ := function.Number(b.Value(size, r))
				add(p, n, 1)
			}
		}
		cut := sep
		if cut == "" {
			cut = "/"
			if strings.Contains(strings.Join(order, ""), `\`) {
				cut = `\`
			}
		}
		for len(order) > most {
			least := -1
			for i, p := range order {
				deeper := 0
				if least >= 0 {
					deeper = strings.Count(strings.TrimSuffix(p, cut), cut) - strings.Count(strings.TrimSuffix(order[least], cut), cut)
				}
				if parent(p, cut) != p && (least < 0 || deeper > 0 || deeper == 0 && sizes[p] < sizes[order[least]]) {
					least = i
				}
			}
			if least < 0 {
				break
			}
			p := order[least]
			order = append(order[:least], order[least+1:]...)
			n, count := sizes[p], counts[p]
			delete(sizes, p)
			delete(counts, p)
			add(parent(p, cut), n, count)
		}
		t := &flatTable{at: map[string]int{}}
		for _, p := range order {
			t.rows++
			t.set(path, event.StringOf(p))
			t.set(countField, event.IntOf(int64(counts[p])))
			t.set(size, wholeOrFloat(sizes[p]))
		}
		return t.batch()
	})
}

// parent is the directory of a path, with its separator behind it; a directory without one above it is its own.
func parent(p, sep string) string {
	trimmed := strings.TrimSuffix(p, sep)
	if i := strings.LastIndex(trimmed, sep); i >= 0 {
		return p[:i+len(sep)]
	}
	return p
}

func (l *lowerer) selfJoin(c *syntax.General) {
	a := l.arguments(c)
	most, overwrite, single := a.number("max", 1, 0), a.boolean("overwrite", true), a.boolean("keepsingle", false)
	names := values(a.rest())
	a.end()
	if len(names) == 0 {
		l.wrong(c, "selfjoin needs a field")
		return
	}
	l.batchStep("selfjoin", func(b *event.Batch) *event.Batch {
		rowsOf := map[string][]int{}
		keys := make([]string, b.Len())
		for r := range keys {
			var k []byte
			for _, n := range names {
				if b.Value(n, r).IsNull() {
					k = nil
					break
				}
				k = event.AppendKey(k, canonical(b.Value(n, r)))
			}
			if keys[r] = string(k); k != nil {
				rowsOf[keys[r]] = append(rowsOf[keys[r]], r)
			}
		}
		var left, right []int32
		for r, k := range keys {
			n := 0
			for _, other := range rowsOf[k] {
				if other == r || most > 0 && n == most {
					continue
				}
				left, right = append(left, int32(r)), append(right, int32(other))
				n++
			}
			if n == 0 && single {
				left, right = append(left, int32(r)), append(right, int32(r))
			}
		}
		out := b.Gather(left)
		if !overwrite {
			return out
		}
		for i, name := range b.Names() {
			vals := make([]event.Value, len(left))
			for j := range left {
				if vals[j] = b.ColumnAt(i).Value(int(right[j])); vals[j].IsNull() || strings.HasPrefix(name, "_") {
					vals[j] = b.ColumnAt(i).Value(int(left[j]))
				}
			}
			out.Set(name, event.NewColumn(vals))
		}
		return out
	})
}
