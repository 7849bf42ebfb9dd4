// Package spill keeps rows in a temporary file: a place for what a run must remember and memory has no room for.
//
// All of a run's rows go into one file, in blocks that are read back by their place. The file has no name while it is in use, where
// the system allows it, so that nothing is left behind however the process ends.
package spill

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// A Disk is a temporary file of blocks. The file is made when the first block is written. It is safe for concurrent use.
type Disk struct {
	dir string

	mu     sync.Mutex
	file   *os.File
	end    int64
	free   []hole // by place; no two touch
	used   int64
	peak   int64
	closed bool
}

type hole struct{ at, n int64 }

// A Block is the place of what was written together.
type Block struct {
	at  int64
	n   int32 // bytes in the file
	raw int32 // bytes before compression
}

// Size returns the bytes that a block takes in the file.
func (b Block) Size() int64 { return int64(b.n) }

// Raw returns the bytes of a block's content.
func (b Block) Raw() int64 { return int64(b.raw) }

// An Error says that rows cannot be put aside, or not be read back.
type Error struct {
	Dir string
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("cannot keep rows in a temporary file in %s: %v; choose a folder with more room, or allow more memory", e.Dir, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// New returns a disk in a folder; "" stands for the system's temporary folder.
func New(dir string) *Disk {
	if dir == "" {
		dir = os.TempDir()
	}
	return &Disk{dir: dir}
}

// fail wraps an error of the file.
func (d *Disk) fail(err error) error { return &Error{d.dir, err} }

// Write puts data aside.
func (d *Disk) Write(data []byte) (Block, error) {
	packed := s2.Encode(nil, data)
	f, at, err := d.place(int64(len(packed)))
	if err != nil {
		return Block{}, err
	}
	b := Block{at, int32(len(packed)), int32(len(data))}
	if _, err := f.WriteAt(packed, at); err != nil {
		d.Free(b)
		return Block{}, d.fail(err)
	}
	return b, nil
}

// place finds room for n bytes.
func (d *Disk) place(n int64) (*os.File, int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, 0, d.fail(os.ErrClosed)
	}
	if d.file == nil {
		f, err := os.CreateTemp(d.dir, "harrier-rows-*")
		if err != nil {
			return nil, 0, d.fail(err)
		}
		// The name can go at once where the system lets an open file be removed; elsewhere Close does it.
		os.Remove(f.Name())
		d.file = f
	}
	d.used += n
	d.peak = max(d.peak, d.used)
	for i := range d.free {
		if h := &d.free[i]; h.n >= n {
			at := h.at
			if h.at, h.n = h.at+n, h.n-n; h.n == 0 {
				d.free = slices.Delete(d.free, i, i+1)
			}
			return d.file, at, nil
		}
	}
	at := d.end
	d.end += n
	return d.file, at, nil
}

// Read returns the content of a block.
func (d *Disk) Read(b Block) ([]byte, error) {
	d.mu.Lock()
	f := d.file
	d.mu.Unlock()
	if f == nil {
		return nil, d.fail(os.ErrClosed)
	}
	packed := make([]byte, b.n)
	if _, err := f.ReadAt(packed, b.at); err != nil {
		return nil, d.fail(err)
	}
	data, err := s2.Decode(make([]byte, b.raw), packed)
	if err != nil {
		return nil, d.fail(err)
	}
	return data, nil
}

// Free gives the room of blocks back.
func (d *Disk) Free(blocks ...Block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range blocks {
		h := hole{b.at, int64(b.n)}
		d.used -= h.n
		i, _ := slices.BinarySearchFunc(d.free, h, func(a, b hole) int {
			if a.at < b.at {
				return -1
			}
			return 1
		})
		if i < len(d.free) && h.at+h.n == d.free[i].at {
			h.n += d.free[i].n
			d.free = slices.Delete(d.free, i, i+1)
		}
		if i > 0 && d.free[i-1].at+d.free[i-1].n == h.at {
			d.free[i-1].n += h.n
			i--
		} else {
			d.free = slices.Insert(d.free, i, h)
		}
		if last := d.free[i]; last.at+last.n == d.end {
			d.end = last.at
			d.free = slices.Delete(d.free, i, i+1)
		}
	}
}

// Used returns the bytes that are in use, and the most that ever were.
func (d *Disk) Used() (now, peak int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used, d.peak
}

// Close removes the file. Blocks cannot be read afterwards.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	os.Remove(d.file.Name())
	d.file = nil
	return err
}
