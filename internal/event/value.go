package event

import (
	"math"
	"strconv"
	"time"
	"unsafe"
)

// Kind tells values apart.
type Kind uint8

const (
	// Missing: this event has no such field. The zero Value is missing.
	Missing Kind = iota
	// Null: the field is there and holds no value.
	Null
	Bool
	Int
	Float
	String
	// Time is a point in time, Duration a span of time; both count ticks of 100 nanoseconds.
	Time
	Duration
	// List is an ordered list: a multivalue field in SPL, a dynamic array in KQL.
	List
	// Object is an ordered property bag.
	Object
)

func (k Kind) String() string {
	return [...]string{"missing", "null", "bool", "int", "float", "string", "time", "duration", "list", "object"}[k]
}

// TicksPerSecond is the resolution of Time and Duration values.
const TicksPerSecond = 10_000_000

// A Value is one value of any kind, 24 bytes, immutable, and cheap to copy. Missing (no such field), null (no value) and
// the empty string are three different values; each language's lowering decides which of them its operators merge.
// Values are not comparable with ==: use [Equal].
type Value struct {
	_    [0]func()
	kind Kind
	num  uint64         // bool, int, float bits, ticks; length of a string
	ptr  unsafe.Pointer // string bytes, *[]Value, *Bag
}

// A Bag is the content of an Object value: fields in order. Names may repeat in hostile input; the last one counts.
type Bag []Field

// Field is one property of an Object value.
type Field struct {
	Name  string
	Value Value
}

// Get returns the last field of that name.
func (b Bag) Get(name string) (Value, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i].Name == name {
			return b[i].Value, true
		}
	}
	return Value{}, false
}

// NullValue is the null; the zero Value is missing.
var NullValue = Value{kind: Null}

// BoolOf, IntOf, FloatOf, StringOf, TimeOf, DurationOf, ListOf and ObjectOf wrap Go values.
func BoolOf(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

func IntOf(i int64) Value     { return Value{kind: Int, num: uint64(i)} }
func FloatOf(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }

// StringOf keeps a reference to s.
func StringOf(s string) Value {
	return Value{kind: String, num: uint64(len(s)), ptr: unsafe.Pointer(unsafe.StringData(s))}
}

// TimeOf truncates t to ticks of 100 ns.
func TimeOf(t time.Time) Value {
	return TicksOf(t.Unix()*TicksPerSecond + int64(t.Nanosecond())/100)
}

// TicksOf wraps a time given in 100 ns ticks since 1970-01-01T00:00:00Z.
func TicksOf(ticks int64) Value { return Value{kind: Time, num: uint64(ticks)} }

// DurationOf wraps a span of time given in 100 ns ticks.
func DurationOf(ticks int64) Value { return Value{kind: Duration, num: uint64(ticks)} }

// ListOf takes ownership of vs.
func ListOf(vs []Value) Value { return Value{kind: List, ptr: unsafe.Pointer(&vs)} }

// ObjectOf takes ownership of b.
func ObjectOf(b Bag) Value { return Value{kind: Object, ptr: unsafe.Pointer(&b)} }

func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null or missing.
func (v Value) IsNull() bool { return v.kind <= Null }

// IsMissing reports whether the event has no such field.
func (v Value) IsMissing() bool { return v.kind == Missing }

// IsTrue reports whether v is the boolean true.
func (v Value) IsTrue() bool { return v.kind == Bool && v.num != 0 }

// Bool, Int, Float, Str, Ticks, List and Bag unwrap; each must be called on its own kind only.
func (v Value) Bool() bool     { return v.num != 0 }
func (v Value) Int() int64     { return int64(v.num) }
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// Str returns the text of a String value.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	return unsafe.String((*byte)(v.ptr), int(v.num))
}

// Ticks returns a Time as ticks since 1970 or a Duration as its length, in units of 100 ns.
func (v Value) Ticks() int64 { return int64(v.num) }

// Time returns a Time value as a Go time in UTC.
func (v Value) Time() time.Time {
	t := int64(v.num)
	sec, rest := t/TicksPerSecond, t%TicksPerSecond
	return time.Unix(sec, rest*100).UTC()
}

// List returns the elements of a List value, which must not be changed.
func (v Value) List() []Value {
	if v.kind != List {
		return nil
	}
	return *(*[]Value)(v.ptr)
}

// Bag returns the fields of an Object value, which must not be changed.
func (v Value) Bag() Bag {
	if v.kind != Object {
		return nil
	}
	return *(*Bag)(v.ptr)
}

// Number returns an Int or Float as float64.
func (v Value) Number() (float64, bool) {
	switch v.kind {
	case Int:
		return float64(int64(v.num)), true
	case Float:
		return v.Float(), true
	}
	return 0, false
}

// Equal reports whether a and b are the same value: same kind and content, except that an Int equals a Float of the same
// size. It knows nothing of any language's equality. NaN equals NaN.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		if x, ok := a.Number(); ok {
			if y, ok := b.Number(); ok {
				return x == y
			}
		}
		return false
	}
	switch a.kind {
	case Missing, Null:
		return true
	case String:
		return a.Str() == b.Str()
	case Float:
		return a.Float() == b.Float() || a.num == b.num
	case List:
		x, y := a.List(), b.List()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case Object:
		x, y := a.Bag(), b.Bag()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if x[i].Name != y[i].Name || !Equal(x[i].Value, y[i].Value) {
				return false
			}
		}
		return true
	}
	return a.num == b.num
}

// AppendKey appends an encoding of v to dst such that two values have the same encoding exactly when they are [Equal].
// Encodings are self-delimiting, so keys of several values can be concatenated.
func AppendKey(dst []byte, v Value) []byte {
	switch v.kind {
	case Missing, Null:
		return append(dst, byte(v.kind))
	case Float:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<62 {
			v = IntOf(int64(f))
		}
	case String:
		dst = append(dst, byte(String))
		dst = appendUvarint(dst, v.num)
		return append(dst, v.Str()...)
	case List:
		dst = append(dst, byte(List))
		dst = appendUvarint(dst, uint64(len(v.List())))
		for _, e := range v.List() {
			dst = AppendKey(dst, e)
		}
		return dst
	case Object:
		dst = append(dst, byte(Object))
		dst = appendUvarint(dst, uint64(len(v.Bag())))
		for _, f := range v.Bag() {
			dst = AppendKey(AppendKey(dst, StringOf(f.Name)), f.Value)
		}
		return dst
	}
	n := v.num
	return append(dst, byte(v.kind), byte(n), byte(n>>8), byte(n>>16), byte(n>>24), byte(n>>32), byte(n>>40), byte(n>>48), byte(n>>56))
}

func appendUvarint(dst []byte, n uint64) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// Size estimates the bytes that v keeps alive beyond its own 24.
func (v Value) Size() int {
	switch v.kind {
	case String:
		return int(v.num)
	case List:
		n := 24
		for _, e := range v.List() {
			n += 24 + e.Size()
		}
		return n
	case Object:
		n := 24
		for _, f := range v.Bag() {
			n += 40 + len(f.Name) + f.Value.Size()
		}
		return n
	}
	return 0
}

// String renders v for people reading plans, logs and test failures; languages have their own text forms.
func (v Value) String() string {
	if v.kind == String {
		return strconv.Quote(v.Str())
	}
	if v.kind == Missing {
		return "missing"
	}
	return string(AppendJSON(nil, v))
}
