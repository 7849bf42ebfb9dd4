package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// checked runs all lints over one file.
func checked(t *testing.T, name, body string) []*Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rule.Load([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(query.Settings{Detached: true, Sigma: p.Sigma, Macros: p.Macros})
	if err != nil {
		t.Fatal(err)
	}
	return Rules(e, p, nil)
}

// fileName is the name that an example needs to be read as what it is.
func fileName(lang rule.Language, body string) string {
	if strings.HasPrefix(body, "name: ") || strings.HasPrefix(body, "id: ") || lang == rule.Sigma {
		return "rule.yml"
	}
	return "rule." + string(lang)
}

func TestExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range Lints() {
		if seen[l.ID] || l.ID == "" || l.Title == "" || l.Doc == "" || l.Bad == "" || l.Good == "" {
			t.Errorf("%s: not complete, or there twice", l.ID)
		}
		seen[l.ID] = true
		for i, body := range []string{l.Bad, l.Good} {
			found := false
			for _, r := range checked(t, fileName(l.Language, body), body) {
				for _, d := range r.Diagnostics {
					if d.Severity == text.Error {
						t.Errorf("%s: an example does not read: %v\n%s", l.ID, d, body)
					}
					if d.ID == l.ID {
						found = true
						if fixed := len(d.Fix) > 0; l.Fixable != fixed {
							t.Errorf("%s is fixable: %v, and gives edits: %v", l.ID, l.Fixable, fixed)
						}
					}
				}
			}
			if found != (i == 0) {
				t.Errorf("%s: found %v in\n%s", l.ID, found, body)
			}
		}
	}
}

func TestLints(t *testing.T) {
	f := func(lang rule.Language, query string, want ...string) {
		t.Helper()
		got := []string{}
		for _, r := range checked(t, fileName(lang, query), query) {
			for _, d := range r.Diagnostics {
				if strings.HasPrefix(d.ID, "LNT") {
					got = append(got, fmt.Sprintf("%d %s %s", d.Source.Position(d.Span.Start).Column, d.ID, d.Message))
				}
			}
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s", query, diff)
		}
	}
	spl, kql := rule.SPL, rule.KQL
	// Several values, letters, patterns and ranges.
	f(spl, `tag=a tag=b EventCode=1`)
	f(spl, `Image="*\\cmd.exe" Image="*\\sh.exe"`, `20 LNT5001 Image endswith \cmd.exe and Image endswith \sh.exe can never hold together`)
	f(spl, `Image="*\\CMD.exe" Image="*cmd*"`)
	f(spl, `Image="C:\\a\\cmd.exe" NOT Image="*cmd.exe"`, `28 LNT5001 Image eq C:\a\cmd.exe and not Image endswith cmd.exe can never hold together`)
	f(spl, `EventCode IN (1, 2) EventCode=3`, `21 LNT5001 EventCode in (1, 2) and EventCode eq 3 can never hold together`)
	f(spl, `EventCode IN (1, 3*) EventCode=3`, `1 LNT5004 EventCode in (1) can never hold beside EventCode eq 3: this alternative is dead`)
	f(spl, `x=1 (EventCode=1 OR EventCode=11)`)
	f(spl, `EventCode=1 | stats values(Image) as Image count by host | where Image="a" AND Image="b"`, `66 LNT5010 Image eq a minds letters' case, and Windows does not: compare lower(…), or use search`, `80 LNT5010 Image eq b minds letters' case, and Windows does not: compare lower(…), or use search`)
	f(spl, `EventCode=1 | stats count by user | where count>5 AND count<3`, `43 LNT5040 count gt 5 counts over whatever time the rule is run: nothing says within which`, `55 LNT5001 count gt 5 and count lt 3 can never hold together`)
	f(spl, `EventCode=1 | stats count by user | where count>=1`, `43 LNT5002 count ge 1 always holds: a group has one event at least`)
	f(spl, `EventCode=1 | stats count | where count>0`)
	f(spl, `EventCode=1 | where lower(user)="ADMIN"`, `21 LNT5001 user eq ADMIN can never hold: the field is in lower case, and what it is compared with is not`)
	f(spl, `EventCode=1 user=a | stats count by user | where user="b"`, `50 LNT5003 user eq b can never hold: an earlier stage demands user eq a`)
	f(spl, `EventCode=1 user=a | eval user="b" | where user="b"`)
	f(spl, `| tstats count from datamodel=Endpoint.Processes where Processes.user=a by Processes.user | rename "Processes.*" as "*" | where user="b"`, `129 LNT5003 user eq b can never hold: an earlier stage demands user eq a`)
	f(kql, `DeviceProcessEvents | where AccountName == "a" | where AccountName =~ "B"`, `56 LNT5003 AccountName eq B can never hold: an earlier stage demands AccountName eq a`)
	f(kql, `DeviceProcessEvents | where AccountName != "a" or AccountName != "b"`, `29 LNT5002 not AccountName eq a or not AccountName eq b holds for every value of AccountName`)
	f(kql, `DeviceProcessEvents | where AccountName != "a" or AccountName == "a"`)
	f(kql, `DeviceProcessEvents | where ProcessId between (9 .. 3)`, `29 LNT5001 ProcessId between (9, 3) can never hold: the range ends before it begins`)
	f(kql, `DeviceProcessEvents | where isempty(AccountName) and AccountName has "x"`, `54 LNT5001 not AccountName exists and AccountName has x can never hold together`)
	f(kql, `DeviceProcessEvents | where AccountName startswith "a" and not(AccountName startswith "b")`)
	f(kql, `DeviceProcessEvents | where FileName in~ ("a.exe") and FileName has "exe"`)
	f(kql, `DeviceProcessEvents | where AccountName has "*admin"`, `29 LNT5005 * in "*admin" is an ordinary character here`)
	f(kql, `DeviceProcessEvents | where ProcessCommandLine matches regex "(?i)a+"`)
	f(kql, `SigninLogs | where AppDisplayName == "x"`)
	// Regular expressions.
	for p, part := range map[string]string{`(a+)+`: `(a+)+`, `(\w+\s?)*`: `([0-9A-Z_a-z]+[\t\n\f\r ]?)*`, `([a-z]+)*x`: `([a-z]+)*`, `(?:\d+\.?)+`: `(?:[0-9]+\.?)+`, `(a|b+)*`: `(a|b+)*`} {
		f(spl, `EventCode=1 | regex user="^`+p+`$"`, `26 LNT5020 `+part+` repeats what repeats itself, and both can share the same text in many ways`)
	}
	for _, p := range []string{`(\w+\s)+`, `(?:,\d+)*`, `a*b*`, `(\\[^\\]+)+`, `(ab+)*`, `(a{2,5})+`, `.*x.*`} {
		f(spl, `EventCode=1 | regex user="(?i)^`+p+`$"`)
	}
	f(spl, `EventCode=1 | regex url="(?i)evil.com"`, `25 LNT5021 the dot in evil.com stands for any character`)
	f(spl, `EventCode=1 | regex url="10.0.0.1"`, `25 LNT5021 the dots in 10.0.0.1 stand for any character`)
	f(spl, `index=x TERM(a b)`, `9 LNT5030 TERM(a b) can never match: " " ends a term of the index`)
	f(spl, `index=x TERM(10.0.0.1) TERM("EventCode=1")`)
	// Fields.
	f(spl, `EventCode=1 | fields host user | stats count by host | eval a=src`, `63 LNT5011 the field src is not there any more: what came before leaves only host, count`)
	f(spl, `EventCode=1 | stats count by host | eval a=coalesce(src, host)`)
	f(spl, `EventCode=1 singature_id=4`, `13 LNT5012 no event has a field singature_id; did you mean signature_id?`)
	f(spl, `EventCode=1 | eval my_field=1 | where my_field=1`)
}

func TestSuppression(t *testing.T) {
	f := func(name, body string, want ...string) {
		t.Helper()
		got := []string{}
		for _, r := range checked(t, name, body) {
			for _, d := range r.Diagnostics {
				got = append(got, fmt.Sprintf("%d %s", d.Source.Position(d.Span.Start).Line, d.ID))
			}
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s", body, diff)
		}
	}
	f("a.kql", "DeviceProcessEvents\n| where FileName == \"a.exe\" // harrier:ignore LNT5010 it is so\n| where FolderPath == \"b\"\n", "3 LNT5010")
	f("a.kql", "DeviceProcessEvents\n// harrier:ignore LNT5010, LNT5005 it is so\n| where FileName == \"a.exe\"\n| where FolderPath == \"b\"\n", "2 LNT5090", "4 LNT5010")
	f("a.kql", "// harrier:ignore LNT5010 all of it\n\nDeviceProcessEvents\n| where FileName == \"a.exe\"\n| where FolderPath == \"b\"\n")
	f("a.spl", "EventCode=1 ```harrier:ignore LNT5010 so``` | where Image=\"a.exe\"")
	f("a.yml", "# harrier:ignore LNT5071 ours\nid: x\nname: a\n# harrier:ignore LNT5010 so\nquery: |\n  DeviceProcessEvents\n  | where FileName == \"a\"\n  | where FolderPath == \"b\"\ndescription: d\ntactics: [x]\nrelevantTechniques: [T1059]\n")
	f("a.yml", "name: a # harrier:ignore LNT5070 ours\nquery: DeviceProcessEvents | where FileName =~ \"b\"\n")
}

// TestPage holds docs/lint.md to the lints. UPDATE_DOCS=1 writes it.
func TestPage(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "lint.md")
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(Pages()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Pages() {
		t.Error("docs/lint.md is not what the lints say: run with UPDATE_DOCS=1")
	}
}
