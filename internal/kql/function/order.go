package function

import (
	"cmp"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Compare orders any two values as sort, min, max and array_sort_asc do: nulls first, then numbers, timespans,
// datetimes, text by code point, bools, arrays and bags by their text; NaN stands before all other numbers.
func Compare(a, b event.Value) int {
	x, y := rank(a), rank(b)
	if x != y {
		return cmp.Compare(x, y)
	}
	switch x {
	case 6:
		u, _ := truthNumber(a)
		v, _ := truthNumber(b)
		return cmp.Compare(u, v)
	case 2:
		if a.Kind() == event.Int && b.Kind() == event.Int {
			return cmp.Compare(a.Int(), b.Int())
		}
		u, _ := a.Number()
		v, _ := b.Number()
		return cmp.Compare(u, v)
	case 3, 4:
		return cmp.Compare(a.Ticks(), b.Ticks())
	case 5:
		return strings.Compare(a.Str(), b.Str())
	case 7:
		return strings.Compare(Text(a), Text(b))
	}
	return 0
}

func rank(v event.Value) int {
	switch v.Kind() {
	case event.Missing, event.Null:
		return 0
	case event.Bool:
		return 6
	case event.Int, event.Float:
		return 2
	case event.Duration:
		return 3
	case event.Time:
		return 4
	case event.String:
		return 5
	}
	return 7
}
