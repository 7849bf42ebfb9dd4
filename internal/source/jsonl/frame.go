package jsonl

import "bytes"

// A Framer finds the objects in a document that is not one object a line: arrays, pretty-printed objects, objects one after
// the other, and containers whose "records" (or "value", beside "@odata" annotations) hold the events. It is fed with a
// growing text, of which it needs one whole object at a time in memory.
type Framer struct {
	// Problem is told of what is skipped: the offset in the text, and what it is.
	Problem func(offset int, message string)
	nest    []byte // what is open around the current element: '[' or '{'
}

const maxNest = 16

// Next finds the next object in b[p:end] and returns its bounds. When there is no whole object, ok is false, and b[start:end]
// is to be given again with more text behind it. b must have [Slack] bytes behind end.
func (f *Framer) Next(b []byte, p, end int) (start, stop int, ok bool) {
	for {
		for p < end && (b[p] <= ' ' || b[p] == ',') {
			p++
		}
		if p >= end {
			return end, 0, false
		}
		c := b[p]
		if f.top() == '{' {
			switch c {
			case '}':
				f.nest = f.nest[:len(f.nest)-1]
				p++
			case '"':
				v := keyEnd(b, p, end)
				if v < 0 {
					return p, 0, false
				}
				if isRecords(b[p:v]) && b[v] == '[' && len(f.nest) < maxNest {
					f.nest = append(f.nest, '[')
					p = v + 1
					continue
				}
				q := skipValue(b, v, end)
				if q < 0 || q >= end {
					return p, 0, false
				}
				f.beside(p, b[p:v])
				p = q
			default:
				f.Problem(p, "unexpected "+quoteByte(c)+" in a container of records")
				f.nest = f.nest[:len(f.nest)-1]
			}
			continue
		}
		switch {
		case c == '{':
			q, inner := f.element(b, p, end)
			if inner > 0 {
				if key := skipSpace(b, p+1, end); !isRecords(b[key:end]) && !bytes.HasPrefix(b[key:end], valueKey) {
					f.beside(key, b[key:keyEnd(b, key, end)])
				}
				f.nest = append(f.nest, '{', '[')
				p = inner + 1
				continue
			}
			if q < 0 {
				return p, 0, false
			}
			return p, q, true
		case c == '[':
			if len(f.nest) == maxNest {
				f.Problem(p, "lists nested too deeply")
				f.nest = f.nest[:0]
			}
			f.nest = append(f.nest, '[')
			p++
		case c == ']':
			if len(f.nest) == 0 {
				f.Problem(p, "unexpected ']'")
			} else {
				f.nest = f.nest[:len(f.nest)-1]
			}
			p++
		default:
			q := skipValue(b, p, end)
			if q == end || q < 0 && c == '"' {
				return p, 0, false // may go on behind end
			}
			f.Problem(p, "not a JSON object: element begins with "+quoteByte(c))
			if q < 0 {
				q = p + 1
				if i := bytes.IndexAny(b[p+1:end], "{[\n"); i >= 0 {
					q += i
				} else {
					q = end
				}
			}
			p = q
		}
	}
}

// Open reports whether the text so far ends within an array or container.
func (f *Framer) Open() bool { return len(f.nest) > 0 }

// Reset forgets what is open, to start anew behind damage.
func (f *Framer) Reset() { f.nest = f.nest[:0] }

func (f *Framer) top() byte {
	if len(f.nest) == 0 {
		return 0
	}
	return f.nest[len(f.nest)-1]
}

func (f *Framer) beside(at int, key []byte) {
	f.Problem(at, "field beside the records is not kept: "+string(bytes.TrimRight(key, ": \t\r\n")))
}

// element finds the end of the object at p, or -1 when it is not all there. When the object turns out to be a container,
// inner is the offset of the '[' of its records.
func (f *Framer) element(b []byte, p, end int) (stop, inner int) {
	depth, key, odata := 0, false, false
	for ; p < end; p++ {
		switch b[p] {
		case '"':
			if key && depth == 1 && f.top() != '{' && len(f.nest) < maxNest-1 {
				if records := bytes.HasPrefix(b[p:end], recordsKey) || bytes.HasPrefix(b[p:end], recordsKeyUpper); records ||
					odata && bytes.HasPrefix(b[p:end], valueKey) {
					v := keyEnd(b, p, end)
					if v < 0 {
						return -1, 0
					}
					if b[v] == '[' {
						q := skipSpace(b, v+1, end)
						if q == end {
							return -1, 0
						}
						if b[q] == '{' || b[q] == ']' && odata {
							return 0, v
						}
					}
				} else if bytes.HasPrefix(b[p:end], odataKey) {
					odata = true
				}
			}
			q, _ := stringEnd(b, p+1, end)
			if q < 0 {
				return -1, 0
			}
			p, key = q, false
		case '{':
			depth++
			key = depth == 1
		case '[':
			depth++
		case ',':
			key = depth == 1
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1, 0
			}
		}
	}
	return -1, 0
}

var (
	recordsKey      = []byte(`"records"`)
	recordsKeyUpper = []byte(`"Records"`)
	valueKey        = []byte(`"value"`)
	odataKey        = []byte(`"@odata`)
)

func isRecords(key []byte) bool {
	return bytes.HasPrefix(key, recordsKey) || bytes.HasPrefix(key, recordsKeyUpper)
}

// keyEnd returns the offset of the value behind the key at p, or -1 when it is not all there.
func keyEnd(b []byte, p, end int) int {
	q, _ := stringEnd(b, p+1, end)
	if q < 0 {
		return -1
	}
	if q = skipSpace(b, q+1, end); q >= end {
		return -1
	}
	if b[q] == ':' {
		q = skipSpace(b, q+1, end)
	}
	if q >= end {
		return -1
	}
	return q
}

// IsLines reports whether a text that begins with '{' holds one object a line, by the look of its first line.
func IsLines(head []byte) bool {
	eol := bytes.IndexByte(head, '\n')
	if eol < 0 {
		eol = len(head)
	}
	line := bytes.TrimRight(head[:eol], " \t\r")
	q := objectEnd(line)
	if q >= 0 {
		if eol == len(head) && q < len(line) { // several objects and no line end
			return false
		}
		return true
	}
	if eol == len(head) {
		return false // one long object, cut off here
	}
	// The object goes on in the next line, or the line is damaged.
	switch line[len(line)-1] {
	case '{', '[', ',':
		return false
	}
	next := bytes.TrimLeft(head[eol:], " \t\r\n")
	return len(next) == 0 || next[0] == '{'
}

// objectEnd returns the offset behind the object that line begins with, or -1.
func objectEnd(line []byte) int {
	padded := append(make([]byte, 0, len(line)+Slack), line...)
	return skipNested(padded[:len(line)+Slack], 0, len(line))
}

// IsObject reports whether line, which begins with '{', is one object by its brackets.
func IsObject(line []byte) bool { return objectEnd(line) == len(line) }
