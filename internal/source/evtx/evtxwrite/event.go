// Package evtxwrite writes Windows event logs (EVTX): files that the event viewer, wevtutil and other readers take as well as
// Harrier does. Tests and the demo make their logs with it.
package evtxwrite

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// An Event is one record. Zero values of Task, Level and so on are written as zeros; empty texts of attributes are left out.
type Event struct {
	Provider     string
	ProviderGUID string // with or without braces
	ID           int
	Qualifiers   int // left out when 0
	Version      int
	Level        int
	Task         int
	Opcode       int
	Keywords     uint64
	Time         time.Time
	Record       uint64 // 0: one more than the record before
	ActivityID   string
	ProcessID    uint32
	ThreadID     uint32
	Channel      string
	Computer     string
	UserSID      string

	// Data are the items of EventData in order; one without a name is written without one.
	Data []Field
	// UserData, when set, is the name of an element within UserData in which each item of Data is an element.
	UserData string

	// Forwarded writes the event without a template, all values as text, as event collectors do; Message is then written as
	// rendered text.
	Forwarded bool
	Message   string
}

// A Field is a named value: nil, string, bool, int, int32, int64, uint8, uint16, uint32, uint64, float32, float64, []byte,
// []string, []uint32, time.Time, or one of the types below.
type Field struct {
	Name  string
	Value any
}

// Hex32, Hex64, GUID, SID, SystemTime, Size and ANSI are values of the binary types of these names.
type (
	Hex32      uint32
	Hex64      uint64
	GUID       string
	SID        string
	SystemTime time.Time
	Size       uint64
	ANSI       string
)

const (
	typeNull, typeString, typeBinXML = 0x00, 0x01, 0x21
)

// encode returns the binary type and form of a value.
func encode(v any) (typ byte, b []byte, err error) {
	le := binary.LittleEndian
	switch v := v.(type) {
	case nil:
		return typeNull, nil, nil
	case string:
		return typeString, utf16le(v), nil
	case ANSI:
		return 0x02, []byte(v), nil
	case uint8:
		return 0x04, []byte{v}, nil
	case uint16:
		return 0x06, le.AppendUint16(nil, v), nil
	case int32:
		return 0x07, le.AppendUint32(nil, uint32(v)), nil
	case uint32:
		return 0x08, le.AppendUint32(nil, v), nil
	case int:
		return 0x09, le.AppendUint64(nil, uint64(v)), nil
	case int64:
		return 0x09, le.AppendUint64(nil, uint64(v)), nil
	case uint64:
		return 0x0a, le.AppendUint64(nil, v), nil
	case float32:
		return 0x0b, le.AppendUint32(nil, math.Float32bits(v)), nil
	case float64:
		return 0x0c, le.AppendUint64(nil, math.Float64bits(v)), nil
	case bool:
		if v {
			return 0x0d, []byte{1, 0, 0, 0}, nil
		}
		return 0x0d, []byte{0, 0, 0, 0}, nil
	case []byte:
		return 0x0e, v, nil
	case GUID:
		b, err := guid(string(v))
		return 0x0f, b, err
	case Size:
		return 0x10, le.AppendUint64(nil, uint64(v)), nil
	case time.Time:
		return 0x11, le.AppendUint64(nil, fileTime(v)), nil
	case SystemTime:
		t := time.Time(v).UTC()
		for _, n := range []int{t.Year(), int(t.Month()), int(t.Weekday()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1e6} {
			b = le.AppendUint16(b, uint16(n))
		}
		return 0x12, b, nil
	case SID:
		b, err := sid(string(v))
		return 0x13, b, err
	case Hex32:
		return 0x14, le.AppendUint32(nil, uint32(v)), nil
	case Hex64:
		return 0x15, le.AppendUint64(nil, uint64(v)), nil
	case []string:
		for _, s := range v {
			b = append(append(b, utf16le(s)...), 0, 0)
		}
		return 0x81, b, nil
	case []uint32:
		for _, n := range v {
			b = le.AppendUint32(b, n)
		}
		return 0x88, b, nil
	}
	return 0, nil, fmt.Errorf("no binary form for a value of type %T", v)
}

func utf16le(s string) []byte {
	units := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// fileTime counts ticks of 100 ns since 1601.
func fileTime(t time.Time) uint64 {
	return uint64(t.Unix()*1e7 + int64(t.Nanosecond()/100) + 116444736000000000)
}

func guid(s string) ([]byte, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(s, "{}"), "-", ""))
	if err != nil || len(raw) != 16 {
		return nil, fmt.Errorf("%q is no GUID", s)
	}
	out := make([]byte, 16)
	for i, j := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		out[i] = raw[j]
	}
	return out, nil
}

func sid(s string) ([]byte, error) {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || parts[0] != "S" || len(parts) > 18 {
		return nil, fmt.Errorf("%q is no security identifier", s)
	}
	nums := make([]uint64, len(parts)-1)
	for i, p := range parts[1:] {
		n, err := strconv.ParseUint(p, 10, 48)
		if err != nil {
			return nil, fmt.Errorf("%q is no security identifier", s)
		}
		nums[i] = n
	}
	out := []byte{byte(nums[0]), byte(len(nums) - 2)}
	for shift := 40; shift >= 0; shift -= 8 {
		out = append(out, byte(nums[1]>>shift))
	}
	for _, n := range nums[2:] {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	return out, nil
}
