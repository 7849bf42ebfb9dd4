// Package csv decodes separated values with a header line: comma, semicolon, tab or vertical bar, quoted fields with
// doubled quotes and line ends inside (RFC 4180).
//
// Values are text. A cell that is empty and not quoted is missing, a quoted empty cell is the empty string: exports write
// null as nothing between two separators.
package csv

import (
	"bytes"
	"fmt"
	"strings"
)

// A Dialect is how a file separates values, and what its header says.
type Dialect struct {
	Separator byte
	Header    []string
	// Skip is how many bytes come before the first record, Lines how many lines that is.
	Skip, Lines int
	// Renamed says which names of the header had to be changed.
	Renamed []string
}

// Detect tells whether head, the first bytes of a text, looks like separated values: two columns or more that the header
// names and the following records keep to. whole says that head is all there is; single allows for one column and for a
// header without records, where something else, such as a file's name, says that it is CSV.
func Detect(head []byte, whole, single bool) (Dialect, bool) {
	skip, sepLine := preamble(head)
	var best Dialect
	for _, sep := range []byte{',', '\t', ';', '|'} {
		if sepLine != 0 && sep != sepLine {
			continue
		}
		if d, ok := try(head[skip:], sep, whole, single); ok && len(d.Header) > len(best.Header) {
			d.Skip += skip
			d.Lines += bytes.Count(head[:skip], []byte{'\n'})
			best = d
		}
	}
	return best, best.Header != nil
}

// preamble recognises the lines that Excel ("sep=;") and PowerShell ("#TYPE …") put before the header.
func preamble(head []byte) (skip int, sep byte) {
	line, _, more := bytes.Cut(head, []byte{'\n'})
	if !more {
		return 0, 0
	}
	switch line := bytes.TrimRight(line, "\r"); {
	case len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")):
		return bytes.IndexByte(head, '\n') + 1, line[4]
	case bytes.HasPrefix(line, []byte("#TYPE ")):
		return bytes.IndexByte(head, '\n') + 1, 0
	}
	return 0, 0
}

const (
	maxColumns = 4096
	maxName    = 256
	sample     = 50 // records that detection looks at
)

func try(head []byte, sep byte, whole, single bool) (Dialect, bool) {
	var cells [][]byte
	var r reader
	r.reset(head, sep)
	first := r.next(&cells)
	if first < 0 && !whole || len(cells) > maxColumns {
		return Dialect{}, false
	}
	d := Dialect{Separator: sep, Skip: r.p, Lines: bytes.Count(head[:r.p], []byte{'\n'})}
	if !d.header(cells) || !single && (len(d.Header) < 2 || isProse(cells)) {
		return Dialect{}, false
	}
	records, fit := 0, 0
	for records < sample && r.p < len(head) {
		at := r.p
		if r.next(&cells) < 0 && !whole {
			break // the last one is cut off by head
		}
		if len(bytes.TrimSpace(head[at:r.p])) == 0 {
			continue
		}
		records++
		if len(cells) == len(d.Header) || len(cells) == len(d.Header)+1 {
			fit++
		}
	}
	if records == 0 {
		return d, single || !whole
	}
	return d, fit*10 >= records*9 || single && fit*2 >= records
}

// header takes over the names of the columns, and reports whether they can be names.
func (d *Dialect) header(cells [][]byte) bool {
	seen, again := map[string]bool{}, map[string]int{}
	named := 0
	for i, c := range cells {
		name := strings.TrimSpace(string(c))
		if len(name) > maxName || strings.ContainsAny(name, "\n{}<>") {
			return false
		}
		want := name
		if name == "" {
			name = fmt.Sprintf("column%d", i+1)
		} else {
			named++
		}
		for seen[name] {
			again[want]++
			name = fmt.Sprintf("%s_%d", want, again[want]+1)
		}
		if want != "" && want != name {
			d.Renamed = append(d.Renamed, fmt.Sprintf("%q of column %d is %q", want, i+1, name))
		}
		seen[name] = true
		d.Header = append(d.Header, name)
	}
	// Numbers are data, and most columns have a name. A table drawn with bars has empty outer cells.
	for _, n := range d.Header {
		if strings.Trim(n, "0123456789.-+: ") == "" {
			return false
		}
	}
	return named > 0 && named+1 >= len(cells) && (d.Separator != '|' || named == len(cells))
}

// isProse recognises a sentence by the blanks behind its commas, or by a comma at its end, or by long names.
func isProse(cells [][]byte) bool {
	for i, c := range cells {
		if len(c) > 80 || i > 0 && (len(c) == 0 || c[0] == ' ') {
			return true
		}
	}
	return false
}
