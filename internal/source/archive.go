package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/harrier-detect/harrier/internal/text"
)

// maxWindow bounds the memory that a zstd stream may ask for.
const maxWindow = 128 << 20

// isDamage tells an error in compressed data from one of the disk.
func isDamage(err error) bool {
	var deflate flate.CorruptInputError
	var bz bzip2.StructuralError
	return errors.As(err, &deflate) || errors.As(err, &bz) ||
		errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) ||
		errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, tar.ErrHeader) ||
		errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, zstd.ErrCRCMismatch) || errors.Is(err, zstd.ErrWindowSizeExceeded) ||
		errors.Is(err, zstd.ErrReservedBlockType) || errors.Is(err, zstd.ErrCompressedSizeTooBig) || errors.Is(err, zstd.ErrBlockTooSmall) ||
		errors.Is(err, zstd.ErrFrameSizeMismatch) || errors.Is(err, zstd.ErrFrameSizeExceeded) || errors.Is(err, zstd.ErrUnexpectedBlockSize) ||
		errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrUnknownDictionary)
}

// compressed reads what is inside one compressed stream, under the name of the outer file.
func (s *stream) compressed(in *input, kind format) {
	var r io.Reader
	switch kind {
	case gzipFile:
		z, err := gzip.NewReader(in.r)
		if err != nil {
			s.readError(in.file, 0, damaged(err))
			return
		}
		defer z.Close()
		r = z
	case zstdFile:
		z, err := zstd.NewReader(in.r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			s.readError(in.file, 0, damaged(err))
			return
		}
		defer z.Close()
		r = z
	default:
		r = bzip2.NewReader(in.r)
	}
	inner := &input{file: in.file, r: bufio.NewReaderSize(&unpacked{r, in.spent}, headBytes), size: -1,
		depth: in.depth + 1, named: in.named, spent: in.spent, written: in.written}
	s.content(inner)
}

// damaged marks the errors of opening a compressed stream, which are about its data.
func damaged(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// isAppleDouble recognises what macOS adds to archives by name, before it is unpacked; input.content does it by content.
func isAppleDouble(name string) bool {
	return strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/") || strings.HasPrefix(path.Base(name), "._")
}

func (in *input) member(name string, r io.Reader, size int64) *input {
	return &input{file: newFile(in.file.name + "!" + name), r: bufio.NewReaderSize(&unpacked{r, in.spent}, headBytes),
		size: size, depth: in.depth + 1, spent: in.spent, written: in.written}
}

// zip reads the members of a zip archive in the order of its directory.
func (s *stream) zip(in *input) {
	err := s.random(in)
	defer in.hold.release()
	if err != nil {
		s.readError(in.file, in.spent.read, err)
		return
	}
	s.open(in.file)
	z, err := zip.NewReader(in.at, in.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		s.note(in.file, text.Error, idArchive, "the directory at the end of the zip archive cannot be read (%v): reading members from the front", err)
		s.zipFront(in)
		return
	}
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)))
	z.RegisterDecompressor(12, func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) })
	apple := 0
	for _, m := range z.File {
		if s.ctx.Err() != nil {
			return
		}
		if m.FileInfo().IsDir() {
			continue
		}
		if isAppleDouble(m.Name) {
			apple++
			continue
		}
		s.zipMember(in, m)
	}
	s.skippedApple(in, apple)
}

func (s *stream) skippedApple(in *input, n int) {
	if n > 0 {
		s.note(in.file, text.Note, idSkipped, "%d AppleDouble members of macOS hold no events: skipped", n)
	}
}

func (s *stream) zipMember(in *input, m *zip.File) {
	member := in.member(m.Name, nil, int64(min(m.UncompressedSize64, 1<<40)))
	defer func() { s.end(member.file) }()
	if m.Flags&1 != 0 {
		s.note(member.file, text.Error, idCodec, "encrypted member of a zip archive cannot be read")
		return
	}
	r, err := m.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		s.note(member.file, text.Error, idCodec, "member of a zip archive is compressed with method %d, which cannot be read", m.Method)
		return
	}
	if err != nil {
		s.readError(member.file, 0, damaged(err))
		return
	}
	defer r.Close()
	member.r.Reset(&unpacked{r, in.spent})
	s.content(member)
}

// tar reads the members of a tar archive.
func (s *stream) tar(in *input) {
	s.open(in.file)
	t := tar.NewReader(in.r)
	apple := 0
	for s.ctx.Err() == nil {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			s.readError(in.file, in.spent.out, err)
			break
		}
		switch {
		case h.Typeflag != tar.TypeReg:
		case isAppleDouble(h.Name):
			apple++
		default:
			m := in.member(h.Name, t, h.Size)
			s.content(m)
			s.end(m.file)
		}
	}
	s.skippedApple(in, apple)
}

// maxHeld is how much of a member that must be read at random is held in memory; more goes to a temporary file.
const maxHeld = 32 << 20

// random makes in readable at random. The caller releases in.hold afterwards, whether it succeeded or not.
func (s *stream) random(in *input) error {
	if in.at != nil {
		in.hold.retain()
		return nil
	}
	in.hold = nil
	var held strings.Builder
	n, err := io.CopyN(&held, in.r, maxHeld)
	if err == io.EOF || err == io.ErrUnexpectedEOF && n > 0 {
		in.at, in.size = strings.NewReader(held.String()), n
		return nil
	}
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "harrier-*")
	if err != nil {
		return err
	}
	in.hold = newHolder(f)
	in.hold.temp = true
	if _, err = io.WriteString(f, held.String()); err != nil {
		return err
	}
	m, err := io.Copy(f, in.r)
	if err != nil && err != io.ErrUnexpectedEOF {
		return err
	}
	in.at, in.size = f, n+m
	return nil
}

// zipFront reads the members of a zip archive whose directory is lost, by the headers in front of them.
func (s *stream) zipFront(in *input) {
	r := bufio.NewReaderSize(io.NewSectionReader(in.at, 0, in.size), headBytes)
	const headerLen = 30
	for s.ctx.Err() == nil {
		head, err := r.Peek(headerLen)
		if err != nil {
			return
		}
		if string(head[:4]) != "PK\x03\x04" {
			skip := bytes.IndexByte(head[1:], 'P')
			if skip < 0 {
				skip = headerLen - 1
			}
			r.Discard(skip + 1)
			continue
		}
		le := binary.LittleEndian
		flags, method, size := le.Uint16(head[6:]), le.Uint16(head[8:]), le.Uint32(head[18:])
		name := make([]byte, le.Uint16(head[26:]))
		extra := int(le.Uint16(head[28:]))
		r.Discard(headerLen)
		if _, err := io.ReadFull(r, name); err != nil {
			return
		}
		if _, err := r.Discard(extra); err != nil {
			return
		}
		var body io.Reader
		switch {
		case len(name) == 0 || strings.HasSuffix(string(name), "/") || isAppleDouble(string(name)):
			continue
		case flags&1 != 0:
		case method == zip.Deflate:
			body = flate.NewReader(r)
		case method == zip.Store && flags&8 == 0:
			body = io.LimitReader(r, int64(size))
		}
		m := in.member(string(name), body, -1)
		if body == nil {
			s.note(m.file, text.Error, idCodec, "member of a damaged zip archive is encrypted or compressed with method %d, which cannot be read", method)
		} else {
			s.content(m)
			io.Copy(io.Discard, m.r) // content may stop early; what follows the member is behind its data
		}
		s.end(m.file)
	}
}
