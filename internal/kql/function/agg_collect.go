package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Aggregates that keep many values or whole rows.

// maxElements is the most that a list, set or bag may hold.
const maxElements = 1_048_576

func init() {
	list := func(name, prefix, see, doc string, sig []string, at int, s func(limit int) func() fn.State) *Agg {
		return &Agg{Agg: fn.Agg{Name: name, Doc: doc, See: see, Ordered: true}, Sig: sig, Naming: NamePrefix, Prefix: prefix,
			state: func(_ []types.Type, _ types.Type, args []fn.Arg) (func() fn.State, error) {
				return s(limitOf(args, at, maxElements)), nil
			}}
	}
	lists := func(limit int) func() fn.State { return func() fn.State { return &listState{limit: limit} } }
	sets := func(limit int) func() fn.State { return func() fn.State { return &setState{limit: limit} } }
	bags := func(limit int) func() fn.State { return func() fn.State { return &bagState{limit: limit} } }
	plain, cond := []string{"expr:scalar, maxSize:integer? -> dynamic"}, []string{"expr:scalar, predicate:bool, maxSize:integer? -> dynamic"}
	bag, bagCond := []string{"expr:bag, maxSize:integer? -> dynamic"}, []string{"expr:bag, predicate:bool, maxSize:integer? -> dynamic"}
	registerAggs(
		list("make_list", "list", "make-list-aggregation-function", "Gathers the values of the group in an array, leaving out nulls.", plain, 1, lists),
		list("make_set", "set", "make-set-aggregation-function", "Gathers the distinct values of the group in an array, leaving out nulls; arrays are taken apart.", plain, 1, sets),
		list("make_bag", "bag", "make-bag-aggregation-function", "Merges the bags of the group into one; the first value of a key counts.", bag, 1, bags),
		list("make_list_with_nulls", "list", "make-list-with-nulls-aggregation-function", "Gathers the values of the group in an array, nulls included.",
			[]string{"expr:scalar -> dynamic"}, 9, func(limit int) func() fn.State {
				return func() fn.State { return &listState{limit: limit, nulls: true} }
			}),
	)
	for _, f := range [][4]string{{"make_list_if", "list", "make_list", "make-list-if-aggregation-function"}, {"make_set_if", "set", "make_set", "make-set-if-aggregation-function"},
		{"make_bag_if", "bag", "make_bag", "make-bag-if-aggregation-function"}} {
		sig := cond
		if f[2] == "make_bag" {
			sig = bagCond
		}
		registerAggs(&Agg{Agg: fn.Agg{Name: f[0], Doc: "Like " + f[2] + ", over the rows for which the condition is true.", See: f[3], Ordered: true}, Sig: sig,
			Naming: NamePrefix, Prefix: f[1], state: filtered(1, aggregates[f[2]])})
	}
	// The old names keep at most 128 elements when they are not told otherwise.
	for _, f := range []struct {
		name, of string
		state    func(int) func() fn.State
	}{{"makelist", "make_list", lists}, {"makeset", "make_set", sets}} {
		aliasAgg(f.of, f.name)
		aggregates[f.name].Doc += " It keeps at most 128 values when no limit is given."
		aggregates[f.name].state = func(_ []types.Type, _ types.Type, args []fn.Arg) (func() fn.State, error) {
			return f.state(limitOf(args, 1, 128)), nil
		}
	}
	aliasAgg("make_bag", "make_dictionary")
	aggregates["make_dictionary"].Prefix = "dictionary"

	distinct := func(name, see, doc, sig string, s stateMaker) *Agg {
		return &Agg{Agg: fn.Agg{Name: name, Doc: doc, See: see, Note: "The count is exact; the accuracy argument changes nothing."}, Sig: []string{sig}, Naming: NamePrefix, Prefix: name, state: s}
	}
	exactCount := states(func(types.Type) fn.State { return &distinctState{} })
	registerAggs(distinct("dcount", "dcount-aggfunction", "Counts distinct values, leaving out nulls.", "expr:scalar, accuracy:notDynamic? -> long", exactCount),
		distinct("count_distinct", "count-distinct-aggregation-function", "Counts distinct values, leaving out nulls.", "expr:notDynamic -> long", exactCount))
	registerAggs(distinct("dcountif", "dcountif-aggregation-function", "Counts the distinct values of the rows for which the condition is true.",
		"expr:scalar, predicate:bool, accuracy:notDynamic? -> long", filtered(1, aggregates["dcount"])),
		distinct("count_distinctif", "count-distinctif-aggregation-function", "Counts the distinct values of the rows for which the condition is true.",
			"expr:notDynamic, predicate:bool -> long", filtered(1, aggregates["count_distinct"])))

	pick := func(name, see, doc string, sign int) *Agg {
		return &Agg{Agg: fn.Agg{Name: name, Doc: doc, See: see, Ordered: true}, Sig: []string{"expr:orderable, returned:scalar@* -> arg0"}, Picks: true,
			state: states(func(types.Type) fn.State { return &pickState{sign: sign} })}
	}
	registerAggs(
		pick("arg_max", "arg-max-aggregation-function", "Gives values of the row in which the first argument is greatest.", 1),
		pick("arg_min", "arg-min-aggregation-function", "Gives values of the row in which the first argument is smallest.", -1),
		&Agg{Agg: fn.Agg{Name: "take_any", Doc: "Gives values of one row of the group: the first. Asked for one value, it gives the first that is neither null nor empty, if there is one.",
			See: "take-any-aggregation-function", Ordered: true}, Sig: []string{"expr:scalar@+ -> arg0"}, Picks: true,
			state: states(func(types.Type) fn.State { return &anyState{} })},
		&Agg{Agg: fn.Agg{Name: "take_anyif", Doc: "Gives a value of one row for which the condition is true.", See: "take-anyif-aggregation-function", Ordered: true},
			Sig: []string{"expr:scalar, predicate:bool -> arg0"}, Naming: NameFirst,
			state: func(_ []types.Type, _ types.Type, _ []fn.Arg) (func() fn.State, error) {
				return func() fn.State { return &filterState{State: &anyState{scalar: true}, at: 1} }, nil
			}},
	)
	aliasAgg("arg_max", "argmax")
	aliasAgg("arg_min", "argmin")
	aliasAgg("take_any", "any")
	aliasAgg("take_anyif", "anyif")
	aggregates["argmax"].Prefix, aggregates["argmin"].Prefix, aggregates["any"].Prefix = "max", "min", "any"
	aggregates["anyif"].Naming, aggregates["anyif"].Prefix = NamePrefix, "anyif"
	registerAggs(&Agg{Agg: fn.Agg{Name: "passthrough", Doc: "Gives the value of one row of the group.", Ordered: true}, Sig: []string{"expr:scalar -> arg0"}, Naming: NameFirst,
		state: states(func(types.Type) fn.State { return &anyState{scalar: true} })})

	aggExamples("make_list", `make_list(s)`, `["a","b","a","","c"]`, `make_list(x, 2)`, `[1,2]`)
	aggExamples("make_set", `make_set(s)`, `["a","b","","c"]`)
	aggExamples("dcount", `dcount(s)`, `4`)
	aggExamples("count_distinct", `count_distinct(x % 2)`, `2`)
	aggExamples("make_set_if", `make_set_if(s, x > 2)`, `["a","","c"]`)
	aggExamples("take_anyif", `take_anyif(s, x == 5)`, `"c"`)
}

// limitOf reads a limit on the number of elements from argument at.
func limitOf(args []fn.Arg, at, none int) int {
	if at < len(args) && args[at].Const && args[at].Value.Kind() == event.Int {
		if n := args[at].Value.Int(); n >= 0 && n < maxElements {
			return int(n)
		}
		return maxElements
	}
	return none
}

type listState struct {
	limit int
	nulls bool
	vals  []event.Value
	bytes int
}

func (s *listState) Add(args []event.Value) {
	v := args[0]
	if len(s.vals) >= s.limit || v.IsNull() && !s.nulls {
		return
	}
	if v.IsMissing() {
		v = event.NullValue
	}
	s.vals = append(s.vals, v)
	s.bytes += v.Size()
}
func (s *listState) Merge(o fn.State) {
	for _, v := range o.(*listState).vals {
		s.Add([]event.Value{v})
	}
}
func (s *listState) Result() event.Value { return event.ListOf(append([]event.Value(nil), s.vals...)) }
func (s *listState) Size() int           { return 64 + 24*cap(s.vals) + s.bytes }

type setState struct {
	limit int
	list  listState
	seen  map[string]struct{}
	key   []byte
	keys  int
}

func (s *setState) Add(args []event.Value) {
	if v := args[0]; v.Kind() == event.List {
		for _, e := range v.List() {
			s.one(e)
		}
	} else {
		s.one(v)
	}
}

func (s *setState) one(v event.Value) {
	if v.IsNull() || len(s.list.vals) >= s.limit {
		return
	}
	s.key = event.AppendKey(s.key[:0], v)
	if _, ok := s.seen[string(s.key)]; ok {
		return
	}
	if s.seen == nil {
		s.seen = map[string]struct{}{}
		s.list.limit = s.limit
	}
	s.seen[string(s.key)] = struct{}{}
	s.keys += len(s.key) + 32
	s.list.Add([]event.Value{v})
}

func (s *setState) Merge(o fn.State) {
	for _, v := range o.(*setState).list.vals {
		s.one(v)
	}
}
func (s *setState) Result() event.Value { return s.list.Result() }
func (s *setState) Size() int           { return s.list.Size() + s.keys }

type distinctState struct {
	seen  map[string]struct{}
	key   []byte
	bytes int
}

func (s *distinctState) Add(args []event.Value) {
	if args[0].IsNull() {
		return
	}
	s.key = event.AppendKey(s.key[:0], args[0])
	s.put(s.key)
}

func (s *distinctState) put(key []byte) {
	if _, ok := s.seen[string(key)]; !ok {
		if s.seen == nil {
			s.seen = map[string]struct{}{}
		}
		s.seen[string(key)] = struct{}{}
		s.bytes += len(key) + 32
	}
}

func (s *distinctState) Merge(o fn.State) {
	for k := range o.(*distinctState).seen {
		s.put([]byte(k))
	}
}
func (s *distinctState) Result() event.Value { return event.IntOf(int64(len(s.seen))) }
func (s *distinctState) Size() int           { return 48 + s.bytes }

type bagState struct {
	limit int
	bag   event.Bag
	at    map[string]struct{}
	bytes int
}

func (s *bagState) Add(args []event.Value) {
	for _, f := range args[0].Bag() {
		if _, ok := s.at[f.Name]; ok || len(s.bag) >= s.limit {
			continue
		}
		if s.at == nil {
			s.at = map[string]struct{}{}
		}
		s.at[f.Name] = struct{}{}
		s.bag = append(s.bag, f)
		s.bytes += 96 + len(f.Name) + f.Value.Size()
	}
}
func (s *bagState) Merge(o fn.State)    { s.Add([]event.Value{o.(*bagState).Result()}) }
func (s *bagState) Result() event.Value { return event.ObjectOf(append(event.Bag(nil), s.bag...)) }
func (s *bagState) Size() int           { return 64 + s.bytes }

// pickState keeps the row in which the first argument is extreme; nulls lose against everything. Of equal rows the first
// stays.
type pickState struct {
	sign int
	row  []event.Value
}

func (s *pickState) Add(args []event.Value) {
	if s.row != nil {
		v, best := args[0], s.row[0]
		if v.IsNull() || !best.IsNull() && Compare(v, best)*s.sign <= 0 {
			return
		}
	}
	s.row = append(s.row[:0], args...)
}
func (s *pickState) Merge(o fn.State) {
	if x := o.(*pickState); x.row != nil {
		s.Add(x.row)
	}
}
func (s *pickState) Result() event.Value { return event.ListOf(append([]event.Value(nil), s.row...)) }
func (s *pickState) Size() int           { return rowSize(s.row) }

func rowSize(row []event.Value) int {
	n := 48 + 24*len(row)
	for _, v := range row {
		n += v.Size()
	}
	return n
}

// anyState keeps the first row.
type anyState struct {
	scalar bool // the result is a value, not a list of one
	row    []event.Value
}

func (s *anyState) Add(args []event.Value) {
	if s.row == nil || len(s.row) == 1 && isEmpty(s.row[0]) && !isEmpty(args[0]) {
		s.row = append(s.row[:0], args...)
	}
}
func (s *anyState) Merge(o fn.State) {
	if x := o.(*anyState); x.row != nil {
		s.Add(x.row)
	}
}
func (s *anyState) Result() event.Value {
	if !s.scalar {
		return event.ListOf(append([]event.Value(nil), s.row...))
	}
	if s.row == nil || s.row[0].IsNull() {
		return event.NullValue
	}
	return s.row[0]
}
func (s *anyState) Size() int { return rowSize(s.row) }
