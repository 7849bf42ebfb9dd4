package function

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Operators with a list on the right. An element that is a dynamic array stands for its own elements.
// https://learn.microsoft.com/kusto/query/in-cs-operator https://learn.microsoft.com/kusto/query/has-any-operator

func init() {
	in := func(name, doc, see string, sigs []string, bind func(ts []types.Type) func(*fn.Env, []fn.Arg) (fn.Row, error)) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: see, Null: fn.SeesNull}, Sig: sigs, raw: true,
			typed: func(ts []types.Type, _ types.Type) *fn.Func {
				need := ofText(ts, needAny)
				if name == "has_all" {
					need = words(needAll)
				} else if name == "has_any" {
					need = words(needAny)
				}
				return &fn.Func{Name: name, Min: 1, Max: -1, Null: fn.SeesNull, Bind: bind(ts), Needs: need}
			}}
	}
	text := []string{"value:string|dynamic, element:scalar* -> bool"}
	registerOps(
		in("in", "Reports whether a value is one of a list; text counts case.", "in-cs-operator",
			[]string{"value:bool, element:scalar* -> bool", "value:notBool, element:scalar* -> bool"},
			func(ts []types.Type) func(*fn.Env, []fn.Arg) (fn.Row, error) { return bindIn(ts, false) }),
		in("in~", "Reports whether a text is one of a list, ignoring case.", "in-operator", text,
			func(ts []types.Type) func(*fn.Env, []fn.Arg) (fn.Row, error) { return bindIn(ts, true) }),
		in("has_any", "Reports whether a text has at least one of the given terms, ignoring case.", "has-any-operator", text,
			func([]types.Type) func(*fn.Env, []fn.Arg) (fn.Row, error) { return bindTerms(false) }),
		in("has_all", "Reports whether a text has all of the given terms, ignoring case.", "has-all-operator", text,
			func([]types.Type) func(*fn.Env, []fn.Arg) (fn.Row, error) { return bindTerms(true) }),
	)
	registerOps(
		&Entry{Func: fn.Func{Name: "!in", Doc: "The negation of in.", See: "not-in-cs-operator"}, Sig: operators["in"].Sig, negates: "in"},
		&Entry{Func: fn.Func{Name: "!in~", Doc: "The negation of in~.", See: "not-in-operator"}, Sig: text, negates: "in~"},
	)
	examples(operators, "in", `"a" in ("a", "b")`, `true`, `"A" in ("a", "b")`, `false`, `2 in (dynamic([1, 2]))`, `true`)
	examples(operators, "in~", `"A" in~ ("a", "b")`, `true`)
	examples(operators, "has_any", `"net user /add" has_any ("group", "USER")`, `true`, `"net user" has_any (dynamic(["x"]))`, `false`)
	examples(operators, "has_all", `"net user /add" has_all ("net", "add")`, `true`)
}

// elements flattens a list: arrays stand for their elements.
func elements(dst []event.Value, v event.Value) []event.Value {
	if v.Kind() == event.List {
		return append(dst, v.List()...)
	}
	return append(dst, v)
}

// constElements returns the elements of args[1:] when all are constant.
func constElements(args []fn.Arg) ([]event.Value, bool) {
	var out []event.Value
	for _, a := range args[1:] {
		if !a.Const {
			return nil, false
		}
		out = elements(out, a.Value)
	}
	return out, true
}

// A valueSet is a set of values for the equality of ==.
type valueSet struct {
	fold   bool
	texts  map[string]struct{} // lower-case when fold
	long   int                 // the length of the longest
	ints   map[int64]struct{}
	others []event.Value
	list   []event.Value
}

func newValueSet(list []event.Value, fold bool) *valueSet {
	s := &valueSet{fold: fold, texts: map[string]struct{}{}, ints: map[int64]struct{}{}, list: list}
	for _, v := range list {
		switch {
		case v.Kind() == event.String && fold:
			low := strings.ToLower(v.Str())
			s.texts[low] = struct{}{}
			s.long = max(s.long, len(low))
		case v.Kind() == event.String:
			s.texts[v.Str()] = struct{}{}
		case v.Kind() == event.Int:
			s.ints[v.Int()] = struct{}{}
			s.others = append(s.others, v)
		case !v.IsNull():
			s.others = append(s.others, v)
		}
	}
	return s
}

func (s *valueSet) hasText(t string) bool {
	if !s.fold {
		_, ok := s.texts[t]
		return ok
	}
	if len(t) > 3*s.long { // no letter gets shorter than a third in lower case
		return false
	}
	var buf [128]byte
	if len(t) > len(buf) {
		_, ok := s.texts[strings.ToLower(t)]
		return ok
	}
	for i := range len(t) {
		c := t[i]
		if c >= 0x80 {
			_, ok := s.texts[strings.ToLower(t)]
			return ok
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	_, ok := s.texts[string(buf[:len(t)])]
	return ok
}

// has reports whether v, whose static type is t, equals an element.
func (s *valueSet) has(v event.Value, t types.Type) bool {
	switch v.Kind() {
	case event.String:
		if s.hasText(v.Str()) {
			return true
		}
		if t == types.String && len(s.texts) == len(s.list) {
			return false
		}
	case event.Int:
		if _, ok := s.ints[v.Int()]; ok {
			return true
		}
		if len(s.ints) == len(s.list) {
			return false
		}
	case event.Missing, event.Null:
		return t == types.String && s.hasText("")
	case event.List: // an array is in the list when one of its elements is
	}
	if len(s.texts) > 0 && v.Kind() != event.String {
		if t == types.Dynamic || t == types.Unknown {
			if s.hasText(Text(v)) {
				return true
			}
		} else {
			for _, e := range s.list {
				if e.Kind() == event.String && looseEqual(v, e, t, types.String).IsTrue() {
					return true
				}
			}
		}
	}
	for _, e := range s.others {
		if looseEqual(v, e, t, types.Unknown).IsTrue() {
			return true
		}
	}
	return false
}

func bindIn(ts []types.Type, fold bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	t := types.Unknown
	if len(ts) > 0 {
		t = ts[0]
	}
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if list, ok := constElements(args); ok {
			set := newValueSet(list, fold)
			return func(args []event.Value) event.Value { return event.BoolOf(set.has(args[0], t)) }, nil
		}
		var list []event.Value
		return func(args []event.Value) event.Value {
			list = list[:0]
			for _, a := range args[1:] {
				list = elements(list, a)
			}
			v := args[0]
			for _, e := range list {
				if fold && e.Kind() == event.String {
					if fn.EqualFold(Text(v), e.Str()) {
						return event.BoolOf(true)
					}
				} else if looseEqual(v, e, t, types.Unknown).IsTrue() {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(t == types.String && v.IsNull() && hasEmpty(list))
		}, nil
	}
}

func hasEmpty(list []event.Value) bool {
	for _, e := range list {
		if e.Kind() == event.String && e.Str() == "" {
			return true
		}
	}
	return false
}

func bindTerms(all bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	texts := func(list []event.Value) []string {
		out := make([]string, 0, len(list))
		for _, v := range list {
			if !v.IsNull() {
				out = append(out, Text(v))
			}
		}
		return out
	}
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if list, ok := constElements(args); ok {
			test := newTermSet(texts(list), all)
			return func(args []event.Value) event.Value { return event.BoolOf(test(Text(args[0]))) }, nil
		}
		var last []byte
		var test textTest
		var list []event.Value
		return func(args []event.Value) event.Value {
			list = list[:0]
			for _, a := range args[1:] {
				list = elements(list, a)
			}
			var key []byte
			for _, v := range list {
				key = event.AppendKey(key, v)
			}
			if test == nil || string(key) != string(last) {
				test, last = newTermSet(texts(list), all), key
			}
			return event.BoolOf(test(Text(args[0])))
		}, nil
	}
}

// newTermSet prepares the search for several terms at once, ignoring case: for all of them or for any.
func newTermSet(needles []string, all bool) textTest {
	if len(needles) == 1 {
		return newTermFinder(needles[0], true, bothEdges).in
	}
	// The terms of a text are looked up in a table when there are many needles; a few are searched for one by one, which
	// skips through the text faster.
	const few = 6
	if !all && len(needles) > few {
		if t, ok := newTermTable(needles); ok {
			return t.any
		}
	}
	var finders []*termFinder
	for _, n := range needles {
		finders = append(finders, newTermFinder(n, true, bothEdges))
	}
	return func(s string) bool {
		for _, f := range finders {
			if f.in(s) != all {
				return !all
			}
		}
		return all
	}
}

// A termTable finds out in one pass which of many needles a text has.
type termTable struct {
	// at holds the needles by their first complete term, in lower case.
	at      map[string][]termNeedle
	lengths [256]bool // lengths that keys of at have; longer ones share the last place
	rest    []*termFinder
}

type termNeedle struct {
	text   string // "" when the needle is its first term and nothing else
	before int    // bytes of the needle before its first term
}

// newTermTable returns false when a needle has letters outside ASCII, whose case partners may differ in length.
func newTermTable(needles []string) (*termTable, bool) {
	t := &termTable{at: map[string][]termNeedle{}}
	for _, n := range needles {
		if !isASCII(n) {
			return nil, false
		}
		low := strings.ToLower(n)
		i := 0
		for i < len(low) && !termByte[low[i]] {
			i++
		}
		j := i
		for j < len(low) && termByte[low[j]] {
			j++
		}
		if i == j { // no term in it: punctuation or nothing
			t.rest = append(t.rest, newTermFinder(n, true, bothEdges))
			continue
		}
		e := termNeedle{before: i}
		if j-i != len(low) {
			e.text = low
		}
		t.at[low[i:j]] = append(t.at[low[i:j]], e)
		t.lengths[min(j-i, 255)] = true
	}
	return t, true
}

func (t *termTable) any(s string) bool {
	for _, f := range t.rest {
		if f.in(s) {
			return true
		}
	}
	var buf [64]byte
	for i := 0; i < len(s); {
		c := s[i]
		if !termByte[c] {
			if c >= 0x80 && runAfter(s, i) { // a run with letters outside ASCII is none of the needles' terms
				i = runEnd(s, i)
			} else {
				i++
			}
			continue
		}
		j := i + 1
		for j < len(s) && termByte[s[j]] {
			j++
		}
		if j < len(s) && s[j] >= 0x80 && runAfter(s, j) {
			i = runEnd(s, j)
			continue
		}
		if n := j - i; t.lengths[min(n, 255)] {
			key := buf[:0]
			for _, c := range []byte(s[i:j]) {
				if c >= 'A' && c <= 'Z' {
					c += 'a' - 'A'
				}
				key = append(key, c)
			}
			for _, e := range t.at[string(key)] {
				if e.text == "" {
					return true
				}
				from := i - e.before
				if from < 0 || from+len(e.text) > len(s) || !fn.EqualFold(s[from:from+len(e.text)], e.text) {
					continue
				}
				end := from + len(e.text)
				if !termByte[e.text[len(e.text)-1]] || !runAfter(s, end) {
					return true
				}
			}
		}
		i = j
	}
	return false
}

// runEnd returns where the run that position i is in ends.
func runEnd(s string, i int) int {
	for i < len(s) && (s[i]&0xC0 == 0x80 || runAfter(s, i)) {
		i++
	}
	return i
}
