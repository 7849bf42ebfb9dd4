package sigma

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// run loads rules from one file, runs them over JSON lines and returns for each rule with results its title and, for each row, the lines
// that it leads back to.
func run(t *testing.T, rules, events string) []string {
	t.Helper()
	dir := t.TempDir()
	r, d := filepath.Join(dir, "rules.yml"), filepath.Join(dir, "events.json")
	for name, data := range map[string]string{r: rules, d: events} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pack, err := rule.Load([]string{r})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(query.Settings{Sigma: pack.Sigma, LookupFiles: nil})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	items := detect.Compile(e, pack)
	for _, it := range items {
		if err := it.Diagnostics.Err(); err != nil {
			out = append(out, strings.SplitN(err.Error(), " error ", 2)[1])
		}
	}
	in := e.NewInput([]string{d}, func(d text.Diagnostic) { t.Log(d) }, nil)
	err = detect.Run(context.Background(), e, items, in, func(it *detect.Item, b *event.Batch) {
		var rows []string
		for i := range b.Len() {
			var lines []string
			for _, o := range b.Lineage.Of(i) {
				lines = append(lines, fmt.Sprint(o.Record))
			}
			rows = append(rows, strings.Join(lines, "+"))
		}
		out = append(out, it.Rule.Name+": "+strings.Join(rows, " "))
	}, func(d text.Diagnostic) { t.Log(d) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// detection makes a rule over events of no known source.
func detection(body string) string {
	return "title: t\nlogsource: {product: thing}\ndetection:\n" + body
}

const values = `{"id":1,"f":"C:\\Windows\\cmd.exe","n":5,"ip":"10.1.2.3","g":"c:\\windows\\CMD.EXE","t":"2024-05-01T03:04:05Z"}
{"id":2,"f":"powershell -enc AAAA","n":"50","ip":"192.168.1.1","g":"other"}
{"id":3,"f":"powershell /enc AAAA","n":"0x10","ip":"fe80::1","h":null}
{"id":4,"f":"a*b","n":7.5,"h":""}
{"id":5,"f":"axb","h":"x","l":["one","two"]}
{"id":6,"f":"run d2hvYW1p now","h":"line one\nline two"}
{"id":7,"f":"C:\\temp\\","h":"dwBoAG8AYQBtAGkA"}
`

func TestValues(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"  s: {f|endswith: '\\CMD.exe'}\n  condition: s", "t: 1"},
		{"  s: {f: 'c:\\windows\\cmd.exe'}\n  condition: s", "t: 1"},
		{"  s: {f|cased: 'c:\\windows\\cmd.exe'}\n  condition: s", ""},
		{"  s: {f|contains|cased: 'Windows'}\n  condition: s", "t: 1"},
		{"  s: {f: 'a\\*b'}\n  condition: s", "t: 4"},
		{"  s: {f: 'a*b'}\n  condition: s", "t: 4 5"},
		{"  s: {f: 'a?b'}\n  condition: s", "t: 4 5"},
		{"  s: {f: '*\\\\'}\n  condition: s", "t: 7"},
		{"  s: {f|endswith: '\\'}\n  condition: s", "t: 7"},
		{"  s: {n: 5}\n  condition: s", "t: 1"},
		{"  s: {n: 50}\n  condition: s", "t: 2"},
		{"  s: {n|gte: 7}\n  condition: s", "t: 2 3 4"},
		{"  s: {n|lt: 7.5}\n  condition: s", "t: 1"},
		{"  s: {n|neq: 5}\n  condition: s", "t: 2 3 4 5 6 7"},
		{"  s: {ip|cidr: ['10.0.0.0/8', 'fe80::/10']}\n  condition: s", "t: 1 3"},
		{"  s: {h: null}\n  condition: s", "t: 1 2 3"},
		{"  s: {h: ''}\n  condition: s", "t: 4"},
		{"  s: {h|exists: true}\n  condition: s", "t: 3 4 5 6 7"},
		{"  s: {h|exists: false}\n  condition: s", "t: 1 2"},
		{"  s: {h: '*'}\n  condition: s", "t: 4 5 6 7"},
		{"  s: {f|re: '^[A-Z]:.*exe$'}\n  condition: s", "t: 1"},
		{"  s: {f|re|i: 'POWERSHELL'}\n  condition: s", "t: 2 3"},
		{"  s: {h|re|m: '^line two$'}\n  condition: s", "t: 6"},
		{"  s: {h|re|s: 'one.line'}\n  condition: s", "t: 6"},
		{"  s: {h|re: 'one.line'}\n  condition: s", ""},
		{"  s: {f|contains|windash: ' -enc'}\n  condition: s", "t: 2 3"},
		{"  s: {f|windash|contains: ' -enc'}\n  condition: s", "t: 2 3"},
		{"  s: {f|base64|contains: 'whoami'}\n  condition: s", "t: 6"},
		{"  s: {f|base64offset|contains: 'whoam'}\n  condition: s", "t: 6"},
		{"  s: {h|wide|base64: 'whoami'}\n  condition: s", "t: 7"},
		{"  s: {h|utf16le|base64offset|contains: 'hoam'}\n  condition: s", "t: 7"},
		{"  s: {f|fieldref: g}\n  condition: s", "t: 1"},
		{"  s: {f|fieldref|neq: g}\n  condition: s", "t: 2 3 4 5 6 7"},
		{"  s: {t|hour: 3}\n  condition: s", "t: 1"},
		{"  s: {t|year|gte: 2024}\n  condition: s", "t: 1"},
		{"  s: {l: two}\n  condition: s", "t: 5"},
		{"  s: {f|contains|all: [power, enc]}\n  condition: s", "t: 2 3"},
		{"  s: {f: ['axb', 'AXB', 'a\\*b', 'nothing', 'powershell -ENC aaaa']}\n  condition: s", "t: 2 4 5"},
		{"  k: [whoami, 'd2hvYW1p']\n  condition: k", "t: 6"},
		{"  k: {'|all': [powershell, 'AAAA', '/enc']}\n  condition: k", "t: 3"},
		{"  k: ['windows\\cmd']\n  condition: k", "t: 1"},
		{"  s: [{f: axb}, {n: 5, g|contains: cmd}]\n  condition: s", "t: 1 5"},
		{"  a1: {n: 5}\n  a2: {ip|startswith: '10.'}\n  b: {id: 2}\n  _c: {id: 3}\n  condition: 1 of a* or b", "t: 1 2"},
		{"  a1: {n: 5}\n  a2: {ip|startswith: '10.'}\n  condition: all of a*", "t: 1"},
		{"  a: {id: [1, 2]}\n  b: {id: [2, 3]}\n  c: {id: [3, 1]}\n  condition: 2 of them", "t: 1 2 3"},
		{"  a: {id: [1, 2]}\n  b: {id: [2, 3]}\n  condition: not (a or b) and not 1 of c*\n  c1: {id: 7}", "t: 4 5 6"},
		{"  a: {id: 1}\n  b: {id: 2}\n  condition: [a, b]", "t: 1 2"},
		{"  a: {id: 1}\n  condition: a and b", "SIG3001: there is no search b"},
		{"  a: {id|contain: 1}\n  condition: a", `SIG3003: there is no modifier "contain"; did you mean contains?`},
		{"  a: {f|re: '('}\n  condition: a", "SIG4004"},
		{"  a: {f|expand: '%x%'}\n  condition: a", "SIG3004"},
		{"  a: {f|wide: 'x'}\n  condition: a", "SIG4001"},
		{"  a: {f: x}\n  condition: a and", "SIG1010"},
	} {
		got := strings.Join(run(t, detection(c.body), values), "; ")
		if got != c.want && !(strings.HasPrefix(c.want, "SIG") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s\n  gives %q, want %q", c.body, got, c.want)
		}
	}
}

const logons = `{"time":"2024-05-01T10:00:00Z","kind":"fail","user":"a","host":"x","bytes":10}
{"time":"2024-05-01T10:01:00Z","kind":"fail","user":"a","host":"y","bytes":20}
{"time":"2024-05-01T10:01:30Z","kind":"fail","user":"b","host":"x","bytes":5}
{"time":"2024-05-01T10:02:00Z","kind":"fail","user":"a","host":"z","bytes":30}
{"time":"2024-05-01T10:03:00Z","kind":"ok","user":"a","src":"x","bytes":1}
{"time":"2024-05-01T10:04:00Z","kind":"ok","user":"b","src":"q","bytes":1}
{"time":"2024-05-01T12:00:00Z","kind":"fail","user":"a","host":"x","bytes":100}
{"time":"2024-05-01T12:00:10Z","kind":"fail","host":"x","bytes":100}
`

const base = `title: failed
name: failed
logsource: {product: thing}
detection:
  s: {kind: fail}
  condition: s
---
title: good
name: good
id: 11111111-2222-3333-4444-555555555555
logsource: {product: thing}
detection:
  s: {kind: ok}
  condition: s
---
`

func TestCorrelations(t *testing.T) {
	cor := func(body string) string { return base + "title: c\ncorrelation:\n" + body }
	for _, c := range []struct{ name, rules, want string }{
		{"event_count", cor("  {type: event_count, rules: [failed], group-by: [user], timespan: 5m, condition: {gte: 3}}"), "c: 1+2+4; good: 5 6"},
		{"event_count, window too short", cor("  {type: event_count, rules: failed, group-by: [user], timespan: 1m, condition: {gte: 3}}"), "good: 5 6"},
		{"range", cor("  {type: event_count, rules: [failed], group-by: [user], timespan: 5m, condition: {gt: 0, lt: 2}}"), "c: 3 7; good: 5 6"},
		{"ungrouped", cor("  {type: event_count, rules: [failed, good], timespan: 10m, condition: {gte: 6}}"), "c: 1+2+3+4+5+6"},
		{"value_count", cor("  {type: value_count, rules: [failed], group-by: [user], timespan: 5m, condition: {field: host, gte: 3}}"), "c: 1+2+4; good: 5 6"},
		{"value_sum", cor("  {type: value_sum, rules: [failed], group-by: [user], timespan: 5m, condition: {field: bytes, gte: 60}}"), "c: 1+2+4 7; good: 5 6"},
		{"value_avg", cor("  {type: value_avg, rules: [failed], group-by: [user], timespan: 1h, condition: {field: bytes, lte: 20}}"), "c: 1+2+4 3; good: 5 6"},
		{"value_median", cor("  {type: value_median, rules: [failed], group-by: [user], timespan: 1h, condition: {field: bytes, eq: 20}}"), "c: 1+2+4; good: 5 6"},
		{"value_percentile", cor("  {type: value_percentile, rules: [failed], group-by: [user], timespan: 1h, condition: {field: bytes, percentile: 100, eq: 30}}"), "c: 1+2+4; good: 5 6"},
		{"temporal", cor("  {type: temporal, rules: [failed, good], group-by: [user], timespan: 90s}"), "c: 4+5"},
		{"by id", cor("  {type: temporal, rules: [failed, 11111111-2222-3333-4444-555555555555], group-by: [user], timespan: 90s}"), "c: 4+5"},
		{"temporal_ordered", cor("  {type: temporal_ordered, rules: [failed, good], group-by: [user], timespan: 5m}"), "c: 1+2+4+5 3+6"},
		{"temporal_ordered, wrong order", cor("  {type: temporal_ordered, rules: [good, failed], group-by: [user], timespan: 5m}"), ""},
		{"expression", cor("  {type: temporal, rules: [failed, good], group-by: [user], timespan: 5m, condition: failed and not good}"), "c: 7"},
		{"aliases", cor("  type: temporal\n  rules: [failed, good]\n  group-by: [machine]\n  timespan: 5m\n  aliases: {machine: {failed: host, good: src}}"), "c: 1+3+5"},
		{"generate", cor("  {type: temporal, rules: [failed, good], group-by: [user], timespan: 90s, generate: true}"), "c: 4+5; failed: 1 2 3 4 7 8; good: 5 6"},
		{"nested", cor("  {type: event_count, rules: [failed], group-by: [user], timespan: 5m, condition: {gte: 3}}\nname: many\n---\ntitle: n\ncorrelation: {type: temporal_ordered, rules: [many, good], group-by: [user], timespan: 10m}"), "n: 1+2+4+5"},
		{"unknown rule", cor("  {type: temporal, rules: [failed, nobody], group-by: [user], timespan: 90s}"), "SIG3006"},
		{"in itself", "title: c\nname: c\ncorrelation: {type: temporal, rules: [c], group-by: [user], timespan: 90s}", "SIG4013"},
		{"each in the other", base + "title: c\nname: c\ncorrelation: {type: temporal, rules: [failed, d], group-by: [user], timespan: 90s}\n---\ntitle: d\nid: 22222222-2222-3333-4444-555555555555\nname: d\ncorrelation: {type: temporal, rules: [good, c], group-by: [user], timespan: 90s}",
			"SIG4013: the correlation relates c, which relates the correlation: they go round in a circle; SIG4013: the correlation relates d, which relates the correlation: they go round in a circle"},
		{"deprecated count", detection("  s: {kind: fail}\n  timeframe: 5m\n  condition: s | count() by user > 2"), "t: 1+2+4"},
		{"deprecated distinct count", detection("  s: {kind: fail}\n  condition: s | count(host) by user >= 3"), "t: 1+2+4+7"},
		{"deprecated few", detection("  s: {kind: fail}\n  timeframe: 1h\n  condition: s | count() by user < 2"), "t: 3 7"},
		{"deprecated near", detection("  s: {kind: ok}\n  f: {kind: fail}\n  timeframe: 65s\n  condition: s | near f"), "t: 4+5"},
		{"deprecated near not", detection("  s: {kind: fail}\n  f: {kind: ok}\n  timeframe: 5m\n  condition: s | near s and not f"), "t: 7+8"},
		{"bad timespan", cor("  {type: temporal, rules: [failed, good], group-by: [user], timespan: soon}"), "SIG4010"},
		{"filter by name", base + "title: f\nlogsource: {product: thing}\nfilter:\n  rules: [failed]\n  selection: {host: x}\n  condition: not selection", "failed: 2 4; good: 5 6"},
		{"filter as the specification writes it", base + "title: f\nlogsource: {product: thing}\nfilter:\n  rules: any\n  selection: {user: a}\n  condition: selection", "failed: 3 8; good: 6"},
		{"filter of another source", base + "title: f\nlogsource: {product: other}\nfilter:\n  rules: any\n  selection: {user: a}\n  condition: not selection", "failed: 1 2 3 4 7 8; good: 5 6"},
	} {
		got := run(t, c.rules, logons)
		have := strings.Join(got, "; ")
		if have != c.want && !(strings.HasPrefix(c.want, "SIG") && strings.HasPrefix(have, c.want)) {
			t.Errorf("%s: gives %q, want %q", c.name, have, c.want)
		}
	}
}
