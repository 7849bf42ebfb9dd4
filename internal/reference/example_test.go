package reference_test

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/reference"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/text"
)

var engine *query.Engine // made by TestMain

func TestMain(m *testing.M) {
	os.Exit(func() int {
		written, err := os.MkdirTemp("", "harrier-examples-*") // for outputlookup
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(written)
		if engine, err = query.New(query.Settings{Now: "2024-01-01T12:28:23.5Z", LookupFiles: spl.ExampleLookups, WriteLookups: written, Workers: 1}); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// run runs a query over no data and returns its rows as a list of objects. Fields of SPL that begin with an underscore are
// left out.
func run(lang, q string) ([]event.Value, error) {
	c, ds := engine.Compile(rule.Language(lang), text.NewSource("<example>", q))
	if err := ds.Err(); err != nil {
		return nil, err
	}
	in := engine.NewInput(nil, nil, nil)
	defer in.Close()
	got := new(exec.Collector)
	job := &exec.Job{Name: "example", Plan: c.Plan, Out: got}
	if err := engine.Run(context.Background(), []*exec.Job{job}, in, func(text.Diagnostic) {}); err != nil {
		return nil, err
	}
	if job.Err != nil {
		return nil, job.Err
	}
	b, err := c.Rows(got)
	if err != nil {
		return nil, err
	}
	rows := []event.Value{}
	for i := range b.Len() {
		var bag event.Bag
		for j, n := range b.Names() {
			v := b.Value(n, i)
			if v.IsMissing() && j < len(c.Types) {
				if v = event.NullValue; c.Types[j] == "string" {
					v = event.StringOf("")
				}
			}
			if v.IsMissing() || lang == "spl" && (strings.HasPrefix(n, "_") || v.IsNull()) {
				continue
			}
			bag = append(bag, event.Field{Name: n, Value: v})
		}
		rows = append(rows, event.ObjectOf(bag))
	}
	return rows, nil
}

// one runs a query that gives one row and returns its field r.
func one(lang, q string) (event.Value, error) {
	rows, err := run(lang, q)
	if err != nil {
		return event.Value{}, err
	}
	if len(rows) != 1 {
		return event.Value{}, errors.New("not one row")
	}
	if bag := rows[0].Bag(); lang == "kql" && len(bag) > 1 { // a function that gives several columns
		var all []event.Value
		for _, f := range bag {
			all = append(all, f.Value)
		}
		return event.ListOf(all), nil
	}
	for _, f := range rows[0].Bag() {
		if f.Name == "r" {
			return f.Value, nil
		}
	}
	return event.NullValue, nil
}

// evaluate gives the value of an example.
func evaluate(lang string, e *reference.Entry, x string) (event.Value, error) {
	if e.Tabular {
		rows, err := run(lang, x)
		return event.ListOf(rows), err
	}
	switch lang + " " + e.Kind {
	case "spl function", "spl operator":
		v, err := one(lang, "| makeresults | eval l=split(\"a,b,ab\",\",\") | eval r="+x)
		if err != nil { // a condition cannot be assigned to a field
			v, err = one(lang, "| makeresults | eval r=case("+x+",\"true\", NOT ("+x+"), \"false\")")
			if err == nil && !v.IsNull() {
				v = event.BoolOf(v.Str() == "true")
			}
		}
		return v, err
	case "spl statistic":
		call := e.Name + "(x)"
		x = strings.Replace(x, call, "s", 1)
		return one(lang, `| makeresults count=3 | streamstats count AS i | eval x=case(i==1,2,i==2,"2",true(),10), _time=i*100 | stats `+call+` AS s | eval r=`+x)
	case "spl test":
		rows, err := run(lang, `| makeresults | eval host="Web1", n=5, ip="10.1.2.3", _raw="GET /admin?id=7 from 10.1.2.3 by Ann" | search `+x)
		return event.BoolOf(len(rows) == 1), err
	case "kql aggregate":
		return one(lang, `datatable(x:long, s:string)[1,"a", 2,"b", 3,"a", 4,"", 5,"c"] | summarize r=`+x)
	}
	if v, err := one(lang, "print r="+x); err == nil {
		return v, nil
	}
	return one(lang, x) // a whole query with a column r
}

// same compares as the conformance cases do: numbers by size, SPL's text that reads as a number as that number, a list of one
// as its value there.
func same(lang string, got, want event.Value) bool {
	if lang == "spl" {
		got, want = single(got), single(want)
	}
	if want.Kind() == event.List || want.Kind() == event.Object {
		if got.Kind() != want.Kind() {
			return false
		}
		if want.Kind() == event.List {
			a, b := got.List(), want.List()
			for i := range b {
				if i >= len(a) || !same(lang, a[i], b[i]) {
					return false
				}
			}
			return len(a) == len(b)
		}
		for _, f := range want.Bag() {
			v, ok := member(got, f.Name)
			if !ok || !same(lang, v, f.Value) {
				return false
			}
		}
		return len(got.Bag()) == len(want.Bag())
	}
	if want.IsNull() {
		return got.IsNull()
	}
	if n, ok := number(lang, want); ok {
		g, ok := number(lang, got)
		return ok && (g == n || math.Abs(g-n) <= 1e-9*max(1, math.Abs(n)))
	}
	if want.Kind() == event.String && lang == "spl" {
		return function.Text(got) == want.Str()
	}
	// Through JSON, as values that it has no form for are written in the example.
	a, err := fn.ParseJSON(string(event.AppendJSON(nil, got)))
	return err == nil && event.Equal(a, want)
}

func single(v event.Value) event.Value {
	if l := v.List(); v.Kind() == event.List && len(l) == 1 {
		return l[0]
	}
	return v
}

func member(v event.Value, name string) (event.Value, bool) {
	for _, f := range v.Bag() {
		if f.Name == name {
			return f.Value, true
		}
	}
	return event.Value{}, false
}

func number(lang string, v event.Value) (float64, bool) {
	if lang == "spl" {
		return function.Number(v)
	}
	if v.Kind() == event.Int || v.Kind() == event.Float {
		return v.Number()
	}
	return 0, false
}

// TestExamples executes every example of the registries through the engine. With UPDATE_EXAMPLES set it says what empty
// expectations should be.
func TestExamples(t *testing.T) {
	n := 0
	for _, l := range reference.Languages() {
		for _, g := range l.Groups {
			for _, e := range g.Entries {
				for _, x := range e.Examples {
					n++
					got, err := evaluate(l.Name, e, x.Expr)
					switch {
					case x.Want == "error" && err == nil:
						t.Errorf("%s %s %s: %s gives %v, want an error", l.Name, e.Kind, e.Name, x.Expr, got)
					case x.Want == "error":
					case err != nil:
						t.Errorf("%s %s %s: %s: %v", l.Name, e.Kind, e.Name, x.Expr, err)
					case x.Want == "" && os.Getenv("UPDATE_EXAMPLES") != "":
						t.Logf("%s: %s", x.Expr, event.AppendJSON(nil, got))
					default:
						want, err := fn.ParseJSON(x.Want)
						if err != nil {
							t.Errorf("%s %s %s: %s: the expectation is no JSON: %s", l.Name, e.Kind, e.Name, x.Expr, x.Want)
						} else if !same(l.Name, got, want) {
							t.Errorf("%s %s %s: %s gives %s, want %s", l.Name, e.Kind, e.Name, x.Expr, event.AppendJSON(nil, got), x.Want)
						}
					}
				}
			}
		}
	}
	t.Logf("%d examples", n)
	if n < 700 {
		t.Errorf("only %d examples were executed", n)
	}
}

// TestComplete sees to it that every entry that runs says what it does, and where its home platform says so.
func TestComplete(t *testing.T) {
	for _, l := range reference.Languages() {
		for _, g := range l.Groups {
			for _, e := range g.Entries {
				switch {
				case e.Name == "":
					t.Errorf("%s: a %s without a name", l.Name, g.Kind)
				case e.Refused != "":
					if strings.HasSuffix(e.Refused, ".") {
						t.Errorf("%s %s: the reason is a clause, without a full stop", l.Name, e.Name)
					}
				case e.Doc == "":
					t.Errorf("%s %s %s has no description", l.Name, e.Kind, e.Name)
				case e.Tabular && (len(e.Syntax) == 0 || len(e.Examples) == 0) && e.Doc != "":
					t.Errorf("%s %s %s has no syntax or no examples", l.Name, e.Kind, e.Name)
				}
			}
		}
	}
}
