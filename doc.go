// Package harrier runs the world's detection rules, as written, on the logs you have: Splunk SPL (ESCU, Anvilogic), Microsoft KQL
// (Sentinel, Defender) and Sigma, over EVTX, event XML, JSON, CSV and Parquet.
//
// Hunt runs rules over data and gives findings, each with its risk, entities, ATT&CK techniques and the records behind it:
//
//	rules, err := harrier.LoadRules("rules/")
//	…
//	report, err := harrier.Hunt(ctx, rules, nil, "logs/")
//	for _, f := range report.Findings {
//		fmt.Println(f.Level, f.Rule.Name, f.Events)
//	}
//
// Query asks one question and gives rows:
//
//	rows, err := harrier.Query(ctx, harrier.SPL, `index=* EventCode=4688 | stats count by process_name`, nil, "logs/")
//
// What cannot run is refused with its place and reason, never passed over: see [Report.Rules] and [Diagnostic]. The command line
// (cmd/harrier) is built on the same engine and does more: explain, test, lint, catalogue.
package harrier
