package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// page is the specification of correlations; each case names the heading that its answer rests on, with what is read there.
const page = "https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md#"

// timeline writes events from lines such as "12 a user=u host=h": seconds, kind, fields. A time of "-" is none.
func timeline(lines string) string {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		f := strings.Fields(line)
		if f[0] != "-" {
			var s int
			fmt.Sscan(f[0], &s)
			fmt.Fprintf(&b, `{"time":"2024-05-01T%02d:%02d:%02dZ","kind":%q`, 10+s/3600, s/60%60, s%60, f[1])
		} else {
			fmt.Fprintf(&b, `{"kind":%q`, f[1])
		}
		for _, kv := range f[2:] {
			k, v, _ := strings.Cut(kv, "=")
			fmt.Fprintf(&b, `,%q:%q`, k, v)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// three are rules for events of the kinds a, b and c.
var three = func() string {
	var b strings.Builder
	for _, k := range []string{"a", "b", "c"} {
		fmt.Fprintf(&b, "title: %s\nname: %s\nid: %s0000000-0000-4000-8000-000000000000\nlogsource: {product: thing}\ndetection:\n  s: {kind: %s}\n  condition: s\n---\n", k, k, k, k)
	}
	return b.String()
}()

// TestCorrelationSemantics holds our reading of the specification. An alert is shown as the lines of the events that it leads back to.
func TestCorrelationSemantics(t *testing.T) {
	for _, c := range []struct{ name, rule, events, want, see, says string }{
		// Windows.
		{"the last moment of a window is in it", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n10 a u=x", "1+2", "time-selection", "a time period in which the correlation applies: ten seconds later is within ten seconds"},
		{"a moment later is not", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n11 a u=x", "", "time-selection", "the same"},
		{"windows are not cut at the clock", "{type: event_count, rules: [a], group-by: [u], timespan: 1m, condition: {gte: 2}}", "59 a u=x\n61 a u=x", "1+2", "compatibility", "static boundaries are a restriction that gives false negatives"},
		{"nor are those of temporal", "{type: temporal, rules: [a, b], group-by: [u], timespan: 1m}", "3599 a u=x\n3601 b u=x", "1+2", "temporal-proximity-temporal", "the time frame should not be restricted to boundaries"},
		{"windows that hang together are one alert", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n8 a u=x\n16 a u=x\n60 a u=x\n61 a u=x", "1+2+3 4+5", "condition", "the count must appear within the time frame: it does twice, in one stretch of events"},
		{"seconds, minutes, hours, days", "{type: event_count, rules: [a], group-by: [u], timespan: 1d, condition: {gte: 2}}", "0 a u=x\n40000 a u=x", "1+2", "time-selection", "number and letter"},
		{"events come in any order", "{type: temporal_ordered, rules: [a, b], group-by: [u], timespan: 1m}", "20 b u=x\n10 a u=x", "1+2", "ordered-temporal-proximity-temporal_ordered", "events appear in the order: when they happened, not where they stand"},
		{"an event without time is in no window", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n- a u=x", "", "time-selection", "no time, no time frame"},
		// Ties.
		{"events of one moment have every order", "{type: temporal_ordered, rules: [a, b], group-by: [u], timespan: 1m}", "5 b u=x\n5 a u=x", "1+2", "ordered-temporal-proximity-temporal_ordered", "nothing says that they were in another order"},
		{"two events of one moment are two", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "5 a u=x\n5 a u=x", "1+2", "event-count-event_count", "counts events"},
		// Groups.
		{"groups are counted apart", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a u=y\n2 a u=x", "1+3", "event-count-event_count", "for each group separately"},
		{"several fields are one group", "{type: event_count, rules: [a], group-by: [u, h], timespan: 10s, condition: {gte: 2}}", "0 a u=x h=1\n1 a u=x h=2\n2 a u=x h=1", "1+3", "grouping", "linked by AND"},
		{"an event that lacks a field of the group is in none", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a\n1 a\n2 a u=x\n3 a u=x", "3+4", "temporal-proximity-temporal", "the fields must all have the same value, which they have not"},
		{"nor in a group of several fields", "{type: event_count, rules: [a], group-by: [u, h], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a u=x h=1\n2 a u=x h=1\n3 a u=x", "2+3", "grouping", "the same"},
		{"without groups all events are one", "{type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a", "1+2", "grouping", "optionally defines fields"},
		// Counts.
		{"gt", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gt: 2}}", "0 a u=x\n1 a u=x\n0 a u=y\n1 a u=y\n2 a u=y", "3+4+5", "condition", "gt"},
		{"eq is of all that hangs together", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {eq: 2}}", "0 a u=x\n1 a u=x\n0 a u=y\n1 a u=y\n2 a u=y", "1+2", "condition", "eq"},
		{"a range is both bounds", "{type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gt: 1, lte: 2}}", "0 a u=x\n1 a u=x\n0 a u=y\n1 a u=y\n2 a u=y\n0 a u=z", "1+2", "condition", "the conjunction AND in the mapping"},
		{"lt is of events that are there", "{type: event_count, rules: [a], group-by: [u], timespan: 1m, condition: {lt: 2}}", "0 a u=x\n1 a u=x\n0 a u=y", "3", "condition", "lt; a group without any event is not known"},
		{"events of several rules are counted together", "{type: event_count, rules: [a, b], group-by: [u], timespan: 10s, condition: {gte: 3}}", "0 a u=x\n1 b u=x\n2 a u=x", "1+2+3", "event-count-event_count", "the referred rule or rules"},
		{"values are counted once", "{type: value_count, rules: [a], group-by: [u], timespan: 10s, condition: {field: h, gte: 2}}", "0 a u=x h=1\n1 a u=x h=1\n0 a u=y h=1\n1 a u=y h=2", "3+4", "value-count-value_count", "distinct values"},
		{"no value is no value", "{type: value_count, rules: [a], group-by: [u], timespan: 10s, condition: {field: h, gte: 2}}", "0 a u=x h=1\n1 a u=x", "", "value-count-value_count", "values contained in the field"},
		{"values leave with their events", "{type: value_count, rules: [a], group-by: [u], timespan: 10s, condition: {field: h, gte: 3}}", "0 a u=x h=1\n8 a u=x h=2\n16 a u=x h=3", "", "value-count-value_count", "within the time frame"},
		// In time.
		{"any order", "{type: temporal, rules: [a, b], group-by: [u], timespan: 10s}", "0 b u=x\n5 a u=x\n0 a u=y", "1+2", "temporal-proximity-temporal", "arbitrary order"},
		{"all rules must have an event", "{type: temporal, rules: [a, b, c], group-by: [u], timespan: 10s}", "0 a u=x\n1 b u=x\n2 a u=x", "", "temporal-proximity-temporal", "all events defined by the rules"},
		{"or as many as the condition says", "{type: temporal, rules: [a, b, c], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 b u=x\n0 c u=y", "1+2", "condition", "the count of different event types"},
		{"two of one rule are one type", "{type: temporal, rules: [a, b], group-by: [u], timespan: 10s}", "0 a u=x\n1 a u=x", "", "condition", "different event types"},
		{"order counts", "{type: temporal_ordered, rules: [a, b, c], group-by: [u], timespan: 10s}", "0 a u=x\n1 b u=x\n2 c u=x\n0 a u=y\n1 c u=y\n2 b u=y", "1+2+3", "ordered-temporal-proximity-temporal_ordered", "in the order provided"},
		{"others may stand between", "{type: temporal_ordered, rules: [a, b], group-by: [u], timespan: 10s}", "0 a u=x\n1 c u=x\n2 b u=x", "1+3", "ordered-temporal-proximity-temporal_ordered", "nothing forbids them"},
		{"a later beginning counts", "{type: temporal_ordered, rules: [a, b], group-by: [u], timespan: 10s}", "0 a u=x\n20 a u=x\n25 b u=x", "2+3", "ordered-temporal-proximity-temporal_ordered", "within the time frame, from the later one on"},
		{"the whole chain lies in the window", "{type: temporal_ordered, rules: [a, b, c], group-by: [u], timespan: 10s}", "0 a u=x\n8 b u=x\n16 c u=x", "", "temporal-proximity-temporal", "in the time frame"},
		// Names.
		{"by id", "{type: temporal, rules: [a0000000-0000-4000-8000-000000000000, b], group-by: [u], timespan: 10s}", "0 a u=x\n1 b u=x", "1+2", "related-rules", "the id or name"},
		{"aliases", "{type: temporal, rules: [a, b], group-by: [ip], timespan: 10s, aliases: {ip: {a: src, b: dst}}}", "0 a src=1 dst=2\n1 b src=2 dst=1\n2 b src=1 dst=3", "1+2", "field-name-aliases", "the same address in the respective fields"},
		{"two aliases", "{type: temporal, rules: [a, b], group-by: [p, q], timespan: 10s, aliases: {p: {a: src, b: dst}, q: {a: dst, b: src}}}", "0 a src=1 dst=2\n1 b src=2 dst=1\n1 b src=3 dst=1", "1+2", "field-name-aliases-example", "the example"},
		{"an alias by the id of the rule", "{type: temporal, rules: [a, b], group-by: [ip], timespan: 10s, aliases: {ip: {a0000000-0000-4000-8000-000000000000: src, b: dst}}}", "0 a src=1\n1 b dst=1", "1+2", "related-rules", "a tool manages the translation of names to ids"},
		{"an alias beside a field", "{type: temporal, rules: [a, b], group-by: [u, ip], timespan: 10s, aliases: {ip: {a: src, b: dst}}}", "0 a u=x src=1\n1 b u=y dst=1\n2 b u=x dst=1", "1+3", "field-name-aliases", "alias names in group-by are resolved, others are fields"},
		{"an event without the field of the alias is in no group", "{type: temporal, rules: [a, b], group-by: [ip], timespan: 10s, aliases: {ip: {a: src, b: dst}}}", "0 a src=1\n1 b src=1", "", "field-name-aliases", "resolved to their respective field names"},
		// Correlations over correlations.
		{"many, then one", "{type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 1m}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 3}}", "0 a u=x\n1 a u=x\n2 a u=x\n30 b u=x\n0 b u=y", "1+2+3+4", "examples", "failed logins followed by a successful login"},
		{"in the middle of many", "{type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 1m}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 3}}", "0 a u=x\n1 a u=x\n2 a u=x\n3 b u=x\n4 a u=x", "1+2+3+4+5", "examples", "three had failed before it; what followed within the minute hangs together with it"},
		{"only its own groups count", "{type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 1m}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 10s, condition: {gte: 2}}", "0 a u=x h=1\n1 a u=x h=1\n5 b u=x h=2\n6 b u=y h=1", "1+2+3", "ordered-temporal-proximity-temporal_ordered", "even if the inner groups by ComputerName, the outer uses its own group-by User"},
		{"every value of the inner events", "{type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 1m}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 10s, condition: {gte: 2}}", "0 a u=x h=1\n1 a u=y h=1\n5 b u=x h=2\n6 b u=y h=1", "1+2+3 1+2+4", "ordered-temporal-proximity-temporal_ordered", "the same"},
		{"too late", "{type: temporal_ordered, rules: [many, b], group-by: [u], timespan: 20s}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a u=x\n30 b u=x", "", "time-selection", "its own timespan, from the moment at which the inner one held"},
		{"alerts are counted", "{type: event_count, rules: [many], timespan: 1h, condition: {gte: 2}}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a u=x\n0 a u=y\n1 a u=y\n5 a u=z", "1+2+3+4", "related-rules", "chains of correlations"},
		{"three deep", "{type: temporal, rules: [pair, c], group-by: [u], timespan: 1m}\n---\ntitle: pair\nname: pair\ncorrelation: {type: temporal, rules: [many, b], group-by: [u], timespan: 30s}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 2}}", "0 a u=x\n1 a u=x\n2 b u=x\n3 c u=x", "1+2+3+4", "related-rules", "chain multiple correlations together"},
	} {
		got := run(t, three+"title: z\ncorrelation: "+c.rule+"\n", timeline(c.events))
		have := ""
		for _, g := range got {
			if rest, ok := strings.CutPrefix(g, "z: "); ok {
				have = rest
			} else if strings.HasPrefix(g, "SIG") {
				have = g
			}
		}
		if have != c.want {
			t.Errorf("%s: %q, want %q (%s%s: %s)", c.name, have, c.want, page, c.see, c.says)
		}
	}
}
