package spl

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// fakeModels has one data model.
type fakeModels struct{}

func (fakeModels) ModelNames() []string { return []string{"Endpoint"} }

func (fakeModels) Model(name string) *Model {
	if name != "Endpoint" {
		return nil
	}
	return &Model{Name: name, Sets: []DataSet{
		{Name: "Processes", View: "cim:Endpoint.Processes", Fields: []string{"_time", "dest", "process", "process_name", "user"}},
		{Name: "Short", Parent: "Processes", View: "cim:Endpoint.Short", Fields: []string{"dest", "user"}},
		{Name: "Registry", View: "cim:Endpoint.Registry", Fields: []string{"_time", "dest", "registry_path"}},
	}}
}

// fakeLookups has one table.
type fakeLookups struct{}

func (fakeLookups) TableNames() []string { return []string{"tools"} }

func (fakeLookups) Table(name string) (*Table, error) {
	if name != "tools" {
		return nil, nil
	}
	return &Table{Name: name, Columns: []string{"tool", "kind"}, Rows: [][]string{{"nc.exe", "net"}}}, nil
}

var testOptions = Options{Detached: true, Models: fakeModels{}, Lookups: fakeLookups{}, Macros: syntax.Macros{
	"m":                      {Definition: "a=1 OR b=2"},
	"drop_dm_object_name(1)": {Args: []string{"x"}, Definition: `rename "$x$.*" as "*"`},
}}

// TestPlans shows what searches become.
func TestPlans(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"`m` EventCode=4688 | where x>1 | stats count by host", `
			aggregate count = count() by host = canonical(host) dropnull split sorted=true emptyrow=false
			  filter spl_gt(x, 1)
			    sort _time desc limit 0
			      filter and(or(search_eq(a, "1"), search_eq(b, "2")), search_eq(EventCode, "4688"))
			        scan spl:events [*]`},
		{`TERM(EventCode=1) "a b" NOT (x=* y!=c*)`, `
			sort _time desc limit 0
			  filter and(or(search_eq(EventCode, "1"), and(not(search_in(sourcetype, "*wineventlog*")), search_term(_raw, "EventCode=1"))), search_text(_raw, "a b"), not(and(search_exists(x), search_ne(y, "c*"))))
			    scan spl:events [*]`},
		{"| tstats summariesonly=false fillnull_value=null count min(_time) as f from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe by _time span=1h Processes.user | `drop_dm_object_name(Processes)` | where count>1", `
			filter spl_gt(count, 1)
			  rename Processes.* as *
			    aggregate count = count(), f = min(_time) by _time = bin_time(_time, "1h"), Processes.user = coalesce(canonical(user), "null") dropnull split sorted=true emptyrow=false
			      filter search_eq(process_name, "cmd.exe")
			        scan cim:Endpoint.Processes [*]`},
		{"| tstats count from datamodel=Endpoint where Registry.registry_path=* by Registry.dest", `
			aggregate count = count() by Registry.dest = canonical(dest) dropnull split sorted=true emptyrow=false
			  filter search_exists(registry_path)
			    scan cim:Endpoint.Registry [*]`},
		{"| tstats count from datamodel=Endpoint.Processes where nodename=Processes.Short by Short.user", `
			aggregate count = count() by Short.user = canonical(user) dropnull split sorted=true emptyrow=false
			  scan cim:Endpoint.Short [*]`},
		{"x [search y | fields z]", `
			dynamic search
			  select keep z +internal
			    sort _time desc limit 0
			      filter search_text(_raw, "y")
			        scan spl:events [*]`},
		{`x | lookup tools tool as p OUTPUTNEW kind | rex field=p "(?<q>\d+)" | join type=left q [| inputlookup tools]`, `
			join leftouter on canonical(q) == canonical(q) nulls=false max=1 clash=overwrite prefixes="",""
			  extend q = coalesce(rex_group(p, "(?<q>\\d+)", 1, 1), q)
			    extend kind = coalesce(kind, lookup tools kind(p))
			      sort _time desc limit 0
			        filter search_text(_raw, "x")
			          scan spl:events [*]
			  select drop _raw, _time, _indextime, _cd, _bkt, _si, _serial, _sourcetype
			    values lookup tools 1 rows [tool, kind]`},
	} {
		q, diags := Compile(text.NewSource("q", c.in), testOptions)
		if err := diags.Err(); err != nil {
			t.Errorf("%s\n%v", c.in, err)
			continue
		}
		if got, want := strings.TrimSpace(plan.String(q.Plan)), strings.ReplaceAll(strings.TrimSpace(c.want), "\n\t\t\t", "\n"); got != want {
			t.Errorf("%s\n got\n%s\nwant\n%s", c.in, got, want)
		}
	}
}

// TestRefusals shows what is said of searches that cannot be run, and where.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"| tstats count from datamodel=Endpont", "q:1:31: error SPL3014: unknown data model Endpont; did you mean Endpoint?"},
		{"| tstats count from datamodel=Endpoint.Process", "q:1:31: error SPL3015: unknown data set Endpoint.Process"},
		{`| tstats count from datamodel=Endpoint.Processes where "a phrase"`, "q:1:56: error SPL2001: words to look for in the text of events; here only fields can be compared"},
		{"| inputlookup tool", "q:1:15: error SPL3013: unknown lookup tool; did you mean tools?"},
		{"x | `n`", "q:1:5: error SPL3001: unknown macro n; did you mean m?"},
		{"x earliest=yesterday", `q:1:3: error SPL4001: "yesterday" is not a time: want now, epoch seconds, %m/%d/%Y:%H:%M:%S or a relative time such as -24h@h`},
		{"x | foreach a b [frob <<FIELD>>]", "q:1:17: error SPL3010: in foreach, frob a: unknown command frob; did you mean from?"},
		{`x | map search="search a=$b$ | frob"`, "q:1:32: error SPL3010: unknown command frob; did you mean from?"},
		{`x | where y>[search z | frob]`, "q:1:25: error SPL3010: unknown command frob; did you mean from?"},
		{"x | outputlookup t | sendalert", "q:1:22: error SPL2001: sendalert cannot be run: it acts on the outside, and searches here have no effects"},
		{"x | eval y=mvfilter(a=b)", "q:1:12: error SPL4001: the condition of mvfilter reads one field, not 2"},
		{"x | timechart count by y where z", "q:1:32: error SPL4001: the WHERE clause is <statistic> in top<n>, <statistic> in bottom<n> or <statistic> > <number>, not \"z\"; it selects columns, not rows"},
		{"x | chart per_hour(y)", "q:1:11: error SPL4001: per_hour can stand in timechart only"},
	} {
		_, diags := Compile(text.NewSource("q", c.in), testOptions)
		got := ""
		for _, d := range diags {
			if d.Severity == text.Error {
				got = d.Error()
				break
			}
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// TestCommandsAreDocumented holds that every command says what it does or why not.
func TestCommandsAreDocumented(t *testing.T) {
	for _, c := range Commands() {
		if c.Refused == "" && (c.Doc == "" || c.lower == nil) {
			t.Errorf("command %s has no documentation", c.Name)
		}
		if c.Refused != "" && c.lower != nil {
			t.Errorf("command %s is refused and lowered", c.Name)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, in := range []string{
		"`m` EventCode=4688 | where x>1 | stats count by host", "x [search y | fields z] | eval {a}=b, c=[search d | return $e]",
		"| tstats count from datamodel=Endpoint.Processes where Processes.user=a by _time span=1h Processes.user",
		`x | lookup tools tool as p OUTPUTNEW kind | rex field=p "(?<q>\d+)" | join type=left q [| inputlookup tools]`,
		"x | foreach a* [eval <<FIELD>>=1] | map search=\"search a=$b$\" | streamstats window=2 sum(x) by y | dedup 2 a | sort -a | head (a>1)",
		"x | timechart span=1h count by y | chart sum(a) over b by c | top a | transaction a maxspan=5m | xyseries a b c | untable a b c | transpose",
		"x | bin a span=10 | convert ctime(a*) | makemv delim=\",\" a | mvexpand a | spath path=a{}.b | xpath \"//a[@b='c']\" | rangemap field=a low=0-1",
		"| makeresults format=csv data=\"a,b\" | addtotals | fillnull value=0 | replace a with b in c | fields - a* | table b | rename a as b | return 2 $a",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		src := text.NewSource("q", in)
		q, diags := Compile(src, testOptions)
		for _, d := range diags {
			if d.Source == nil {
				t.Fatalf("no place: %v", d)
			}
			d.Excerpt()
		}
		if !diags.HasErrors() {
			plan.String(q.Plan)
		}
	})
}
