package harrier_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/harrier-detect/harrier"
)

const events = `{"EventTime":"2021-03-04 05:06:07","Hostname":"ws1","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\Windows\\System32\\wbem\\wmic.exe","CommandLine":"wmic /node:srv process call create calc.exe"}
{"EventTime":"2021-03-04 05:06:08","Hostname":"ws1","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\Windows\\System32\\calc.exe","CommandLine":"calc.exe"}
`

const wmic = `title: Remote process by wmic
id: 5a0a3f1c-9a52-4a54-8d6f-2f8f3a6f1c11
status: test
level: high
tags: [attack.execution, attack.t1047]
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\wmic.exe'
    CommandLine|contains: '/node:'
  condition: selection
`

func write(name, text string) string {
	dir, err := os.MkdirTemp("", "harrier-*")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}
	return path
}

func ExampleHunt() {
	rules, err := harrier.LoadRules(write("wmic.yml", wmic))
	if err != nil {
		panic(err)
	}
	report, err := harrier.Hunt(context.Background(), rules, nil, write("events.jsonl", events))
	if err != nil {
		panic(err)
	}
	for _, f := range report.Findings {
		fmt.Println(f.Level, f.RiskScore, f.Rule.Name, f.Rule.Techniques, "record", f.Events[0].Record)
	}
	// Output: high 70 Remote process by wmic [T1047] record 1
}

func ExampleQuery() {
	logs := write("events.jsonl", events)
	for _, q := range []struct {
		language harrier.Language
		text     string
	}{
		{harrier.SPL, `index=* EventCode=1 | stats count by process_name | sort process_name`},
		{harrier.KQL, `DeviceProcessEvents | summarize count() by FileName | sort by FileName asc`},
	} {
		rows, err := harrier.Query(context.Background(), q.language, q.text, nil, logs)
		if err != nil {
			panic(err)
		}
		fmt.Println(rows.Columns, rows.Values)
	}
	// Output:
	// [process_name count] [[calc.exe 1] [wmic.exe 1]]
	// [FileName count_] [[calc.exe 1] [wmic.exe 1]]
}

func TestQueryErrorHasAPlace(t *testing.T) {
	_, err := harrier.Query(context.Background(), harrier.SPL, "index=* | statz count", nil)
	var d harrier.Diagnostic
	if !errors.As(err, &d) || d.ID != "SPL3010" || d.Line != 1 || d.Column != 11 {
		t.Errorf("%#v", err)
	}
}

func TestRefusedRulesAreReported(t *testing.T) {
	rules, err := harrier.LoadRules(write("bad.spl", "index=* | statz count"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := harrier.Hunt(context.Background(), rules, nil, write("events.jsonl", events))
	if err != nil || len(report.Rules) != 1 || report.Rules[0].State != "refused" || len(report.Rules[0].Diagnostics) == 0 {
		t.Errorf("%v %+v", err, report)
	}
}

func TestHuntIsCancelled(t *testing.T) {
	rules, err := harrier.LoadRules(write("wmic.yml", wmic))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := harrier.Hunt(ctx, rules, nil, write("events.jsonl", events)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
