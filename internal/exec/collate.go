package exec

import (
	"bytes"
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A sortable is a value under a collation: first by class, then by number, then by text.
type sortable struct {
	class uint8
	whole bool // num holds an int64
	num   uint64
	text  string
}

// Classes of sortables. Under AutoText numbers come first, then addresses, then other text, so that the order is one even
// where kinds mix.
const (
	classNumber uint8 = iota + 1
	classAddress
	classOther
)

func collate(v event.Value, c plan.Collation) sortable {
	if v.Kind() == event.List && c != plan.ByValue {
		// The first value of a multivalue field stands for it.
		if len(v.List()) == 0 {
			return sortable{class: classOther}
		}
		v = v.List()[0]
	}
	switch c {
	case plan.AsText:
		return sortable{class: classOther, text: textOf(v)}
	case plan.AsNumber:
		if s, ok := number(v); ok {
			return s
		}
		return sortable{class: classOther, text: textOf(v)}
	case plan.AsAddress:
		if s, ok := address(v); ok {
			return s
		}
		return sortable{class: classOther, text: textOf(v)}
	case plan.AutoText:
		if s, ok := number(v); ok {
			return s
		}
		if s, ok := address(v); ok {
			return s
		}
		return sortable{class: classOther, text: textOf(v)}
	}
	s := sortable{class: uint8(v.Kind())}
	switch v.Kind() {
	case event.Bool, event.Time, event.Duration:
		s.whole, s.num = true, uint64(v.Ticks())
	case event.Int, event.Float:
		s.class = uint8(event.Int)
		s.whole, s.num = v.Kind() == event.Int, uint64(v.Ticks())
	case event.String:
		s.text = v.Str()
	default:
		s.text = string(event.AppendJSON(nil, v))
	}
	return s
}

func (s sortable) float() float64 {
	if s.whole {
		return float64(int64(s.num))
	}
	return math.Float64frombits(s.num)
}

func compareSortable(a, b sortable) int {
	switch {
	case a.class != b.class:
		return cmp.Compare(a.class, b.class)
	case a.whole && b.whole:
		if a.num != b.num {
			return cmp.Compare(int64(a.num), int64(b.num))
		}
	case a.num != b.num:
		if c := cmp.Compare(a.float(), b.float()); c != 0 {
			return c
		}
	}
	return strings.Compare(a.text, b.text)
}

// number returns v as a number when it is one or is text that spells one.
func number(v event.Value) (sortable, bool) {
	switch v.Kind() {
	case event.Int, event.Time, event.Duration:
		return sortable{class: classNumber, whole: true, num: uint64(v.Ticks())}, true
	case event.Float:
		return sortable{class: classNumber, num: math.Float64bits(v.Float())}, true
	case event.String:
		s := v.Str()
		if !spellsNumber(s) {
			return sortable{}, false
		}
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return sortable{class: classNumber, whole: true, num: uint64(i)}, true
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return sortable{class: classNumber, num: math.Float64bits(f)}, true
		}
	}
	return sortable{}, false
}

// spellsNumber reports whether s consists of what decimal numbers consist of; it keeps "inf", "0x1p3" and the like out.
func spellsNumber(s string) bool {
	digit := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digit = true
		case c == '+' || c == '-' || c == '.' || digit && (c == 'e' || c == 'E'):
		default:
			return false
		}
	}
	return digit
}

func address(v event.Value) (sortable, bool) {
	s := v.Str()
	if len(s) < 3 || len(s) > 64 || !strings.ContainsAny(s, ".:") || s[0] > 'f' {
		return sortable{}, false
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return sortable{}, false
	}
	b := a.As16()
	return sortable{class: classAddress, text: string(b[:]) + a.Zone()}, true
}

func textOf(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return v.Str()
	case event.Missing, event.Null:
		return ""
	}
	return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
}

// compareAtAll puts values in an order that depends on nothing but the values, for those that a collation does not tell apart.
func compareAtAll(x, y event.Value) int {
	return cmp.Or(cmp.Compare(x.Kind(), y.Kind()), bytes.Compare(event.AppendJSON(nil, x), event.AppendJSON(nil, y)))
}

// ranks returns the rank of each value under a collation, from 0. Values that it does not tell apart have equal ranks, unless
// total, which then puts them in an order that depends on nothing but the values.
func ranks(vals []event.Value, c plan.Collation, total bool) []uint32 {
	keys := make([]sortable, len(vals))
	order := make([]int32, len(vals))
	for i, v := range vals {
		keys[i], order[i] = collate(v, c), int32(i)
	}
	compare := func(a, b int32) int {
		r := compareSortable(keys[a], keys[b])
		if r == 0 && total {
			r = compareAtAll(vals[a], vals[b])
		}
		return r
	}
	slices.SortFunc(order, compare)
	out := make([]uint32, len(vals))
	rank := uint32(0)
	for i, at := range order {
		if i > 0 && compare(order[i-1], at) != 0 {
			rank++
		}
		out[at] = rank
	}
	return out
}

// An ordering sorts rows by several keys, each given as numbers that are in the order of its values.
type ordering struct{ keys [][]uint64 }

// add adds a key, less significant than those before. cols are its values, batch after batch. total tells apart what the
// collation does not.
func (o *ordering) add(cols []*event.Column, k plan.SortKey, total bool) {
	n := 0
	for _, c := range cols {
		n += c.Len()
	}
	nulls := make([]uint64, n)
	nums, hasNull, ok := numericKey(cols, k.Collation, nulls)
	if !ok {
		nums, hasNull = rankKey(cols, k.Collation, nulls, total)
	}
	if k.Desc {
		for i := range nums {
			nums[i] = ^nums[i]
		}
	}
	if hasNull {
		for i, null := range nulls {
			if null != 0 {
				nums[i] = 0
			}
			if k.NullsFirst {
				nulls[i] = 1 - null
			}
		}
		o.keys = append(o.keys, nulls)
	}
	o.keys = append(o.keys, nums)
}

// recordKeys sort rows by their first records in the input, of which records gives the values.
var recordKeys = []plan.SortKey{{}, {}}

// records returns the files and numbers of the first records of a batch's rows.
func records(b *event.Batch) []*event.Column {
	files, numbers := make([]event.Value, b.Len()), make([]event.Value, b.Len())
	for i := range files {
		first, _ := firstOrigin(b.Lineage.Parts(i))
		files[i], numbers[i] = event.IntOf(int64(first.File)), event.IntOf(int64(first.Record))
	}
	return []*event.Column{event.NewColumn(files), event.NewColumn(numbers)}
}

// firstOrigin returns the least of the origins in two sets; without any it is the zero origin, which comes before all.
func firstOrigin(a, b []event.Origin) (event.Origin, bool) {
	switch {
	case len(a) == 0 && len(b) == 0:
		return event.Origin{}, false
	case len(a) == 0 || len(b) > 0 && b[0].Less(a[0]):
		return b[0], true
	}
	return a[0], true
}

const maxExact = 1 << 53

// numericKey is the key of values that are all numbers, or all times, or all durations. nulls gets a 1 for each null.
func numericKey(cols []*event.Column, coll plan.Collation, nulls []uint64) (key []uint64, hasNull, ok bool) {
	if coll == plan.AsText || coll == plan.AsAddress {
		return nil, false, false
	}
	key = make([]uint64, 0, len(nulls))
	kind := event.Null
	ints, floats, small := false, false, true
	for _, c := range cols {
		if c.Encoding() == event.Dictionary {
			return nil, false, false
		}
		for i := range c.Len() {
			v := c.Value(i)
			switch k := v.Kind(); k {
			case event.Missing, event.Null:
				hasNull = true
				nulls[len(key)] = 1
				key = append(key, 0)
				continue
			case event.Int:
				ints = true
				small = small && v.Int() < maxExact && v.Int() > -maxExact
			case event.Float:
				floats = true
			case event.Time, event.Duration:
				if kind != event.Null && kind != k {
					return nil, false, false
				}
				kind = k
			default:
				return nil, false, false
			}
			if (ints || floats) && kind != event.Null {
				return nil, false, false
			}
			if floats && ints && !small {
				return nil, false, false
			}
			key = append(key, uint64(v.Ticks())) // the payload, whatever the kind
		}
	}
	const sign = 1 << 63
	if !floats {
		for i := range key {
			key[i] ^= sign
		}
		return key, hasNull, true
	}
	at := 0
	for _, c := range cols {
		for i := range c.Len() {
			f, _ := c.Value(i).Number()
			if f == 0 {
				f = 0 // -0 and 0 are equal
			}
			switch key[at] = math.Float64bits(f); {
			case f != f:
				key[at] = 0 // as compareSortable has it, NaN comes before all numbers
			case key[at]&sign != 0:
				key[at] = ^key[at]
			default:
				key[at] |= sign
			}
			at++
		}
	}
	return key, hasNull, true
}

// rankKey is the key of values of any kind: the rank of each among the distinct ones.
func rankKey(cols []*event.Column, coll plan.Collation, nulls []uint64, total bool) (key []uint64, hasNull bool) {
	clear(nulls)
	key = make([]uint64, 0, len(nulls))
	var ids valueIDs
	var buf []uint32
	for _, c := range cols {
		buf = ids.of(c, buf)
		for _, id := range buf {
			if id == 0 {
				hasNull = true
				nulls[len(key)] = 1
			}
			key = append(key, uint64(id))
		}
	}
	rank := ranks(ids.values(), coll, total)
	for i, id := range key {
		if id > 0 {
			key[i] = uint64(rank[id-1])
		}
	}
	return key, hasNull
}

// sorted returns the row numbers in order; rows with equal keys stay in the order they had.
func (o *ordering) sorted(n int) []int32 {
	type row struct {
		key uint64
		at  int32
	}
	rows := make([]row, n)
	for i := range rows {
		rows[i].at = int32(i)
		if len(o.keys) > 0 {
			rows[i].key = o.keys[0][i]
		}
	}
	more := o.keys
	if len(more) > 0 {
		more = more[1:]
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.key != b.key {
			if a.key < b.key {
				return -1
			}
			return 1
		}
		for _, k := range more {
			if x, y := k[a.at], k[b.at]; x != y {
				if x < y {
					return -1
				}
				return 1
			}
		}
		return int(a.at - b.at)
	})
	out := make([]int32, n)
	for i, r := range rows {
		out[i] = r.at
	}
	return out
}
