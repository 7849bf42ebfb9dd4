package source

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Reader turns UTF-16 text into UTF-8, without its byte order mark. Half surrogate pairs become U+FFFD.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    []byte // read, not yet turned
	buf   [8192]byte
	out   []byte
	start bool
	err   error
}

func newUTF16(r io.Reader, big bool) io.Reader {
	u := &utf16Reader{r: r, order: binary.LittleEndian, start: true}
	if big {
		u.order = binary.BigEndian
	}
	return u
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	kept := copy(u.buf[:], u.in)
	n, err := u.r.Read(u.buf[kept:])
	u.in, u.err = u.buf[:kept+n], err
	u.out = u.out[:0]
	for len(u.in) >= 2 {
		c := rune(u.order.Uint16(u.in))
		used := 2
		if utf16.IsSurrogate(c) {
			switch {
			case len(u.in) >= 4:
				if c = utf16.DecodeRune(c, rune(u.order.Uint16(u.in[2:]))); c != utf8.RuneError {
					used = 4
				}
			case u.err == nil:
				return
			default:
				c = utf8.RuneError
			}
		}
		u.in = u.in[used:]
		if u.start {
			if u.start = false; c == 0xfeff {
				continue
			}
		}
		u.out = utf8.AppendRune(u.out, c)
	}
	if u.err != nil && len(u.in) == 1 {
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
		u.in = nil
	}
}
