package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	kql "github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/text"
)

// lines gives each stage with its predicates and terms, the way a test reads best.
func lines(q *Query) string {
	var b strings.Builder
	for _, s := range q.Stages {
		fmt.Fprintf(&b, "%s", s.ID)
		if s.Within != "" {
			fmt.Fprintf(&b, " (%s)", s.Within)
		}
		fmt.Fprintf(&b, " %s\n", s.Command)
		for _, p := range s.Predicates {
			either := ""
			if p.Either {
				either = "or "
			}
			fmt.Fprintf(&b, "  %s%s\n", either, p)
		}
		for _, t := range s.Terms {
			not, either := "", ""
			if t.Negated {
				not = "not "
			}
			if t.Either {
				either = "or "
			}
			fmt.Fprintf(&b, "  %s%s%s: %s\n", either, not, t.Kind, t.Text)
		}
	}
	return b.String()
}

func TestSPL(t *testing.T) {
	f := func(query, want string) {
		t.Helper()
		src := text.NewSource("q", query)
		q, _ := spl.Compile(src, spl.Options{})
		if d := cmp.Diff(strings.TrimLeft(want, "\n"), lines(SPL(src, q))); d != "" {
			t.Errorf("%s\n%s", query, d)
		}
	}
	f(`EventCode=1 Image="*\\cmd.exe" CommandLine IN ("*a*", "b*", c) NOT User=x* size>5`, `
1 search
  EventCode eq 1
  Image endswith \cmd.exe
  or CommandLine contains a
  or CommandLine startswith b
  or CommandLine eq c
  not User startswith x
  size gt 5
`)
	f(`(TERM(EventCode=7045) OR "<EventID>7045<") AND NOT (CASE(x) OR y) a!=1 src=10.0.0.0/8`, `
1 search
  not a eq 1
  src cidr 10.0.0.0/8
  or TERM: EventCode=7045
  or text: <EventID>7045<
  not CASE: x
  not text: y
`)
	f(`index=w | where match(p, "a\\.b") AND NOT (like(q, "%x") OR cidrmatch("10.0.0.0/8", ip)) | where isnotnull(u) OR 5 < n | regex host!="^h"`, `
1 search
  index eq w
2 where
  p match a\.b
  not q endswith x
  not ip cidr 10.0.0.0/8
3 where
  or u exists
  or n gt 5
4 regex
  not host match ^h
`)
	f(`a=1 [search b=2 | fields c] | append [search d=3 | where lower(e) IN ("x","y")] | appendpipe [stats count]`, `
1 search
  a eq 1
1.1 (subsearch) search
  b eq 2
1.2 (subsearch) fields
2 append
2.1 (append) search
  d eq 3
2.2 (append) where
  e in (x, y)
3 appendpipe
3.1 (appendpipe) stats
`)
	f(`| tstats count from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe NOT Processes.user="-" by Processes.dest | search *`, `
1 tstats
  Processes.process_name eq cmd.exe
  not Processes.user eq -
2 search
`)
	// What cannot run has stages too.
	f(`a=1 | sendemail to="x"`, `
1 search
  a eq 1
2 sendemail
`)
}

func TestKQL(t *testing.T) {
	f := func(query, want string) {
		t.Helper()
		q, ds := kql.Parse(text.NewSource("q", query))
		if ds.HasErrors() {
			t.Fatal(ds.Err())
		}
		if d := cmp.Diff(strings.TrimLeft(want, "\n"), lines(KQL(q))); d != "" {
			t.Errorf("%s\n%s", query, d)
		}
	}
	f(`T | where A =~ "x" and B !in ("y", "z") | where not(C has_any ("p", "q")) or D startswith_cs "s" | where isnotempty(E) and F between (1 .. 5)`, `
1 source
2 where
  A eq x
  not B in (y, z)
3 where
  or not C has (p, q)
  or D startswith s
4 where
  E exists
  F between (1, 5)
`)
	f(`let Bad = dynamic(["a"]); let S = (T | where X == 1); let F = (n: long) { T | where Y > n }; S | where * has "w" and tolower(Z) endswith "e" | join kind=inner (U | where 5 <= N) on K`, `
S.1 (let S) source
S.2 (let S) where
  X eq 1
F.1 (let F) source
F.2 (let F) where
  Y gt n
1 source
2 where
  Z endswith e
  has: w
3 join
3.1 (join) source
3.2 (join) where
  N ge 5
`)
	f(`union (A | where X has "1"), (B | where Y matches regex "^2") | search "word" and not("other") | where P.q == "r" and Q[0] contains "s"`, `
1 union
1.1 (union) source
1.2 (union) where
  X has 1
1b.1 (union) source
1b.2 (union) where
  Y match ^2
2 search
  search: word
  not search: other
3 where
  P.q eq r
  Q[0] contains s
`)
}

// TestPrefixes: each stage's prefix is a query that ends with it.
func TestPrefixes(t *testing.T) {
	src := text.NewSource("q", `a=1 | eval b=2 | append [search c=3 | head 1]`)
	q, _ := spl.Compile(src, spl.Options{})
	var got []string
	for _, s := range SPL(src, q).Stages {
		got = append(got, s.Prefix)
	}
	if d := cmp.Diff([]string{"a=1", "a=1 | eval b=2", "a=1 | eval b=2 | append [| search c=3 | head 1]", "| search c=3", "| search c=3 | head 1"}, got); d != "" {
		t.Error(d)
	}
}

func TestIndicators(t *testing.T) {
	src := text.NewSource("q", `a=1 OR a=2 c!=9 | where a="3" AND NOT match(d, "x")`)
	q, _ := spl.Compile(src, spl.Options{})
	x := SPL(src, q)
	if d := cmp.Diff([]Indicator{{"a", Eq, []string{"1", "2", "3"}, []string{"1", "2"}}}, x.Indicators()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Indicator{{"c", Eq, []string{"9"}, []string{"1"}}, {"d", Match, []string{"x"}, []string{"2"}}}, x.Exclusions()); d != "" {
		t.Error(d)
	}
}

func TestCoverage(t *testing.T) {
	f := func(query string, views []string, want ...string) {
		t.Helper()
		src := text.NewSource("q", query)
		q, _ := spl.Compile(src, spl.Options{})
		var reads []Read
		for _, v := range views {
			reads = append(reads, Read{View: v})
		}
		var got []string
		for _, e := range Coverage(SPL(src, q), reads) {
			if e.Title != "" {
				got = append(got, e.Provider+" "+e.ID+" "+e.Title)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s\n%s", query, d)
		}
	}
	f(`source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode IN (1, 3)`, []string{"spl:events"},
		"Microsoft-Windows-Sysmon 1 Process started", "Microsoft-Windows-Sysmon 3 Network connection")
	f(`TERM(EventCode=7045) OR "<EventID>4688<"`, []string{"spl:events"},
		"Microsoft-Windows-Security-Auditing 4688 Process started", "Service Control Manager 7045 Service installed")
	f(`x=1`, []string{"cim:Endpoint.Processes"}, "Microsoft-Windows-Security-Auditing 4688 Process started", "Microsoft-Windows-Sysmon 1 Process started")
	f(`EventID=4624 NOT EventID=4625`, []string{"kql:SecurityEvent"}, "Microsoft-Windows-Security-Auditing 4624 Account logged on")
}

func TestEventsFile(t *testing.T) {
	var ps []provider
	if err := yaml.Unmarshal(eventsYAML, &ps); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range ps {
		if p.Log == "" || p.Provider == "" {
			t.Errorf("a section lacks its log or provider: %+v", p)
		}
		n += len(p.Events)
		for id, title := range p.Events {
			if title == "" {
				t.Errorf("%s %s has no title", p.Provider, id)
			}
		}
	}
	if n < 150 {
		t.Errorf("%d events only", n)
	}
}
