package source

import (
	"context"
	"fmt"
	"slices"

	"github.com/harrier-detect/harrier/internal/text"
)

// A file is an input file or a member of an archive.
type file struct {
	name   string
	source *text.Source

	// Of the goroutine that hands on. Files are numbered there, so that numbers ascend in the order of reading whatever the
	// workers do.
	numbered bool
	number   uint32
	said     map[string]int // diagnostics so far, by ID
}

func (f *file) note(bad bool, sev text.Severity, id, format string, args ...any) note {
	return note{f, text.Diagnostic{ID: id, Severity: sev, Source: f.source, Message: fmt.Sprintf(format, args...)}, bad, 0}
}

// maxSaid is how many diagnostics of one ID a file may have before the rest is only counted.
const maxSaid = 10

func (f *file) report(n note, opt *Options) {
	if n.bad {
		opt.Progress.Bad.Add(1)
	}
	if n.diag.ID != "" {
		if f.said == nil {
			f.said = map[string]int{}
		}
		if f.said[n.diag.ID]++; f.said[n.diag.ID] <= maxSaid {
			opt.Report(n.diag)
		}
		return
	}
	var ids []string
	for id, n := range f.said {
		if n > maxSaid {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		opt.Report(text.Notef(idMore, f.source, text.Span{}, "%s holds for %d more places of this file", id, f.said[id]-maxSaid))
	}
	f.said = nil
}

// A stream reads one group of files, one after the other, and submits units in order.
type stream struct {
	ctx     context.Context
	opt     *Options
	gate    *gate
	index   int
	entries []entry
	work    chan<- *unit
	units   chan *unit // the same units as in work; closed behind the last
	pending *unit      // being filled
}

func (s *stream) read() {
	defer close(s.units)
	for _, e := range s.entries {
		if s.ctx.Err() != nil {
			return
		}
		s.entry(e)
		s.opt.Progress.Files.Add(1)
	}
	s.flush()
}

// open returns the unit being filled and the index of f in it; false means that reading is over.
func (s *stream) open(f *file) (uint32, bool) {
	if s.pending == nil {
		if !s.gate.acquire(s.index) {
			return 0, false
		}
		s.pending = &unit{done: make(chan struct{})}
	}
	u := s.pending
	if n := len(u.files); n == 0 || u.files[n-1] != f {
		if i := slices.Index(u.files, f); i >= 0 {
			return uint32(i), true
		}
		u.files = append(u.files, f)
	}
	return uint32(len(u.files) - 1), true
}

// add gives the next unit a job of about weight bytes. It returns false when reading is over.
// hold, when not nil, is kept open until the job is done.
func (s *stream) add(f *file, weight int, hold *holder, run func(t *task) error) bool {
	if s.pending != nil && s.pending.weight > 0 && s.pending.weight+weight > s.opt.UnitBytes {
		s.flush()
	}
	i, ok := s.open(f)
	if !ok {
		return false
	}
	u := s.pending
	hold.retain()
	u.jobs = append(u.jobs, job{i, hold, run})
	if u.weight += weight; u.weight >= s.opt.UnitBytes/4*3 || len(u.jobs) >= maxJobs {
		s.flush()
	}
	return true
}

// maxJobs bounds what a unit of empty files holds.
const maxJobs = 4096

// note adds a diagnostic about a file, to be reported where reading stands.
func (s *stream) note(f *file, sev text.Severity, id, format string, args ...any) {
	if _, ok := s.open(f); ok {
		n := f.note(false, sev, id, format, args...)
		n.job = len(s.pending.jobs)
		s.pending.notes = append(s.pending.notes, n)
	}
}

// end marks the end of a file.
func (s *stream) end(f *file) {
	if _, ok := s.open(f); ok {
		s.pending.notes = append(s.pending.notes, note{file: f, job: len(s.pending.jobs)})
	}
}

func (s *stream) flush() {
	if s.pending != nil {
		u := s.pending
		s.pending = nil
		s.work <- u
		s.units <- u
	}
}
