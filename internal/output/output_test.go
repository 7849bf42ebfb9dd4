package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/evidence"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/report"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schedule"
)

var made = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// item makes a finding that holds a text wherever rules and logs have texts.
func item(s string) *report.Item {
	f := &finding.Finding{ID: "0011", Level: "high", RiskScore: 72, Message: s, First: made.Add(-time.Hour), Last: made,
		Rule:    &rule.Rule{Name: s, ID: s, File: s, Description: s, Type: s, FalsePositives: s, Tags: []string{s}, References: []string{s}, DataSources: []string{s}, Techniques: []string{"T1021.002", s}, Tactics: []string{"lateral-movement", s}, Impact: 90, Confidence: 80},
		Columns: []string{s, "plain"}, Values: []event.Value{event.StringOf(s), event.ListOf([]event.Value{event.StringOf(s)})},
		Entities: []finding.Entity{{Kind: "host", Role: "victim", Field: s, Value: s}, {Kind: s, Value: s}}, Events: []finding.Event{{File: s, Record: 7}, {File: s, Record: 8}}}
	ev := &evidence.Event{Event: f.Events[0], Time: made, Fields: []event.Field{{Name: s, Value: event.StringOf(s)}}}
	return &report.Item{Finding: f, Evidence: []*evidence.Event{ev}, Home: &schedule.Fate{Status: schedule.Missed, Reason: schedule.Late}}
}

func write(t *testing.T, format string, items ...*report.Item) string {
	t.Helper()
	f, ok := Find(format)
	if !ok {
		t.Fatalf("there is no format %s", format)
	}
	var out bytes.Buffer
	w := f.Open(&out, Options{Version: "v0"})
	title := "hunt"
	if len(items) > 0 {
		title = items[0].Message
	}
	if err := w.Write(items); err != nil {
		t.Fatal(err)
	}
	s := &report.Summary{Title: title, Made: made, Rules: map[string]int{"runs": 1, "refused": 1}, Refused: []report.Refusal{{Rule: title, File: title, Reason: title}}, Problems: []string{title}, ProblemCount: 1}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var hostile = []string{
	`"><script>alert(1)</script><img src=x onerror=alert(1)>`, `</script><script>alert(1)//`, `' onmouseover='alert(1)`, `<!--<script>`, `javascript:alert(1)`,
	"[click](http://evil.example) ![x](http://evil.example/p.png) **b** `code` ``two`` | cell |\n# head\n- list\n\n<b>", "http://evil.example www.evil.example a@evil.example", "~~~\nfence\n~~~",
	"\x1b[2J\x1b]0;title\x07\x9b31m", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "a\u2028b\u2029c", "\u202egnp.exe\u2066\u2069\u200f", "\xff\xfe\x80 bad", "\x00nul", "{{7*7}}${7*7}`${7}`",
	"", " ",
}

// TestHostileText writes each text from every place that has one in every form.
func TestHostileText(t *testing.T) {
	for _, s := range hostile {
		it := item(s)
		for _, f := range formats {
			out := write(t, f.Name, it, it)
			if !utf8.ValidString(out) {
				t.Errorf("%s: %q gives invalid UTF-8", f.Name, s)
			}
			check(t, f.Name, s, out)
		}
	}
}

var control = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u2028-\u202e\u2066-\u2069\u200e\u200f]")

func check(t *testing.T, format, s, out string) {
	t.Helper()
	switch format {
	case "html":
		body := out[strings.Index(out, "<body>"):]
		if n := strings.Count(body, "<script"); n != 2 || strings.Count(body, "</script") != 2 {
			t.Errorf("html: %q gives %d scripts", s, n)
		}
		for _, bad := range []string{"<img", "onerror=alert(1)>", "<!--", "<b>bold", `href="javascript`} {
			if strings.Contains(strings.ToLower(body), bad) {
				t.Errorf("html: %q lets %q through", s, bad)
			}
		}
		if control.MatchString(body) {
			t.Errorf("html: %q lets a control character through: %q", s, control.FindString(body))
		}
		if regexp.MustCompile(`(?:src|href)="(?:https?:)?//`).MatchString(strings.ReplaceAll(body, `href="https://attack.mitre.org/`, "")) {
			t.Errorf("html: %q makes the page name other places", s)
		}
	case "md":
		plain := stripCode(out)
		for _, bad := range []string{"<script", "<img", "<b>", "](http://evil", "http://evil", "www.evil", "a@evil", "\n# head", "\n~~~"} {
			if strings.Contains(plain, bad) {
				t.Errorf("md: %q lets %q through", s, bad)
			}
		}
		if control.MatchString(out) {
			t.Errorf("md: %q lets a control character through", s)
		}
	case "table":
		if control.MatchString(out) {
			t.Errorf("table: %q lets a control character through", s)
		}
	case "csv", "timesketch-csv":
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Errorf("%s: %q: %v, %d rows", format, s, err, len(rows))
		}
		for _, r := range rows {
			for _, c := range r {
				if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r\n") || strings.HasPrefix(c, "＝") {
					t.Errorf("%s: %q gives the cell %q", format, s, c)
				}
			}
		}
	case "jsonl", "ocsf", "timesketch":
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != 2 || strings.ContainsAny(out, "\u2028\u2029\r\x1b") {
			t.Errorf("%s: %q gives %d lines", format, s, len(lines))
		}
		for _, l := range lines {
			if !json.Valid([]byte(l)) {
				t.Errorf("%s: %q is no JSON", format, l)
			}
		}
	case "json", "navigator":
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: %q gives no JSON", format, s)
		}
	}
}

// stripCode takes code spans out of Markdown, as CommonMark finds them.
func stripCode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) {
			b.WriteString(s[i : i+2])
			i += 2
			continue
		}
		if s[i] != '`' {
			b.WriteByte(s[i])
			i++
			continue
		}
		n := 0
		for i+n < len(s) && s[i+n] == '`' {
			n++
		}
		end := closing(s[i+n:], n)
		if end < 0 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		i += n + end + n
	}
	return b.String()
}

// closing returns where the run of n backticks begins that ends a code span.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		k := 0
		for i+k < len(s) && s[i+k] == '`' {
			k++
		}
		if k == n {
			return i
		}
		i += k
	}
	return -1
}

// TestLongValues: a value of a megabyte is cut, with a mark, in what people look at, and whole in what programs read.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	it := item("x")
	it.Values[0] = event.StringOf(long)
	it.Entities[0].Value = long
	for _, f := range []string{"html", "md", "table"} {
		out := write(t, f, it)
		if len(out) > 200<<10 {
			t.Errorf("%s has %d bytes", f, len(out))
		}
		if !strings.Contains(out, "cut") || !strings.Contains(out, " bytes in all]") {
			t.Errorf("%s does not say that it cut", f)
		}
	}
	for _, f := range []string{"jsonl", "json", "csv", "ocsf"} {
		if !strings.Contains(write(t, f, it), long) {
			t.Errorf("%s has lost a part of the value", f)
		}
	}
}

// TestNothingFound: every form is well-formed when there is no finding.
func TestNothingFound(t *testing.T) {
	for _, f := range formats {
		out := write(t, f.Name)
		switch f.Name {
		case "json", "navigator":
			if !json.Valid([]byte(out)) {
				t.Errorf("%s: %q", f.Name, out)
			}
		case "jsonl", "ocsf", "timesketch", "none":
			if out != "" {
				t.Errorf("%s: %q", f.Name, out)
			}
		default:
			if out == "" {
				t.Errorf("%s is empty", f.Name)
			}
		}
	}
}

func TestOCSF(t *testing.T) {
	var got struct {
		ClassUID   int   `json:"class_uid"`
		Category   int   `json:"category_uid"`
		Type       int   `json:"type_uid"`
		Activity   int   `json:"activity_id"`
		Severity   int   `json:"severity_id"`
		Time       int64 `json:"time"`
		Start, End int64
		StartTime  int64 `json:"start_time"`
		EndTime    int64 `json:"end_time"`
		Metadata   struct {
			Version string
			Product struct{ Name string }
		}
		Info struct {
			UID, Title string
			Attacks    []struct {
				Tactic, Technique struct{ UID string }
				Sub               struct{ UID string } `json:"sub_technique"`
			}
		} `json:"finding_info"`
		Evidences []struct {
			Data struct {
				File   string
				Record int
				Fields map[string]any
			}
		}
		Observables []struct {
			TypeID int `json:"type_id"`
			Value  string
		}
	}
	if err := json.Unmarshal([]byte(write(t, "ocsf", item("x"))), &got); err != nil {
		t.Fatal(err)
	}
	a := got.Info.Attacks
	if got.ClassUID != 2004 || got.Category != 2 || got.Type != 200401 || got.Activity != 1 || got.Severity != 4 || got.Metadata.Version == "" || got.Metadata.Product.Name != "Harrier" || got.Info.UID != "0011" || got.Info.Title != "x" {
		t.Errorf("%+v", got)
	}
	if got.StartTime != made.Add(-time.Hour).UnixMilli() || got.EndTime != made.UnixMilli() || got.Time != made.UnixMilli() {
		t.Errorf("times %d %d %d", got.Time, got.StartTime, got.EndTime)
	}
	if len(a) == 0 || a[0].Tactic.UID != "TA0008" || a[0].Technique.UID != "T1021" || a[0].Sub.UID != "T1021.002" {
		t.Errorf("attacks %+v", a)
	}
	if len(got.Evidences) != 2 || got.Evidences[0].Data.Record != 7 || got.Evidences[0].Data.Fields["x"] != "x" || len(got.Observables) != 2 || got.Observables[0].TypeID != 1 {
		t.Errorf("evidences %+v, observables %+v", got.Evidences, got.Observables)
	}
}

func TestTimesketch(t *testing.T) {
	it := item("x")
	it.Columns, it.Values = []string{"message", "dest", "_time"}, []event.Value{event.StringOf("m"), event.StringOf("h1"), event.IntOf(5)}
	untimed := item("y")
	untimed.First, untimed.Last, untimed.Evidence = time.Time{}, time.Time{}, nil
	byEvent := item("z")
	byEvent.First, byEvent.Last = time.Time{}, time.Time{}
	lines := strings.Split(write(t, "timesketch", it, untimed, byEvent), "\n")
	want := []string{
		`{"message":"y: y","datetime":"2026-03-02T12:00:00.000000+00:00","timestamp":1772452800000000,"timestamp_desc":"Time of the hunt: the finding has no time of its own"`,
		`{"message":"x: x","datetime":"2026-03-02T11:00:00.000000+00:00","timestamp":1772449200000000,"timestamp_desc":"First event of the finding","tag":["harrier","high","T1021.002","x"]`,
		`{"message":"z: z","datetime":"2026-03-02T12:00:00.000000+00:00"`,
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("got  %s\nwant %s", lines[i], w)
		}
	}
	if l := lines[1]; !strings.Contains(l, `"row_message":"m"`) || !strings.Contains(l, `"dest":"h1"`) || !strings.Contains(l, `"row_time":"5"`) {
		t.Error(l)
	}
}

func TestNavigator(t *testing.T) {
	var got struct {
		Versions   struct{ Layer string }
		Domain     string
		Techniques []struct {
			ID    string `json:"techniqueID"`
			Score int
		}
	}
	if err := json.Unmarshal([]byte(write(t, "navigator", item("x"), item("y"))), &got); err != nil {
		t.Fatal(err)
	}
	if got.Versions.Layer != "4.5" || got.Domain != "enterprise-attack" || fmt.Sprint(got.Techniques) != "[{T1021.002 2}]" {
		t.Errorf("%+v", got)
	}
}

// BenchmarkHTML writes a report of thousands of findings; twice as many must take about twice as long.
func BenchmarkHTML(b *testing.B) {
	for _, n := range []int{2000, 4000, 8000} {
		var items []*report.Item
		for i := range n {
			it := item(fmt.Sprint("text ", i%50))
			it.First = made.Add(time.Duration(i) * time.Minute)
			it.Entities[0].Value = fmt.Sprint("host", i)
			items = append(items, it)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				f, _ := Find("html")
				var out bytes.Buffer
				w := f.Open(&out, Options{})
				w.Write(items)
				if err := w.Close(&report.Summary{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
