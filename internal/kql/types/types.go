// Package types is KQL's system of scalar types: their names, which of them are numbers or can be summed or ordered, and
// which type two of them have in common.
//
// How values of a type are represented: int and long are event.Int, real and decimal are event.Float, string and guid are
// event.String (a guid in lower case), datetime is event.Time, timespan is event.Duration; dynamic is any kind. Null of any
// type is event.NullValue, and a missing field counts as null. A string is never null: null becomes the empty string.
//
// See https://learn.microsoft.com/kusto/query/scalar-data-types/
package types

import "strings"

// A Type is a scalar type. The zero Type is Unknown: nothing is known statically, and nothing is objected to.
type Type uint8

const (
	Unknown Type = iota
	Bool
	Int
	Long
	Real
	Decimal
	String
	DateTime
	TimeSpan
	GUID
	Dynamic
)

var names = [...]string{"unknown", "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// String returns the canonical name of the type.
func (t Type) String() string {
	if int(t) < len(names) {
		return names[t]
	}
	return "unknown"
}

var byName = map[string]Type{
	"bool": Bool, "boolean": Bool, "int": Int, "int32": Int, "uint": Int, "uint32": Int, "int16": Int, "uint16": Int, "int8": Int, "uint8": Int,
	"long": Long, "int64": Long, "uint64": Long, "ulong": Long, "real": Real, "double": Real, "float": Real, "decimal": Decimal,
	"string": String, "datetime": DateTime, "date": DateTime, "timespan": TimeSpan, "time": TimeSpan,
	"guid": GUID, "uuid": GUID, "uniqueid": GUID, "dynamic": Dynamic, "object": Dynamic,
}

// Parse returns the type of that name; the old names that KQL still takes (double, date, time, uuid, …) are known.
func Parse(name string) (Type, bool) {
	t, ok := byName[name]
	if !ok {
		t, ok = byName[strings.ToLower(name)]
	}
	return t, ok
}

// IsInteger reports whether t is int or long.
func (t Type) IsInteger() bool { return t == Int || t == Long }

// IsNumber reports whether t is int, long, real or decimal.
func (t Type) IsNumber() bool { return t >= Int && t <= Decimal }

// IsSummable reports whether t is a number, a timespan or a datetime.
func (t Type) IsSummable() bool { return t.IsNumber() || t == TimeSpan || t == DateTime }

// IsOrderable reports whether min, max, sort and the like take values of t.
func (t Type) IsOrderable() bool { return t.IsSummable() || t == String || t == Bool }

// Widest returns the wider of two number types: int, long, real, decimal, each wider than those before it.
func Widest(a, b Type) Type { return max(a, b) }

// Promoted returns the type in which results of t are given: long for int, else t.
func (t Type) Promoted() Type {
	if t == Int {
		return Long
	}
	return t
}

// Common returns the type that values of all these types can be given as: the type itself when there is one only, the
// widest of numbers, and dynamic when one of them is dynamic and dynamic is true. ok is false when there is none. Unknown
// counts as every type.
func Common(ts []Type, dynamic bool) (t Type, ok bool) {
	for _, u := range ts {
		switch {
		case u == Unknown || u == t:
		case t == Unknown:
			t = u
		case t.IsNumber() && u.IsNumber():
			t = Widest(t, u)
		case dynamic && (t == Dynamic || u == Dynamic):
			t = Dynamic
		default:
			return Unknown, false
		}
	}
	return t, true
}

// Converts reports whether a value of type from may stand, without a cast, where a value of type to is expected: numbers
// widen, and a dynamic value may stand for a string.
func Converts(from, to Type) bool {
	return from == to || from == Unknown || to == Unknown || from.IsNumber() && to.IsNumber() && from < to || from == Dynamic && to == String
}
