package kql_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/text"
)

// made is an input of a few rows whose views give values of the declared types: enough for every operator to have work.
type made struct{}

func (made) Scan(_ context.Context, _ func(string) bool, emit func(*event.Batch) error) error {
	b := event.NewBatch(8)
	b.Set("n", event.NewPlain(event.Int, []uint64{0, 1, 2, 3, 4, 5, 6, 7}, nil))
	return emit(b)
}

func (made) Bind(name string, need event.FieldSet, _ *fn.Env) (exec.View, error) {
	cols, ok := schema.Table(strings.TrimPrefix(name, "kql:"))
	if !ok {
		return nil, fmt.Errorf("no table %s", name)
	}
	return madeView{cols, need}, nil
}

type madeView struct {
	cols []schema.Column
	need event.FieldSet
}

func (v madeView) Sources() event.FieldSet                              { return event.Fields("n") }
func (v madeView) Late() event.FieldSet                                 { return event.FieldSet{} }
func (v madeView) Finish(b *event.Batch, _ event.FieldSet) *event.Batch { return b }
func (v madeView) Apply(in *event.Batch) *event.Batch {
	out := in.Derive()
	for _, c := range v.cols {
		if !v.need.Has(c.Name) {
			continue
		}
		vals := make([]event.Value, in.Len())
		for i := range vals {
			vals[i] = madeValue(string(c.Type), c.Name, i)
		}
		out.Set(c.Name, event.NewColumn(vals))
	}
	return out
}

func madeValue(typ, name string, i int) event.Value {
	if i == 3 {
		return event.NullValue
	}
	t, _ := types.Parse(typ)
	switch t {
	case types.Int, types.Long:
		return event.IntOf(int64(4624 + i/2))
	case types.Real, types.Decimal:
		return event.FloatOf(float64(i) / 2)
	case types.Bool:
		return event.BoolOf(i%2 == 0)
	case types.DateTime:
		return event.TimeOf(time.Date(2024, 5, 1, i, 0, 0, 0, time.UTC))
	case types.TimeSpan:
		return event.DurationOf(int64(i) * event.TicksPerSecond)
	case types.Dynamic:
		return event.ListOf([]event.Value{event.ObjectOf(event.Bag{{Name: "Name", Value: event.StringOf("a")}, {Name: "Value", Value: event.IntOf(int64(i))}}), event.StringOf("b")})
	}
	return event.StringOf([]string{`C:\Windows\System32\cmd.exe`, "powershell -enc aQBlAHgA", "10.0.0.5", "", `{"a":[1,"b"],"c":{"d":"e"}}`, "user@example.com", "<EventData><Data Name='A'>1</Data></EventData>", name}[i%8])
}

func corpusOptions(pack *rule.Pack) kql.Options {
	saved := map[string]*kql.Function{}
	for _, f := range pack.Functions {
		k := &kql.Function{Name: f.Name, Body: f.Body}
		for _, p := range f.Params {
			k.Params = append(k.Params, kql.Param(p))
		}
		saved[f.Name] = k
	}
	return kql.Options{
		Table: func(name string) (kql.Table, bool) {
			cols, ok := schema.Table(name)
			t := kql.Table{}
			for _, c := range cols {
				typ, _ := types.Parse(string(c.Type))
				t.Columns = append(t.Columns, kql.Column{Name: c.Name, Type: typ})
			}
			return t, ok
		},
		TableNames: schema.Tables,
		Function:   func(name string) (*kql.Function, bool) { f, ok := saved[name]; return f, ok },
		Detached:   true,
	}
}

// Every rule of the corpora compiles, or is refused for a reason; what compiles runs over a few made rows.
func TestCorpus(t *testing.T) {
	pack, err := rule.Load([]string{shared(t, "corpus/kql")})
	if err != nil {
		t.Fatal(err)
	}
	opt := corpusOptions(pack)
	counts := map[string]int{}
	var slow time.Duration
	for _, r := range pack.Rules {
		if r.Language != rule.KQL || r.Query == nil {
			continue
		}
		counts["rules"]++
		start := time.Now()
		q, diags := compileSafely(t, r, opt)
		slow = max(slow, time.Since(start))
		if q == nil {
			d := firstError(diags)
			counts[d.ID]++
			if testing.Verbose() {
				t.Logf("refused %s", d.Error())
			}
			continue
		}
		if err := runSafely(q); err != nil {
			counts["fails"]++
			t.Logf("fails: %s#%d: %v", r.File, r.Index, err)
			continue
		}
		counts["runs"]++
	}
	t.Logf("%v; slowest compile %v", counts, slow)
	// What does not run is refused by the service too, or asks for what only it has.
	if lost := counts["rules"] - counts["runs"]; lost > maxLost || counts["fails"] > 0 {
		t.Errorf("%d rules do not run, at most %d are expected", lost, maxLost)
	}
}

// maxLost may go down only.
const maxLost = 106

func firstError(ds text.Diagnostics) text.Diagnostic {
	for _, d := range ds {
		if d.Severity == text.Error {
			return d
		}
	}
	return text.Diagnostic{ID: "none"}
}

func compileSafely(t *testing.T, r *rule.Rule, opt kql.Options) (q *kql.Query, ds text.Diagnostics) {
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: compile panics: %v\n%s", r.File, p, debug.Stack())
		}
	}()
	return kql.Compile(r.Query, opt)
}

func runSafely(q *kql.Query) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := exec.Collect(ctx, q.Plan, exec.Options{Env: &fn.Env{Clock: func() time.Time { return time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC) }}, Views: made{}, Input: made{}, Workers: 1})
	return err
}
