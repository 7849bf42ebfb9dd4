package sigma

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// maxNesting bounds correlations of correlations.
const maxNesting = 16

// A stream is what a correlation reads of one rule: its rows and what the group fields are called in them.
type stream struct {
	node  plan.Node
	name  string
	keys  []expr.Expr
	value expr.Expr
}

// Measures are the types of correlations, with the name of the result's column.
var measures = []string{"event_count", "value_count", "value_sum", "value_avg", "value_percentile", "value_median", "temporal", "temporal_ordered"}

// correlation lowers a correlation; more are fields of its events that another one groups it by.
func (c *compiler) correlation(r *syntax.Rule, more []string, depth int) *Query {
	cor := r.Correlation
	kind := cor.Type
	if kind == "temporal_extended" || kind == "extended_temporal" {
		kind = "temporal"
	}
	if !slices.Contains(measures, kind) {
		c.fail("SIG2005", cor.TypeSpan, "there is no correlation of type %q", cor.Type)
		return nil
	}
	if len(cor.Rules) == 0 {
		c.fail("SIG4009", cor.Span, "the correlation names no rules")
		return nil
	}
	span, ok := timespan(cor.Timespan)
	if !ok {
		c.fail("SIG4010", cor.TimeSpan, "a timespan is a number and s, m, h, d or w, not %q", cor.Timespan)
		return nil
	}
	needsField := strings.HasPrefix(kind, "value_")
	if needsField && len(cor.Field) == 0 {
		c.fail("SIG4011", cor.ConditionSpan, "%s needs a field in its condition", kind)
		return nil
	}
	if kind != "temporal" && kind != "temporal_ordered" && len(cor.Limits) == 0 {
		c.fail("SIG4012", cor.ConditionSpan, "%s needs a bound in its condition", kind)
		return nil
	}
	calc := &function.Correlation{Measure: kind, Percentile: cor.Percentile, Span: span, Rules: len(cor.Rules), Each: c.each}
	if kind == "value_percentile" && cor.Percentile == 0 {
		calc.Percentile = 95
		c.note("SIG5006", cor.ConditionSpan, "the percentile is not given: 95 is taken")
	}
	for _, l := range cor.Limits {
		calc.Limits = append(calc.Limits, function.Limit(l))
	}
	if len(calc.Limits) == 0 {
		calc.Limits = []function.Limit{{Op: "gte", Value: float64(len(cor.Rules))}}
	}
	if cor.Extended != nil {
		if kind != "temporal" {
			c.fail("SIG2006", cor.ConditionSpan, "an expression over rules is the condition of temporal correlations only")
			return nil
		}
		if calc.Holds = c.overRules(cor); calc.Holds == nil {
			return nil
		}
	}
	calc.Text = describe(calc, cor.Timespan, cor.Extended)
	for _, a := range cor.Aliases {
		for _, f := range a.Fields {
			if !slices.ContainsFunc(cor.Rules, func(n syntax.Named) bool { return c.same(n.Name, f.Rule) }) {
				c.fail("SIG3005", cor.Span, "the alias %s names the rule %s, which is none of the correlation", a.Name, f.Rule)
			}
		}
	}
	var streams []stream
	for _, ref := range cor.Rules {
		s, ok := c.stream(cor, ref, more, depth)
		if !ok {
			return nil
		}
		streams = append(streams, s)
	}
	more = slices.DeleteFunc(slices.Clone(more), func(f string) bool { return slices.Contains(cor.GroupBy, f) })
	return correlate(calc, streams, cor.GroupBy, more)
}

// same reports whether two references mean one rule.
func (c *compiler) same(a, b string) bool {
	if a == b {
		return true
	}
	if c.opt.Rule == nil {
		return false
	}
	x, ok1 := c.opt.Rule(a)
	y, ok2 := c.opt.Rule(b)
	return ok1 && ok2 && x == y
}

// stream compiles a rule that a correlation names; more are further fields of its events.
func (c *compiler) stream(cor *syntax.Correlation, ref syntax.Named, more []string, depth int) (stream, bool) {
	s := stream{name: ref.Name}
	var src *text.Source
	ok := false
	if c.opt.Rule != nil {
		src, ok = c.opt.Rule(ref.Name)
	}
	if !ok {
		c.fail("SIG3006", ref.Span, "there is no rule with the id or name %s", ref.Name)
		return s, false
	}
	if src == c.src || slices.Contains(c.within, src) {
		c.fail("SIG4013", ref.Span, "the correlation relates %s, which relates the correlation: they go round in a circle", ref.Name)
		return s, false
	}
	if depth >= maxNesting {
		c.fail("SIG4013", ref.Span, "correlations are nested more than %d deep", maxNesting)
		return s, false
	}
	r, ds := syntax.Parse(src)
	if r == nil {
		c.ds = append(c.ds, ds...)
		return s, false
	}
	fieldOf := func(name string) string {
		for _, a := range cor.Aliases {
			if a.Name != name {
				continue
			}
			for _, f := range a.Fields {
				if c.same(f.Rule, ref.Name) {
					return f.Field
				}
			}
		}
		return name
	}
	var fields []string
	for _, g := range cor.GroupBy {
		fields = append(fields, fieldOf(g))
		s.keys = append(s.keys, expr.C(fieldOf(g)))
	}
	var values []expr.Expr
	for _, f := range cor.Field {
		fields = append(fields, fieldOf(f))
		values = append(values, expr.C(fieldOf(f)))
	}
	switch len(values) {
	case 0:
		s.value = expr.L(event.NullValue)
	case 1:
		s.value = values[0]
	default:
		s.value = expr.F(function.Joined, values...)
	}
	fields = append(fields, more...)
	inner := &compiler{each: strings.HasPrefix(cor.Type, "temporal") || cor.Type == "extended_temporal", opt: c.opt, src: src, within: append(slices.Clone(c.within), c.src)}
	q := inner.document(r, fields, depth+1)
	for _, d := range inner.ds {
		if d.Severity == text.Error || d.ID != "SIG5001" && d.ID != "SIG5002" {
			c.ds = append(c.ds, d)
		}
	}
	if q == nil {
		return s, false
	}
	if s.name = r.Title; s.name == "" {
		s.name = ref.Name
	}
	s.node = q.Plan
	return s, true
}

// overRules makes the test of an expression over the rules of a correlation.
func (c *compiler) overRules(cor *syntax.Correlation) func(present, near []bool) bool {
	return c.ruleTest(cor.Extended.Expr, func(name string) int {
		return slices.IndexFunc(cor.Rules, func(n syntax.Named) bool { return c.same(n.Name, name) })
	}, len(cor.Rules), func(i int) string { return cor.Rules[i].Name })
}

// ruleTest compiles an expression over numbered names. What stands below a not is looked for in both directions of time: there must be no
// such event near, not only none before.
func (c *compiler) ruleTest(e syntax.Cond, index func(string) int, n int, name func(int) string) func(present, near []bool) bool {
	type test = func(present, near []bool) bool
	var walk func(syntax.Cond, bool) test
	some := func(which []int, need int, negated bool) test {
		return func(present, near []bool) bool {
			if negated {
				present = near
			}
			got := 0
			for _, i := range which {
				if present[i] {
					got++
				}
			}
			return got >= need
		}
	}
	walk = func(e syntax.Cond, negated bool) test {
		var args []test
		list := func(cs []syntax.Cond) bool {
			for _, a := range cs {
				t := walk(a, negated)
				if t == nil {
					return false
				}
				args = append(args, t)
			}
			return true
		}
		switch e := e.(type) {
		case *syntax.And:
			if !list(e.Args) {
				return nil
			}
			return func(p, q []bool) bool {
				return !slices.ContainsFunc(args, func(t test) bool { return !t(p, q) })
			}
		case *syntax.Or:
			if !list(e.Args) {
				return nil
			}
			return func(p, q []bool) bool { return slices.ContainsFunc(args, func(t test) bool { return t(p, q) }) }
		case *syntax.Not:
			t := walk(e.Arg, !negated)
			if t == nil {
				return nil
			}
			return func(p, q []bool) bool { return !t(p, q) }
		case *syntax.Ref:
			i := index(e.Name)
			if i < 0 {
				c.fail("SIG3001", e.Span, "the correlation relates no rule %s", e.Name)
				return nil
			}
			return some([]int{i}, 1, negated)
		case *syntax.Of:
			var which []int
			for i := range n {
				if e.Pattern == "" || event.MatchName(e.Pattern, name(i)) {
					which = append(which, i)
				}
			}
			if len(which) == 0 {
				c.fail("SIG3002", e.Span, "no rule has a name like %s", e.Pattern)
				return nil
			}
			need := e.Count
			if need == 0 {
				need = len(which)
			}
			return some(which, need, negated)
		}
		return nil
	}
	return walk(e, false)
}

func describe(calc *function.Correlation, span string, cond *syntax.Condition) string {
	parts := []string{calc.Measure}
	if span != "" {
		parts = append(parts, "within "+span)
	}
	if calc.Measure == "value_percentile" {
		parts = append(parts, fmt.Sprintf("p%g", calc.Percentile))
	}
	if cond != nil {
		return strings.Join(append(parts, "where "+cond.String()), " ")
	}
	for _, l := range calc.Limits {
		parts = append(parts, l.Op+" "+strconv.FormatFloat(l.Value, 'g', -1, 64))
	}
	return strings.Join(parts, " ")
}

// Hidden columns of a correlation.
const (
	ruleColumn   = "#rule"
	nameColumn   = "#name"
	valueColumn  = "#value"
	alertsColumn = "#alerts"
	alertColumn  = "#alert"
)

// correlate builds the plan: the rows of all rules together, in each group the alerts, for each alert the rows that lie in it, and of these
// one row, which leads back to them.
//
// more are fields that are no part of the groups: an alert has a row for each of their values, as a correlation over this one is grouped by
// its own fields only. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md#ordered-temporal-proximity-temporal_ordered
func correlate(calc *function.Correlation, streams []stream, groupBy, more []string) *Query {
	var sources []plan.Node
	for i, s := range streams {
		items := []plan.Named{{Name: timeColumn, Expr: expr.C(timeColumn)}, {Name: ruleColumn, Expr: expr.L(event.IntOf(int64(i)))}, {Name: nameColumn, Expr: expr.Str(s.name)}, {Name: valueColumn, Expr: s.value}}
		for j, g := range groupBy {
			items = append(items, plan.Named{Name: g, Expr: s.keys[j]})
		}
		for _, m := range more {
			items = append(items, plan.Named{Name: m, Expr: expr.C(m)})
		}
		sources = append(sources, &plan.Project{Input: s.node, Items: items})
	}
	var node plan.Node = &plan.Union{Sources: sources}
	if len(sources) == 1 {
		node = sources[0]
	}
	group := plan.Grouping{DropNull: true}
	for _, g := range groupBy {
		group.By = append(group.By, plan.Named{Name: g, Expr: expr.C(g)})
	}
	node = &plan.Attach{Input: node, Group: group, Aggs: []plan.AggItem{{As: alertsColumn, Fn: calc.Agg(), Args: []expr.Expr{expr.C(timeColumn), expr.C(ruleColumn), expr.C(valueColumn)}}}}
	node = &plan.Extend{Input: node, Items: []plan.Named{{Name: alertsColumn, Expr: expr.F(function.Within, expr.C(alertsColumn), expr.C(timeColumn))}}}
	node = &plan.Filter{Input: node, Pred: &expr.Not{Arg: expr.F(function.IsNull, expr.C(alertsColumn))}}
	node = &plan.Expand{Input: node, Columns: []plan.ExpandColumn{{Name: alertColumn, Expr: expr.C(alertsColumn)}}}
	part := func(i int64) expr.Expr { return expr.F(function.Part, expr.C(alertColumn), expr.L(event.IntOf(i))) }
	first := []plan.Named{{Name: "firstTime", Expr: part(0)}, {Name: "lastTime", Expr: part(1)}, {Name: calc.Measure, Expr: part(2)}}
	group.By = append(slices.Clone(first), group.By...)
	aggs := []plan.AggItem{{As: "rules", Fn: function.Distinct, Args: []expr.Expr{expr.C(nameColumn)}}}
	for _, m := range more {
		aggs = append(aggs, plan.AggItem{As: m, Fn: function.Distinct, Args: []expr.Expr{expr.C(m)}})
	}
	node = &plan.Aggregate{Input: node, Group: group, Aggs: aggs}
	for _, m := range more {
		node = &plan.Expand{Input: node, Columns: []plan.ExpandColumn{{Name: m, Expr: expr.C(m)}}, KeepEmpty: true}
	}
	columns := []string{timeColumn, "firstTime", "lastTime"}
	for _, g := range slices.Concat(groupBy, more) {
		if !slices.Contains(columns, g) {
			columns = append(columns, g)
		}
	}
	columns = append(columns, calc.Measure, "rules")
	node = &plan.Extend{Input: node, Items: []plan.Named{{Name: timeColumn, Expr: expr.C("lastTime")}}}
	return &Query{Plan: project(node, columns), Columns: columns}
}

// timespan reads 90m as ticks.
func timespan(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 {
		return 0, false
	}
	unit, ok := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400, 'M': 30 * 86400, 'y': 365 * 86400}[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || n <= 0 || n > 1<<31 {
		return 0, false
	}
	return n * unit * event.TicksPerSecond, n*unit < 1<<38
}

func pipeOf(d *syntax.Detection) *syntax.Pipe {
	for _, c := range d.Conditions {
		if c.Pipe != nil {
			return c.Pipe
		}
	}
	return nil
}

// pipe lowers a deprecated aggregation as the correlation that says the same.
// https://github.com/SigmaHQ/sigma-specification/blob/main/Sigma_specification.md
func (c *compiler) pipe(r *syntax.Rule, d *syntax.Detection, p *syntax.Pipe, scan *plan.Scan, pred expr.Expr, s *searches, columns []string) *Query {
	if len(d.Conditions) > 1 {
		c.fail("SIG2007", p.Span, "an aggregation cannot stand beside other conditions")
		return nil
	}
	calc := &function.Correlation{Rules: 1, Limits: []function.Limit{{Op: p.Op, Value: p.Value}}}
	if d.Timeframe != "" {
		var ok bool
		if calc.Span, ok = timespan(d.Timeframe); !ok {
			c.fail("SIG4010", d.TimeSpan, "a timeframe is a number and s, m, h, d or w, not %q", d.Timeframe)
			return nil
		}
	}
	read := func(pred expr.Expr, fields ...string) plan.Node {
		n := *scan
		n.Fields = event.Fields(timeColumn).Add(expr.Columns(pred)...).Add(fields...)
		return &plan.Filter{Input: &n, Pred: pred}
	}
	if p.Near != nil {
		return c.near(d, p, calc, pred, s, read)
	}
	st := stream{name: r.Title, value: expr.L(event.NullValue)}
	fields := slices.Clone(p.By)
	switch {
	case p.Field != "":
		st.value = expr.C(p.Field)
		fields = append(fields, p.Field)
		calc.Measure = map[string]string{"count": "value_count", "sum": "value_sum", "avg": "value_avg", "min": "value_min", "max": "value_max"}[p.Func]
	case p.Func == "count":
		calc.Measure = "event_count"
	default:
		c.fail("SIG4011", p.Span, "%s needs a field", p.Func)
		return nil
	}
	for _, g := range p.By {
		st.keys = append(st.keys, expr.C(g))
	}
	st.node = read(pred, fields...)
	calc.Text = describe(calc, d.Timeframe, nil)
	return correlate(calc, []stream{st}, p.By, nil)
}

// near relates the events of a condition with those of other searches within the timeframe, or half a minute where it gives none.
func (c *compiler) near(d *syntax.Detection, p *syntax.Pipe, calc *function.Correlation, pred expr.Expr, s *searches, read func(expr.Expr, ...string) plan.Node) *Query {
	if calc.Span == 0 {
		calc.Span = 30 * event.TicksPerSecond
		c.note("SIG5008", p.Span, "near has no timeframe: 30s is taken")
	}
	// The base is number 0, the searches follow in their order.
	streams := []stream{{name: "condition", node: read(pred), value: expr.L(event.NullValue)}}
	index := map[string]int{}
	for _, name := range s.names {
		index[name] = len(streams)
		streams = append(streams, stream{name: name, node: read(s.by[name]), value: expr.L(event.NullValue)})
	}
	test := c.ruleTest(p.Near, func(name string) int {
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}, len(streams), func(i int) string { return streams[i].name })
	if test == nil {
		return nil
	}
	calc.Measure, calc.Rules = "temporal", len(streams)
	calc.Holds = func(present, near []bool) bool { return present[0] && test(present, near) }
	calc.Text = describe(calc, d.Timeframe, d.Conditions[0])
	return correlate(calc, streams, nil, nil)
}
