package dtest

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
)

// judge holds findings against what a test wants.
func (r *Result) judge(strict bool) {
	e := r.Expect
	n := len(r.Findings)
	switch {
	case n < e.AtLeast && n == 0:
		r.fail("it found nothing")
	case n < e.AtLeast:
		r.fail("it found %s, and should have found %s", count(n), wanted(e))
	case e.AtMost >= 0 && n > e.AtMost && e.AtMost == 0:
		r.fail("it found %s, and should have stayed silent: %s", count(n), where(r.Findings[0]))
	case e.AtMost >= 0 && n > e.AtMost:
		r.fail("it found %s, and should have found %s", count(n), wanted(e))
	}
	if n == 0 {
		return
	}
	r.judgeRows()
	for _, want := range e.Entities {
		if !slices.ContainsFunc(r.Findings, func(f *finding.Finding) bool { return names(f, want) }) {
			r.fail("no finding names the entity %s; they name %s", want, entities(r.Findings))
		}
	}
	each := func(what, want string, got func(*finding.Finding) string) {
		if want == "" {
			return
		}
		for _, f := range r.Findings {
			if g := got(f); g != want {
				r.fail("the %s is %q and should be %q", what, g, want)
				return
			}
		}
	}
	if e.Risk != nil {
		each("risk score", fmt.Sprint(*e.Risk), func(f *finding.Finding) string { return fmt.Sprint(f.RiskScore) })
	}
	each("level", e.Level, func(f *finding.Finding) string { return strings.ToLower(f.Level) })
	each("message", e.Message, func(f *finding.Finding) string { return f.Message })
	remark := func(format string, args ...any) {
		if strict {
			r.fail(format, args...)
			return
		}
		r.Remarks = append(r.Remarks, fmt.Sprintf(format, args...))
	}
	if e.Stated != nil && *e.Stated != n {
		remark("it found %s, and the test states %d", count(n), *e.Stated)
	}
	for _, field := range e.Filled {
		if !slices.ContainsFunc(r.Findings, func(f *finding.Finding) bool { return filled(f, field) }) {
			remark("no finding has a value in %s, which the rule says is at risk", field)
		}
	}
}

func (r *Result) fail(format string, args ...any) {
	r.Status = Fail
	r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
}

// judgeRows looks for a finding of its own for each row that is wanted. A row that asks for little must not take the only finding of
// one that asks for much, so that findings are handed out anew along chains of rows (a matching of the two sides).
func (r *Result) judgeRows() {
	rows := r.Expect.Rows
	owner := make([]int, len(r.Findings))
	for i := range owner {
		owner[i] = -1
	}
	for i := range rows {
		seen := make([]bool, len(r.Findings))
		var assign func(int) bool
		assign = func(row int) bool {
			for f := range r.Findings {
				if seen[f] || differs(r.Findings[f], rows[row]) > 0 {
					continue
				}
				seen[f] = true
				if owner[f] < 0 || assign(owner[f]) {
					owner[f] = row
					return true
				}
			}
			return false
		}
		if assign(i) {
			continue
		}
		nearest := slices.MinFunc(r.Findings, func(a, b *finding.Finding) int { return differs(a, rows[i]) - differs(b, rows[i]) })
		if differs(nearest, rows[i]) == 0 {
			r.fail("row %d of those expected fits a finding that another row fits too, and no other", i+1)
			continue
		}
		var parts []string
		for _, c := range rows[i].Columns {
			if !fits(nearest, c) {
				parts = append(parts, fmt.Sprintf("%s is %s and should be %s", c.Name, shown(nearest, c.Name), shownNode(c.Value)))
			}
		}
		r.fail("no finding holds all of what is expected; in the nearest %s", strings.Join(parts, ", "))
	}
}

// differs counts the columns of a row that a finding does not have like that.
func differs(f *finding.Finding, row Row) int {
	n := 0
	for _, c := range row.Columns {
		if !fits(f, c) {
			n++
		}
	}
	return n
}

// fits compares a column. Several values fit a list of the same, in any order; a text fits a list that has it.
func fits(f *finding.Finding, c Column) bool {
	v, ok := f.Get(c.Name)
	if c.Value == nil {
		return !ok || v.IsNull() || finding.Text(v) == ""
	}
	if !ok {
		return false
	}
	var have []string
	for _, x := range values(v) {
		have = append(have, finding.Text(x))
	}
	if c.Value.Kind == yaml.ScalarNode {
		return slices.Contains(have, c.Value.Value) || finding.Text(v) == c.Value.Value
	}
	left := maxNodes
	var want []string
	for _, x := range values(valueOf(c.Value, &left)) {
		want = append(want, finding.Text(x))
	}
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want)
}

func values(v event.Value) []event.Value {
	if l := v.List(); l != nil {
		return l
	}
	return []event.Value{v}
}

func filled(f *finding.Finding, field string) bool {
	v, ok := f.Get(field)
	if !ok || v.IsNull() {
		return false
	}
	s := finding.Text(v)
	return s != "" && s != "null"
}

func names(f *finding.Finding, want Entity) bool {
	return slices.ContainsFunc(f.Entities, func(e finding.Entity) bool {
		return strings.EqualFold(e.Value, want.Value) && (want.Kind == "" || e.Kind == want.Kind) && (want.Role == "" || e.Role == want.Role)
	})
}

func (e Entity) String() string {
	s := e.Value
	if e.Kind != "" {
		s = e.Kind + ":" + s
	}
	if e.Role != "" {
		s += " (" + e.Role + ")"
	}
	return s
}

func entities(fs []*finding.Finding) string {
	var out []string
	for _, f := range fs {
		for _, e := range f.Entities {
			if s := (Entity{e.Kind, e.Role, e.Value}).String(); !slices.Contains(out, s) && len(out) < 10 {
				out = append(out, s)
			}
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// where names the event behind a finding.
func where(f *finding.Finding) string {
	if len(f.Events) == 0 {
		return "a finding without events"
	}
	return fmt.Sprintf("record %d of %s", f.Events[0].Record, f.Events[0].File)
}

func shown(f *finding.Finding, column string) string {
	v, ok := f.Get(column)
	if !ok || v.IsNull() {
		return "empty"
	}
	return fmt.Sprintf("%.200q", finding.Text(v))
}

func shownNode(n *yaml.Node) string {
	if n == nil {
		return "empty"
	}
	left := maxNodes
	return fmt.Sprintf("%.200q", finding.Text(valueOf(n, &left)))
}

func count(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func wanted(e Expect) string {
	switch {
	case e.AtLeast == e.AtMost:
		return fmt.Sprintf("exactly %d", e.AtLeast)
	case e.AtMost < 0:
		return fmt.Sprintf("at least %d", e.AtLeast)
	}
	return fmt.Sprintf("%d to %d", e.AtLeast, e.AtMost)
}
