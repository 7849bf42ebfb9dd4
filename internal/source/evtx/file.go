package evtx

import (
	"bytes"
	"hash/crc32"
)

// The layout of a file.
const (
	HeaderSize  = 4096    // what stands before the first chunk
	ChunkSize   = 1 << 16 // a chunk
	chunkHeader = 512
	recordHead  = 24
	minRecord   = recordHead + 4
)

var (
	fileMagic   = []byte("ElfFile\x00")
	chunkMagic  = []byte("ElfChnk\x00")
	recordMagic = []byte("**\x00\x00")
)

// FirstChunk returns the offset of the first chunk of a file that begins with head: 0 for chunks without a file around
// them, as recovery tools carve them out of disks, else [HeaderSize].
func FirstChunk(head []byte) int64 {
	if bytes.HasPrefix(head, chunkMagic) {
		return 0
	}
	return HeaderSize
}

// Diagnostics of decoding.
const (
	IDRecord   = "SRC1101" // the content of a record cannot be read; the record is left out
	IDFraming  = "SRC1102" // where a record should begin there is none; the rest of the chunk is left out
	IDChunk    = "SRC1103" // a chunk is damaged or cut short
	IDHeader   = "SRC1104" // the file header is damaged; reading goes on without it
	IDChecksum = "SRC5101" // a checksum does not match; what can be read is read
)

// A Problem is something wrong in a file.
type Problem struct {
	Offset int64 // in the file
	ID     string
	Text   string
	Lost   int // records that are known to be left out
}

// CheckHeader looks at the first bytes of a file and reports what is wrong with them. Nothing of the header is needed for
// reading: its counts are often out of date, and the dirty mark is set on most logs that were copied from a running system.
func CheckHeader(head []byte, report func(Problem)) {
	switch {
	case bytes.HasPrefix(head, chunkMagic):
	case len(head) < 128:
		report(Problem{0, IDHeader, "the file ends in its header", 0})
	case !bytes.HasPrefix(head, fileMagic):
		report(Problem{0, IDHeader, "the file header is damaged", 0})
	case crc32.ChecksumIEEE(head[:120]) != uint32(u32(head, 124)):
		report(Problem{0, IDChecksum, "the checksum of the file header does not match", 0})
	}
}
