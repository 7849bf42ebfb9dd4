package evtx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/harrier-detect/harrier/internal/event"
)

// Chunk decodes the records of one chunk, given without what is behind its 64 KiB; it may be shorter when the file is. base
// is its offset in the file. When the builder keeps raw text the chunk must not change while any batch with its records
// lives; else it may be reused after the call. The error is that of the builder; what is wrong with the data goes to Report.
func (d *Decoder) Chunk(chunk []byte, base int64) error {
	if len(chunk) > ChunkSize {
		chunk = chunk[:ChunkSize]
	}
	d.chunk, d.base = chunk, base
	if len(chunk) < len(chunkMagic) || !bytes.Equal(chunk[:len(chunkMagic)], chunkMagic) {
		if !isZero(chunk) { // logs are allocated ahead: zeros are room for chunks to come
			d.report(0, IDChunk, 0, "no chunk begins here: %d bytes skipped", len(chunk))
		}
		return nil
	}
	if len(chunk) < chunkHeader {
		d.report(0, IDChunk, 0, "the file ends in the header of a chunk")
		return nil
	}
	free := u32(chunk, 48)
	switch {
	case len(chunk) < ChunkSize && (free < 0 || free > len(chunk)):
		d.report(len(chunk), IDChunk, 0, "the file ends in the middle of a chunk")
		free = len(chunk)
	case free < chunkHeader || free > ChunkSize:
		d.report(48, IDChunk, 0, "the chunk's records end at offset %d, which is outside the chunk", uint32(free))
		free = len(chunk)
	case crc32.ChecksumIEEE(chunk[chunkHeader:free]) != uint32(u32(chunk, 52)):
		d.report(52, IDChecksum, 0, "the checksum of the chunk's records does not match")
	}
	if sum := crc32.Update(crc32.ChecksumIEEE(chunk[:120]), crc32.IEEETable, chunk[128:chunkHeader]); sum != uint32(u32(chunk, 124)) {
		d.report(124, IDChecksum, 0, "the checksum of the chunk header does not match")
	}
	clear(d.loaded[:])
	return d.records(free)
}

// records decodes the records up to offset free. Behind it lie leftovers of records that the log has dropped.
func (d *Decoder) records(free int) error {
	if d.w.Full() {
		d.w.Reset()
		clear(d.bound)
	}
	if len(d.bound) > maxBound {
		clear(d.bound)
	}
	var r *renderer
	if d.raw {
		r = &renderer{chunk: d.chunk}
	}
	for pos := chunkHeader; pos < free; {
		if free-pos < minRecord || !bytes.Equal(d.chunk[pos:pos+4], recordMagic) {
			if !isZero(d.chunk[pos:free]) {
				d.report(pos, IDFraming, 1, "no record begins here: the rest of the chunk, %d bytes, is skipped", free-pos)
			}
			return nil
		}
		size := u32(d.chunk, pos+4)
		if size < minRecord || size > len(d.chunk)-pos {
			d.report(pos, IDFraming, 1, "a record of %d bytes: the rest of the chunk is skipped", uint32(size))
			return nil
		}
		if err := d.record(pos+recordHead, pos+size-4); err != nil {
			d.w.Discard()
			at := pos
			if e := (*decodeError)(nil); errors.As(err, &e) {
				at, err = e.at, errors.New(e.what)
			}
			d.report(at, IDRecord, 1, "the record at %d cannot be read: %v", d.base+int64(pos), err)
		} else {
			if u32(d.chunk, pos+size-4) != size {
				d.report(pos, IDRecord, 0, "the record at %d has another size at its end than at its beginning: it may be half-written", d.base+int64(pos))
			}
			if r != nil {
				d.w.B.Raw(r, uint64(pos))
			}
			id := uint64(u32(d.chunk, pos+8)) | uint64(u32(d.chunk, pos+12))<<32
			if err := d.w.End(event.Origin{File: d.File, Record: id}); err != nil {
				return err
			}
		}
		pos += size
	}
	return nil
}

// maxBound bounds the programs that a decoder keeps; only hostile input has more templates.
const maxBound = 1 << 14

func (d *Decoder) report(at int, id string, lost int, format string, args ...any) {
	if d.Report != nil {
		d.Report(Problem{d.base + int64(at), id, fmt.Sprintf(format, args...), lost})
	}
}

func isZero(b []byte) bool {
	for len(b) >= 8 {
		if b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7] != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Chunks decodes the chunks of a stream that stands where a chunk begins, at offset base of the file. The error is that of the
// builder, of ctx, or of reading.
func (d *Decoder) Chunks(ctx context.Context, r io.Reader, base int64) error {
	var buf []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if buf == nil || d.raw { // renderers read the chunk later
			buf = make([]byte, ChunkSize)
		}
		n, readErr := io.ReadFull(r, buf)
		if n > 0 {
			if err := d.Chunk(buf[:n], base); err != nil {
				return err
			}
			base += int64(n)
		}
		if readErr == io.EOF || readErr == io.ErrUnexpectedEOF {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}
