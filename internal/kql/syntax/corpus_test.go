package syntax

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
	"go.yaml.in/yaml/v3"
)

// shared returns a file or folder beside the checkout, or skips the test where it is not there.
func shared(t testing.TB, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "..", "shared", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("needs the shared inputs beside the checkout: %v", err)
	}
	return full
}

func readLines[T any](t testing.TB, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var line T
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, line)
	}
	return out
}

// The visible half of the cases that the official parser judged. What only its binder refuses must pass here.
func TestSyntaxVerdicts(t *testing.T) {
	type verdict struct {
		Query string
		OK    bool
		Stage string
	}
	for _, v := range readLines[verdict](t, shared(t, "conformance/kql/syntax.jsonl")) {
		_, diags := Parse(text.NewSource("<query>", v.Query))
		if want := v.OK || v.Stage == "bind"; diags.HasErrors() == want {
			t.Errorf("accepted = %v, the official parser says %v: %s\n%v", !want, want, v.Query, diags.Err())
		}
		checkRoundTrip(t, v.Query)
	}
}

// The official parser's verdict on every query of the rule corpora.
func TestCorpusVerdicts(t *testing.T) {
	type verdict struct {
		File        string
		Index, Part int
		OK          bool
		Error       string
		At          int
	}
	type place struct {
		file  string
		index int
	}
	root := shared(t, "corpus/kql")
	verdicts := map[place][]verdict{}
	total := 0
	for _, v := range readLines[verdict](t, shared(t, "conformance/kql/corpus_parse.jsonl")) {
		p := place{v.File, v.Index}
		verdicts[p] = append(verdicts[p], v)
		total++
	}
	agreed := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "README.md" && filepath.Dir(path) == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, query := range queriesOf(t, name, string(data)) {
			want := verdicts[place{filepath.ToSlash(name), i}]
			parts := Split(query)
			if len(parts) != len(want) {
				t.Errorf("%s, query %d: %d parts, want %d", name, i, len(parts), len(want))
				continue
			}
			for j, at := range parts {
				part := at.Of(query)
				_, diags := Parse(text.NewSource(name, part))
				if diags.HasErrors() == want[j].OK {
					t.Errorf("%s, query %d, part %d: the official parser says %v %s at %d; here: %v", name, i, j, want[j].OK, want[j].Error, want[j].At, diags.Err())
					continue
				}
				agreed++
				checkRoundTrip(t, part)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d verdicts agree", agreed, total)
	if agreed != total {
		t.Errorf("%d verdicts of %d were not reached", total-agreed, total)
	}
}

var fence = regexp.MustCompile("(?m)^[ \t]*```+[ \t]*([\\w#+-]*)[ \t]*\r?$")

// queriesOf cuts the queries out of a rule file.
func queriesOf(t *testing.T, name, data string) []string {
	switch filepath.Ext(name) {
	case ".yaml", ".yml":
		var rule map[string]any
		if err := yaml.Unmarshal([]byte(data), &rule); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, key := range []string{"query", "ParserQuery", "FunctionQuery"} {
			if q, ok := rule[key].(string); ok {
				return []string{q}
			}
		}
		return nil
	case ".md":
		var out []string
		for marks := fence.FindAllStringSubmatchIndex(data, -1); len(marks) > 0; {
			open := marks[0]
			end, rest := len(data), 1
			for ; rest < len(marks); rest++ {
				if tag := marks[rest]; tag[2] == tag[3] {
					end = tag[0]
					break
				}
			}
			marks = marks[min(rest+1, len(marks)):]
			body := data[min(open[1]+1, end):end]
			switch strings.ToLower(data[open[2]:open[3]]) {
			case "kql", "kusto", "c#", "sql":
			case "":
				// Fences without a tag hold command lines and addresses too.
				if _, diags := Parse(text.NewSource(name, body)); diags.HasErrors() && !strings.Contains(body, "|") {
					continue
				}
			default:
				continue
			}
			if strings.TrimSpace(body) != "" {
				out = append(out, body)
			}
		}
		return out
	}
	return []string{data}
}
