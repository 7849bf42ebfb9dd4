package function

import (
	"math"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Compare orders two single values as where and eval do: as numbers when both read as numbers, else by the characters of
// their texts, capitals before small letters.
func Compare(a, b event.Value) int {
	o := operandOf(b)
	return o.compare(a)
}

// Equal reports whether two single values are equal to where and eval.
func Equal(a, b event.Value) bool { return Compare(a, b) == 0 }

// An operand is one side of a comparison with what it takes to compare it worked out.
type operand struct {
	num   float64
	isNum bool
	text  string
}

func operandOf(v event.Value) operand {
	n, ok := Number(v)
	return operand{num: n, isNum: ok, text: Text(v)}
}

// compare returns how v stands to the operand: -1, 0 or 1.
func (o *operand) compare(v event.Value) int {
	if o.isNum {
		if n, ok := Number(v); ok {
			switch {
			case n < o.num:
				return -1
			case n > o.num:
				return 1
			}
			if math.Abs(n) >= 1<<53 { // a float cannot tell such numbers apart
				return compareBig(Text(v), o.text)
			}
			return 0
		}
	}
	return strings.Compare(Text(v), o.text)
}

// compareBig compares two long numbers that are equal as floats, as whole numbers if they are.
func compareBig(a, b string) int {
	x, okx := readNumber(a)
	y, oky := readNumber(b)
	if okx && oky && x.Kind() == event.Int && y.Kind() == event.Int {
		switch {
		case x.Int() < y.Int():
			return -1
		case x.Int() > y.Int():
			return 1
		}
		return 0
	}
	if strings.ContainsAny(a+b, ".eE") {
		return 0
	}
	a, b = strings.TrimLeft(a, "+0"), strings.TrimLeft(b, "+0")
	return strings.Compare(a, b)
}

// SortKind says how a sort command compares the values of a field.
type SortKind uint8

const (
	SortAuto SortKind = iota // numbers by size, addresses as addresses, else characters; numbers before text
	SortNum                  // num(): as numbers; what is no number comes behind
	SortText                 // str(): by characters
	SortIP                   // ip(): as addresses; what is none comes behind
)

// CompareSort orders two values for sort. Null and missing values are not for it to order: they come last whichever way
// a sort goes. Of a multivalue field the first value counts.
func CompareSort(kind SortKind, a, b event.Value) int {
	a, b = firstOf(a), firstOf(b)
	if kind == SortAuto || kind == SortNum {
		x, okx := Number(a)
		y, oky := Number(b)
		switch {
		case okx && oky:
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		case okx:
			return -1
		case oky:
			return 1
		}
	}
	if kind == SortAuto || kind == SortIP {
		x, okx := addressOf(a)
		y, oky := addressOf(b)
		switch {
		case okx && oky:
			return x.Compare(y)
		case okx && kind == SortIP:
			return -1
		case oky && kind == SortIP:
			return 1
		}
	}
	return strings.Compare(Text(a), Text(b))
}

func firstOf(v event.Value) event.Value {
	if l := v.List(); len(l) > 0 {
		return l[0]
	}
	return v
}
