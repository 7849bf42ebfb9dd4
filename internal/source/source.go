// Package source finds and reads event data: files, folders, globs, standard input, and archives around any of them.
//
// What a file holds is told by its content, never by its name alone. Input is cut into units (a group of small files, a
// block of lines, a range of EVTX chunks) that are decoded in parallel and handed on in order, so that neither the batches
// nor the diagnostics depend on the number of workers.
package source

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/evtx"
	"github.com/harrier-detect/harrier/internal/text"
)

// ErrStop is what emit returns to end a scan early without error.
var ErrStop = errors.New("stop reading")

// Options say how to read. The zero value is not usable: Dicts, Files and Classes must be set.
type Options struct {
	Dicts   *event.Dicts
	Files   *event.Files
	Classes *event.Classes

	// Workers is how many goroutines decode; 0 stands for GOMAXPROCS.
	Workers int
	// BatchRows bounds the rows of a batch; 0 stands for event.DefaultBatchRows.
	BatchRows int
	// UnitBytes is about how much text a unit of work holds; 0 stands for DefaultUnitBytes. Batches never span units.
	UnitBytes int
	// Need chooses the fields to keep; nil keeps every field. Raw text is the field event.RawField.
	Need func(field string) bool
	// Whole names nested objects of JSON that are kept as one value under their own name, if Need has it, besides the fields
	// with dotted names that they are flattened to. nil: none.
	Whole func(field string) bool
	// InOrder keeps the records of a file in their order: every batch has the class {Shape: "mixed"}.
	InOrder bool
	// Report is told of problems with the input, in an order that does not depend on Workers, from the goroutine that called
	// Scan. Source.Name is the file, the message names the byte offset. May be nil.
	Report func(text.Diagnostic)
	// Progress, when set, counts along.
	Progress *Progress
	// Stdin is what "-" reads; nil stands for os.Stdin.
	Stdin Reader

	templates *evtx.Templates
}

// Reader is io.Reader.
type Reader interface{ Read(p []byte) (int, error) }

// Progress counts what a scan has done so far. All counters may be read at any time.
type Progress struct {
	TotalFiles, TotalBytes atomic.Int64 // of the files found, before unpacking; known once reading starts
	Files, Bytes           atomic.Int64 // read so far, before unpacking
	Events                 atomic.Int64 // handed on
	Bad                    atomic.Int64 // records that could not be read
}

// DefaultUnitBytes balances batches that are worth their overhead against memory: about three units a worker are in memory.
const DefaultUnitBytes = 16 << 20

// MixedShape is the shape of all batches when Options.InOrder is set.
const MixedShape = "mixed"

// Scan reads everything under paths (files, folders, globs, or "-" for standard input) and hands batches to emit, from the
// calling goroutine. It returns the error of ctx or emit (nil for ErrStop), or that a path does not exist; anything wrong with
// the data goes to Options.Report, and reading goes on.
func Scan(ctx context.Context, paths []string, opt Options, emit func(*event.Batch) error) error {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.UnitBytes <= 0 {
		opt.UnitBytes = DefaultUnitBytes
	}
	if opt.BatchRows <= 0 {
		opt.BatchRows = event.DefaultBatchRows
	}
	if opt.Report == nil {
		opt.Report = func(text.Diagnostic) {}
	}
	if opt.Progress == nil {
		opt.Progress = new(Progress)
	}
	opt.templates = new(evtx.Templates)
	entries, err := find(paths)
	if err != nil {
		return err
	}
	for _, e := range entries {
		opt.Progress.TotalFiles.Add(1)
		opt.Progress.TotalBytes.Add(e.size)
	}
	err = run(ctx, group(entries, int64(opt.UnitBytes)/4), &opt, emit)
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}
