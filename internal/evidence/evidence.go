// Package evidence fetches the events behind findings: when they were and what was in them, as the input has it.
package evidence

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/source"
)

// An Event is a record of the input behind some finding.
type Event struct {
	finding.Event
	// Time is zero when the event has none.
	Time time.Time
	// Fields are those that the record has, in the source's own names and order; nil when there was no room for them.
	Fields []event.Field
}

// Bounds on what is kept, so that a hunt with findings over everything stays a hunt.
const (
	// PerFinding is how many events of one finding are fetched.
	PerFinding = 20
	maxBytes   = 256 << 20 // of all fields
	maxValue   = 64 << 10  // of one text
)

// A Set is the events behind findings, each once however many findings it is behind.
type Set struct {
	files map[string]map[uint64]*Event
	bytes int
	// Left counts the events whose fields had no room.
	Left int
}

// Fetch reads the input once more and returns the first events behind each of the findings. With fields it takes their fields too;
// without it their times only.
func Fetch(ctx context.Context, e *query.Engine, in *query.Input, fs []*finding.Finding, fields bool) (*Set, error) {
	s := &Set{files: map[string]map[uint64]*Event{}}
	left := 0
	for _, f := range fs {
		for _, ev := range f.Events[:min(len(f.Events), PerFinding)] {
			records := s.files[ev.File]
			if records == nil {
				records = map[uint64]*Event{}
				s.files[ev.File] = records
			}
			if records[ev.Record] == nil {
				records[ev.Record] = &Event{Event: ev}
				left++
			}
		}
	}
	if left == 0 {
		return s, nil
	}
	times, err := e.Times()
	if err != nil {
		return nil, err
	}
	need := times.Needs
	if fields {
		need = func(name string) bool { return name != event.RawField }
	}
	err = in.Scan(ctx, need, func(b *event.Batch) error {
		var at []float64
		var records map[uint64]*Event // of the row's file
		var file uint32
		for i := range b.Len() {
			origins := b.Lineage.Of(i)
			if len(origins) != 1 {
				continue // made of several, and no record of the input
			}
			o := origins[0]
			if records == nil || o.File != file {
				file, records = o.File, s.files[in.Options.Files.Name(o.File)]
			}
			ev := records[o.Record]
			if ev == nil || ev.Fields != nil || !ev.Time.IsZero() {
				continue
			}
			if at == nil {
				at = times.Of(b)
			}
			if !math.IsNaN(at[i]) {
				ev.Time = time.UnixMicro(int64(math.Round(at[i] * 1e6))).UTC()
			}
			if fields {
				s.take(ev, b, i)
			}
			if left--; left == 0 {
				return source.ErrStop
			}
		}
		return nil
	})
	if errors.Is(err, source.ErrStop) {
		err = nil
	}
	return s, err
}

func (s *Set) take(ev *Event, b *event.Batch, row int) {
	if s.bytes > maxBytes {
		s.Left++
		return
	}
	ev.Fields = []event.Field{}
	for c, name := range b.Names() {
		if name == event.RawField || event.Hidden(name) {
			continue
		}
		v := b.ColumnAt(c).Value(row)
		if v.IsMissing() {
			continue
		}
		if v.Kind() == event.String && len(v.Str()) > maxValue {
			v = event.StringOf(finding.Cut(v.Str(), maxValue))
		} else if v.Kind() == event.String {
			v = event.StringOf(strings.Clone(v.Str())) // the batch's buffers must not be kept for one value
		}
		s.bytes += len(name) + 16
		if v.Kind() == event.String {
			s.bytes += len(v.Str())
		}
		ev.Fields = append(ev.Fields, event.Field{Name: name, Value: v})
	}
}

// Of returns the events behind a finding that were fetched, at most PerFinding.
func (s *Set) Of(f *finding.Finding) []*Event {
	if s == nil {
		return nil
	}
	var out []*Event
	for _, ev := range f.Events[:min(len(f.Events), PerFinding)] {
		if e := s.files[ev.File][ev.Record]; e != nil {
			out = append(out, e)
		}
	}
	return out
}
