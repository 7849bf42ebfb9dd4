package function

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Percentiles and sketches. https://learn.microsoft.com/kusto/query/percentiles-aggregation-function

func init() {
	// name, has weights, gives an array
	for _, f := range []struct {
		name            string
		weighted, array bool
		one             bool
	}{{"percentile", false, false, true}, {"percentiles", false, false, false}, {"percentiles_array", false, true, false},
		{"percentilew", true, false, true}, {"percentilesw", true, false, false}, {"percentilesw_array", true, true, false}} {
		sig, first := "expr:scalar", 1
		if f.weighted {
			sig, first = "expr:scalar, weight:integer", 2
		}
		a := &Agg{Agg: fn.Agg{Name: f.name, See: "percentiles-aggregation-function", Note: "Exact up to 50,000 different values, by nearest rank."}}
		switch {
		case f.array:
			a.Doc = "Gives percentiles of the values in an array."
			a.Sig = []string{sig + ", percentile:number+ -> dynamic", sig + ", percentiles:array -> dynamic"}
			a.Naming, a.Prefix = NamePrefix, "percentiles"
		case f.one:
			a.Doc = "Gives a percentile of the values."
			a.Sig = []string{sig + ", percentile:number -> promoted0"}
		default:
			a.Doc = "Gives percentiles of the values, a column each."
			a.Sig = []string{sig + ", percentile:number+ -> promoted0"}
		}
		if f.weighted {
			a.Doc = strings.TrimSuffix(a.Doc, ".") + "; each value counts as often as its weight says."
		}
		if !f.array {
			a.columns = func(args []Arg, t types.Type) []Column {
				var out []Column
				for _, p := range args[first:] {
					name := strings.NewReplacer(".", "_", "-", "_").Replace(strings.TrimSuffix(Text(p.Value), ".0"))
					out = append(out, Column{"percentile_" + args[0].Name + "_" + name, t})
				}
				return out
			}
		}
		a.state = func(_ []types.Type, _ types.Type, args []fn.Arg) (func() fn.State, error) {
			var ps []float64
			for _, p := range args[first:] {
				if !p.Const {
					return nil, fmt.Errorf("the percentiles of %s must be constants", f.name)
				}
				for _, v := range elements(nil, p.Value) {
					ps = append(ps, real1(toReal(v)))
				}
			}
			return func() fn.State {
				return &percentileState{weighted: f.weighted, ps: ps, single: !f.array && len(ps) == 1}
			}, nil
		}
		registerAggs(a)
	}
	agg := func(name, prefix, see, doc string, sig []string, s stateMaker) {
		registerAggs(&Agg{Agg: fn.Agg{Name: name, Doc: doc, See: see}, Sig: sig, Naming: NamePrefix, Prefix: prefix, state: s})
	}
	agg("tdigest", "tdigest", "tdigest-aggregation-function", "Gathers values so that percentiles can be taken later.", []string{"expr:summable, weight:integer? -> dynamic"},
		func(ts []types.Type, _ types.Type, _ []fn.Arg) (func() fn.State, error) {
			return func() fn.State { return &percentileState{weighted: len(ts) > 1, raw: true} }, nil
		})
	mergeDigests := states(func(types.Type) fn.State { return &digestMergeState{} })
	agg("tdigest_merge", "merge_tdigests", "tdigest-merge-aggregation-function", "Merges digests.", []string{"tdigest:array -> dynamic"}, mergeDigests)
	agg("merge_tdigest", "merge_tdigests", "tdigest-merge-aggregation-function", "Merges digests.", []string{"tdigest:array -> dynamic"}, mergeDigests)
	agg("hll", "hll", "hll-aggregation-function", "Gathers values so that distinct ones can be counted later.", []string{"expr:notRealOrBool, accuracy:integer? -> dynamic"},
		states(func(types.Type) fn.State { return &sketchState{} }))
	agg("hll_if", "hll_if", "hll-if-aggregation-function", "Like hll, over the rows for which the condition is true.", []string{"expr:notRealOrBool, predicate:bool, accuracy:integer? -> dynamic"},
		filtered(1, aggregates["hll"]))
	agg("hll_merge", "hll_merge", "hll-merge-aggregation-function", "Merges what hll gathered.", []string{"hll:array -> dynamic"}, states(func(types.Type) fn.State { return &sketchState{merge: true} }))
	agg("buildschema", "schema", "buildschema-aggregation-function", "Gives the schema that all dynamic values of the group follow.", []string{"expr:bag -> dynamic"},
		states(func(types.Type) fn.State { return &schemaState{} }))

	mergeAll := func(args []event.Value) event.Value {
		var d digest
		for _, a := range args {
			if x, ok := digestOf(a); ok {
				d.merge(x)
			}
		}
		return d.value()
	}
	percentileAt := func(args []event.Value) event.Value {
		d, ok := digestOf(args[0])
		if !ok {
			return event.NullValue
		}
		v := d.percentile(real1(args[1]))
		if len(args) > 2 {
			if t, ok := types.Parse(Text(args[2])); ok {
				v = Cast(v, t)
			}
		}
		return v
	}
	register(
		lax("tdigest_merge", "tdigest-merge-function", "Merges digests.", "tdigest:array+2 -> dynamic", mergeAll).named(NameFixed, "tdigests_merge_result"),
		lax("merge_tdigest", "tdigest-merge-function", "Merges digests.", "tdigest:array+2 -> dynamic", mergeAll).named(NameFixed, "tdigests_merge_result"),
		&Entry{Func: fn.Func{Name: "percentile_tdigest", Doc: "Gives a percentile of a digest.", See: "percentile-tdigest-function", Row: percentileAt}, Naming: NameFunction,
			Sig: []string{"tdigest:array, percentile1:real -> dynamic", "tdigest:array, percentile1:real, type:type -> typeof"}},
		&Entry{Func: fn.Func{Name: "percentiles_array_tdigest", Doc: "Gives percentiles of a digest.", See: "percentiles-array-tdigest-function", Row: func(args []event.Value) event.Value {
			d, ok := digestOf(args[0])
			if !ok {
				return event.NullValue
			}
			out := []event.Value{}
			for _, a := range args[1:] {
				for _, p := range elements(nil, a) {
					out = append(out, d.percentile(real1(toReal(p))))
				}
			}
			return listOf(out)
		}}, Naming: NamePrefix, Prefix: "percentile_tdigest", Sig: []string{"tdigest:array, percentile:real+ -> dynamic", "tdigest:array, percentiles:array -> dynamic"}},
		strict("rank_tdigest", "rank-tdigest-function", "Counts the values of a digest that are not greater than a value.", "digest:array, value:scalar -> real", func(args []event.Value) event.Value {
			d, ok := digestOf(args[0])
			if !ok {
				return event.NullValue
			}
			return event.FloatOf(float64(d.rank(args[1])))
		}),
		strict("percentrank_tdigest", "percentrank-tdigest-function", "Gives the share of the values of a digest that are not greater than a value, in percent.", "digest:array, value:scalar -> real", func(args []event.Value) event.Value {
			d, ok := digestOf(args[0])
			if !ok || len(d.vals) == 0 {
				return event.NullValue
			}
			return event.FloatOf(100 * float64(d.rank(args[1])) / float64(d.total()))
		}),
		lax("tdigest_isvalid", "", "Reports whether a value is a digest.", "digest:array, value:scalar? -> bool", func(args []event.Value) event.Value {
			_, ok := digestOf(args[0])
			return event.BoolOf(ok)
		}),
		lax("hll_isvalid", "", "Reports whether a value is what hll gives.", "hll:array, value:scalar? -> bool", func(args []event.Value) event.Value {
			_, ok := sketchOf(args[0])
			return event.BoolOf(ok)
		}),
		lax("hll_merge", "hll-merge-function", "Merges what hll gathered.", "hll:array+2 -> dynamic", func(args []event.Value) event.Value {
			var s sketch
			for _, a := range args {
				if x, ok := sketchOf(a); ok {
					s.hashes = append(s.hashes, x.hashes...)
				}
			}
			return s.value()
		}).named(NameFixed, "hll_merged_result"),
		strict("dcount_hll", "dcount-hll-function", "Counts the distinct values that hll gathered.", "hll:array -> long", func(args []event.Value) event.Value {
			s, ok := sketchOf(args[0])
			if !ok {
				return event.NullValue
			}
			return event.IntOf(s.count())
		}).named(NameFunction),
	)
	aggExamples("percentile", `percentile(x, 50)`, `3`)
	aggExamples("percentiles_array", `percentiles_array(x, 20, 100)`, `[1,5]`)
	aggExamples("percentilew", `percentilew(x, x, 50)`, `4`)
}

type percentileState struct {
	weighted, single, raw bool
	ps                    []float64
	d                     digest
}

func (s *percentileState) Add(args []event.Value) {
	w := int64(1)
	if s.weighted {
		if args[1].Kind() != event.Int {
			return
		}
		w = args[1].Int()
	}
	s.d.add(args[0], w)
}
func (s *percentileState) Merge(o fn.State) { s.d.merge(&o.(*percentileState).d) }
func (s *percentileState) Result() event.Value {
	if s.raw {
		return s.d.value()
	}
	if s.single {
		return s.d.percentile(s.ps[0])
	}
	out := make([]event.Value, len(s.ps))
	for i, p := range s.ps {
		out[i] = s.d.percentile(p)
	}
	return listOf(out)
}
func (s *percentileState) Size() int { return 64 + 32*cap(s.d.vals) + s.d.bytes }

type digestMergeState struct{ d digest }

func (s *digestMergeState) Add(args []event.Value) {
	if d, ok := digestOf(args[0]); ok {
		s.d.merge(d)
	}
}
func (s *digestMergeState) Merge(o fn.State)    { s.d.merge(&o.(*digestMergeState).d) }
func (s *digestMergeState) Result() event.Value { return s.d.value() }
func (s *digestMergeState) Size() int           { return 64 + 32*cap(s.d.vals) + s.d.bytes }

type sketchState struct {
	merge bool
	s     sketch
	key   []byte
}

func (s *sketchState) Add(args []event.Value) {
	if s.merge {
		if x, ok := sketchOf(args[0]); ok {
			for _, h := range x.hashes {
				s.s.add(h)
			}
		}
		return
	}
	if !args[0].IsNull() {
		s.key = event.AppendKey(s.key[:0], args[0])
		s.s.add(fn.XXHash64(s.key, 0))
	}
}
func (s *sketchState) Merge(o fn.State) {
	for _, h := range o.(*sketchState).s.hashes {
		s.s.add(h)
	}
}
func (s *sketchState) Result() event.Value { return s.s.value() }
func (s *sketchState) Size() int           { return 64 + 8*cap(s.s.hashes) }

// A schemaState gathers which types occur where: scalar types, bags with their members, arrays with their elements.
type schemaState struct{ root shape }

type shape struct {
	scalars []string
	names   []string
	members map[string]*shape
	bag     bool
	items   *shape
}

func (s *shape) see(v event.Value, depth int) {
	if depth > 64 {
		return
	}
	switch v.Kind() {
	case event.Missing, event.Null:
	case event.Object:
		s.bag = true
		for _, f := range v.Bag() {
			s.member(f.Name).see(f.Value, depth+1)
		}
	case event.List:
		if s.items == nil {
			s.items = &shape{}
		}
		for _, e := range v.List() {
			s.items.see(e, depth+1)
		}
	default:
		s.scalar(kindName(v))
	}
}

func (s *shape) scalar(name string) {
	if !slices.Contains(s.scalars, name) {
		s.scalars = append(s.scalars, name)
	}
}

func (s *shape) member(name string) *shape {
	m := s.members[name]
	if m == nil {
		if s.members == nil {
			s.members = map[string]*shape{}
		}
		m = &shape{}
		s.members[name] = m
		s.names = append(s.names, name)
	}
	return m
}

func (s *shape) merge(o *shape) {
	for _, n := range o.scalars {
		s.scalar(n)
	}
	for _, n := range o.names {
		s.member(n).merge(o.members[n])
	}
	s.bag = s.bag || o.bag
	if o.items != nil {
		if s.items == nil {
			s.items = &shape{}
		}
		s.items.merge(o.items)
	}
}

// value writes the shape: one type alone, several as an array; the elements of arrays stand under `indexer`.
func (s *shape) value() event.Value {
	var out []event.Value
	for _, n := range s.scalars {
		out = append(out, textOf(n))
	}
	if s.bag || s.items != nil {
		bag := event.Bag{}
		if s.items != nil {
			bag = append(bag, event.Field{Name: "`indexer`", Value: s.items.value()})
		}
		for _, n := range s.names {
			bag = append(bag, event.Field{Name: n, Value: s.members[n].value()})
		}
		out = append(out, event.ObjectOf(bag))
	}
	if len(out) == 1 {
		return out[0]
	}
	if len(out) == 0 {
		return event.NullValue
	}
	return listOf(out)
}

func (s *shape) size() int {
	n := 128
	for name, m := range s.members {
		n += len(name) + m.size()
	}
	if s.items != nil {
		n += s.items.size()
	}
	return n
}

func (s *schemaState) Add(args []event.Value) { s.root.see(args[0], 0) }
func (s *schemaState) Merge(o fn.State)       { s.root.merge(&o.(*schemaState).root) }
func (s *schemaState) Result() event.Value    { return s.root.value() }
func (s *schemaState) Size() int              { return s.root.size() }
