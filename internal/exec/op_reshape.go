package exec

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	whole(func(_ *builder, n *plan.Pivot) (reshaper, error) { return pivot{n}, nil })
	whole(func(_ *builder, n *plan.Unpivot) (reshaper, error) { return unpivot{n}, nil })
	whole(func(_ *builder, n *plan.Transpose) (reshaper, error) { return transpose{n}, nil })
	whole(func(_ *builder, n *plan.Combine) (reshaper, error) { return combine{n}, nil })
	whole(func(b *builder, n *plan.Continue) (reshaper, error) {
		p, err := expr.Compile(n.Next, b.env())
		return &continuer{n, p}, err
	})
}

// A reshaper makes a table of a whole table.
type reshaper interface {
	reshape(in *event.Batch) (*event.Batch, error)
}

// whole registers an operator that needs all of its input at once.
func whole[N plan.Node](f func(b *builder, n N) (reshaper, error)) {
	unary(func(b *builder, n N, out Sink) (Sink, error) {
		r, err := f(b, n)
		return &wholeSink{b: b, shape: b.shape(0), kept: b.store(), reshape: r, out: out}, err
	})
}

type wholeSink struct {
	b       *builder
	shape   plan.Shape
	kept    *store
	reshape reshaper
	out     Sink
}

func (s *wholeSink) Push(b *event.Batch) error { return s.kept.add(b) }

func (s *wholeSink) Close() error {
	if err := s.b.check(); err != nil {
		return err
	}
	if err := s.kept.load(); err != nil {
		return err
	}
	in := s.kept.all(s.kept.existing(s.shape))
	out, err := s.reshape.reshape(in)
	s.kept.release()
	if err != nil {
		return err
	}
	if out.Len() > 0 {
		if err := s.out.Push(out); err != nil && err != ErrEnough {
			return err
		}
	}
	return s.out.Close()
}

// plainText is a value as part of a column's name.
func plainText(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	if v.Kind() == event.List {
		parts := make([]string, len(v.List()))
		for i, e := range v.List() {
			parts[i] = plainText(e)
		}
		return strings.Join(parts, " ")
	}
	return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
}

// grid gathers cells of rows and columns that appear as they come.
type grid struct {
	names []string
	at    map[string]int
	cells [][]event.Value // by column, then row
	rows  int
}

func (g *grid) column(name string) int {
	i, ok := g.at[name]
	if !ok {
		if g.at == nil {
			g.at = map[string]int{}
		}
		i = len(g.names)
		g.at[name] = i
		g.names = append(g.names, name)
		g.cells = append(g.cells, nil)
	}
	return i
}

func (g *grid) set(row, col int, v event.Value) {
	for len(g.cells[col]) <= row {
		g.cells[col] = append(g.cells[col], event.NullValue)
	}
	g.cells[col][row] = v
	g.rows = max(g.rows, row+1)
}

func (g *grid) into(b *event.Batch, name string, zero bool) {
	vals := make([]event.Value, b.Len())
	copy(vals, g.cells[g.at[name]])
	for i := range vals {
		if vals[i].IsNull() {
			if vals[i] = event.NullValue; zero {
				vals[i] = event.IntOf(0)
			}
		}
	}
	b.Set(name, event.NewColumn(vals))
}

type pivot struct{ *plan.Pivot }

func (p pivot) reshape(in *event.Batch) (*event.Batch, error) {
	var g grid
	rowOf := map[string]int{}
	var first []int32
	var origins [][]event.Origin
	valueOf, nameOf := map[string]string{}, map[string]string{} // of each column, what it was made of
	var key []byte
	for i := range in.Len() {
		key = key[:0]
		for _, k := range p.Keys {
			key = event.AppendKey(key, in.Value(k, i))
		}
		row, ok := rowOf[string(key)]
		if !ok {
			row = len(first)
			rowOf[string(key)] = row
			first = append(first, int32(i))
			origins = append(origins, nil)
		}
		origins[row] = event.MergeOrigins(origins[row], in.Lineage.Of(i))
		series := in.Value(p.Names, i)
		if series.IsNull() {
			continue
		}
		for _, v := range p.Values {
			of := plainText(series)
			name := p.Column(v, of)
			valueOf[name], nameOf[name] = v, of
			g.set(row, g.column(name), in.Value(v, i))
		}
	}
	out := event.NewBatch(len(first))
	out.Lineage.Sets = origins
	for _, k := range p.Keys {
		if c := in.Column(k); c != nil {
			out.Set(k, c.Gather(first))
		} else {
			out.Set(k, event.NewConstant(event.NullValue, len(first)))
		}
	}
	names := slices.Clone(g.names)
	if p.Sorted {
		rank := func(n string) int {
			for i, l := range p.Last {
				if nameOf[n] == l {
					return i + 1
				}
			}
			return 0
		}
		slices.SortStableFunc(names, func(a, b string) int {
			if d := slices.Index(p.Values, valueOf[a]) - slices.Index(p.Values, valueOf[b]); d != 0 && len(p.Values) > 1 {
				return d
			}
			if d := rank(a) - rank(b); d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
	}
	for _, n := range names {
		g.into(out, n, slices.Contains(p.Zero, valueOf[n]))
	}
	return out, nil
}

type unpivot struct{ *plan.Unpivot }

func (u unpivot) reshape(in *event.Batch) (*event.Batch, error) {
	var rows []int32
	var names, vals []event.Value
	for i := range in.Len() {
		if in.Value(u.Key, i).IsNull() {
			continue
		}
		for c, n := range in.Names() {
			if n == u.Key || strings.HasPrefix(n, "_") {
				continue
			}
			if v := in.ColumnAt(c).Value(i); !v.IsNull() {
				rows, names, vals = append(rows, int32(i)), append(names, event.StringOf(n)), append(vals, v)
			}
		}
	}
	out := event.NewBatch(len(rows))
	out.Lineage = in.Lineage.Gather(rows)
	if c := in.Column(u.Key); c != nil {
		out.Set(u.Key, c.Gather(rows))
	}
	out.Set(u.NameAs, event.NewColumn(names))
	out.Set(u.ValueAs, event.NewAny(vals))
	return out, nil
}

type transpose struct{ *plan.Transpose }

func (t transpose) reshape(in *event.Batch) (*event.Batch, error) {
	n := in.Len()
	if t.Rows > 0 {
		n = min(n, t.Rows)
	}
	var names []string
	for _, c := range in.Names() {
		if c != t.HeaderFrom && !strings.HasPrefix(c, "_") {
			names = append(names, c)
		}
	}
	out := event.NewBatch(len(names))
	var all []event.Origin
	for i := range n {
		all = event.MergeOrigins(all, in.Lineage.Of(i))
	}
	heads := make([]event.Value, len(names))
	out.Lineage.Sets = make([][]event.Origin, len(names))
	for i, c := range names {
		heads[i] = event.StringOf(c)
		out.Lineage.Sets[i] = all
	}
	out.Set(t.NameAs, event.NewColumn(heads))
	for i := range n {
		name := fmt.Sprintf("row %d", i+1)
		if t.HeaderFrom != "" {
			v := in.Value(t.HeaderFrom, i)
			if v.IsNull() {
				continue
			}
			name = plainText(v)
		}
		vals := make([]event.Value, len(names))
		for j, c := range names {
			vals[j] = in.Value(c, i)
			if vals[j].IsMissing() {
				vals[j] = event.NullValue
			}
		}
		out.Set(name, event.NewAny(vals))
	}
	return out, nil
}

type combine struct{ *plan.Combine }

func (c combine) reshape(in *event.Batch) (*event.Batch, error) {
	rowOf := map[string]int{}
	var first []int32
	var lists [][]event.Value
	var origins [][]event.Origin
	var key []byte
	for i := range in.Len() {
		key = key[:0]
		for j, n := range in.Names() {
			// Internal columns other than the time do not keep rows apart.
			if n != c.Column && n != event.RawField {
				key = event.AppendKey(key, in.ColumnAt(j).Value(i))
			}
		}
		v := in.Value(c.Column, i)
		row, ok := rowOf[string(key)]
		if !ok {
			row = len(first)
			rowOf[string(key)] = row
			first, lists, origins = append(first, int32(i)), append(lists, nil), append(origins, nil)
		}
		if l := v.List(); l != nil {
			lists[row] = append(lists[row], l...)
		} else if !v.IsNull() {
			lists[row] = append(lists[row], v)
		}
		origins[row] = event.MergeOrigins(origins[row], in.Lineage.Of(i))
	}
	out := in.Gather(first)
	out.Lineage = event.Lineage{Sets: origins}
	if in.Column(c.Column) == nil {
		return out, nil
	}
	vals := make([]event.Value, len(lists))
	for i, l := range lists {
		switch len(l) {
		case 0:
			vals[i] = event.NullValue
		case 1:
			vals[i] = l[0]
		default:
			vals[i] = event.ListOf(l)
		}
	}
	out.Set(c.Column, event.NewAny(vals))
	return out, nil
}

type continuer struct {
	plan *plan.Continue
	next *expr.Program
}

// maxContinue bounds the rows that a Continue makes: a span of a second over a year is a mistake.
const maxContinue = 1_000_000

func (c *continuer) reshape(in *event.Batch) (*event.Batch, error) {
	type row struct {
		at float64
		i  int32
	}
	var rows []row
	for i := range in.Len() {
		if n, ok := in.Value(c.plan.Column, i).Number(); ok {
			rows = append(rows, row{n, int32(i)})
		}
	}
	if len(rows) == 0 {
		return in, nil
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].at < rows[j].at })
	var order []int32 // -1 for a new row
	var at []float64
	for k, r := range rows {
		if k > 0 {
			for x := at[len(at)-1]; ; {
				next, ok := c.after(x)
				if !ok || next >= r.at-1e-9 {
					break
				}
				if len(order) >= maxContinue {
					return nil, fmt.Errorf("more than %d rows are missing between %g and %g: choose a longer span", maxContinue, rows[0].at, rows[len(rows)-1].at)
				}
				order, at = append(order, -1), append(at, next)
				x = next
			}
		}
		order, at = append(order, r.i), append(at, r.at)
	}
	out := event.NewBatch(len(order))
	out.Lineage.Sets = make([][]event.Origin, len(order))
	for i, o := range order {
		if o >= 0 {
			out.Lineage.Sets[i] = in.Lineage.Of(int(o))
		}
	}
	for j, n := range in.Names() {
		col := in.ColumnAt(j)
		zero := slices.ContainsFunc(c.plan.Zero, func(p string) bool { return event.MatchName(p, n) })
		vals := make([]event.Value, len(order))
		for i, o := range order {
			switch {
			case o >= 0:
				vals[i] = col.Value(int(o))
			case n == c.plan.Column:
				vals[i] = event.FloatOf(at[i])
				if at[i] == math.Trunc(at[i]) {
					vals[i] = event.IntOf(int64(at[i]))
				}
			case zero:
				vals[i] = event.IntOf(0)
			default:
				vals[i] = event.NullValue
			}
		}
		out.Set(n, event.NewColumn(vals))
	}
	return out, nil
}

// after returns the value due after x; it must grow.
func (c *continuer) after(x float64) (float64, bool) {
	b := event.NewBatch(1)
	b.Set(c.plan.Column, event.NewConstant(event.FloatOf(x), 1))
	n, ok := c.next.Eval(b).Value(0).Number()
	return n, ok && n > x
}
