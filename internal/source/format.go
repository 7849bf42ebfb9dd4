package source

import (
	"bytes"
	"unicode/utf8"
)

// A format is what the first bytes of a file say it is.
type format int

const (
	unknownFormat format = iota
	emptyFile
	textFile // more is decided by its records
	utf16LE
	utf16BE
	evtxFile
	parquetFile
	zipFile
	gzipFile
	zstdFile
	bzip2File
	tarFile
	appleDouble // what macOS puts beside files in archives
	knownFormat // known and not readable
)

// magics are tried in order; the name is that of a format that is recognised and cannot be read.
var magics = []struct {
	at     int
	magic  string
	format format
	name   string
}{
	{0, "ElfFile\x00", evtxFile, ""},
	{0, "ElfChnk\x00", evtxFile, ""},
	{4096, "ElfChnk\x00", evtxFile, ""}, // the file header is damaged
	{0, "PAR1", parquetFile, ""},
	{0, "PK\x03\x04", zipFile, ""},
	{0, "PK\x05\x06", zipFile, ""},
	{0, "\x1f\x8b", gzipFile, ""},
	{0, "\x28\xb5\x2f\xfd", zstdFile, ""},
	{0, "BZh", bzip2File, ""},
	{257, "ustar", tarFile, ""},
	{0, "\x00\x05\x16\x07", appleDouble, ""},
	{0, "\xfd7zXZ\x00", knownFormat, "xz"},
	{0, "7z\xbc\xaf\x27\x1c", knownFormat, "7z"},
	{0, "Rar!\x1a\x07", knownFormat, "RAR"},
	{0, "\x04\x22\x4d\x18", knownFormat, "LZ4"},
	{0, "\xff\x06\x00\x00sNaPpY", knownFormat, "Snappy"},
	{0, "\x30\x00\x00\x00LfLe", knownFormat, "EVT (Windows NT to 2003)"},
	{0, "\xd4\xc3\xb2\xa1", knownFormat, "packet capture"},
	{0, "\xa1\xb2\xc3\xd4", knownFormat, "packet capture"},
	{0, "\x0a\x0d\x0d\x0a", knownFormat, "packet capture"},
	{0, "SQLite format 3\x00", knownFormat, "SQLite"},
	{0, "Obj\x01", knownFormat, "Avro"},
	{0, "ORC", knownFormat, "ORC"},
	{0, "ARROW1", knownFormat, "Arrow"},
	{0, "regf", knownFormat, "registry hive"},
	{0, "MDMP", knownFormat, "memory dump"},
	{0, "%PDF", knownFormat, "PDF"},
	{0, "\x7fELF", knownFormat, "program"},
	{0, "MZ\x90", knownFormat, "program"},
}

// headBytes is how much of a file detection looks at.
const headBytes = 64 << 10

// detect tells a format from the first bytes; name is set for knownFormat.
func detect(head []byte) (f format, name string) {
	if len(head) == 0 {
		return emptyFile, ""
	}
	for _, m := range magics {
		if len(head) >= m.at+len(m.magic) && string(head[m.at:m.at+len(m.magic)]) == m.magic {
			return m.format, m.name
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16LE, ""
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16BE, ""
	case bytes.HasPrefix(head, bom):
		return textFile, ""
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		if len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0 {
			return utf16LE, ""
		}
		if len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0 {
			return utf16BE, ""
		}
		return unknownFormat, ""
	}
	// Text in an 8-bit code page is text, too: only control characters tell binary data.
	control := 0
	for _, c := range head {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b && c != 0x1d { // escape sequences; what auditd puts before names it looked up
			control++
		}
	}
	if control > len(head)/64 || !utf8.Valid(head) && control > 0 {
		return unknownFormat, ""
	}
	return textFile, ""
}

var bom = []byte("\xef\xbb\xbf")
