package dtest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/harrier-detect/harrier/internal/query"
)

const escuRule = `name: Encoded PowerShell
id: 11111111-1111-4111-8111-111111111111
type: TTP
search: '| tstats count min(_time) as firstTime from datamodel=Endpoint.Processes where Processes.process="*-enc*" by Processes.dest Processes.user Processes.process | rename "Processes.*" as "*"'
tags:
  impact: 80
  confidence: 80
  message: $user$ ran $process$ on $dest$
  observable:
  - {name: dest, type: Hostname, role: [Victim]}
  - {name: nobody, type: User, role: [Victim]}
tests:
`

const sysmonEvent = `{"EventTime":"2024-05-01 12:00:00","Hostname":"ws1","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\p.exe","CommandLine":"p.exe %s","User":"CORP\\ann"}`

// suite writes files and loads the tests below them.
func suite(t *testing.T, files map[string]string, data string) (*Suite, string) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if data != "" {
		data = filepath.Join(dir, data)
	}
	rules := filepath.Join(dir, "rules")
	s, err := Load([]string{rules}, data)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// outcome runs a suite and prints what came of each case and what was diagnosed.
func outcome(t *testing.T, s *Suite, dir string, strict bool) string {
	t.Helper()
	var b strings.Builder
	for _, d := range s.Diagnostics {
		fmt.Fprintf(&b, "%s\n", d.Error())
	}
	r := &Runner{Strict: strict, Engine: func(now string) (*query.Engine, error) {
		return query.New(query.Settings{Now: now, Detached: true, Macros: s.Pack.Macros, Sigma: s.Pack.Sigma})
	}}
	results := map[*Case]*Result{}
	if err := r.Run(context.Background(), s, s.Cases, func(r *Result) { results[r.Case] = r }); err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Cases {
		res := results[c]
		fmt.Fprintf(&b, "%s %s", res.Status, c.Name)
		for _, x := range res.Reasons {
			fmt.Fprintf(&b, "\n  %s", x)
		}
		for _, x := range res.Remarks {
			fmt.Fprintf(&b, "\n  note: %s", x)
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
}

func TestExpectations(t *testing.T) {
	bad, good := fmt.Sprintf(sysmonEvent, "-enc AAAA"), fmt.Sprintf(sysmonEvent, "-file a.ps1")
	f := func(test, want string) {
		t.Helper()
		lines := strings.Split(strings.TrimSpace(test), "\n")
		for i := range lines {
			lines[i] = "  " + lines[i]
		}
		s, dir := suite(t, map[string]string{"rules/enc.yml": escuRule + "- name: t\n" + strings.Join(lines, "\n") + "\n", "rules/two.log": bad + "\n" + strings.ReplaceAll(bad, "ws1", "ws2") + "\n"}, "")
		if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(outcome(t, s, dir, false))); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s", test, diff)
		}
	}
	f("events: |\n  "+bad, "pass t")
	f("events: |\n  "+good, "fail t\n  it found nothing")
	f("expect: no-match\nevents: |\n  "+good, "pass t")
	f("expect: no-match\nevents: |\n  "+bad, "fail t\n  it found 1 row, and should have stayed silent: record 1 of events-1")
	f("exactly: 2\nfile: two.log", "pass t")
	f("exactly: 1\nfile: two.log", "fail t\n  it found 2 rows, and should have found exactly 1")
	f("at_least: 3\nfiles: [two.log]", "fail t\n  it found 2 rows, and should have found at least 3")
	f("at_most: 1\nfile: two.log", "fail t\n  it found 2 rows, and should have found exactly 1")
	f("fields: {dest: ws1, user: bob}\nfile: two.log", "fail t\n  no finding holds all of what is expected; in the nearest user is \"ann\" and should be \"bob\"")
	f("rows: [{user: ann}, {dest: ws1}]\nfile: two.log", "pass t")
	f("rows: [{dest: ws1}, {dest: ws1}]\nfile: two.log", "fail t\n  row 2 of those expected fits a finding that another row fits too, and no other")
	f("fields: {dest: ws1, nobody: null, count: 1}\nfile: two.log", "pass t")
	f("entities: ['host:ws2', {kind: host, role: victim, value: WS1}]\nfile: two.log", "pass t")
	f("entities: ['host:ws3']\nfile: two.log", "fail t\n  no finding names the entity host:ws3; they name host:ws1 (victim), host:ws2 (victim)")
	f("risk: 64\nlevel: high\nmessage: ann ran p.exe -enc AAAA on ws1\nevents: |\n  "+bad, "pass t")
	f("risk: 60\nfile: two.log", "fail t\n  the risk score is \"64\" and should be \"60\"")
	f("events: [{EventTime: '2024-05-01 12:00:00', Hostname: h, EventID: 1, SourceName: Microsoft-Windows-Sysmon, Channel: Microsoft-Windows-Sysmon/Operational, CommandLine: a -enc b, User: u}]", "pass t")
	f("file: gone.log", "broken t\n  gone.log: there is no file \"gone.log\"")
	f("events: ''", "rules/enc.yml:14:11: error TST1002: there are no events")
	f("expect: match", "rules/enc.yml:13:3: error TST1002: the test has no data: it needs events, files or attack_data")
	f("skip: needs a domain\nfile: two.log", "skipped t\n  needs a domain")
	f("now: yesterday\nfile: two.log", "broken t\n  --now takes newest, wall or a time such as 2024-05-01T12:00:00Z, not \"yesterday\"")
	f("expct: match\nfile: two.log", "rules/enc.yml:14:3: error TST1002: a test has no key \"expct\"; did you mean expect?")
	f("expect: maybe\nfile: two.log", "rules/enc.yml:14:11: error TST1002: expect is match or no-match, not \"maybe\"")
	f("expect: no-match\nexactly: 2\nfile: two.log", "rules/enc.yml:13:3: error TST1002: the test expects no match and some findings at once")
	f("at_least: many\nfile: two.log", "rules/enc.yml:14:13: error TST1002: at_least is a number")
	f("a: &a [x, x]\nb: &b [*a, *a]\nevents: [{x: *b}]", "rules/enc.yml:14:3: error TST1002: a test has no key \"a\"\nrules/enc.yml:15:3: error TST1002: a test has no key \"b\"")
}

func TestContentTests(t *testing.T) {
	var zipped, tarred bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, _ := z.Create("T1059/enc/windows-sysmon.log")
	fmt.Fprintf(w, sysmonEvent+"\n", "-enc zip")
	z.Close()
	gz := gzip.NewWriter(&tarred)
	tw := tar.NewWriter(gz)
	body := fmt.Sprintf(sysmonEvent+"\n", "-enc tar")
	tw.WriteHeader(&tar.Header{Name: "./T1060/windows-sysmon.log", Mode: 0o600, Size: int64(len(body)), Typeflag: tar.TypeReg})
	tw.Write([]byte(body))
	tw.Close()
	gz.Close()
	url := "https://media.example.com/media/splunk/attack_data/master/datasets/attack_techniques/"
	data := func(name, url string) string {
		return fmt.Sprintf("- name: %s\n  attack_data:\n  - {data: %s, source: s, sourcetype: st, update_timestamp: true}\n", name, url)
	}
	sigma := "title: S\nid: s1\nlogsource: {product: windows, category: process_creation}\ndetection:\n  a: {CommandLine|contains: '-enc'}\n  condition: a\nregression_tests_path: regression/%s/info.yml\n"
	s, dir := suite(t, map[string]string{
		"rules/escu.yml": escuRule + data("zip", url+"T1059/enc/windows-sysmon.log") + data("tar", url+"T1060/windows-sysmon.log") + data("plain", url+"T1061/x.log") +
			data("other place", url+"T9999/enc/windows-sysmon.log") + data("flat", url+"T1062/flat.log") + data("gone", url+"T1/none.log"),
		"rules/one.yml":                        fmt.Sprintf(sigma, "one"),
		"rules/two.yml":                        strings.Replace(fmt.Sprintf(sigma, "two"), "s1", "s2", 1),
		"regression/one/info.yml":              "rule_metadata: []\nregression_tests_info:\n- {name: P, type: evtx, match_count: 2, path: regression/one/a.json}\n- {name: gone, path: regression/one/b.json}\n",
		"regression/one/a.json":                fmt.Sprintf(sysmonEvent+"\n", "-enc x"),
		"mirror/attack_techniques/a.zip":       zipped.String(),
		"mirror/attack_techniques/b.tgz":       tarred.String(),
		"mirror/attack_techniques/T1061/x.log": fmt.Sprintf(sysmonEvent+"\n", "-enc x"),
		"mirror/flat.log":                      fmt.Sprintf(sysmonEvent+"\n", "-enc x"),
	}, "mirror")
	got := outcome(t, s, dir, false)
	want := `pass zip
  note: no finding has a value in nobody, which the rule says is at risk
pass tar
  note: no finding has a value in nobody, which the rule says is at risk
pass plain
  note: no finding has a value in nobody, which the rule says is at risk
no data other place
  ` + url + `T9999/enc/windows-sysmon.log: it is not in mirror
pass flat
  note: no finding has a value in nobody, which the rule says is at risk
  note: flat.log was found by its name alone: mirror/flat.log
no data gone
  ` + url + `T1/none.log: it is not in mirror
pass P
  note: it found 1 row, and the test states 2
no data gone
  regression/one/b.json: there is no file "regression/one/b.json"
no data must match
  regression/two/info.yml: it is in no folder above the rule
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := outcome(t, s, dir, true); !strings.Contains(got, "fail P\n  it found 1 row, and the test states 2") || !strings.Contains(got, "fail zip") {
		t.Errorf("strict:\n%s", got)
	}
}

func TestTestFiles(t *testing.T) {
	plain := "DeviceProcessEvents | where ProcessCommandLine has 'enc'"
	event := fmt.Sprintf(sysmonEvent, "-enc x")
	s, dir := suite(t, map[string]string{
		"rules/a.kql":      plain,
		"rules/a.test.yml": "tests:\n- name: beside\n  events: |\n    " + event + "\n",
		"rules/deep/b.kql": plain,
		"rules/tests/more_test.yml": "rules: [../a.kql, b]\ntests:\n- name: of two\n  events: |\n    " + event + "\n" +
			"---\nrule: c\ntests: []\n",
		"rules/c.test.yml":  "tests:\n- events: x\n",
		"rules/d.test.yml":  "tests:\n- {a: [}\n",
		"rules/e.test.yml":  "rule: a\ntests: {}\n",
		"rules/f.test.yml":  "rule: a\ntests:\n- name: \"\xff\"\n",
		"rules/broken.yml":  "search: [\n",
		"rules/g.test.yaml": "rule: a\ntests:\n- &x {events: [{a: *x}]}\n",
	}, "")
	got := outcome(t, s, dir, false)
	want := `rules/d.test.yml:1:1: error TST1001: not valid YAML: line 1: did not find expected node content
rules/e.test.yml:2:8: error TST1002: tests is a list
rules/f.test.yml:1:1: error TST1001: the tests cannot be read: it is not UTF-8
rules/c.test.yml:1:1: error TST3001: no rule has the name of this file of tests, and it does not say which rule it is for
rules/g.test.yaml:3:16: error TST1002: the event has more than 100000 values: its aliases stand for each other
rules/tests/more_test.yml:7:7: error TST3001: there is no rule "c", neither by path nor by id nor by name
pass beside
pass of two
pass of two
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(s.Pack.Refused) != 1 {
		t.Errorf("%d rules are refused, want the broken one alone", len(s.Pack.Refused))
	}
	none, positive := s.Untested()
	if len(none) != 0 || len(positive) != 2 {
		t.Errorf("%d untested, %d with positives only", len(none), len(positive))
	}
}

func TestPassesAreShared(t *testing.T) {
	files := map[string]string{"data/e.log": fmt.Sprintf(sysmonEvent, "-enc x") + "\n"}
	for i := range 5 {
		files[fmt.Sprintf("rules/r%d.yml", i)] = strings.Replace(escuRule, "name: Encoded", fmt.Sprintf("name: %d Encoded", i), 1) + "- name: t\n  file: ../data/e.log\n"
	}
	s, _ := suite(t, files, "")
	r := &Runner{Engine: func(now string) (*query.Engine, error) { return query.New(query.Settings{Detached: true}) }}
	if err := r.Run(context.Background(), s, s.Cases, func(r *Result) {
		if r.Status != Pass || r.Shared != 5 {
			t.Errorf("%s: %s %v, in a pass for %d", r.Rule.Name, r.Status, r.Reasons, r.Shared)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestJUnitHoldsHostileText(t *testing.T) {
	s, _ := suite(t, map[string]string{"rules/x.yml": strings.Replace(escuRule, "name: Encoded PowerShell", `name: "<b a='\"'>\e[31m\0 ]]> & \u202e"`, 1) + "- name: \"</testcase>\\x07\"\n  file: gone\n"}, "")
	r := &Runner{Engine: func(now string) (*query.Engine, error) { return query.New(query.Settings{}) }}
	var results []*Result
	if err := r.Run(context.Background(), s, s.Cases, func(r *Result) { results = append(results, r) }); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, results); err != nil {
		t.Fatal(err)
	}
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if back.Tests != 1 || back.Errors != 1 || back.Suites[0].Cases[0].Name != "</testcase>\ufffd" || strings.ContainsAny(b.String(), "\x1b\x00\x07") {
		t.Errorf("%+v\n%s", back, b.String())
	}
}
