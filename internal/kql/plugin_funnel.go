package kql

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

func init() {
	plugins["funnel_sequence"] = funnelSequence
	plugins["funnel_sequence_completion"] = funnelSequenceCompletion
}

// states binds the constant list of the states of a sequence and returns how many there are.
func (k *cook) states(x syntax.Expr) (list []event.Value) {
	k.constant("states", x)
	if v := k.consts["states"]; k.ok {
		if !v.known || len(v.val().List()) == 0 {
			k.c.bad("KQL4001", x, "a constant array of states is expected")
			k.ok = false
			return nil
		}
		list = v.val().List()
	}
	return list
}

// funnelSequenceCompletion counts the ids that get through the first states of a sequence within each of several periods, which
// are measured from the first state on. A state that follows the same state must come later; others may come at the same time.
// https://learn.microsoft.com/kusto/query/funnel-sequence-completion-plugin
func funnelSequenceCompletion(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) != 8 {
		c.bad("KQL4002", op.Plugin.Func, "funnel_sequence_completion takes 8 arguments, not %d", len(args))
		return nil
	}
	k := c.newCook(in, op)
	name, t := k.timeline(args)
	for i, as := range []string{"since", "until", "size"} {
		k.constant(as, args[2+i])
	}
	state := k.column("state", args[5])
	list := k.states(args[6])
	k.constant("periods", args[7])
	if !k.ok {
		return nil
	}
	length := types.TimeSpan
	if t.IsNumber() {
		length = t
	}
	var b strings.Builder
	b.WriteString("let seen = T | where moment >= since and moment <= until | where tostring(state) in (states) | distinct id, moment, state;\n")
	at := func(i int) string { return fmt.Sprintf("tostring(state) == tostring(states[%d])", i) }
	fmt.Fprintf(&b, "let step0 = seen | where %s | project id, began = moment, reached = moment;\n", at(0))
	for i := 1; i < len(list); i++ {
		later := ">="
		if event.Equal(list[i], list[i-1]) {
			later = ">"
		}
		fmt.Fprintf(&b, "let step%[1]d = step%[2]d | join kind=inner (seen | where %[3]s | project id, moment) on id | where moment %[4]s reached | summarize reached = min(moment) by id, began;\n",
			i, i-1, at(i), later)
	}
	b.WriteString("union")
	for i := range list {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " (step%[1]d | extend at = %[1]d)", i)
	}
	fmt.Fprintf(&b, "\n| mv-expand period = periods to typeof(%s)\n| where reached - began <= period\n", length)
	fmt.Fprintf(&b, "| summarize ids = count_distinct(id) by moment = bin_at(began, size, since), period, at\n| sort by moment asc, period asc, at asc\n")
	fmt.Fprintf(&b, "| project moment, state = to%s(states[at]), period, ids", typeOrText(state.typ))
	return k.run(b.String(), []string{name, plainName(args[5]), "Period", "dcount"})
}

func typeOrText(t types.Type) string {
	if t == types.Unknown || t == types.Dynamic {
		return "string"
	}
	return t.String()
}

// funnelSequence counts the ids that went through a sequence of states, by the states before and after it. States that repeat
// count as one. Of its three results it gives the first, from which the others can be summed up.
// https://learn.microsoft.com/kusto/query/funnel-sequence-plugin
func funnelSequence(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args := op.Plugin.Args
	if len(args) != 8 {
		c.bad("KQL4002", op.Plugin.Func, "funnel_sequence takes 8 arguments, not %d", len(args))
		return nil
	}
	k := c.newCook(in, op)
	name, _ := k.timeline(args)
	for i, as := range []string{"since", "until", "step", "size"} {
		k.constant(as, args[2+i])
	}
	k.column("state", args[6])
	list := k.states(args[7])
	if !k.ok {
		return nil
	}
	c.warnf("KQL5001", op.Plugin.Span(), "funnel_sequence gives three results; only the first one is used")
	var b strings.Builder
	b.WriteString(`T
| where moment >= since and moment <= until
| extend state = tostring(state)
| sort by id asc, moment asc
| where isnull(row_number()) or not(coalesce(id == prev(id) and state == prev(state), false))
| serialize`)
	match := []string{}
	last := len(list) - 1
	for i := range list {
		shift := func(col string) string {
			if i == 0 {
				return col
			}
			return fmt.Sprintf("next(%s, %d)", col, i)
		}
		match = append(match, fmt.Sprintf("%s == tostring(states[%d])", shift("state"), i))
		if i > 0 {
			before := "moment"
			if i > 1 {
				before = fmt.Sprintf("next(moment, %d)", i-1)
			}
			match = append(match, fmt.Sprintf("%s == id and %s - %s <= step", shift("id"), shift("moment"), before))
		}
	}
	end := "moment"
	if last > 0 {
		end = fmt.Sprintf("next(moment, %d)", last)
	}
	fmt.Fprintf(&b, " hit = coalesce(%s, false)", strings.Join(match, " and "))
	b.WriteString(", before = iff(coalesce(prev(id) == id and moment - prev(moment) <= step, false), prev(state), '')")
	fmt.Fprintf(&b, ", after = iff(coalesce(next(id, %[1]d) == id and next(moment, %[1]d) - %[2]s <= step, false), next(state, %[1]d), '')", last+1, end)
	b.WriteString("\n| where hit\n| summarize ids = count_distinct(id), samples = make_set(id, 128) by moment = bin_at(moment, size, since), before, after\n| project moment, before, after, ids, samples")
	return k.run(b.String(), []string{name, "prev", "next", "dcount", "samples"})
}
