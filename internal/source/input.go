package source

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/harrier-detect/harrier/internal/text"
)

// An input is the content of a file, or of a member of an archive.
type input struct {
	file  *file
	r     *bufio.Reader // everything from the start
	at    io.ReaderAt   // the same at random, where it is known; nil in a stream
	size  int64         // of at; without it a hint, -1 when unknown
	depth int           // archives around it
	named bool          // the user asked for this very file
	spent *budget
	hold  *holder // keeps at open; nil when it is in memory

	written time.Time // when the outer file was last written to; now where that is not known
}

// A holder closes a file when the last job that reads from it is done. A nil holder holds nothing.
type holder struct {
	f     *os.File
	temp  bool
	users atomic.Int32
}

func newHolder(f *os.File) *holder {
	h := &holder{f: f}
	h.users.Store(1)
	return h
}

func (h *holder) retain() {
	if h != nil {
		h.users.Add(1)
	}
}

func (h *holder) release() {
	if h != nil && h.users.Add(-1) == 0 {
		h.f.Close()
		if h.temp {
			os.Remove(h.f.Name())
		}
	}
}

// maxDepth bounds archives within archives.
const maxDepth = 6

// A budget guards against archives that are small outside and endless inside.
type budget struct {
	size int64 // of the outer file
	read int64 // of the outer file, so far
	out  int64 // unpacked so far, at all depths
}

const (
	bombRatio = 1000 // deflate cannot do more than 1032
	bombFloor = 1 << 30
)

var errBomb = errors.New("unpacks to more than 1000 times its size")

// unpacked counts what comes out of a decompressor.
type unpacked struct {
	r io.Reader
	b *budget
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.b.out += int64(n)
	if u.b.out > bombFloor && u.b.out/bombRatio > max(u.b.size, u.b.read) {
		return n, errBomb
	}
	return n, err
}

// outer reads the file itself: it counts, and it ends when the scan is over.
type outer struct {
	ctx context.Context
	r   io.Reader
	b   *budget
	opt *Options
}

func (o *outer) Read(p []byte) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := o.r.Read(p)
	o.b.read += int64(n)
	o.opt.Progress.Bytes.Add(int64(n))
	return n, err
}

// outerAt is outer at random.
type outerAt struct {
	ctx context.Context
	r   io.ReaderAt
	opt *Options
}

func (o *outerAt) ReadAt(p []byte, off int64) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := o.r.ReadAt(p, off)
	o.opt.Progress.Bytes.Add(int64(n))
	return n, err
}

// entry reads one file that was found.
func (s *stream) entry(e entry) {
	if e.path == "-" {
		f := newFile("<stdin>")
		var r io.Reader = os.Stdin
		if s.opt.Stdin != nil {
			r = s.opt.Stdin
		}
		spent := &budget{}
		s.content(&input{file: f, r: bufio.NewReaderSize(&outer{s.ctx, r, spent, s.opt}, headBytes), size: -1, named: true, spent: spent, written: time.Now()})
		s.end(f)
		return
	}
	f := newFile(e.path)
	if e.err != nil {
		s.note(f, text.Error, idUnread, "cannot be read: %v", e.err)
		return
	}
	h, err := os.Open(e.path)
	if err != nil {
		s.note(f, text.Error, idUnread, "cannot be read: %v", err)
		return
	}
	spent := &budget{size: e.size}
	in := &input{file: f, size: e.size, named: e.named, spent: spent, hold: newHolder(h), written: time.Now()}
	defer in.hold.release()
	in.r = bufio.NewReaderSize(&outer{s.ctx, h, spent, s.opt}, headBytes)
	if info, err := h.Stat(); err == nil && info.Mode().IsRegular() {
		in.at, in.size, in.spent.size = &outerAt{s.ctx, h, s.opt}, info.Size(), info.Size()
		in.written = info.ModTime()
	} else {
		in.size = -1 // a pipe or a device
	}
	s.content(in)
	s.end(f)
}

func newFile(name string) *file { return &file{name: name, source: text.NewSource(name, "")} }

// content finds out what an input is and reads it.
func (s *stream) content(in *input) {
	head, err := in.r.Peek(headBytes)
	if err != nil && err != io.EOF && len(head) == 0 {
		s.readError(in.file, 0, err)
		return
	}
	kind, name := detect(head)
	if in.depth > maxDepth && (kind == zipFile || kind == gzipFile || kind == zstdFile || kind == bzip2File || kind == tarFile) {
		s.note(in.file, text.Error, idTooDeep, "archives within archives, more than %d deep: not read", maxDepth)
		return
	}
	switch kind {
	case emptyFile:
		s.open(in.file)
	case evtxFile:
		s.evtx(in)
	case parquetFile:
		s.parquet(in)
	case zipFile:
		s.zip(in)
	case gzipFile, zstdFile, bzip2File:
		s.compressed(in, kind)
	case tarFile:
		s.tar(in)
	case textFile:
		if string(head[:min(3, len(head))]) == string(bom) {
			in.r.Discard(3)
		}
		s.text(in)
	case utf16LE, utf16BE:
		in.r = bufio.NewReaderSize(newUTF16(in.r, kind == utf16BE), headBytes)
		in.size, in.at = -1, nil
		s.text(in)
	case knownFormat:
		s.note(in.file, severity(in), idFormat, "%s files cannot be read", name)
	case appleDouble:
		s.note(in.file, text.Note, idSkipped, "AppleDouble file of macOS holds no events: skipped")
	default:
		s.unknown(in, "no known format of events")
	}
}

func (s *stream) unknown(in *input, why string) {
	s.note(in.file, severity(in), idUnknown, "%s: skipped", why)
}

// severity of not reading an input: a file that the user named must not go unread without an error.
func severity(in *input) text.Severity {
	if in.named {
		return text.Error
	}
	return text.Note
}

// readError reports why reading a file stopped at an offset.
func (s *stream) readError(f *file, off int64, err error) {
	switch {
	case s.ctx.Err() != nil:
	case errors.Is(err, errBomb):
		s.note(f, text.Error, idBomb, "at byte %d: %v: not read any further", off, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		s.note(f, text.Error, idCutOff, "at byte %d: the data is cut off", off)
	case isDamage(err):
		s.note(f, text.Error, idArchive, "at byte %d: %v", off, err)
	default:
		s.note(f, text.Error, idUnread, "at byte %d: %v", off, err)
	}
}
