package query

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source"
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

	spool *spool
	scans int
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
	if slices.Contains(in.Paths, "-") {
		if in.spool == nil {
			src := opt.Stdin
			if src == nil {
				src = os.Stdin
			}
			s, err := newSpool(src)
			if err != nil {
				return err
			}
			in.spool = s
		} else {
			in.spool.rewind()
		}
		opt.Stdin = in.spool
	}
	return source.Scan(ctx, in.Paths, opt, emit)
}

// Close removes what Scan has put aside.
func (in *Input) Close() error {
	if in.spool == nil {
		return nil
	}
	return in.spool.close()
}

// A spool reads a stream that can be read only once and remembers it in a temporary file, to be read again.
type spool struct {
	from io.Reader
	file *os.File
	have int64 // bytes in file
	at   int64
}

func newSpool(from io.Reader) (*spool, error) {
	f, err := os.CreateTemp("", "harrier-stdin-*")
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
