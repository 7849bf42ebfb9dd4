package spl

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(
		&Command{Name: "makeresults", Generating: true, See: "makeresults", Syntax: `makeresults [count=<n>] [annotate=<bool>] [format=csv|json data="<text>"]`,
			Doc: "Makes rows: with only the time of the search, or out of data in the search.", lower: general((*lowerer).makeresults)},
		&Command{Name: "gentimes", Generating: true, See: "gentimes", Syntax: "gentimes start=<time> [end=<time>] [increment=<n><s|m|h|d>]",
			Doc: "Makes a row for each of a series of time ranges.", lower: general((*lowerer).gentimes)},
		&Command{Name: "addinfo", See: "addinfo", Syntax: "addinfo", Doc: "Adds the time range and the time of the search: info_min_time, info_max_time, info_search_time, info_sid.",
			Note: "A search over files has no time range: info_min_time is 0, info_max_time is +Infinity.",
			lower: general(func(l *lowerer, c *syntax.General) {
				l.noArguments(c)
				l.extend(plan.Named{Name: "info_min_time", Expr: expr.L(event.FloatOf(0))}, plan.Named{Name: "info_max_time", Expr: expr.Str("+Infinity")},
					plan.Named{Name: "info_search_time", Expr: nowExpr()}, plan.Named{Name: "info_sid", Expr: expr.Str("harrier")})
			})},
		&Command{Name: "uniq", See: "uniq", Syntax: "uniq", Doc: "Removes rows that are equal to the row before.",
			lower: general(func(l *lowerer, c *syntax.General) {
				l.noArguments(c)
				l.closed("uniq", func(l *lowerer) {
					n := &plan.Dedup{Input: l.node, N: 1, Consecutive: true, NullsEqual: true, KeepEmpty: true}
					for _, name := range l.shape().Names {
						n.Keys = append(n.Keys, key(name))
					}
					l.node = n
				})
			})},
	)
}

func nowExpr() expr.Expr { return expr.F(function.Lookup("now")) }

// maxRows bounds what makeresults makes.
const maxRows = 10_000_000

func (l *lowerer) makeresults(c *syntax.General) {
	a := l.arguments(c)
	count := a.number("count", 1, 0)
	annotate := a.boolean("annotate", false)
	format := a.word("format", "", "csv", "json")
	data := a.get("data")
	a.without("splunk_server", "splunk_server_group")
	a.end()
	if count > maxRows {
		l.wrong(c, "makeresults makes at most %d rows", maxRows)
		return
	}
	rows := event.NewBatch(count)
	if format != "" {
		if data == nil {
			l.wrong(c, "makeresults format=%s needs data", format)
			return
		}
		made, err := readInline(format, data.Value.Value)
		if err != nil {
			l.wrong(data, "the data of makeresults is no %s: %v", strings.ToUpper(format), err)
			return
		}
		rows = made
	}
	l.node = &plan.Values{Label: "makeresults", Rows: rows}
	if rows.Column("_time") == nil {
		l.extend(plan.Named{Name: "_time", Expr: nowExpr()})
	}
	if annotate {
		items := []plan.Named{{Name: "splunk_server", Expr: expr.Str("local")}}
		for _, name := range []string{event.RawField, "host", "source", "sourcetype", "splunk_server_group"} {
			items = append(items, plan.Named{Name: name, Expr: null})
		}
		l.extend(items...)
	}
}

// readInline reads the data of makeresults.
func readInline(format, data string) (*event.Batch, error) {
	t := &flatTable{at: map[string]int{}}
	if format == "csv" {
		r := csv.NewReader(strings.NewReader(data))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		head, err := r.Read()
		if err != nil {
			return nil, err
		}
		for {
			row, err := r.Read()
			if err == io.EOF {
				return t.batch(), nil
			} else if err != nil {
				return nil, err
			}
			t.rows++
			for i, cell := range row {
				if i < len(head) && cell != "" {
					t.set(strings.TrimSpace(head[i]), event.StringOf(cell))
				}
			}
		}
	}
	v, err := fn.ParseJSON(data)
	if err != nil {
		return nil, err
	}
	list := v.List()
	if v.Kind() == event.Object {
		list = []event.Value{v}
	} else if v.Kind() != event.List {
		return nil, errNoObjects
	}
	for _, e := range list {
		if e.Kind() != event.Object {
			return nil, errNoObjects
		}
		t.rows++
		f := &flattening{at: map[string]int{}}
		f.json("", e)
		for i, name := range f.names {
			t.set(name, function.List(f.values[i]))
		}
		t.set(event.RawField, event.StringOf(string(event.AppendJSON(nil, e))))
	}
	return t.batch(), nil
}

type noObjects struct{}

func (noObjects) Error() string { return "an array of objects is due" }

var errNoObjects = noObjects{}

// flatTable builds a batch cell by cell; rows counts the rows, the last of which is being filled.
type flatTable struct {
	rows  int
	names []string
	cols  [][]event.Value
	at    map[string]int
}

func (t *flatTable) set(name string, v event.Value) {
	i, ok := t.at[name]
	if !ok {
		i = len(t.names)
		t.at[name] = i
		t.names, t.cols = append(t.names, name), append(t.cols, nil)
	}
	for len(t.cols[i]) < t.rows {
		t.cols[i] = append(t.cols[i], event.NullValue)
	}
	t.cols[i][t.rows-1] = v
}

func (t *flatTable) batch() *event.Batch {
	b := event.NewBatch(t.rows)
	for i, name := range t.names {
		for len(t.cols[i]) < t.rows {
			t.cols[i] = append(t.cols[i], event.NullValue)
		}
		b.Set(name, event.NewColumn(t.cols[i]))
	}
	return b
}

// gentimes makes starttime, endtime, starthuman and endhuman. Times are mm/dd/yyyy[:hh:mm:ss], epoch seconds, or a number of
// days before the present when negative.
func (l *lowerer) gentimes(c *syntax.General) {
	a := l.arguments(c)
	start, end, inc := a.get("start"), a.get("end"), a.text("increment", "1d")
	a.end()
	if start == nil {
		l.wrong(c, "gentimes needs start")
		return
	}
	span, err := timefmt.ParseSpan(inc)
	if err != nil {
		l.wrong(c, "%v", err)
		return
	}
	from, to := start.Value.Value, ""
	if end != nil {
		to = end.Value.Value
	}
	for _, o := range []*syntax.Option{start, end} {
		if o != nil {
			if _, ok := genTime(o.Value.Value, sampleNow); !ok {
				l.wrong(o, "%q is not a time such as 10/25/2024 or -7", o.Value.Value)
				return
			}
		}
	}
	list := l.fresh("times")
	one := event.NewBatch(1)
	one.Set(list, event.NewConstant(event.NullValue, 1))
	l.node = &plan.Values{Label: "gentimes", Rows: one}
	l.extend(plan.Named{Name: list, Expr: expr.F(fnGentimes(from, to, span))})
	l.node = &plan.Expand{Input: l.node, Columns: []plan.ExpandColumn{{Name: list, Expr: expr.C(list)}}}
	l.node = &plan.Spread{Input: l.node, Expr: expr.C(list), Drop: list}
}

// genTime reads a time of gentimes.
func genTime(s string, now time.Time) (time.Time, bool) {
	if n, err := strconv.Atoi(s); err == nil && n < 100000 {
		y, m, d := now.Date()
		return time.Date(y, m, d+n, 0, 0, 0, 0, now.Location()), true
	}
	for _, format := range []string{"%m/%d/%Y:%H:%M:%S", "%m/%d/%Y"} {
		if t, ok := timefmt.Strptime(s, format, now); ok {
			return t, true
		}
	}
	if f, ok := function.ParseNumber(s); ok {
		return timefmt.FromEpoch(f, now.Location())
	}
	return time.Time{}, false
}

func fnGentimes(from, to string, span timefmt.Span) *fn.Func {
	return &fn.Func{Name: "gentimes " + from + " " + to, Min: 0, Max: 0,
		Bind: func(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
			now := event.TicksOf(env.Now()).Time().In(env.Location())
			at, _ := genTime(from, now)
			last := now
			if to != "" {
				last, _ = genTime(to, now)
			}
			var out []event.Value
			for i := int64(0); len(out) < maxRows/100; i++ {
				a, b := span.Add(at, i), span.Add(at, i+1)
				if !a.Before(last) {
					break
				}
				b = b.Add(-time.Second)
				out = append(out, event.ObjectOf(event.Bag{{Name: "endhuman", Value: event.StringOf(timefmt.Strftime(b, "%a %b %e %H:%M:%S %Y"))},
					{Name: "endtime", Value: epoch(timefmt.ToEpoch(b))}, {Name: "starthuman", Value: event.StringOf(timefmt.Strftime(a, "%a %b %e %H:%M:%S %Y"))},
					{Name: "starttime", Value: epoch(timefmt.ToEpoch(a))}}))
			}
			v := event.ListOf(out)
			return func([]event.Value) event.Value { return v }, nil
		}}
}
