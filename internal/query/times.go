package query

import (
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Times tells when events were, whatever their form: by SPL's _time. It belongs to one goroutine.
type Times struct{ view exec.View }

// Times returns a teller of times.
func (e *Engine) Times() (*Times, error) {
	v, err := e.registry.Bind("spl:events", event.Fields("_time"), &fn.Env{})
	if err != nil {
		return nil, err
	}
	return &Times{v}, nil
}

// Needs tells which fields of the input the teller looks at.
func (t *Times) Needs(field string) bool { return t.view.Sources().Has(field) }

// Of returns the times of the rows of a batch of the input in seconds since 1970, NaN for rows without one.
func (t *Times) Of(b *event.Batch) []float64 {
	out := make([]float64, b.Len())
	for i := range out {
		out[i] = math.NaN()
	}
	seen := t.view.Apply(b)
	if seen == nil {
		return out
	}
	col := seen.Column("_time")
	if col == nil {
		return out
	}
	at := 0
	for i := range seen.Len() {
		if seen.Len() != b.Len() { // the view has fewer rows, in the same order
			o := first(seen, i)
			for at < b.Len() && first(b, at) != o {
				at++
			}
			if at == b.Len() {
				break
			}
		}
		if n, ok := col.Value(i).Number(); ok {
			out[at] = n
		}
		at++
	}
	return out
}

// A Range is the part of an input that rules see, by the times of its events: from From on and before To. A zero time is no bound.
// Events without a time are seen. Tables that the user has named are not events, and are seen as a whole.
type Range struct {
	From, To time.Time
	// Outside and Untimed count the events of the first scan that were left out, and those that have no time.
	Outside, Untimed int64

	times  *Times
	tables []string
	from   float64
	to     float64
}

// Within makes the input give the events of a range only.
func (e *Engine) Within(in *Input, r *Range) error {
	var err error
	if r.times, err = e.Times(); err != nil {
		return err
	}
	r.from, r.to = math.Inf(-1), math.Inf(1)
	if !r.From.IsZero() {
		r.from = float64(r.From.UnixMicro()) / 1e6
	}
	if !r.To.IsZero() {
		r.to = float64(r.To.UnixMicro()) / 1e6
	}
	for _, p := range e.settings.Tables {
		r.tables = append(r.tables, filepath.ToSlash(filepath.Clean(p)))
	}
	in.Range = r
	return nil
}

// quiet returns the range for a scan that does not count.
func (r *Range) quiet() *Range {
	if r == nil {
		return nil
	}
	q := *r
	return &q
}

// narrowed returns an emit that is given the rows of the range.
func (r *Range) narrowed(files *event.Files, count bool, emit func(*event.Batch) error) func(*event.Batch) error {
	return func(b *event.Batch) error {
		if b.Len() == 0 || r.isTable(files.Name(first(b, 0).File)) {
			return emit(b)
		}
		var keep []int32
		times := r.times.Of(b)
		for i, t := range times {
			switch {
			case math.IsNaN(t):
				if count {
					r.Untimed++
				}
				fallthrough
			case t >= r.from && t < r.to:
				keep = append(keep, int32(i))
			case count:
				r.Outside++
			}
		}
		switch len(keep) {
		case 0:
			return nil
		case b.Len():
			return emit(b)
		}
		return emit(b.Gather(keep))
	}
}

func (r *Range) isTable(file string) bool {
	file = filepath.ToSlash(file)
	for _, t := range r.tables {
		if rest, ok := strings.CutPrefix(file, t); ok && (rest == "" || rest[0] == '!' || rest[0] == '/') {
			return true
		}
	}
	return false
}

// first is the first origin of a row, or none.
func first(b *event.Batch, row int) event.Origin {
	if o := b.Lineage.Of(row); len(o) > 0 {
		return o[0]
	}
	return event.Origin{}
}
