package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

const traceEvents = `{"_time":1704067200,"host":"h1","image":"cmd.exe","line":"cmd /c echo a","user":"bob"}
{"_time":1704067201,"host":"h1","image":"cmd.exe","line":"cmd /c dir","user":"bob"}
{"_time":1704067202,"host":"h2","image":"sh.exe","line":"sh -c echo a"}
{"_time":1704067203,"host":"h2","image":"cmd.exe","line":"cmd","user":"eve"}
`

func TestTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(traceEvents), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(lang rule.Language, query, want string) {
		t.Helper()
		e, err := New(Settings{Tables: map[string]string{"T": path}})
		if err != nil {
			t.Fatal(err)
		}
		x := e.Explain(lang, text.NewSource("q", query))
		if x.Compiled == nil {
			t.Fatal(x.Diagnostics.Err())
		}
		in := e.NewInput([]string{path}, func(text.Diagnostic) {}, nil)
		defer in.Close()
		tr, err := e.Trace(context.Background(), x, in, func(text.Diagnostic) {})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "rows %d\n", tr.Rows)
		for i, n := range tr.Stages {
			fmt.Fprintf(&b, "%s: %d\n", x.Query.Stages[i].ID, n)
		}
		for _, s := range tr.Selections {
			fmt.Fprintf(&b, "over %s: %d of %d\n", s.Over, s.Passed, s.Rows)
			for _, c := range s.Conditions {
				fmt.Fprintf(&b, "  %s: %d, alone %d\n", c.Text, c.Held, c.Alone)
			}
			for _, m := range s.Misses {
				if s.Passed > 0 {
					continue
				}
				fmt.Fprintf(&b, "  record %d: %d of %d, not %s:", m.Origins[0].Record, s.Best, len(s.Conditions), s.Conditions[m.Failed[0]].Text)
				for _, v := range m.Values {
					fmt.Fprintf(&b, " %s=%s", v.Column, analyze.ValueText(v.Value))
				}
				b.WriteByte('\n')
			}
		}
		for _, s := range tr.Sides {
			fmt.Fprintf(&b, "%s, %s: %d\n", s.Join, s.Name, s.Rows)
		}
		if d := cmp.Diff(strings.TrimLeft(want, "\n"), b.String()); d != "" {
			t.Errorf("%s\n%s", query, d)
		}
	}
	// Filters with rows-preserving stages between them are one selection; an aggregate ends it.
	f(rule.SPL, `image=cmd.exe | eval low=lower(line) | where match(low, "echo") AND user="eve" | stats count by host | where count>1`, `
rows 0
1: 3
2: 3
3: 0
4: 0
5: 0
over spl:events: 0 of 4
  image eq cmd.exe: 3, alone 0
  low match echo: 2, alone 1
  user eq eve: 1, alone 1
  record 1: 2 of 3, not user eq eve: user=bob
  record 4: 2 of 3, not low match echo: low=cmd
over aggregate: 0 of 0
  count gt 1: 0, alone 0
`)
	f(rule.SPL, `image=cmd.exe | stats count by host | where count>7`, `
rows 0
1: 3
2: 2
3: 0
over spl:events: 3 of 4
  image eq cmd.exe: 3, alone 1
over aggregate: 0 of 2
  count gt 7: 0, alone 2
  record 1: 0 of 1, not count gt 7: count=2
  record 4: 0 of 1, not count gt 7: count=1
`)
	// Columns that a projection drops still tell of the conditions before it.
	f(rule.KQL, `T | where image == "cmd.exe" | project host, line | where line has "nothing"`, `
rows 0
1: 4
2: 3
3: 3
4: 0
over kql:T: 0 of 4
  image eq cmd.exe: 3, alone 0
  line has nothing: 0, alone 3
  record 1: 1 of 2, not line has nothing: line=cmd /c echo a
  record 2: 1 of 2, not line has nothing: line=cmd /c dir
  record 4: 1 of 2, not line has nothing: line=cmd
`)
	// A join has two sides.
	f(rule.KQL, `let A = T | where user == "bob"; A | join kind=inner (T | where user == "nobody") on host`, `
rows 0
A.1: 4
A.2: 2
1: 2
2: 0
2.1: 4
2.2: 0
over kql:T: 2 of 4
  user eq bob: 2, alone 2
over kql:T: 0 of 4
  user eq nobody: 0, alone 4
  record 1: 0 of 1, not user eq nobody: user=bob
  record 3: 0 of 1, not user eq nobody: user=
  record 4: 0 of 1, not user eq nobody: user=eve
inner join on host, left: 2
inner join on host, right: 0
`)
}
