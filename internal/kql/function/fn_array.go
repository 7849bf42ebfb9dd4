package function

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Arrays and sets. https://learn.microsoft.com/kusto/query/scalar-functions#dynamicarray-functions

func listOf(vs []event.Value) event.Value { return event.ListOf(vs) }

func init() {
	register(
		strict("array_length", "array-length-function", "Gives the number of elements; null when the value is no array.", "array:array -> long", onArray(func(l []event.Value, _ []event.Value) event.Value {
			return event.IntOf(int64(len(l)))
		})),
		strict("array_reverse", "array-reverse-function", "Gives an array backwards.", "value:array -> arg0", onArray(func(l []event.Value, _ []event.Value) event.Value {
			out := slices.Clone(l)
			slices.Reverse(out)
			return listOf(out)
		})),
		lax("array_concat", "array-concat-function", "Joins arrays.", "array:array+ -> dynamic", func(args []event.Value) event.Value {
			var out []event.Value
			for _, a := range args {
				if !a.IsNull() {
					out = elements(out, a)
				}
			}
			return listOf(out)
		}),
		strict("array_slice", "array-slice-function", "Gives the elements from start to end, both included; negative numbers count from the end.", "array:array, start:integer, end:integer -> arg0",
			onArray(func(l []event.Value, args []event.Value) event.Value {
				n := int64(len(l))
				from, to := args[0].Int(), args[1].Int()
				if from < 0 {
					from = max(0, from+n)
				}
				if to < 0 {
					to += n
				}
				to = min(to+1, n)
				if from >= to {
					return listOf(nil)
				}
				return listOf(slices.Clone(l[from:to]))
			})),
		strict("array_split", "array-split-function", "Cuts an array at one or several places.", "array:array, index:integerOrArray -> arg0", onArray(arraySplit)),
		lax("array_iff", "array-iff-function", "Takes for each condition the element at its place of the second or of the third array.", "condition_array:array, when_true:scalar, when_false:scalar -> dynamic", arrayIff),
		strict("array_shift_left", "array-shift-left-function", "Moves the elements of an array to the left; places that get free hold the default.", "array:array, shift_count:integer, default_value:scalar? -> arg0", shift(1)),
		strict("array_shift_right", "array-shift-right-function", "Moves the elements of an array to the right; places that get free hold the default.", "array:array, shift_count:integer, default_value:scalar? -> arg0", shift(-1)),
		strict("array_rotate_left", "array-rotate-left-function", "Turns the elements of an array to the left.", "array:array, rotate_count:integer -> arg0", onArray(rotate(1))),
		strict("array_rotate_right", "array-rotate-right-function", "Turns the elements of an array to the right.", "array:array, rotate_count:integer -> arg0", onArray(rotate(-1))),
		lax("array_index_of", "array-index-of-function", "Gives the place of a value in an array, or -1; from a start, within a length, and the nth time.",
			"array:array, value:scalar, start:integer?, length:integer?, occurrence:integer!? -> long", arrayIndexOf),
		lax("zip", "zip-function", "Gives arrays of the elements that stand at the same place; null where an array is shorter.", "array:array+2 -> dynamic", func(args []event.Value) event.Value {
			n := 0
			for _, a := range args {
				n = max(n, len(elements(nil, a)))
			}
			out := make([]event.Value, n)
			for i := range out {
				row := make([]event.Value, len(args))
				for j, a := range args {
					if row[j] = element(a, int64(i)); a.Kind() != event.List && i == 0 {
						row[j] = a
					}
				}
				out[i] = listOf(row)
			}
			return listOf(out)
		}),
		strict("repeat", "repeat-function", "Gives an array of a value some number of times.", "value:scalar, count:long -> dynamic", func(args []event.Value) event.Value {
			n := min(args[1].Int(), maxElements)
			if n < 0 {
				return event.NullValue
			}
			return listOf(slices.Repeat([]event.Value{args[0]}, int(n)))
		}).named(NamePrefix, "repeat"),
		strict("range", "range-function", "Gives an array of evenly spaced values, at most 1,048,576 of them.", "start:summable, stop:summable, step:summable? -> dynamic", rangeOf),
		lax("pack_array", "pack-array-function", "Gives an array of its arguments.", "value:scalar@+ -> dynamic", func(args []event.Value) event.Value {
			out := slices.Clone(args)
			for i, a := range out {
				if a.IsMissing() {
					out[i] = event.NullValue
				}
			}
			return listOf(out)
		}),
		lax("set_has_element", "set-has-element-function", "Reports whether an array has an element.", "set:array, value:scalar -> bool", func(args []event.Value) event.Value {
			return event.BoolOf(indexIn(args[0].List(), args[1]) >= 0)
		}),
		lax("set_union", "set-union-function", "Gives the distinct elements of all arrays.", "set:array+2 -> dynamic", func(args []event.Value) event.Value {
			var s orderedSet
			for _, a := range args {
				s.add(elements(nil, a), nil, true)
			}
			return listOf(s.list)
		}),
		lax("set_intersect", "set-intersect-function", "Gives the distinct elements that all arrays have.", "set:array+2 -> dynamic", func(args []event.Value) event.Value {
			s := newOrderedSet(args[0])
			for _, a := range args[1:] {
				keep := newOrderedSet(a)
				var next orderedSet
				next.add(s.list, keep.seen, true)
				s = &next
			}
			return listOf(s.list)
		}),
		lax("set_difference", "set-difference-function", "Gives the distinct elements of the first array that no other has.", "set:array+2 -> dynamic", func(args []event.Value) event.Value {
			s := newOrderedSet(args[0])
			for _, a := range args[1:] {
				drop := newOrderedSet(a)
				var next orderedSet
				next.add(s.list, drop.seen, false)
				s = &next
			}
			return listOf(s.list)
		}),
		strict("set_equals", "set-equals-function", "Reports whether two arrays have the same distinct elements.", "set1:array, set2:array -> bool", func(args []event.Value) event.Value {
			a, b := newOrderedSet(args[0]), newOrderedSet(args[1])
			return event.BoolOf(len(a.list) == len(b.list) && common(a, b) == len(a.list))
		}),
		strict("jaccard_index", "jaccard-index-function", "Gives the share of common elements among all elements of two sets.", "set1:array, set2:array -> dynamic", func(args []event.Value) event.Value {
			a, b := newOrderedSet(args[0]), newOrderedSet(args[1])
			both := common(a, b)
			return event.FloatOf(float64(both) / float64(len(a.list)+len(b.list)-both))
		}),
		sortEntry("array_sort_asc", "array-sort-asc-function", "Sorts an array upwards, and further arrays along with it.", false),
		sortEntry("array_sort_desc", "array-sort-desc-function", "Sorts an array downwards, and further arrays along with it.", true),
	)
	alias("array_length", "arraylength")
	alias("array_iff", "array_iif")
	examples(scalars, "array_length", `array_length(dynamic([1, 2, 3, "four"]))`, `4`, `array_length(dynamic({}))`, `null`)
	examples(scalars, "array_slice", `array_slice(dynamic([1,2,3,4,5]), -3, -2)`, `[3,4]`)
	examples(scalars, "array_split", `array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))`, `[[1],[2,3],[4,5]]`)
	examples(scalars, "array_iff", `array_iff(dynamic([true,false,null]), dynamic([1,2,3]), 0)`, `[1,0,null]`)
	examples(scalars, "array_shift_left", `array_shift_left(dynamic([1,2,3,4,5]), 2)`, `[3,4,5,null,null]`)
	examples(scalars, "array_rotate_left", `array_rotate_left(dynamic([1,2,3,4,5]), -2)`, `[4,5,1,2,3]`)
	examples(scalars, "array_index_of", `array_index_of(dynamic(["a", "b", "a"]), "a", 1)`, `2`)
	examples(scalars, "zip", `zip(dynamic([1,3,5]), dynamic([2,4]))`, `[[1,2],[3,4],[5,null]]`)
	examples(scalars, "range", `range(1, 8, 3)`, `[1,4,7]`, `range(1h, 3h)`, `["01:00:00","02:00:00","03:00:00"]`)
	examples(scalars, "pack_array", `pack_array(1, "a")`, `[1,"a"]`)
	examples(scalars, "set_difference", `set_difference(dynamic([1,2,3]), dynamic([2]))`, `[1,3]`)
	examples(scalars, "set_intersect", `set_intersect(dynamic([1,2,3]), dynamic([2,3,4]))`, `[2,3]`)
	examples(scalars, "jaccard_index", `jaccard_index(dynamic([1,2,3]), dynamic([1,2,3,4]))`, `0.75`)
	examples(scalars, "array_sort_asc", `array_sort_asc(dynamic([null, "d", "a", "c", "c"]))`, `["a","c","c","d",null]`)
	examples(scalars, "array_sort_desc", `array_sort_desc(dynamic([1, 3, 2, "a", "c"]))`, `[3,2,1,"c","a"]`)
}

// onArray runs a kernel on an array and the other arguments; what is no array gives null.
func onArray(f func(l, rest []event.Value) event.Value) fn.Row {
	return func(args []event.Value) event.Value {
		if args[0].Kind() != event.List {
			return event.NullValue
		}
		return f(args[0].List(), args[1:])
	}
}

func arraySplit(l, args []event.Value) event.Value {
	var cuts []int
	for _, v := range elements(nil, args[0]) {
		at := toLong(v)
		if at.IsNull() {
			return event.NullValue
		}
		i := at.Int()
		if i < 0 {
			i += int64(len(l))
		}
		cuts = append(cuts, int(min(max(i, 0), int64(len(l)))))
	}
	var out []event.Value
	from := 0
	for _, c := range append(cuts, len(l)) {
		c = max(c, from)
		out = append(out, listOf(slices.Clone(l[from:c])))
		from = c
	}
	return listOf(out)
}

func arrayIff(args []event.Value) event.Value {
	if args[0].Kind() != event.List {
		return event.NullValue
	}
	at := func(v event.Value, i int) event.Value {
		if v.Kind() == event.List {
			return element(v, int64(i))
		}
		if v.IsMissing() {
			return event.NullValue
		}
		return v
	}
	out := make([]event.Value, len(args[0].List()))
	for i, c := range args[0].List() {
		f, ok := truthNumber(c)
		switch {
		case !ok:
			out[i] = event.NullValue
		case f != 0:
			out[i] = at(args[1], i)
		default:
			out[i] = at(args[2], i)
		}
	}
	return listOf(out)
}

func shift(sign int64) fn.Row {
	return onArray(func(l, args []event.Value) event.Value {
		fill := event.NullValue
		if len(args) > 1 {
			fill = args[1]
		}
		n := args[0].Int() * sign
		out := make([]event.Value, len(l))
		for i := range out {
			if j := int64(i) + n; j >= 0 && j < int64(len(l)) {
				out[i] = l[j]
			} else {
				out[i] = fill
			}
		}
		return listOf(out)
	})
}

func rotate(sign int64) func(l, args []event.Value) event.Value {
	return func(l, args []event.Value) event.Value {
		n, ok := posMod(args[0].Int()*sign, int64(len(l)))
		if !ok {
			return listOf(nil)
		}
		return listOf(append(slices.Clone(l[n:]), l[:n]...))
	}
}

func arrayIndexOf(args []event.Value) event.Value {
	if args[0].Kind() != event.List {
		return event.NullValue
	}
	l := args[0].List()
	start, length, nth := int64(0), int64(-1), int64(1)
	for i, p := range []*int64{&start, &length, &nth} {
		if len(args) > i+2 {
			if args[i+2].IsNull() {
				return event.NullValue
			}
			*p = args[i+2].Int()
		}
	}
	if start < 0 {
		start = max(0, start+int64(len(l)))
	}
	if length < -1 || nth < 1 {
		return event.NullValue
	}
	end := int64(len(l))
	if length >= 0 {
		end = min(end, start+length)
	}
	for i := start; i < end; i++ {
		if event.Equal(l[i], args[1]) {
			if nth--; nth == 0 {
				return event.IntOf(i)
			}
		}
	}
	return event.IntOf(-1)
}

func indexIn(l []event.Value, v event.Value) int {
	return slices.IndexFunc(l, func(e event.Value) bool { return event.Equal(e, v) })
}

func rangeOf(args []event.Value) event.Value {
	v, stop := args[0], args[1]
	var step event.Value
	switch {
	case len(args) > 2:
		step = args[2]
	case v.Kind() == event.Time || v.Kind() == event.Duration:
		step = event.DurationOf(ticksPerHour)
	default:
		step = event.IntOf(1)
	}
	zero := event.IntOf(0)
	if step.Kind() == event.Duration {
		zero = event.DurationOf(0)
	}
	dir, ok := order(step, zero)
	if !ok || dir == 0 || dir == unordered {
		return event.NullValue
	}
	if v.Kind() == event.Int && step.Kind() == event.Float {
		v = event.FloatOf(float64(v.Int()))
	}
	var out []event.Value
	for i := int64(0); len(out) < maxElements; i++ {
		e := addValues(v, mulValues(step, event.IntOf(i)))
		if c, ok := order(e, stop); !ok || c*dir > 0 {
			break
		}
		out = append(out, e)
	}
	return listOf(out)
}

// An orderedSet keeps distinct values in the order in which they came.
type orderedSet struct {
	list []event.Value
	seen map[string]bool
}

func newOrderedSet(v event.Value) *orderedSet {
	s := &orderedSet{}
	if !v.IsNull() {
		s.add(elements(nil, v), nil, true)
	}
	return s
}

// add adds the values of vs; with only, those that are in it, or are not when in is false.
func (s *orderedSet) add(vs []event.Value, only map[string]bool, in bool) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	var key []byte
	for _, v := range vs {
		key = event.AppendKey(key[:0], v)
		if s.seen[string(key)] || (only != nil || !in) && only[string(key)] != in {
			continue
		}
		s.seen[string(key)] = true
		s.list = append(s.list, v)
	}
}

func common(a, b *orderedSet) int {
	n := 0
	for k := range a.seen {
		if b.seen[k] {
			n++
		}
	}
	return n
}

func sortEntry(name, see, doc string, desc bool) *Entry {
	return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see, Null: fn.SeesNull}, Sig: []string{"array:array+, nulls_last:bool!? -> arg0"}, raw: true,
		typed: func(ts []types.Type, _ types.Type) *fn.Func {
			arrays := len(ts)
			if ts[arrays-1] == types.Bool {
				arrays--
			}
			return &fn.Func{Name: name, Min: 1, Max: -1, Null: fn.SeesNull, Row: func(args []event.Value) event.Value {
				nullsLast := len(args) == arrays || args[arrays].IsTrue()
				return sortArrays(args[:arrays], desc, nullsLast)
			}}
		},
		columns: func(args []Arg) []Column {
			n := len(args)
			if args[n-1].Type == types.Bool {
				n--
			}
			if n == 1 {
				return nil
			}
			var out []Column
			for i, a := range args[:n] {
				if a.Name == "" {
					a.Name = "array" + string(rune('0'+i%10))
				}
				out = append(out, Column{a.Name + "_sorted", types.Dynamic})
			}
			return out
		}}
}

// sortArrays sorts the first array and orders the others like it. Values of one type stay together, whatever the direction;
// an array of another length than the first becomes null.
func sortArrays(args []event.Value, desc, nullsLast bool) event.Value {
	if args[0].Kind() != event.List {
		if len(args) == 1 {
			return event.NullValue
		}
		return listOf(slices.Repeat([]event.Value{event.NullValue}, len(args)))
	}
	first := args[0].List()
	at := make([]int, len(first))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int {
		a, b := first[i], first[j]
		if a.IsNull() != b.IsNull() {
			if a.IsNull() == nullsLast {
				return 1
			}
			return -1
		}
		c := Compare(a, b)
		if desc && rank(a) == rank(b) {
			return -c
		}
		return c
	})
	out := make([]event.Value, len(args))
	for k, a := range args {
		l := a.List()
		if a.Kind() != event.List || len(l) != len(first) {
			out[k] = event.NullValue
			continue
		}
		sorted := make([]event.Value, len(l))
		for i, j := range at {
			sorted[i] = l[j]
		}
		out[k] = listOf(sorted)
	}
	if len(args) == 1 {
		return out[0]
	}
	return listOf(out)
}
