package exec

import (
	"math"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	whole(func(b *builder, n *plan.Transaction) (reshaper, error) {
		t := &transactor{plan: n}
		for _, c := range []struct {
			to *(*expr.Program)
			e  expr.Expr
		}{{&t.starts, n.Starts}, {&t.ends, n.Ends}} {
			if c.e == nil {
				continue
			}
			p, err := expr.Compile(c.e, b.env())
			if err != nil {
				return nil, err
			}
			*c.to = p
		}
		return t, nil
	})
}

type transactor struct {
	plan         *plan.Transaction
	starts, ends *expr.Program
}

// A txn is a group under way. Rows come newest first, so a group grows towards the past: a row that satisfies Ends opens it, one
// that satisfies Starts completes it.
type txn struct {
	rows           []int32
	oldest, newest float64
	values         []map[string]bool // the values that the group's rows have, by field
	closed         bool
	number         int // in the order in which groups were begun
}

// reshape follows https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/transaction.
func (t *transactor) reshape(in *event.Batch) (*event.Batch, error) {
	n := in.Len()
	isStart, isEnd := truthRows(t.starts, in), truthRows(t.ends, in)
	times := make([]float64, n)
	timed := make([]bool, n)
	for i := range n {
		times[i], timed[i] = in.Value(t.plan.TimeAs, i).Number()
	}
	var open, done []*txn
	var orphans []int32
	begun := 0
	for i := range n {
		keys := t.keys(in, i)
		if !timed[i] || !t.plan.Disconnected && len(t.plan.Fields) > 0 && !anyKey(keys) {
			orphans = append(orphans, int32(i))
			continue
		}
		// A group that the row is too old for cannot grow any more.
		still := open[:0]
		for _, g := range open {
			if t.plan.MaxPause > 0 && g.oldest-times[i] > t.plan.MaxPause || t.plan.MaxSpan > 0 && g.newest-times[i] > t.plan.MaxSpan {
				g.closed = t.starts == nil
				done = append(done, g)
			} else {
				still = append(still, g)
			}
		}
		open = still
		var into *txn
		at := -1
		for j := len(open) - 1; j >= 0 && into == nil; j-- {
			if g := open[j]; t.fits(g, keys) && !(t.ends != nil && isEnd[i] && len(g.rows) > 0 && !(isStart[i] && t.starts != nil)) {
				into, at = g, j
			} else if t.fits(g, keys) && t.ends != nil && isEnd[i] {
				// The row ends an earlier group, so the one it would have joined began after it without a start.
				g.closed = t.starts == nil
				done = append(done, g)
				open = slices.Delete(open, j, j+1)
			}
		}
		if into == nil {
			if t.ends != nil && !isEnd[i] && !t.plan.KeepEvicted {
				orphans = append(orphans, int32(i))
				continue
			}
			into = &txn{newest: times[i], values: make([]map[string]bool, len(t.plan.Fields)), number: begun}
			begun++
			open = append(open, into)
			at = len(open) - 1
		}
		into.rows = append(into.rows, int32(i))
		into.oldest = times[i]
		for f, vals := range keys {
			for _, v := range vals {
				if into.values[f] == nil {
					into.values[f] = map[string]bool{}
				}
				into.values[f][v] = true
			}
		}
		full := t.plan.MaxEvents > 0 && len(into.rows) >= t.plan.MaxEvents
		if t.starts != nil && isStart[i] || full && t.starts == nil {
			into.closed = true
		}
		if into.closed || full {
			done = append(done, into)
			open = slices.Delete(open, at, at+1)
		}
	}
	for _, g := range open {
		g.closed = t.starts == nil
		done = append(done, g)
	}
	var kept []*txn
	for _, g := range done {
		if g.closed || t.plan.KeepEvicted {
			kept = append(kept, g)
		}
	}
	if t.plan.KeepOrphans {
		for _, o := range orphans {
			kept = append(kept, &txn{rows: []int32{o}, oldest: times[o], newest: times[o]})
		}
	}
	slices.SortStableFunc(kept, func(a, b *txn) int {
		switch {
		case a.oldest > b.oldest:
			return -1
		case a.oldest < b.oldest:
			return 1
		}
		return a.number - b.number
	})
	return t.rows(in, kept), nil
}

func truthRows(p *expr.Program, in *event.Batch) []bool {
	out := make([]bool, in.Len())
	if p != nil {
		for _, r := range p.Select(in, nil) {
			out[r] = true
		}
	}
	return out
}

func (t *transactor) keys(in *event.Batch, row int) [][]string {
	out := make([][]string, len(t.plan.Fields))
	for i, f := range t.plan.Fields {
		v := in.Value(f, row)
		switch {
		case v.Kind() == event.List:
			for _, e := range v.List() {
				out[i] = append(out[i], plainText(e))
			}
		case !v.IsNull():
			out[i] = []string{plainText(v)}
		}
	}
	return out
}

func anyKey(keys [][]string) bool {
	return slices.ContainsFunc(keys, func(k []string) bool { return len(k) > 0 })
}

// fits reports whether a row may join a group: in every field that both have a value of they share one, and unless
// disconnected rows may join, there is such a field.
func (t *transactor) fits(g *txn, keys [][]string) bool {
	shared := len(t.plan.Fields) == 0 || t.plan.Disconnected
	for f, vals := range keys {
		have := g.values[f]
		if len(vals) == 0 || len(have) == 0 {
			continue
		}
		if !slices.ContainsFunc(vals, func(v string) bool { return have[v] }) {
			return false
		}
		shared = true
	}
	return shared
}

func (t *transactor) rows(in *event.Batch, groups []*txn) *event.Batch {
	out := event.NewBatch(len(groups))
	out.Lineage.Sets = make([][]event.Origin, len(groups))
	column := func(name string, f func(*txn) event.Value) {
		vals := make([]event.Value, len(groups))
		for i, g := range groups {
			vals[i] = f(g)
		}
		out.Set(name, event.NewColumn(vals))
	}
	for i, g := range groups {
		for _, r := range g.rows {
			out.Lineage.Sets[i] = event.MergeOrigins(out.Lineage.Sets[i], in.Lineage.Of(int(r)))
		}
	}
	column(t.plan.TimeAs, func(g *txn) event.Value { return seconds(g.oldest) })
	for j, name := range in.Names() {
		if name == t.plan.TimeAs || name == "duration" || name == "eventcount" || name == "closed_txn" {
			continue
		}
		col := in.ColumnAt(j)
		list := t.plan.AllLists || slices.Contains(t.plan.Lists, name)
		column(name, func(g *txn) event.Value {
			return gathered(col, g.rows, list || t.plan.RawList && name == event.RawField, name == event.RawField && !t.plan.RawList, t.plan.NullText)
		})
	}
	column("duration", func(g *txn) event.Value { return seconds(g.newest - g.oldest) })
	column("eventcount", func(g *txn) event.Value { return event.IntOf(int64(len(g.rows))) })
	column("closed_txn", func(g *txn) event.Value {
		if g.closed {
			return event.IntOf(1)
		}
		return event.IntOf(0)
	})
	return out
}

func seconds(s float64) event.Value {
	s = math.Round(s*1e6) / 1e6
	if s == math.Trunc(s) {
		return event.IntOf(int64(s))
	}
	return event.FloatOf(s)
}

// gathered is a column's value in a group: the texts one below the other for raw text, a list in order of time, or the distinct
// values in order of characters. In lists null stands for values that are missing.
func gathered(col *event.Column, rows []int32, list, raw bool, null string) event.Value {
	var vals []event.Value
	for i := len(rows) - 1; i >= 0; i-- { // rows are newest first
		v := col.Value(int(rows[i]))
		if l := v.List(); l != nil {
			vals = append(vals, l...)
		} else if !v.IsNull() {
			vals = append(vals, v)
		} else if list && null != "" {
			vals = append(vals, event.StringOf(null))
		}
	}
	if raw {
		var parts []string
		for _, v := range vals {
			parts = append(parts, plainText(v))
		}
		if len(parts) == 0 {
			return event.Value{}
		}
		return event.StringOf(strings.Join(parts, "\n"))
	}
	if !list {
		slices.SortStableFunc(vals, func(a, b event.Value) int { return strings.Compare(plainText(a), plainText(b)) })
		vals = slices.CompactFunc(vals, func(a, b event.Value) bool { return plainText(a) == plainText(b) })
	}
	switch len(vals) {
	case 0:
		return event.Value{}
	case 1:
		return vals[0]
	}
	return event.ListOf(vals)
}
