package coverage

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// judge looks at conditions over classes. It remembers what it found out: rules share conditions.
type judge struct {
	env   *fn.Env
	known map[atom]verdict
	// names and numbers give equal tests of different rules one number; order is the order in which the parts of an And are looked at.
	names   map[expr.Expr]int
	numbers map[string]int
	order   map[*expr.Logic][]expr.Expr
	progs   map[int]*expr.Program // nil for what does not compile
	// fed says that some rule can fire, so that the tables of findings can have rows.
	fed bool
}

type atom struct {
	test  int
	class *Class
}

// number returns the number of a test.
func (j *judge) number(e expr.Expr) int {
	n, ok := j.names[e]
	if !ok {
		text := expr.Print(e)
		if n, ok = j.numbers[text]; !ok {
			n = len(j.numbers)
			j.numbers[text] = n
		}
		j.names[e] = n
	}
	return n
}

// parts returns the parts of an And, those first that tell events apart: most classes fail at them.
func (j *judge) parts(e *expr.Logic) []expr.Expr {
	out, ok := j.order[e]
	if !ok {
		var rest []expr.Expr
		for _, a := range e.Args {
			if cols := expr.Columns(a); len(cols) == 1 && analyze.Selects(cols[0]) {
				out = append(out, a)
			} else {
				rest = append(rest, a)
			}
		}
		out = append(out, rest...)
		j.order[e] = out
	}
	return out
}

// verdict is what became of one test over one class.
type verdict struct {
	possible bool
	// fail says why not; hint says that the values seen so far would not do.
	fail Missing
	hint Missing
}

func newJudge() *judge {
	return &judge{env: &fn.Env{}, known: map[atom]verdict{}, names: map[expr.Expr]int{}, numbers: map[string]int{}, order: map[*expr.Logic][]expr.Expr{},
		progs: map[int]*expr.Program{}}
}

// outcome is what became of a whole condition over one class.
type outcome struct {
	possible bool
	fails    []Missing // when it is not possible: what it takes at least
	hints    []Missing
	dead     []Missing // alternatives that are not possible though the whole is
}

// condition tells whether some row of a class can satisfy each part of a condition.
func (j *judge) condition(e expr.Expr, c *Class) outcome {
	switch e := e.(type) {
	case nil:
		return outcome{possible: true}
	case *expr.Logic:
		if e.Op == expr.And {
			out := outcome{possible: true}
			for _, a := range j.parts(e) {
				o := j.condition(a, c)
				if slices.ContainsFunc(o.fails, func(m Missing) bool { return m.Kind == NoValue }) {
					return outcome{fails: o.fails} // it is another event: what else it lacks is no matter
				}
				out.possible = out.possible && o.possible
				out.fails = append(out.fails, o.fails...)
				out.hints = append(out.hints, o.hints...)
				out.dead = append(out.dead, o.dead...)
			}
			return out
		}
		var best *outcome
		var dead, hints []Missing
		hinted := true
		for _, a := range e.Args {
			o := j.condition(a, c)
			switch {
			case o.possible && (best == nil || !best.possible):
				best = &o
			case !o.possible && (best == nil || !best.possible && len(o.fails) < len(best.fails)):
				best = &o
			}
			if o.possible {
				hinted = hinted && len(o.hints) > 0
				hints = append(hints, o.hints...)
				dead = append(dead, o.dead...)
			} else if !readsRaw(a) { // the raw text is another way of saying what another alternative says
				dead = append(dead, o.fails...)
			}
		}
		if best == nil {
			return outcome{}
		}
		if !best.possible {
			return *best
		}
		if !hinted {
			hints = nil
		}
		return outcome{possible: true, hints: hints, dead: dead}
	}
	v := j.test(e, c)
	out := outcome{possible: v.possible}
	if !v.possible {
		out.fails = []Missing{v.fail}
	}
	if v.hint.Kind != "" {
		out.hints = []Missing{v.hint}
	}
	return out
}

func readsRaw(e expr.Expr) bool { return slices.Contains(expr.Columns(e), event.RawField) }

// test looks at a condition that is no combination of others.
func (j *judge) test(e expr.Expr, c *Class) verdict {
	key := atom{j.number(e), c}
	if v, ok := j.known[key]; ok {
		return v
	}
	v := j.look(e, key.test, c)
	j.known[key] = v
	return v
}

func (j *judge) look(e expr.Expr, number int, c *Class) verdict {
	yes := verdict{possible: true}
	cols := expr.Columns(e)
	if slices.Contains(cols, event.RawField) {
		return j.raw(e, c)
	}
	if expr.Volatile(e) || len(expr.Params(e)) > 0 {
		// What it compares with is not known; a column without a value is equal to nothing.
		if _, negated := e.(*expr.Not); !negated && len(cols) == 1 && c.field(cols[0]) == nil && tests(e) {
			return verdict{fail: Missing{Kind: NoField, Class: c, Field: cols[0]}}
		}
		return yes
	}
	var unfilled []string
	for _, name := range cols {
		if f := c.field(name); f == nil || f.Filled == 0 {
			unfilled = append(unfilled, name)
		}
	}
	switch {
	case len(unfilled) == len(cols) && len(cols) > 0:
		if j.holds(e, number, cols, nil, nil) {
			return yes
		}
		if c.Assumed && analyze.Selects(cols[0]) {
			return yes // what an assumed event says of itself is not known
		}
		return verdict{fail: Missing{Kind: NoField, Class: c, Field: unfilled[0]}}
	case len(cols) == 0:
		if j.holds(e, number, nil, nil, nil) {
			return yes
		}
		return verdict{fail: Missing{Kind: NeverTrue, Text: analyze.Describe(e)}}
	case len(cols) > 1:
		return yes
	}
	f := c.field(cols[0])
	if f.Many {
		return yes
	}
	if j.holds(e, number, cols, f.Values, f) || f.Filled < c.Rows && j.holds(e, number, cols, nil, nil) {
		return yes
	}
	if analyze.Selects(cols[0]) {
		return verdict{fail: Missing{Kind: NoValue, Class: c, Field: cols[0], Text: analyze.Describe(e), IDs: eventNumbers(e)}}
	}
	return verdict{possible: true, hint: Missing{Kind: NoValue, Class: c, Field: cols[0], Text: analyze.Describe(e)}}
}

// raw looks at a condition on the raw text, of which nothing is known but the number of the event in it.
func (j *judge) raw(e expr.Expr, c *Class) verdict {
	if call, ok := e.(*expr.Call); ok && len(call.Args) > 1 {
		if lit, ok := call.Args[len(call.Args)-1].(*expr.Lit); ok {
			if id, ok := analyze.TermEvent(analyze.ValueText(lit.Value)); ok && c.Log != "" && c.ID != id {
				return verdict{fail: Missing{Kind: NoValue, Class: c, Field: "EventCode", Text: "EventCode eq " + id, IDs: []string{id}}}
			}
		}
	}
	return verdict{possible: true}
}

// eventNumbers returns the constants of a call that could be numbers of events.
func eventNumbers(e expr.Expr) []string {
	call, ok := e.(*expr.Call)
	if !ok {
		return nil
	}
	var out []string
	add := func(v event.Value) {
		if s := analyze.ValueText(v); s != "" && strings.Trim(s, "0123456789") == "" {
			out = append(out, s)
		}
	}
	for _, a := range call.Args {
		if l, ok := a.(*expr.Lit); ok {
			add(l.Value)
			for _, v := range l.Value.List() {
				add(v)
			}
		}
	}
	return out
}

// tests reports whether a call compares its column with something, so that it is not true without a value.
func tests(e expr.Expr) bool {
	call, ok := e.(*expr.Call)
	if !ok || len(call.Args) != 2 {
		return false
	}
	switch name, _, _ := strings.Cut(call.Fn.Name, "@"); name {
	case ">", ">=", "<", "<=", "==", "=~", "between", "search_gt", "search_ge", "search_lt", "search_le", "spl_gt", "spl_ge", "spl_lt", "spl_le":
		return true
	}
	return false
}

// holds evaluates a condition over values of its one column; without values, over a row in which all its columns are missing.
// What cannot be evaluated holds.
func (j *judge) holds(e expr.Expr, number int, cols []string, values []event.Value, f *Field) (ok bool) {
	p, known := j.progs[number]
	if !known {
		var err error
		if p, err = expr.Compile(e, j.env); err != nil {
			p = nil
		}
		j.progs[number] = p
	}
	if p == nil {
		return true
	}
	n := max(1, len(values))
	b := event.NewBatch(n)
	if f != nil {
		b.Set(cols[0], event.NewAny(values))
	}
	return len(p.Select(b, nil)) > 0
}

// asked returns the numbers of the only Windows events that can satisfy a condition, as far as it says so in so many words; ok is false
// when any can.
func asked(e expr.Expr) (ids []string, ok bool) {
	for _, c := range expr.Conjuncts(e) {
		call, isCall := c.(*expr.Call)
		if !isCall || len(call.Args) < 2 {
			continue
		}
		col, isCol := call.Args[0].(*expr.Col)
		if !isCol || !analyze.Numbers(col.Name) {
			continue
		}
		switch name, _, _ := strings.Cut(call.Fn.Name, "@"); name {
		case "search_eq", "search_in", "spl_eq", "==", "in", "sigma_in", "sigma_number":
			if ids = eventNumbers(c); len(ids) > 0 {
				return ids, true
			}
		}
	}
	return nil, false
}
