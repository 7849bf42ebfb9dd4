package rule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExcerptPlaces checks that a byte of a query leads to the same byte in the file, in every scalar style of YAML.
func TestExcerptPlaces(t *testing.T) {
	f := func(style, yamlText, needle string, line, column int) {
		t.Helper()
		dir := t.TempDir()
		path := filepath.Join(dir, "r.yml")
		if err := os.WriteFile(path, []byte(yamlText), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load([]string{path})
		if err != nil || len(p.Rules) != 1 {
			t.Fatalf("%s: %v, %d rules, %v", style, err, len(p.Rules), p.Diagnostics)
		}
		q := p.Rules[0].Query
		at := strings.Index(q.Text, needle)
		if at < 0 {
			t.Fatalf("%s: %q is not in %q", style, needle, q.Text)
		}
		if pos := q.Position(at); pos.Line != line || pos.Column != column {
			t.Errorf("%s: %q is at %d:%d, want %d:%d", style, needle, pos.Line, pos.Column, line, column)
		}
	}
	f("plain", "name: x\nsearch: index=a | stats count\n", "stats", 2, 19)
	f("plain folded", "name: x\nsearch: index=a\n  b=c | stats\n  count by d\n", "count", 4, 3)
	f("single", "name: x\nsearch: 'a=\"it''s\" | stats count'\n", "stats", 2, 22)
	f("single folded", "name: x\nsearch: 'a=1\n\n  b=2 | where c'\n", "where", 4, 9)
	f("double", "name: x\nsearch: \"a=\\\"b\\\" | where c\"\n", "where", 2, 20)
	f("double folded", "name: x\nsearch: \"a=\\\"b\\\" | \\\n  where c\"\n", "where", 3, 3)
	f("literal", "name: x\nsearch: |\n  a=1\n    | where c\n  | stats\n", "stats", 5, 5)
	f("literal, indented line", "name: x\nsearch: |\n  a=1\n    | where c\n  | stats\n", "where", 4, 7)
	f("folded", "name: x\nsearch: >\n  a=1\n  | where c\n\n  | stats\n", "stats", 6, 5)
}

// TestCorpus loads every public rule, finds the places of the words of its query in the file, and counts what was read.
func TestCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the shared corpus is not beside the checkout")
	}
	p, err := Load([]string{filepath.Join(root, "corpus", "spl"), filepath.Join(root, "corpus", "kql"), filepath.Join(root, "seeds", "rules")})
	if err != nil {
		t.Fatal(err)
	}
	formats, wrong := map[string]int{}, 0
	for _, r := range p.Rules {
		formats[r.Format]++
		file, err := os.ReadFile(r.File)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimPrefix(string(file), "\ufeff"), "\n")
		q := r.Query.Text
		for i := 0; i+4 < len(q); i++ {
			word := q[i : i+4]
			if strings.ContainsAny(word, " \n\r\t'\"\\") || strings.IndexFunc(word, func(r rune) bool { return r > 126 }) >= 0 {
				continue
			}
			pos := r.Query.Position(i)
			line := []rune(lines[pos.Line-1])
			if pos.Column-1+4 > len(line) || string(line[pos.Column-1:pos.Column+3]) != word {
				if wrong++; wrong <= 5 {
					t.Errorf("%s: %q at %d is not at %d:%d", r.File, word, i, pos.Line, pos.Column)
				}
				break
			}
		}
	}
	t.Logf("rules by format %v, macros %d, lookups %d, functions %d, refused %d, others %v, places wrong in %d",
		formats, len(p.Macros), len(p.Lookups), len(p.Functions), len(p.Refused), p.Others, wrong)
	for i, d := range p.Diagnostics {
		if i < 10 {
			t.Log(d)
		}
	}
	if formats["escu"] != 990+2 || formats["anvilogic"] != 866+2 {
		t.Errorf("of 992 ESCU and 868 Anvilogic rules, read %v", formats)
	}
}
