package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/spill"
)

// Input is a set of paths as input of runs. It can be read several times, standard input included, and gives every record the
// same origin each time. An Input serves one scan at a time.
type Input struct {
	// Paths are files, folders, globs and "-" for standard input.
	Paths []string
	// Options say how to read; Need is set for each scan.
	Options source.Options
	// Edit, when set, is given every batch that is read and returns what takes its place: a batch of the same rows with other
	// values. Batches are shared and must not be changed. EditNeeds tells which fields it looks at.
	Edit      func(*event.Batch) *event.Batch
	EditNeeds func(field string) bool
	// Parts are further paths, read after Paths, whose events are stamped.
	Parts []Part
	// Extra are batches that follow all others: events that were made, such as the findings of an earlier run.
	Extra []*event.Batch

	// Range, when set, is the part of the events that is given; see Engine.Within.
	Range *Range
	// Temp is the folder for temporary files; "" is the system's.
	Temp string

	spool *spool
	disk  *spill.Disk
	scans int
}

// A Part is a part of an input. Stamp holds fields that each of its events gets which does not have them of its own, as a forwarder
// gives events a host, a source and a sourcetype that their text does not tell.
type Part struct {
	Paths []string
	Stamp map[string]string
}

// Scan implements exec.Input.
func (in *Input) Scan(ctx context.Context, need func(field string) bool, emit func(*event.Batch) error) error {
	opt := in.Options
	opt.Need = need
	if in.Edit != nil {
		use := emit
		emit = func(b *event.Batch) error { return use(in.Edit(b)) }
		opt.Need = func(field string) bool { return need(field) || in.EditNeeds(field) }
	}
	if in.scans++; in.scans > 1 { // what a file is like has been told and counted
		opt.Report, opt.Progress = nil, nil
	}
	made := emit
	if r := in.Range; r != nil {
		use := opt.Need
		opt.Need = func(field string) bool { return use(field) || r.times.Needs(field) }
		emit = r.narrowed(opt.Files, in.scans == 1, emit)
	}
	if slices.Contains(in.Paths, "-") {
		if in.spool == nil {
			src := opt.Stdin
			if src == nil {
				src = os.Stdin
			}
			s, err := newSpool(src, in.Temp)
			if err != nil {
				return err
			}
			in.spool = s
		} else {
			in.spool.rewind()
		}
		opt.Stdin = in.spool
	}
	if len(in.Parts)+len(in.Extra) == 0 {
		return source.Scan(ctx, in.Paths, opt, emit)
	}
	stopped := false
	watched := func(b *event.Batch) error {
		err := emit(b)
		stopped = stopped || errors.Is(err, source.ErrStop)
		return err
	}
	for _, p := range append([]Part{{Paths: in.Paths}}, in.Parts...) {
		if err := source.Scan(ctx, p.Paths, opt, p.stamped(need, watched)); err != nil || stopped {
			return err
		}
	}
	for _, b := range in.Extra {
		if err := made(b); errors.Is(err, source.ErrStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// stamped returns an emit that adds the fields of the Stamp that somebody needs to the batches that lack them.
func (p Part) stamped(need func(string) bool, emit func(*event.Batch) error) func(*event.Batch) error {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(p.Stamp)), func(n string) bool { return !need(n) })
	return func(b *event.Batch) error {
		out := b
		for _, n := range names {
			if b.Column(n) != nil {
				continue
			}
			if out == b {
				out = b.Clone()
			}
			out.Set(n, event.NewConstant(event.StringOf(p.Stamp[n]), b.Len()))
		}
		return emit(out)
	}
}

// rows returns the place for rows of runs that memory has no room for. Collectors read them from there until the input is closed.
func (in *Input) rows() *spill.Disk {
	if in.disk == nil {
		in.disk = spill.New(in.Temp)
	}
	return in.disk
}

// Close removes what Scan and runs have put aside.
func (in *Input) Close() (err error) {
	if in.spool != nil {
		err = in.spool.close()
	}
	if in.disk != nil {
		err = errors.Join(err, in.disk.Close())
	}
	return err
}

// A spool reads a stream that can be read only once and remembers it in a temporary file, to be read again.
type spool struct {
	from io.Reader
	file *os.File
	have int64 // bytes in file
	at   int64
}

func newSpool(from io.Reader, dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, "harrier-stdin-*")
	if err != nil {
		return nil, fmt.Errorf("keep standard input: %w", err)
	}
	// The name can go at once where the system lets an open file be removed; elsewhere close does it.
	os.Remove(f.Name())
	return &spool{from: from, file: f}, nil
}

func (s *spool) rewind() { s.at = 0 }

func (s *spool) Read(p []byte) (int, error) {
	if s.at < s.have {
		n, err := s.file.ReadAt(p[:min(int64(len(p)), s.have-s.at)], s.at)
		s.at += int64(n)
		if err == io.EOF {
			err = nil
		}
		return n, err
	}
	n, err := s.from.Read(p)
	if n > 0 {
		if _, werr := s.file.WriteAt(p[:n], s.have); werr != nil {
			return 0, fmt.Errorf("keep standard input: %w", werr)
		}
		s.have += int64(n)
		s.at = s.have
	}
	return n, err
}

func (s *spool) close() error {
	err := s.file.Close()
	os.Remove(s.file.Name())
	return err
}
