package tidy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

func TestQuery(t *testing.T) {
	f := func(lang rule.Language, in, want string) {
		t.Helper()
		got, ds := Query(lang, text.NewSource("q", in))
		if ds.HasErrors() {
			t.Fatal(ds.Err())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s", in, diff)
		}
		if again, _ := Query(lang, text.NewSource("q", got)); again != got {
			t.Errorf("not settled: %s", cmp.Diff(got, again))
		}
	}
	spl, kql := rule.SPL, rule.KQL
	f(spl, "index=x   EventCode=1|stats count by host   |where count>5", "index=x EventCode=1\n| stats count by host\n| where count > 5")
	f(spl, "|tstats `m` count from datamodel=A.B by B.c|`x(a, 1)`", "| tstats `m` count from datamodel=A.B by B.c\n| `x(a, 1)`")
	f(spl, "a=1 ```why``` | stats count ```how\nmany``` by host\n| head 1 ```end```\n", "a=1\n```why```\n| stats count ```how\nmany``` by host\n| head 1 ```end```\n")
	f(spl, "a=1 ```the first``` \n| head 1", "a=1 ```the first```\n| head 1")
	f(spl, "index=x (process_name=\"aaaaaaaaaaaaaaaaaaaaaaaaaa\" OR process_name=\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\" OR process_name=\"cccccccccc OR ccccccccccccccc\")",
		"index=x (process_name=\"aaaaaaaaaaaaaaaaaaaaaaaaaa\" OR process_name=\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n    OR process_name=\"cccccccccc OR ccccccccccccccc\")")
	f(kql, "T|where a=='x'|project a,b", "T\n| where a == \"x\"\n| project a, b")
	f(kql, "// one\nlet a=1; // two\n\n// three\nT // four\n| where x == a // five\n// six\n| project x\n// seven\n",
		"// one\nlet a = 1; // two\n\n// three\nT // four\n| where x == a // five\n// six\n| project x\n// seven\n")
	f(kql, "T | where x in (\n  'a', // one\n  'b') | take 1", "T\n| where x in (\n  'a', // one\n  'b')\n| take 1")
	f(kql, "let A = T\n| where x == 1 // one\n| take 3;\nA | count", "let A =\n    T\n    | where x == 1 // one\n    | take 3;\nA\n| count")
	f(kql, "T | where u == 'http://x' // not in the text", "T\n| where u == \"http://x\"\n// not in the text")
	// What had to be mended is left alone.
	in := `index=x | rex "(?<a>"\d+")" | table a`
	if got, ds := Query(spl, text.NewSource("q", in)); got != in || len(ds) == 0 {
		t.Errorf("%q, %v", got, ds)
	}
	if _, ds := Query(kql, text.NewSource("q", "T | wher x")); !ds.HasErrors() {
		t.Error("a query that does not parse is laid out")
	}
}

func file(t *testing.T, name, body string) (string, text.Diagnostics) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rule.Load([]string{path})
	if err != nil || len(p.Rules) == 0 {
		t.Fatal(err, p.Diagnostics.Err())
	}
	return File(p, nil)
}

func TestFile(t *testing.T) {
	f := func(name, in, want string) {
		t.Helper()
		got, ds := file(t, name, in)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s%v", in, diff, ds)
		}
		if again, _ := file(t, name, got); again != got {
			t.Errorf("not settled: %s", cmp.Diff(got, again))
		}
	}
	f("a.yml", "name: a # first\nsearch: 'a=1 b=\"it''s\"|head 1'\n# of the tags\ntags: {}\n", "name: a # first\nsearch: |\n  a=1 b=\"it's\"\n  | head 1\n# of the tags\ntags: {}\n")
	f("a.yml", "name: a\nsearch: a=1\ntags: {}\n", "name: a\nsearch: a=1\ntags: {}\n")
	f("a.yml", "name: a\nsearch: \"a=1\n  | head 1\"\n", "name: a\nsearch: |\n  a=1\n  | head 1\n")
	f("a.yml", "id: x\nname: a\nquery: |\n    T\n    | where a=='b'   // so\n\n# note\nversion: 1.0.0\n", "id: x\nname: a\nquery: |\n  T\n  | where a == \"b\" // so\n\n# note\nversion: 1.0.0\n")
	f("a.md", "# T\n\n```kql\nT|take 1\n```\n\ntext\n\n```kusto\nU|count\n```\n", "# T\n\n```kql\nT\n| take 1\n```\n\ntext\n\n```kusto\nU\n| count\n```\n")
	f("a.kql", "T|take 1\n\n\nU|count\n", "T\n| take 1\n\n\nU\n| count\n")
	f("a.yml", "# top\nlevel: low\ntitle: T # of it\ndetection:\n  # why\n  a:\n  - B|endswith: ['x', 'y']\n    C:\n    - 1 # one\n    - '2'\n  condition: a\nlogsource: {category: process_creation}\nmine: 1\ndescription: |\n  one\n\n   two\n",
		"# top\ntitle: T # of it\ndescription: |\n    one\n\n     two\nlogsource: {category: process_creation}\nmine: 1\ndetection:\n    # why\n    a:\n        - B|endswith: ['x', 'y']\n          C:\n              - 1 # one\n              - '2'\n    condition: a\nlevel: low\n")
}

func TestWrap(t *testing.T) {
	long := `where x in ("` + strings.Repeat("a", 70) + `", "` + strings.Repeat("b, and c", 9) + `", "d") and y == 1`
	got := wrap(long, "  ")
	if strings.ReplaceAll(got, "\n  ", " ") != long || !strings.Contains(got, "\n") {
		t.Error(got)
	}
	if s := strings.Repeat("x", 300); wrap(s, " ") != s {
		t.Error("a word was broken")
	}
}
