package check

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

const good = `title: Suspicious Child of a Service
id: 0e95725d-7320-415d-80f7-004da920fc11
status: test
description: Detects a child process that a service should not have
references:
    - https://example.com/a
author: Somebody
date: 2024-01-31
modified: 2024-02-01
tags:
    - attack.execution
    - attack.t1059.001
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\cmd.exe'
        CommandLine|contains:
            - 'one'
            - 'two'
    filter_main_known:
        ParentImage|endswith: '\known.exe'
    condition: selection and not 1 of filter_main_*
falsepositives:
    - Unknown
level: high
`

// TestChecks changes one thing in a rule without findings; each change must be found, where it was made.
func TestChecks(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"title: S", "titel: S", "1:1 SIG5101; 1:1 SIG5105"},
		{"level: high", "level: high\nlevle: low", "28:1 SIG5101"},
		{"level: high", "level: severe", "27:8 SIG5106"},
		{"status: test", "status: production", "3:9 SIG5106"},
		{"id: 0e95725d-7320-415d-80f7-004da920fc11", "id: 17", "2:5 SIG5103"},
		{"status: test", "status: test\nrelated:\n    - id: 0e95725d-7320-415d-80f7-004da920fc11\n      type: derived", "5:11 SIG5103"},
		{"status: test", "status: test\nrelated:\n    - id: 1e95725d-7320-415d-80f7-004da920fc11\n      type: parent", "6:13 SIG5106"},
		{"date: 2024-01-31", "date: 2024/01/31", "8:7 SIG5108"},
		{"date: 2024-01-31", "date: 2024-02-31", "8:7 SIG5108"},
		{"modified: 2024-02-01", "modified: 2023-02-01", "9:11 SIG5108"},
		{"    - https://example.com/a\n", "    - https://example.com/a\n    - https://example.com/a\n", "7:7 SIG5109"},
		{"references:\n    - https://example.com/a", "references: https://example.com/a", "5:13 SIG5107"},
		{"https://example.com/a", "https://attack.mitre.org/techniques/T1059/", "6:7 SIG5205"},
		{"https://example.com/a", "https://github.com/x/y/blob/master/a.md", "6:7 SIG5205"},
		{"https://example.com/a", "https://github.com/x/y/blob/0d066cbe3ceefbe874ef22e2fbecfa02b55ce27d/a.md", ""},
		{"attack.execution", "Attack.Execution", "11:7 SIG5111"},
		{"attack.execution", "attack.privilege_escalation", "11:7 SIG5113"},
		{"attack.execution", "attack.running", "11:7 SIG5113"},
		{"attack.execution", "cve.2021.44228", "11:7 SIG5113"},
		{"attack.execution", "atack.execution", "11:7 SIG5112"},
		{"attack.execution", "stp.3k", ""},
		{"    product: windows\n    category: process_creation", "    definition: none", "14:5 SIG5110"},
		{"process_creation", "process_making", "14:5 SIG5110"},
		{"author: Somebody\n", "", "1:1 SIG5201"},
		{"Suspicious Child of a Service", "Suspicious child of a Service", "1:8 SIG5203"},
		{"Suspicious Child of a Service", "Detects a Child of a Service", "1:8 SIG5202"},
		{"Detects a child process that a service should not have", "Bad things", "4:14 SIG5204"},
		{"- Unknown", "- None", "26:7 SIG5206"},
		{"- Unknown", "- administrators", "26:7 SIG5206"},
		{"        CommandLine|contains:\n            - 'one'\n            - 'two'", "        CommandLine|contains:\n            - 'one'", "19:9 SIG5207"},
		{"not 1 of filter_main_*", "not known\n    known: {User: x}", "22:5 SIG5304; 24:34 SIG5209"},
		{"condition: selection and not 1 of filter_main_*", "condition: selection and not filter_main_known | count() by User > 5", "24:54 SIG5301"},
		{"condition: selection and not 1 of filter_main_*", "condition: not selection and not filter_main_known", "24:16 SIG5302; 24:20 SIG5209"},
		{"condition: selection and not 1 of filter_main_*", "condition: selection and filter_main_known and not selection", "24:16 SIG5303; 24:30 SIG5209; 24:56 SIG5209"},
		{"condition: selection and not 1 of filter_main_*", "condition: selection", "22:5 SIG5304"},
		{"condition: selection and not 1 of filter_main_*", "condition: all of them", "24:16 SIG5306"},
		{"condition: selection and not 1 of filter_main_*", "condition: 2 of sel* and not filter_main_known", "24:16 SIG5307"},
		{"filter_main_known:\n        ParentImage|endswith: '\\known.exe'", "filter_main_known: {ParentImage|endswith: '\\known.exe'}\n    filter_main_twice: {ParentImage|endswith: '\\known.exe'}", "23:5 SIG5305"},
		{"category: process_creation", "service: sysmon", "14:5 SIG5308"},
		{"Image|endswith: '\\cmd.exe'", "EventID: 1", "18:18 SIG5308"},
		{"ParentImage|endswith", "ParentImage|endswith|endswith", "23:30 SIG5311"},
		{"Image|endswith: '\\cmd.exe'", "image|endswith: '\\cmd.exe'", "18:9 SIG5309"},
		{"'\\cmd.exe'", `"\bcmd.exe"`, "18:25 SIG5310"},
		{"CommandLine|contains:", "CommandLine|all:", "19:21 SIG5311"},
		{"CommandLine|contains:", "CommandLine|base64offset:", "19:21 SIG5311"},
		{"CommandLine|contains:", "CommandLine|windash|contains:", "19:21 SIG5311"},
		{"CommandLine|contains:", "CommandLine|re|contains:", "19:24 SIG5311; 20:15 SIG5318; 21:15 SIG5318"},
		{"- 'two'", "- 'ONE'", "21:15 SIG5312"},
		{"- 'two'", "- 'someone'", "21:15 SIG5313"},
		{"- 'two'", "- '*two*'", "21:15 SIG5314"},
		{"- 'two'", "- 't**o'", "21:15 SIG5314"},
		{"- 'two'", "- ''", "20:15 SIG5313; 21:15 SIG5315"},
		{"- 'two'", "- '*'", "21:15 SIG5315"},
		{"Image|endswith: '\\cmd.exe'", "Image: '*\\cmd.exe'", "18:9 SIG5316"},
		{"Image|endswith: '\\cmd.exe'", "EventID: '4688'", "18:18 SIG5317"},
		{"Image|endswith: '\\cmd.exe'", "Image|re: '.*cmd[.]exe'", "18:19 SIG5318"},
		{"        Image|endswith: '\\cmd.exe'\n", "        User: a\n        User: b\n", "19:9 SIG5104"},
		{"level: high", "level: [", "27:1 SIG1001"},
		{"condition: selection and not 1 of filter_main_*", "condition: selection and", "24:29 SIG1010"},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("the rule has no %q", c.old)
		}
		var got []string
		for _, d := range Document(text.NewSource("some_rule_name.yml", strings.Replace(good, c.old, c.new, 1))) {
			p := d.Source.Position(d.Span.Start)
			got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, d.ID))
		}
		if have := strings.Join(got, "; "); have != c.want {
			t.Errorf("%q instead of %q: %s, want %s", c.new, c.old, have, c.want)
		}
	}
}

func TestCorrelationChecks(t *testing.T) {
	rule := func(body string) string { return "title: Many\ncorrelation:\n" + body }
	for _, c := range []struct{ rule, want string }{
		{rule("  type: event_count\n  rules: [a]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 5}\n"), ""},
		{rule("  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition: {gte: 5}\n"), "SIG5320"},
		{rule("  type: event_count\n  rules: [a]\n  group-by: [User]\n  condition: {gte: 5}\n"), "SIG5105"},
		{rule("  type: event_count\n  rules: [a, a]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 5}\n"), "SIG5109"},
		{rule("  type: event_count\n  rules: [a]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 1}\n"), "SIG5322"},
		{rule("  type: event_count\n  rules: [a]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 5, lt: 5}\n"), "SIG5322"},
		{rule("  type: temporal\n  rules: [a, b]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 3}\n"), "SIG5322"},
		{rule("  type: temporal\n  rules: [a, b]\n  group-by: [User]\n  timespan: 5m\n  condition: a and not a\n"), "SIG5304"},
		{rule("  type: temporal\n  rules: [a]\n  group-by: [User]\n  timespan: 5m\n"), "SIG5320"},
		{rule("  type: temporal\n  rules: [a, b]\n  group-by: [User]\n  timespan: 5m\n  aliases: {u: {a: x, b: y}}\n"), "SIG5321"},
		{rule("  type: temporal\n  rules: [a, b]\n  group-by: [u]\n  timespan: 5m\n  aliases: {u: {a: x}}\n"), "SIG5321"},
	} {
		var got []string
		for _, d := range Document(text.NewSource("some_rule_name.yml", c.rule)) {
			got = append(got, d.ID)
		}
		if have := strings.Join(got, "; "); have != c.want {
			t.Errorf("%s: %s, want %s", c.rule, have, c.want)
		}
	}
}

// TestCorpus counts what the checks find in the public rules, which their repository checks itself: of those that it does not keep as
// unsupported few may have a warning, or the checks are wrong.
func TestCorpus(t *testing.T) {
	const corpus, most = "../../../../shared/corpus/sigma", 15
	counts := map[string]int{}
	rules, warned := 0, 0
	filepath.WalkDir(corpus, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yml") || strings.Contains(path, "regression_data") || strings.Contains(path, "unsupported") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, src := range syntax.Split(text.NewSource(path, string(data))) {
			rules++
			warnings := false
			for _, d := range Document(src) {
				counts[d.ID]++
				warnings = warnings || d.Severity > text.Note
			}
			if warnings {
				warned++
			}
		}
		return nil
	})
	if rules == 0 {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal("the corpus of Sigma rules is not beside the checkout")
		}
		t.Skip("the corpus of Sigma rules is not beside the checkout")
	}
	t.Logf("%d rules, %d with warnings: %v", rules, warned, counts)
	if warned > most {
		t.Errorf("%d rules have warnings, more than %d", warned, most)
	}
}
