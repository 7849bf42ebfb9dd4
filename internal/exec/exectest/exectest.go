// Package exectest runs plans in every way that must not matter: several batch sizes, random splits of the input, one and
// several workers, with and without the optimiser. All must give the same answer.
package exectest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A Case is what a plan runs on.
type Case struct {
	// Events are the records of the input.
	Events []event.Bag
	// Views opens views; nil is Identity.
	Views exec.Views
	Env   *fn.Env
	// Optimize is the optimiser to compare with; nil compares with none.
	Optimize func(plan.Node) plan.Node
	// Unordered compares rows as a multiset.
	Unordered bool
	// Memory is the run's bound; 0 is the default.
	Memory int64
}

// Events reads one event a line of JSON. Objects stay objects, arrays become lists, whole numbers Int and others Float.
func Events(t testing.TB, lines string) []event.Bag {
	t.Helper()
	var out []event.Bag
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		dec := json.NewDecoder(strings.NewReader(line))
		dec.UseNumber()
		v, err := readJSON(dec)
		if err != nil || v.Kind() != event.Object {
			t.Fatalf("no JSON object: %s (%v)", line, err)
		}
		out = append(out, v.Bag())
	}
	return out
}

func readJSON(dec *json.Decoder) (event.Value, error) {
	tok, err := dec.Token()
	if err != nil {
		return event.Value{}, err
	}
	switch x := tok.(type) {
	case bool:
		return event.BoolOf(x), nil
	case string:
		return event.StringOf(x), nil
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return event.IntOf(i), nil
		}
		f, err := x.Float64()
		return event.FloatOf(f), err
	case json.Delim:
		if x == '[' {
			list := []event.Value{}
			for dec.More() {
				v, err := readJSON(dec)
				if err != nil {
					return v, err
				}
				list = append(list, v)
			}
			_, err = dec.Token()
			return event.ListOf(list), err
		}
		bag := event.Bag{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return event.Value{}, err
			}
			v, err := readJSON(dec)
			if err != nil {
				return v, err
			}
			bag = append(bag, event.Field{Name: name.(string), Value: v})
		}
		_, err = dec.Token()
		return event.ObjectOf(bag), err
	}
	return event.NullValue, nil
}

// Batches builds batches of at most rows rows from events, as a decoder would. Records count from 1.
func Batches(t testing.TB, events []event.Bag, rows int) []*event.Batch {
	t.Helper()
	var out []*event.Batch
	var classes event.Classes
	class := classes.Intern(event.Class{Shape: "test"})
	b := event.NewBuilder(event.NewDicts(0), rows, nil, func(b *event.Batch) error {
		out = append(out, b)
		return nil
	})
	for i, e := range events {
		for _, f := range e {
			b.Add(b.Field(f.Name), f.Value)
		}
		if err := b.End(class, event.Origin{Record: uint64(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Split cuts batches at random places.
func Split(rnd *rand.Rand, batches []*event.Batch) []*event.Batch {
	var out []*event.Batch
	for _, b := range batches {
		for lo := 0; lo < b.Len(); {
			n := 1 + rnd.IntN(min(b.Len()-lo, 1+b.Len()/2))
			rows := make([]int32, n)
			for i := range rows {
				rows[i] = int32(lo + i)
			}
			out = append(out, b.Gather(rows))
			lo += n
		}
	}
	return out
}

// Identity opens views that give the events as they are, whatever their name.
type Identity struct{}

// Bind never fails.
func (Identity) Bind(_ string, need event.FieldSet, _ *fn.Env) (exec.View, error) {
	return identity{need}, nil
}

type identity struct{ need event.FieldSet }

func (v identity) Sources() event.FieldSet                              { return v.need }
func (v identity) Apply(b *event.Batch) *event.Batch                    { return b }
func (v identity) Late() event.FieldSet                                 { return event.FieldSet{} }
func (v identity) Finish(b *event.Batch, _ event.FieldSet) *event.Batch { return b }

// Rows runs the plan in every way, demands one answer, and returns it.
func Rows(t testing.TB, n plan.Node, c Case) *event.Batch {
	t.Helper()
	b, err := Run(t, n, c)
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.String(n))
	}
	return b
}

// Run is [Rows] for plans that may fail, which then must fail in every way.
func Run(t testing.TB, n plan.Node, c Case) (*event.Batch, error) {
	t.Helper()
	var first *event.Batch
	var firstErr error
	var want string
	rnd := rand.New(rand.NewPCG(1, 2))
	plans := []plan.Node{n}
	if c.Optimize != nil {
		plans = append(plans, c.Optimize(n))
	}
	tries := 0
	for _, rows := range []int{1024, 1, 2, 7} {
		whole := Batches(t, c.Events, rows)
		for split, batches := range [][]*event.Batch{whole, Split(rnd, whole)} {
			for _, workers := range []int{1, 4} {
				for i, p := range plans {
					got, err := run(p, batches, rows, workers, c)
					if err == nil && c.Memory == 0 && split == 0 {
						// Rows that are on disk all the time are the same rows.
						small := c
						small.Memory = 1
						if tight, terr := run(p, batches, rows, workers, small); terr != nil {
							t.Errorf("without memory: %v\n%s", terr, plan.String(p))
							return got, terr
						} else if a, b := Print(got, c.Unordered), Print(tight, c.Unordered); a != b {
							t.Errorf("batches of %d rows, %d workers, optimised %v give without memory\n%s\nand with\n%s\n%s", rows, workers, i > 0, b, a, plan.String(p))
							return got, nil
						}
					}
					text := fmt.Sprint(err)
					if err == nil {
						text = Print(got, c.Unordered)
					}
					if tries++; tries == 1 {
						first, firstErr, want = got, err, text
					} else if text != want && !(err != nil && firstErr != nil) {
						t.Errorf("batches of %d rows, split %v, %d workers, optimised %v give\n%s\nand not, as batches of 1024 rows,\n%s\n%srun as\n%s",
							rows, split > 0, workers, i > 0, text, want, plan.String(n), plan.String(p))
						return first, firstErr
					}
				}
			}
		}
	}
	return first, firstErr
}

func run(n plan.Node, batches []*event.Batch, rows, workers int, c Case) (*event.Batch, error) {
	views := c.Views
	if views == nil {
		views = Identity{}
	}
	return exec.Collect(context.Background(), n, exec.Options{Env: c.Env, Views: views, Input: exec.MemoryInput(batches),
		BatchRows: rows, Workers: workers, Memory: c.Memory, Rewrite: c.Optimize})
}

// Print renders rows as text: the column names, then one line a row with the records it came from. Null and missing values
// are both null.
func Print(b *event.Batch, unordered bool) string {
	var lines []string
	for i := range b.Len() {
		cells := make([]string, 0, len(b.Names())+1)
		for j := range b.Names() {
			cells = append(cells, cell(b.ColumnAt(j).Value(i)))
		}
		if set := b.Lineage.Of(i); set != nil {
			var at []string
			for _, o := range set {
				at = append(at, fmt.Sprint(o.Record))
			}
			cells = append(cells, "@"+strings.Join(at, ","))
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	if unordered {
		slices.Sort(lines)
	}
	return strings.Join(append([]string{strings.Join(b.Names(), " ")}, lines...), "\n")
}

func cell(v event.Value) string {
	if v.IsNull() {
		return "null"
	}
	return v.String()
}

// Table is Print without lineage, each line trimmed: what tests write down.
func Table(b *event.Batch) string {
	plain := event.NewBatch(b.Len())
	for i, n := range b.Names() {
		plain.Set(n, b.ColumnAt(i))
	}
	return Print(plain, false)
}
