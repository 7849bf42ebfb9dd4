package kql_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/conformance"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// shared returns a file beside the checkout, or skips the test where it is not there.
func shared(t testing.TB, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "shared", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("needs the shared inputs beside the checkout: %v", err)
	}
	return full
}

// engine runs KQL without any stored table.
type engine struct{}

func (engine) SPL(*conformance.SPLCase) (*conformance.Result, error) { panic("no SPL here") }

func (engine) KQL(query string) (*conformance.Result, error) {
	q, diags := kql.Compile(text.NewSource("<query>", query), kql.Options{})
	if err := diags.Err(); err != nil {
		return nil, err
	}
	return run(q)
}

func run(q *kql.Query) (*conformance.Result, error) {
	out, err := exec.Collect(context.Background(), q.Plan, exec.Options{})
	if err != nil {
		return nil, err
	}
	res := &conformance.Result{}
	for _, c := range q.Columns {
		res.Columns = append(res.Columns, c.Name)
		res.Types = append(res.Types, c.Type.String())
	}
	if q.Open {
		res.Columns, res.Types = out.Names(), nil
	}
	for i := range out.Len() {
		row := make([]event.Value, len(res.Columns))
		for j, name := range res.Columns {
			row[j] = out.Value(name, i)
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}

// KQLSyntax knows the tables T, U, V and W, with any column.
func (engine) KQLSyntax(query string, bind bool) error {
	src := text.NewSource("<query>", query)
	if !bind {
		_, diags := syntax.Parse(src)
		return diags.Err()
	}
	opt := kql.Options{Table: func(name string) (kql.Table, bool) { return kql.Table{Open: true}, strings.Contains("TUVW", name) }}
	_, diags := kql.Compile(src, opt)
	// What is legal and not supported is accepted all the same.
	var wrong text.Diagnostics
	for _, d := range diags {
		if !d.Unsupported() {
			wrong = append(wrong, d)
		}
	}
	return wrong.Err()
}

func judge(t *testing.T, file string) (passed, total int) {
	path := shared(t, file)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = conformance.Run(path, f, engine{}, func(v conformance.Verdict) {
		total++
		if v.Pass {
			passed++
		} else if testing.Verbose() {
			t.Logf("%s: %s", v.ID, v.Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return passed, total
}

func TestConformance(t *testing.T) {
	for _, file := range []string{"cases.jsonl", "engine_cases.jsonl", "syntax.jsonl"} {
		t.Run(file, func(t *testing.T) {
			passed, total := judge(t, "conformance/kql/"+file)
			t.Logf("%d of %d", passed, total)
		})
	}
}
