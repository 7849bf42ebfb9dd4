package spl

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

// Lookups knows lookup tables.
type Lookups interface {
	// Table returns the table of a definition or a file by its name, nil when there is none. The error says that it cannot be
	// read.
	Table(name string) (*Table, error)
	TableNames() []string
}

// A MatchKind says how cells of a lookup column are compared with values.
type MatchKind uint8

const (
	MatchExact    MatchKind = iota
	MatchWildcard           // the cell is a pattern with stars
	MatchCIDR               // the cell is an address range
)

// A Table is a lookup: rows of text, and how they are found. It is immutable, and safe for concurrent use.
// (https://help.splunk.com/en/splunk-enterprise/manage-knowledge-objects/knowledge-management-manual/10.0/use-lookups-in-splunk-web)
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string // as long as Columns; an empty cell is no value
	// Match says how columns are compared, when not exactly. FoldCase ignores case.
	Match    map[string]MatchKind
	FoldCase bool
	// MaxMatches bounds the rows that one value finds; 0 means 1000, and 1 for a time-based table. When fewer than MinMatches
	// are found, DefaultMatch stands in every output column.
	MaxMatches, MinMatches int
	DefaultMatch           string
	// TimeColumn makes the table time-based: a row is found when the event lies between MinOffset and MaxOffset seconds behind
	// the row's time.
	TimeColumn, TimeFormat string
	MinOffset, MaxOffset   float64

	computed *computed // the rows are not stored but computed

	mu      sync.Mutex
	indexes map[string]*tableIndex
}

const defaultMatches = 1000

// maxOffset is Splunk's default for max_offset_secs, some 63 years.
const maxOffset = 2000000000

// ParseMatchTypes reads a match_type setting: "WILDCARD(a), CIDR(b)".
func ParseMatchTypes(s string) (map[string]MatchKind, error) {
	out := map[string]MatchKind{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		kind, col, ok := strings.Cut(part, "(")
		col, closed := strings.CutSuffix(col, ")")
		if !ok || !closed {
			return nil, fmt.Errorf("%q is not a match type such as WILDCARD(field)", part)
		}
		switch strings.ToUpper(kind) {
		case "WILDCARD":
			out[col] = MatchWildcard
		case "CIDR":
			out[col] = MatchCIDR
		case "EXACT":
		default:
			return nil, fmt.Errorf("%q is not a match type: WILDCARD, CIDR or EXACT", kind)
		}
	}
	return out, nil
}

// maxTable bounds the bytes of a lookup file.
const maxTable = 512 << 20

// ReadTable reads the columns and rows of a CSV table, which may be packed with gzip. The first line names the columns.
func ReadTable(r io.Reader) (columns []string, rows [][]string, err error) {
	buf := &peeker{r: r}
	head, err := buf.peek(3)
	if err != nil {
		return nil, nil, err
	}
	var in io.Reader = buf
	if len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, nil, err
		}
		defer z.Close()
		in = z
	} else if string(head) == "\ufeff" {
		buf.head = nil
	}
	in = &limited{in, maxTable}
	c := csv.NewReader(in)
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	if columns, err = c.Read(); err != nil {
		if err == io.EOF {
			return nil, nil, errors.New("the table is empty: it has not even a line of column names")
		}
		return nil, nil, err
	}
	columns[0] = strings.TrimPrefix(columns[0], "\ufeff")
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return columns, rows, nil
		} else if err != nil {
			return nil, nil, err
		}
		for len(row) < len(columns) {
			row = append(row, "")
		}
		rows = append(rows, row[:len(columns)])
	}
}

type peeker struct {
	r    io.Reader
	head []byte
}

func (p *peeker) peek(n int) ([]byte, error) {
	p.head = make([]byte, n)
	got, err := io.ReadFull(p.r, p.head)
	p.head = p.head[:got]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return p.head, err
}

func (p *peeker) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.r.Read(b)
}

type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("the table is larger than %d MiB", maxTable>>20)
	}
	return n, err
}

// column returns the position of a column, or -1.
func (t *Table) column(name string) int { return slices.Index(t.Columns, name) }

// batch returns the rows as a batch; cells that read as numbers are numbers.
func (t *Table) batch() *event.Batch {
	b := event.NewBatch(len(t.Rows))
	for i, name := range t.Columns {
		vals := make([]event.Value, len(t.Rows))
		for r, row := range t.Rows {
			vals[r] = cellValue(row[i])
		}
		b.Set(name, event.NewColumn(vals))
	}
	return b
}

func cellValue(s string) event.Value {
	if s == "" {
		return event.NullValue
	}
	return event.StringOf(s)
}

// A tableIndex finds rows by the values of some columns: by the text of the columns that are compared exactly, then by a
// look at what is left.
type tableIndex struct {
	t     *Table
	cols  []int
	kinds []MatchKind
	exact []int            // positions in cols
	rows  map[string][]int // by the texts of the exact columns; "" when there are none
	globs map[int][]*fn.Glob
	times []float64 // by row; only for a time-based table
}

// index returns the index over some columns, making it once.
func (t *Table) index(cols []int) *tableIndex {
	id := fmt.Sprint(cols)
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.indexes[id]; x != nil {
		return x
	}
	x := &tableIndex{t: t, cols: cols, rows: map[string][]int{}, globs: map[int][]*fn.Glob{}}
	for i, c := range cols {
		kind := t.Match[t.Columns[c]]
		x.kinds = append(x.kinds, kind)
		switch kind {
		case MatchExact:
			x.exact = append(x.exact, i)
		case MatchWildcard:
			globs := make([]*fn.Glob, len(t.Rows))
			for r, row := range t.Rows {
				globs[r] = fn.StarGlob(row[c], t.FoldCase)
			}
			x.globs[i] = globs
		}
	}
	for r, row := range t.Rows {
		var key strings.Builder
		for _, i := range x.exact {
			x.addKey(&key, row[cols[i]])
		}
		x.rows[key.String()] = append(x.rows[key.String()], r)
	}
	if at := t.column(t.TimeColumn); at >= 0 {
		x.times = make([]float64, len(t.Rows))
		for r, row := range t.Rows {
			x.times[r] = tableTime(row[at], t.TimeFormat)
		}
	}
	if t.indexes == nil {
		t.indexes = map[string]*tableIndex{}
	}
	t.indexes[id] = x
	return x
}

func tableTime(cell, format string) float64 {
	if n, ok := function.ParseNumber(cell); ok && format == "" {
		return n
	}
	if format == "" {
		format = "%s.%Q"
	}
	if at, ok := timefmt.Strptime(cell, format, sampleNow); ok {
		return timefmt.ToEpoch(at)
	}
	return -1
}

func (x *tableIndex) addKey(b *strings.Builder, s string) {
	if x.t.FoldCase {
		s = strings.ToLower(s)
	}
	b.WriteString(s)
	b.WriteByte(0)
}

// find returns the rows that single values find, in the order of the table, and of a time-based table the latest first.
func (x *tableIndex) find(values []string, now float64, dst []int) []int {
	var key strings.Builder
	for _, i := range x.exact {
		x.addKey(&key, values[i])
	}
	limit := x.t.MaxMatches
	if limit == 0 {
		if limit = defaultMatches; x.times != nil {
			limit = 1
		}
	}
	candidates := x.rows[key.String()]
	if x.times != nil {
		candidates = slices.Clone(candidates)
		slices.SortStableFunc(candidates, func(a, b int) int {
			switch {
			case x.times[a] > x.times[b]:
				return -1
			case x.times[a] < x.times[b]:
				return 1
			}
			return 0
		})
	}
	found := 0
rows:
	for _, r := range candidates {
		for i, kind := range x.kinds {
			switch kind {
			case MatchWildcard:
				if !x.globs[i][r].Match(values[i]) {
					continue rows
				}
			case MatchCIDR:
				if !inNetwork(x.t.Rows[r][x.cols[i]], values[i]) {
					continue rows
				}
			}
		}
		if x.times != nil {
			most := x.t.MaxOffset
			if most == 0 {
				most = maxOffset
			}
			if d := now - x.times[r]; x.times[r] < 0 || d < x.t.MinOffset || d > most {
				continue
			}
		}
		dst = append(dst, r)
		if found++; found >= limit {
			break
		}
	}
	return dst
}

func inNetwork(cell, value string) bool {
	a, ok := fn.ParseAddress(value)
	if !ok {
		return false
	}
	if net, ok := fn.ParseNetwork(cell); ok {
		return net.Contains(a)
	}
	b, ok := fn.ParseAddress(cell)
	return ok && a == b
}

// lookupFunc makes the function that gives the cells of one column where other columns have the values that it is called
// with; the last argument is the time when the table is time-based.
func (t *Table) lookupFunc(inputs []string, output string) (*fn.Func, error) {
	var cols []int
	for _, name := range append(slices.Clone(inputs), output) {
		i := t.column(name)
		if i < 0 {
			return nil, fmt.Errorf("lookup %s has no column %s%s", t.Name, name, nearest(name, t.Columns))
		}
		cols = append(cols, i)
	}
	if t.computed != nil {
		return t.computed.function(t.Name, inputs, output)
	}
	out := cols[len(cols)-1]
	cols = cols[:len(cols)-1]
	n := len(cols)
	if t.TimeColumn != "" {
		n++
	}
	return &fn.Func{Name: "lookup " + t.Name + " " + output, Min: n, Max: n, Null: fn.SeesNull,
		Bind: func(*fn.Env, []fn.Arg) (fn.Row, error) {
			x := t.index(cols)
			values := make([]string, len(cols))
			var rows []int
			return func(in []event.Value) event.Value {
				var now float64
				if t.TimeColumn != "" {
					now, _ = function.Number(in[len(cols)])
				}
				rows = x.all(in[:len(cols)], values, 0, now, rows[:0])
				var cells []event.Value
				for _, r := range rows {
					if v := cellValue(t.Rows[r][out]); !v.IsNull() {
						cells = append(cells, v)
					}
				}
				if len(rows) < t.MinMatches && t.DefaultMatch != "" {
					for range t.MinMatches - len(rows) {
						cells = append(cells, event.StringOf(t.DefaultMatch))
					}
				}
				return function.List(cells)
			}, nil
		}}, nil
}

// all finds the rows of every combination of values of multivalue inputs. A missing input finds nothing.
func (x *tableIndex) all(in []event.Value, values []string, i int, now float64, dst []int) []int {
	if i == len(in) {
		return x.find(values, now, dst)
	}
	var one [1]event.Value
	for _, v := range function.Values(in[i], &one) {
		values[i] = function.Text(v)
		dst = x.all(in, values, i+1, now, dst)
	}
	return dst
}
