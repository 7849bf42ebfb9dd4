package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// build makes a catalogue of rules given as files.
func build(t *testing.T, files map[string]string) *Catalog {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := rule.Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(query.Settings{Detached: true, Macros: p.Macros, Sigma: p.Sigma})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Build(context.Background(), e, p, Options{Title: "Test", Roots: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	c.Settle()
	return c
}

var three = map[string]string{
	"a.yml": "title: Shadow copies deleted\nid: 00000000-0000-4000-8000-000000000001\nauthor: Ann Author (Some Company), Ben\ntags: [attack.impact, attack.t1490]\n" +
		"logsource: {product: windows, category: process_creation}\ndetection:\n  sel:\n    Image|endswith: '\\vssadmin.exe'\n    CommandLine|contains: ' Delete Shadows '\n  flt: {User: SYSTEM}\n  condition: sel and not flt\n",
	"b.yml": "name: Deleting shadow copies\nid: 00000000-0000-4000-8000-000000000002\nsearch: '| tstats count from datamodel=Endpoint.Processes where Processes.process_name=VSSADMIN.exe Processes.process=\"*delete shadows*\" by Processes.dest'\n" +
		"tags: {mitre_attack_id: [T1490, T1059.001], analytic_story: [Ransomware]}\n",
	"c.kql": "// Shadow copies\nDeviceProcessEvents | where FileName =~ \"vssadmin.exe\" and ProcessCommandLine has \"delete shadows\" | project DeviceName",
	"d.kql": "NoSuchTable | where",
}

func TestSharedIndicatorsMeetAcrossLanguages(t *testing.T) {
	c := build(t, three)
	s := c.Shared[Key{"process", analyze.Eq, "vssadmin.exe"}]
	if s == nil || s.Counts != (Counts{1, 1, 1}) || s.Page == "" {
		t.Fatalf("vssadmin.exe: %+v", s)
	}
	if got := fmt.Sprint(s.Fields); got != "[FileName Image Processes.process_name]" {
		t.Error("fields", got)
	}
	if s := c.Shared[Key{"command-line", analyze.Contains, "delete shadows"}]; s == nil || s.Counts.Total() != 3 {
		t.Errorf("delete shadows: %+v", s)
	}
	e := c.Entries[0]
	if len(e.Similar) != 2 || e.Similar[0].Score < 0.99 || e.Similar[0].CommonCount != 2 {
		t.Errorf("similar to the first: %+v", e.Similar)
	}
	if len(e.Exclusions) != 1 || e.Exclusions[0].Field != "User" || e.Exclusions[0].Values[0].Shared != nil {
		t.Errorf("exclusions: %+v", e.Exclusions)
	}
	if got := fmt.Sprint(e.Authors); got != "[Ann Author Ben]" {
		t.Error("authors", got)
	}
}

func TestGroups(t *testing.T) {
	c := build(t, three)
	for _, x := range []struct {
		kind GroupKind
		key  string
		want Counts
	}{
		{ByTechnique, "T1490", Counts{1, 0, 1}}, {ByTechnique, "T1059.001", Counts{1, 0, 0}}, {ByTechnique, "T1059", Counts{}},
		{BySource, "DeviceProcessEvents", Counts{0, 1, 0}}, {BySource, "Data model Endpoint.Processes", Counts{1, 0, 0}},
		{ByEvent, "Microsoft-Windows-Sysmon 1", Counts{1, 1, 1}}, {ByField, "process_name", Counts{1, 0, 0}},
		{ByAuthor, "Ben", Counts{0, 0, 1}}, {ByStory, "Ransomware", Counts{1, 0, 0}},
	} {
		g := c.Group(x.kind, x.key)
		if g == nil || g.Counts != x.want || g.Page == "" {
			t.Errorf("%s %s: %+v, want %v", x.kind, x.key, g, x.want)
		}
	}
	if g := c.Group(ByTechnique, "T1059"); len(g.All()) != 1 || len(g.Children) != 1 || g.Children[0].Parent != g {
		t.Errorf("T1059 has not what its sub-technique has: %+v", g)
	}
	if e := c.Entries[3]; e.State != "refused" || len(e.Diagnostics) == 0 {
		t.Errorf("the last rule is %s", e.State)
	}
}

func TestKeys(t *testing.T) {
	for _, x := range []struct {
		field  string
		kind   analyze.Kind
		value  string
		tables string
		want   Key
	}{
		{"Image", analyze.EndsWith, `\Cmd.exe`, "", Key{"process", analyze.Eq, "cmd.exe"}},
		{"Processes.process_name", analyze.In, "CMD.EXE", "", Key{"process", analyze.Eq, "cmd.exe"}},
		{"Image", analyze.EndsWith, `\System32\cmd.exe`, "", Key{"process", analyze.EndsWith, `\system32\cmd.exe`}},
		{"FileName", analyze.Eq, "cmd.exe", "DeviceProcessEvents", Key{"process", analyze.Eq, "cmd.exe"}},
		{"FileName", analyze.Eq, "a.dll", "DeviceFileEvents", Key{"file", analyze.Eq, "a.dll"}},
		{"CommandLine", analyze.Contains, " /Node:", "", Key{"command-line", analyze.Contains, "/node:"}},
		{"ProcessCommandLine", analyze.Has, "/node:", "", Key{"command-line", analyze.Contains, "/node:"}},
		{"process", analyze.Match, "(?i)A+", "", Key{"command-line", analyze.Match, "(?i)A+"}},
		{"signature_id", analyze.Match, "4688", "", Key{"event-id", analyze.Eq, "4688"}},
		{"EventID", analyze.Eq, "4688", "", Key{"event-id", analyze.Eq, "4688"}},
		{"properties.result", analyze.Eq, "A", "", Key{"properties.result", analyze.Eq, "a"}},
	} {
		if got := keyOf(x.field, x.kind, x.value, strings.Fields(x.tables)); got != x.want {
			t.Errorf("%s %s %q: %+v, want %+v", x.field, x.kind, x.value, got, x.want)
		}
	}
}

func TestFileNames(t *testing.T) {
	for _, x := range []struct{ in, want string }{
		{"../../etc/passwd", "etc-passwd"}, {"CON", "xcon"}, {"", "x"}, {"日本語", "x"}, {"A  b\x00c\u202e", "a-b-c"}, {strings.Repeat("a", 99), strings.Repeat("a", 10)},
	} {
		if got := slug(x.in, 10); got != x.want {
			t.Errorf("%q: %q, want %q", x.in, got, x.want)
		}
	}
	given := map[string]bool{}
	if a, b, c := uniqueName(given, "a"), uniqueName(given, "a"), uniqueName(given, "a-2"); a != "a" || b != "a-2" || c != "a-2-2" {
		t.Error(a, b, c)
	}
	for _, x := range []struct{ file, root, want string }{
		{"/x/rules/a/b.yml", "/x/rules", "rules/a/b.yml"}, {"/x/rules/b.yml", "/x/rules/b.yml", "b.yml"}, {"a/b.yml", ".", "a/b.yml"}, {"../r/b.yml", "..", "r/b.yml"}, {"/elsewhere/b.yml", "/x", "b.yml"},
	} {
		if got := relative(x.file, []string{x.root}); got != x.want {
			t.Errorf("%s in %s: %q, want %q", x.file, x.root, got, x.want)
		}
	}
}

func TestJSONHoldsEverything(t *testing.T) {
	c := build(t, three)
	data, err := json.Marshal(c.Entries[1].JSON())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"language":"spl"`, `"techniques":["T1490","T1059.001"]`, `"corpus":{"spl":1,"kql":1,"sigma":1}`, `"stages":[`, `"similar":[{"page":`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}
