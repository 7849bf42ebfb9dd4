package evtx

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// Types of values; bit 0x80 makes an array of them.
const (
	typeNull       = 0x00
	typeString     = 0x01
	typeANSI       = 0x02
	typeInt8       = 0x03
	typeUint8      = 0x04
	typeInt16      = 0x05
	typeUint16     = 0x06
	typeInt32      = 0x07
	typeUint32     = 0x08
	typeInt64      = 0x09
	typeUint64     = 0x0a
	typeReal32     = 0x0b
	typeReal64     = 0x0c
	typeBool       = 0x0d
	typeBinary     = 0x0e
	typeGUID       = 0x0f
	typeSize       = 0x10
	typeFileTime   = 0x11
	typeSystemTime = 0x12
	typeSID        = 0x13
	typeHex32      = 0x14
	typeHex64      = 0x15
	typeHandle     = 0x20
	typeBinXML     = 0x21
	typeEvtXML     = 0x23

	array = 0x80
)

// A value of a template instance: where it lies in the chunk, and its type.
type value struct {
	at, size uint32
	typ      uint8
}

func (v value) isNull() bool { return v.typ == typeNull }

func (v value) bytes(chunk []byte) []byte { return chunk[v.at : v.at+v.size] }

// number reads an integer of any width that the types allow.
func number(typ uint8, b []byte) (u uint64, signed, ok bool) {
	switch typ {
	case typeInt8, typeInt16, typeInt32, typeInt64:
		signed = true
	case typeUint8, typeUint16, typeUint32, typeUint64, typeHex32, typeHex64, typeSize:
	default:
		return 0, false, false
	}
	switch len(b) {
	case 1:
		if u = uint64(b[0]); signed {
			u = uint64(int8(b[0]))
		}
	case 2:
		n := binary.LittleEndian.Uint16(b)
		if u = uint64(n); signed {
			u = uint64(int16(n))
		}
	case 4:
		n := binary.LittleEndian.Uint32(b)
		if u = uint64(n); signed {
			u = uint64(int32(n))
		}
	case 8:
		u = binary.LittleEndian.Uint64(b)
	default:
		return 0, false, false
	}
	return u, signed, true
}

// unixEpoch is 1970 in ticks of 100 ns since 1601, where a FILETIME begins.
const unixEpoch = 116444736000000000

// fileTime returns a FILETIME as ticks of 100 ns since 1970.
func fileTime(b []byte) (int64, bool) {
	if len(b) != 8 {
		return 0, false
	}
	t := binary.LittleEndian.Uint64(b)
	if t > math.MaxInt64 {
		return 0, false
	}
	return int64(t) - unixEpoch, true
}

// appendValue appends a value, not an array and not binary XML, as Windows writes it in event XML
// (https://learn.microsoft.com/openspecs/windows_protocols/ms-even6/, 2.2.12.3; differs: Windows writes binary values as
// upper-case hex without blanks, and hexadecimal numbers in lower case). Bytes that do not fit their type come out as hex.
func appendValue(dst []byte, typ uint8, b []byte) []byte {
	switch typ {
	case typeNull:
		return dst
	case typeString:
		for len(b) >= 2 && b[len(b)-1] == 0 && b[len(b)-2] == 0 && len(b)%2 == 0 {
			b = b[:len(b)-2]
		}
		return appendUTF16(dst, b)
	case typeANSI:
		for len(b) > 0 && b[len(b)-1] == 0 {
			b = b[:len(b)-1]
		}
		return appendANSI(dst, b)
	case typeInt8, typeUint8, typeInt16, typeUint16, typeInt32, typeUint32, typeInt64, typeUint64:
		if u, signed, ok := number(typ, b); ok && signed {
			return strconv.AppendInt(dst, int64(u), 10)
		} else if ok {
			return strconv.AppendUint(dst, u, 10)
		}
	case typeHex32, typeHex64, typeSize, typeHandle:
		if u, _, ok := number(typeUint64, b); ok {
			return strconv.AppendUint(append(dst, "0x"...), u, 16)
		}
	case typeReal32:
		if len(b) == 4 {
			return appendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
		}
	case typeReal64:
		if len(b) == 8 {
			return appendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
		}
	case typeBool:
		// Four bytes; anything but 0 is true, whatever the specification demands.
		set := false
		for _, c := range b {
			set = set || c != 0
		}
		return strconv.AppendBool(dst, set)
	case typeGUID:
		if len(b) == 16 {
			return appendGUID(dst, b)
		}
	case typeFileTime:
		if t, ok := fileTime(b); ok {
			return appendTicks(dst, t)
		}
	case typeSystemTime:
		if len(b) == 16 {
			return appendSystemTime(dst, b)
		}
	case typeSID:
		if len(b) >= 8 && len(b) >= 8+4*int(b[1]) {
			return appendSID(dst, b)
		}
	}
	return appendHex(dst, b)
}

const upperHex = "0123456789ABCDEF"

func appendHex(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

func appendGUID(dst, b []byte) []byte {
	dst = append(dst, '{')
	for i, j := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, upperHex[b[j]>>4], upperHex[b[j]&15])
	}
	return append(dst, '}')
}

// appendSID writes a security identifier, MS-DTYP 2.4.2.
func appendSID(dst, b []byte) []byte {
	dst = append(dst, "S-"...)
	dst = strconv.AppendUint(dst, uint64(b[0]), 10)
	dst = append(dst, '-')
	var authority uint64
	for _, c := range b[2:8] {
		authority = authority<<8 | uint64(c)
	}
	if authority>>32 == 0 {
		dst = strconv.AppendUint(dst, authority, 10)
	} else {
		dst = strconv.AppendUint(append(dst, "0x"...), authority, 16)
	}
	for i := range int(b[1]) {
		dst = append(dst, '-')
		dst = strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint32(b[8+4*i:])), 10)
	}
	return dst
}

const ticksPerSecond = 10_000_000

// appendTicks writes a time with seven digits of a second's fraction.
func appendTicks(dst []byte, ticks int64) []byte {
	days := ticks / (86400 * ticksPerSecond)
	rest := ticks % (86400 * ticksPerSecond)
	if rest < 0 {
		days, rest = days-1, rest+86400*ticksPerSecond
	}
	year, month, day := winevent.Date(days)
	dst = appendClock(dst, year, month, day, int(rest/(3600*ticksPerSecond)), int(rest/(60*ticksPerSecond)%60), int(rest/ticksPerSecond%60))
	return append(appendPadded(append(dst, '.'), int(rest%ticksPerSecond), 7), 'Z')
}

func appendSystemTime(dst, b []byte) []byte {
	dst = appendClock(dst, u16(b, 0), u16(b, 2), u16(b, 6), u16(b, 8), u16(b, 10), u16(b, 12))
	return append(appendPadded(append(dst, '.'), u16(b, 14), 3), 'Z')
}

func appendClock(dst []byte, year, month, day, hour, minute, sec int) []byte {
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), month, 2)
	dst = appendPadded(append(dst, '-'), day, 2)
	dst = appendPadded(append(dst, 'T'), hour, 2)
	dst = appendPadded(append(dst, ':'), minute, 2)
	return appendPadded(append(dst, ':'), sec, 2)
}

func appendPadded(dst []byte, n, width int) []byte {
	for p := 10; width > 1; width-- {
		if n < p {
			for range width - 1 {
				dst = append(dst, '0')
			}
			break
		}
		p *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// appendFloat writes a number with six digits behind the point and the names that the C library of Windows has for what is
// no number.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "-1.#IND"...)
	case math.IsInf(f, 1):
		return append(dst, "1.#INF"...)
	case math.IsInf(f, -1):
		return append(dst, "-1.#INF"...)
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.AppendFloat(dst, f, 'f', 0, bits)
	case math.Abs(f) >= 1e15 || math.Abs(f) < 1e-6:
		return strconv.AppendFloat(dst, f, 'e', 6, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', 6, bits)
}

// appendANSI appends text in code page 1252, which is what nearly all that is not ASCII is in; the chunk does not say.
func appendANSI(dst, b []byte) []byte {
	for _, c := range b {
		switch {
		case c < 0x80:
			dst = append(dst, c)
		case c < 0xa0:
			dst = append(dst, string(cp1252[c-0x80])...)
		default:
			dst = append(dst, 0xc0|c>>6, 0x80|c&0x3f)
		}
	}
	return dst
}

var cp1252 = [32]rune{'€', 0xfffd, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0xfffd, 'Ž', 0xfffd,
	0xfffd, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0xfffd, 'ž', 'Ÿ'}

// elementSize is the size of an item of an array; 0 for text, whose items end with a zero.
func elementSize(typ uint8) int {
	switch typ &^ array {
	case typeString, typeANSI:
		return 0
	case typeInt8, typeUint8:
		return 1
	case typeInt16, typeUint16:
		return 2
	case typeInt32, typeUint32, typeReal32, typeBool, typeHex32:
		return 4
	case typeInt64, typeUint64, typeReal64, typeFileTime, typeHex64, typeSize:
		return 8
	case typeGUID, typeSystemTime:
		return 16
	}
	return -1
}

// item cuts the next item off an array. An array of an odd type is one item.
func item(typ uint8, b []byte) (first, rest []byte) {
	switch n := elementSize(typ); {
	case n > 0:
		n = min(n, len(b))
		return b[:n], b[n:]
	case n < 0 && typ&^array == typeSID:
		if len(b) >= 8 {
			n = min(8+4*int(b[1]), len(b))
			return b[:n], b[n:]
		}
		return b, nil
	case n < 0:
		return b, nil
	case typ&^array == typeANSI:
		for i, c := range b {
			if c == 0 {
				return b[:i], b[i+1:]
			}
		}
		return b, nil
	}
	for i := 0; i+2 <= len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return b[:i], b[i+2:]
		}
	}
	return b, nil
}
