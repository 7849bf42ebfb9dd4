package kql

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

func init() {
	plugins["session_count"] = sessionCount
	plugins["activity_metrics"] = activityMetrics
	plugins["activity_engagement"] = activityEngagement
	plugins["new_activity_metrics"] = newActivityMetrics
}

// A span is how a plugin cuts the timeline: into windows of one length from the start, or into calendar weeks, months or years.
type span struct {
	unit string // week, month or year; empty for a length
}

// bin is the beginning of the window that an expression lies in.
func (s span) bin(x string) string {
	if s.unit == "" {
		return "bin_at(" + x + ", window, since)"
	}
	return "startof" + s.unit + "(" + x + ")"
}

// next is the beginning of the window after the one that begins at an expression.
func (s span) next(x string) string {
	if s.unit == "" {
		return x + " + window"
	}
	return fmt.Sprintf("datetime_add('%s', 1, %s)", s.unit, x)
}

// span reads the argument for the window and binds it as window.
func (k *cook) span(x syntax.Expr) span {
	if lit, ok := syntax.Unparen(x).(*syntax.Literal); ok && lit.Kind == syntax.LitString {
		unit := strings.ToLower(lit.Str)
		if !contains([]string{"week", "month", "year"}, unit) {
			k.c.bad("KQL4002", x, "a window is a length, or one of week, month and year")
			k.ok = false
		}
		return span{unit: unit}
	}
	k.constant("window", x)
	return span{}
}

// period binds the optional start and end of an analysis as since and until, and returns what is left of the arguments. They are
// there when needed more constants follow the two columns. Without them the analysis goes from the first to the last row.
func (k *cook) period(args []syntax.Expr, needed int) (prelude string, rest []syntax.Expr) {
	constants := 0
	for _, x := range args {
		v := k.c.scalar(x)
		if v.bad {
			k.ok = false
			return "", args
		}
		if !v.constant {
			break
		}
		constants++
	}
	if constants >= needed+2 {
		k.constant("since", args[0])
		k.constant("until", args[1])
		return "", args[2:]
	}
	return "let since = toscalar(T | summarize min(moment));\nlet until = toscalar(T | summarize max(moment));\n", args
}

// timeline binds the first two arguments, the id and the timeline, and returns the timeline's name and type.
func (k *cook) timeline(args []syntax.Expr) (name string, t types.Type) {
	k.column("id", args[0])
	v := k.column("moment", args[1])
	if t = v.typ; t == types.Unknown {
		t = types.DateTime
	}
	return plainName(args[1]), t
}

// least checks the number of a plugin's arguments.
func (c *ctx) least(op *syntax.Evaluate, n int) bool {
	if len(op.Plugin.Args) < n {
		c.bad("KQL4002", op.Plugin.Func, "%s takes at least %d arguments, not %d", op.Plugin.Func.Name, n, len(op.Plugin.Args))
		return false
	}
	return true
}

// result runs a body whose columns are the timeline, the dimensions and others.
func (k *cook) result(body, timeline string, others ...string) *rows {
	body = strings.ReplaceAll(body, "%dims", k.dimNames())
	return k.run(body, append(append([]string{timeline}, k.dims...), others...))
}

// sessionCount counts, in each bin, the rows that begin a session: the id was not seen within the time to look back.
// https://learn.microsoft.com/kusto/query/session-count-plugin
func sessionCount(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if !c.least(op, 6) {
		return nil
	}
	k := c.newCook(in, op)
	name, _ := k.timeline(args)
	for i, as := range []string{"since", "until", "size", "lookback"} {
		k.constant(as, args[2+i])
	}
	for _, x := range args[6:] {
		k.dimension(x)
	}
	if !k.ok {
		return nil
	}
	same := "id == prev(id)"
	for i := range k.dims {
		same += fmt.Sprintf(" and tostring(dim%d) == tostring(prev(dim%[1]d))", i)
	}
	return k.result(`T
| where moment >= since - lookback and moment <= until
| distinct id, moment%dims
| sort by id asc%dims, moment asc
| extend follows = coalesce(`+same+` and moment - prev(moment) <= lookback, false)
| where not(follows) and moment >= since
| summarize sessions = count() by moment = bin_at(moment, size, since)%dims
| project moment%dims, sessions`, name, "count_sessions")
}

// activityMetrics compares the ids of each window with those of the window before.
// https://learn.microsoft.com/kusto/query/activity-metrics-plugin
func activityMetrics(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if !c.least(op, 3) {
		return nil
	}
	k := c.newCook(in, op)
	name, _ := k.timeline(args)
	prelude, rest := k.period(args[2:], 1)
	if len(rest) == 0 {
		c.bad("KQL4002", op.Plugin.Func, "activity_metrics takes a window")
		return nil
	}
	s := k.span(rest[0])
	for _, x := range rest[1:] {
		k.dimension(x)
	}
	if !k.ok {
		return nil
	}
	return k.result(prelude+`let seen = T | where moment >= since and moment <= until | extend moment = `+s.bin("moment")+` | distinct id, moment%dims;
seen
| extend now = 1, before = 0
| union (seen | extend moment = `+s.next("moment")+`, now = 0, before = 1)
| summarize now = max(now), before = max(before) by id, moment%dims
| summarize values = countif(now == 1), fresh = countif(now == 1 and before == 0), kept = countif(now == 1 and before == 1), had = countif(before == 1) by moment%dims
| where values > 0
| project moment%dims, values, fresh, retention = todouble(kept) / had, churn = todouble(had - kept) / had`,
		name, "dcount_values", "dcount_newvalues", "retention_rate", "churn_rate")
}

// activityEngagement compares the ids of each inner window with those of the outer window that ends with it.
// https://learn.microsoft.com/kusto/query/activity-engagement-plugin
func activityEngagement(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if !c.least(op, 4) {
		return nil
	}
	k := c.newCook(in, op)
	name, t := k.timeline(args)
	prelude, rest := k.period(args[2:], 2)
	if len(rest) < 2 {
		c.bad("KQL4002", op.Plugin.Func, "activity_engagement takes an inner and an outer window")
		return nil
	}
	k.constant("window", rest[0])
	k.constant("outer", rest[1])
	for _, x := range rest[2:] {
		k.dimension(x)
	}
	if !k.ok {
		return nil
	}
	return k.result(prelude+`T
| where moment > since - outer and moment <= until
| extend slot = bin_at(moment, window, since)
| distinct id, slot%dims
| mv-expand moment = range(slot, slot + outer - window, window) to typeof(`+t.String()+`)
| where moment >= since and moment <= until
| summarize inners = count_distinctif(id, slot == moment), outers = count_distinct(id) by moment%dims
| where inners > 0
| project moment%dims, inners, outers, ratio = todouble(inners) / outers`,
		name, "dcount_activities_inner", "dcount_activities_outer", "activity_ratio")
}

// newActivityMetrics follows the ids that were first seen in a window through the windows after it.
// https://learn.microsoft.com/kusto/query/new-activity-metrics-plugin
func newActivityMetrics(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if !c.least(op, 5) {
		return nil
	}
	k := c.newCook(in, op)
	name, t := k.timeline(args)
	k.constant("since", args[2])
	k.constant("until", args[3])
	s := k.span(args[4])
	if !k.ok {
		return nil
	}
	only, known := "", ""
	for i, x := range args[5:] {
		if v := c.valueOrTable(x); v.table != nil && i == len(args)-6 {
			// The ids of the time to look back are in the column of the same name, else in the first one.
			col := plainName(args[0])
			if !v.table.has(col) && len(v.table.cols) > 0 {
				col = v.table.cols[0].Name
			}
			k.consts["lookback"] = &value{table: v.table.keep([]Column{{col, types.Unknown}}, []string{"id"})}
			known = "| where id !in (lookback)\n"
			continue
		} else if v.bad {
			return nil
		} else if v.constant && i == 0 {
			k.constant("cohort", x)
			only = "| where began == " + s.bin("cohort") + "\n"
			continue
		}
		k.dimension(x)
	}
	if !k.ok {
		return nil
	}
	prelude, steps := "", "range(began, "+s.bin("until")+", window)"
	if s.unit != "" {
		// Windows of the calendar are not evenly long: they begin where those of the days between begin.
		prelude = fmt.Sprintf("let calendar = toscalar(range day from startof%[1]s(since) to until step 1d | summarize make_set(startof%[1]s(day)));\n", s.unit)
		steps = "calendar"
	}
	body := prelude + `let seen = T
| where moment >= since and moment <= until
` + known + `| extend moment = ` + s.bin("moment") + `
| distinct id, moment%dims;
let starts = seen | summarize debut = min(moment) by id%dims;
let facts = seen | join kind=inner starts on id%dims | project id, moment, debut%dims;
starts
| summarize size = count() by began = debut%dims
` + only + `| mv-expand moment = ` + steps + ` to typeof(` + t.String() + `)
| where moment >= began
| join kind=leftouter facts on moment%dims
| summarize fresh = countif(debut > began or moment == began and debut == began), kept = countif(debut == began) by began, moment%dims, size
| project began, moment%dims, fresh, kept, size - kept, todouble(kept) / size, todouble(size - kept) / size`
	body = strings.ReplaceAll(body, "%dims", k.dimNames())
	names := append([]string{"from_" + name, "to_" + name}, k.dims...)
	return k.run(body, append(names, "dcount_new_values", "dcount_retained_values", "dcount_churn_values", "retention_rate", "churn_rate"))
}
