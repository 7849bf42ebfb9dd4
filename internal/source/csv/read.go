package csv

import "bytes"

// A reader splits text into records and cells. Cells are slices of the text, or of its own buffer when doubled quotes had to
// be undone.
type reader struct {
	b      []byte
	sep    byte
	p      int
	buf    []byte
	quoted []bool // of each cell of the last record
	open   bool   // the last record ended within quotes
}

func (r *reader) reset(b []byte, sep byte) { r.b, r.sep, r.p = b, sep, 0 }

// next reads the record at r.p into cells and moves behind its line end. It returns the offset of the line end, or -1 when
// the text ended first.
func (r *reader) next(cells *[][]byte) int {
	b, p := r.b, r.p
	*cells = (*cells)[:0]
	r.quoted, r.buf, r.open = r.quoted[:0], r.buf[:0], false
	eol := len(b)
	if i := bytes.IndexByte(b[p:], '\n'); i >= 0 {
		eol = p + i
	}
	for {
		if p < len(b) && b[p] == '"' {
			cell, q := r.quotedCell(p)
			*cells, r.quoted = append(*cells, cell), append(r.quoted, true)
			p = q
			if p > eol { // line ends inside the quotes
				eol = len(b)
				if i := bytes.IndexByte(b[p:], '\n'); i >= 0 {
					eol = p + i
				}
			}
		} else {
			end := eol
			if i := bytes.IndexByte(b[p:eol], r.sep); i >= 0 {
				end = p + i
			}
			cell := b[p:end]
			if end == eol {
				cell = bytes.TrimSuffix(cell, []byte{'\r'})
			}
			*cells, r.quoted = append(*cells, cell), append(r.quoted, false)
			p = end
		}
		if p < eol && b[p] == r.sep {
			p++
			continue
		}
		break // at the line's end, of which a carriage return may be a part
	}
	if eol == len(b) {
		r.p = eol
		return -1
	}
	r.p = eol + 1
	return eol
}

// quotedCell reads the cell whose opening quote is at p, and returns it with the offset of what ends it: a separator, a line
// end or the end of the text. Text between the closing quote and that belongs to the cell.
func (r *reader) quotedCell(p int) ([]byte, int) {
	b := r.b
	from := p + 1
	var own []byte
	start := -1
	for q := from; ; {
		i := bytes.IndexByte(b[q:], '"')
		if i < 0 {
			r.open = true
			if start >= 0 {
				r.buf = append(r.buf, b[from:]...)
				return r.buf[start:], len(b)
			}
			return b[from:], len(b)
		}
		q += i
		if q+1 < len(b) && b[q+1] == '"' {
			if start < 0 {
				start = len(r.buf)
			}
			r.buf = append(r.buf, b[from:q+1]...)
			q += 2
			from = q
			continue
		}
		if start >= 0 {
			r.buf = append(r.buf, b[from:q]...)
			own = r.buf[start:]
		} else {
			own = b[from:q]
		}
		q++
		end := q
		for end < len(b) && b[end] != r.sep && b[end] != '\n' {
			end++
		}
		if rest := bytes.TrimSuffix(b[q:end], []byte{'\r'}); len(rest) > 0 {
			if start < 0 {
				start = len(r.buf)
				r.buf = append(r.buf, own...)
			}
			r.buf = append(r.buf, rest...)
			own = r.buf[start:]
		}
		return own[:len(own):len(own)], end
	}
}

// Cut returns the length of the part of b that holds whole records, and how many lines that is.
func (d *Dialect) Cut(b []byte) (n, lines int) {
	var r reader
	r.reset(b, d.Separator)
	var cells [][]byte
	for r.p < len(b) {
		at := r.p
		eol := at
		if i := bytes.IndexByte(b[at:], '\n'); i >= 0 {
			eol += i
		} else {
			break
		}
		if bytes.IndexByte(b[at:eol], '"') < 0 {
			r.p = eol + 1
		} else if r.next(&cells) < 0 {
			break
		}
		n = r.p
	}
	return n, bytes.Count(b[:n], []byte{'\n'})
}
