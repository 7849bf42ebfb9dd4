package syntax

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/harrier-detect/harrier/internal/text"
)

// accepted are queries that the language takes, some of them surprisingly.
var accepted = []string{
	"T", "['T x'] | count", "{T} | count", "// only a comment", "", "T;", "T\n;\n", "T; U", "#connect somewhere\nT",
	"T // c\n| // d\n count", "T\u00a0| where\u00a0a == 1",
	"where a | where b", "project a | count", "mv-expand a", "range x from 1 to 2 step 1", "evaluate f(1)",
	"T | where a = 1", "T | where a < b == c", "T | where a has b == c", "T | where a == b has c", "T | where a has b in (1)",
	"T | where * has 'x' and * == 1", "T | where a:'x'", "T | where a matches regex 'x' 'y'", "T | where a in (U | project b)",
	"T | where a in ('x' 'y')", "T | where a in ((U), 1)", "T | where a between (1..b+1) and c", "T | where a between (1d..2d)",
	"T | where a.b.['c']['d'][0][-1][x + 1].e(1).f", "T | where $left.a == $right.b", "T | where a . b", "T | where a.0b",
	"T | where f(*, a = 1, (b, c) = d, ['e'] = 2)", "T | where 'x'.y and 1.y", "T | where a == TRUE or False",
	"T | where f (a)", "T | where ['f'](a)", "T | where bool (true)", "T | where [a-b] == 1", "T | where {a} == 1",
	"T | extend id = 1, type = 2, title = 3, count = 4, from = 5, by = 6, on = 7, order = 8, where = 9, toscalar = 10",
	"T | where type == 1 and kind == 2", "T | extend (a) = f(1), (b, c) = f(2)", "T | project", "T | project-away",
	"T | project-away a, b*, *c, *d*, e*f, *1, *", "T | project-reorder a asc, b* granny-desc, *", "T | project-rename a",
	"T | summarize", "T | summarize by a", "T | summarize kind = x count() by hint", "T | summarize count() by a bin=1d",
	"T | summarize hint.strategy=shuffle hint.shufflekey=['a b'] count()", "T | distinct *, a", "T | distinct hint.strategy=x a",
	"T | sort by a + 1 asc nulls first, b", "T | top a + 1 by b = c desc nulls last", "T | top-nested of a by b",
	"T | top-nested 2 of a with others='x' by b, top-nested 3 of x = c by y = d desc", "T | top-hitters 5 of a by b",
	"T | join kind=inner kind=outer U on a, $left.b == $right.c and d", "T | join U", "T | join U where a == 1",
	"T | join isfuzzy=true ['U x'] on a", "T | join kind=-1 datatable(a:long)[1] on a", "T | lookup (U | count) on a",
	"union isfuzzy=true withsource='s' T*, *x, a*b*, database('d').T*, cluster('c').database('d').U, f(1), (U | count)",
	"T | mv-expand bagexpansion=array with_itemindex=i a = b.c to typeof(long), d limit 5", "mv-expand a to typeof(foo)",
	"T | mv-apply a = b to typeof(string) limit 3 id x on (top 1 by a | project b)",
	"T | parse a.b with", "T | parse kind=regex flags=Ui a with * 'x' b:long 'y' ['c d'] * e", "T | parse-where a with * * b c",
	"T | parse-kv f(a) as (b:string, ['c']:long,) with (pair_delimiter=',', greedy=true)",
	"T | make-series a = count() default=0, b = sum(c) on x = t from p to q step 1d by d", "T | make-series count() on t step 1",
	"T | make-series avg(v) on t in range(a, b)", "T | evaluate hint.remote=auto f(T, typeof(*, a:long)) : (*, a:string)",
	"T | invoke cluster('c').database('d').f(*, a = 1)", "T | as hint.materialized=true X", "T | getschema kind=csl", "T | consume decodeblocks=true",
	"T | render linechart", "T | render mine with (title=strcat('a', 'b'), ycolumns=a, b, ymin=-1)", "T | render piechart by a, b title='x' kind=stacked",
	"T | fork a=(count) (take 1 | take 2) (U)", "T | facet by a, b[0].c with take 1", "T | facet by a with (take 2 | count)", "T | reduce kind=source by a with threshold=0.1, characters='x'",
	"T | partition hint.strategy=native by a.b (top 1 by c)", "T | partition by a {U | count}",
	"T | scan with ()", "T | scan with_match_id=m order by a desc partition by b, f(c) declare (n:long = 0, s:string) with (step s1: a == 1 => n = s1.n + 1, s = 'x'; step ['s 2'] optional output=last: b;)",
	"search kind=case_sensitive in (T, U*) 'x' or a:'y'", "search *", "search * and 'x'", "find 'x'", "find datascope=all withsource=s in (T, database('d').U) where a project b, c:string, pack(*)",
	"find where a project-smart", "T | sample-distinct 5 of f(a)", "print x = 1, (a, b) = f(1), T | count", "T | count as n", "T | assert-schema ()",
	"T | make-graph a --> b with U on c, (V | count) on d partitioned-by p (graph-match (x) project x.y)",
	"T | make-graph a -- b with_node_id=c", "T | graph-match cycles=none (a)-[e*1..f(3)]->(b)<-[f]-()--(c), (b)-->(c) where a.x == 1 project a.x, y = b.z",
	"T | graph-shortest-paths output=all (a)-[e]-(b)", "T | graph-to-table nodes as n with_node_id=i, edges", "T | graph-mark-components kind=weak with_component_id=c",
	"T | graph-where-edges a == 1", "macro-expand isfuzzy=true entity_group [database('a'), T] as x (let a = 1; x.T; x.U;)", "T | __executeAndCache", "T | project-by-names 'a', f(b)",
	"let x = 1; let y = x; print y", "let x = 1;", "let ['odd name'] = 5; T", "let f = (a:long, b:string = 'd', c:datetime = datetime(null)) { a }; f(1)",
	"let f = (T:(*), U:(a:string, b:long), V:()) { let x = 1; T | count; }; f(T)", "let V = view () { T }; V", "let f = () { }; T", "let M = materialize(T | count); M",
	"let x = toscalar(T | count) + 1; let y = toscalar kind=nooptimization (T); x", "let L = dynamic(['a']); T | where a in (L)",
	"set notruncation; set a = 1 + 1; T", "declare query_parameters(a:long = -1, T:(*), s:string); T", "alias database x = cluster('c').database('d'); T",
	"restrict access to (T, U*, database('d').*); T", "declare pattern p; T", "declare pattern p = (a:string)[b:string] { ('x').['y'] = { T | count }; ('z').['y'] = { let a = 1; U }; }; p('x').y",
	"datatable(a:string, b:(c:long),)['x', -1, +2, 1d, true, long(1), dynamic([1]), typeof(string),]", "datatable(a:int) []",
	"externaldata(a:string, b:date)[@'x', h'y', strcat('z')] with (format='csv', ['odd name']=1, k=txt)", "inline_external_table(a:string) kind=storage dataformat=csv ('x')",
	`print dynamic({"a": [1, -2.5, 1d, "x" 'y', true, null, datetime(2020), dynamic([])], 'b': {}})`, "print dynamic(long(1))",
	"print 1., 1.5, 1e5, 1E-5, 0x1F, 1d, 1.5h, 100ms, 7tick, 3microseconds, 1dx, 1y",
	"print datetime(2024-01-01 10:00), datetime(x), time(1.02:03:04), guid(74be27de-1e4e-49d9-b579-fe0b331d3642), long(null), int(5), real(-inf), decimal(1.5), bool(1)",
	`print "\a\b\f\n\r\t\v\\\"\'\0\012\u0041\x41\U00000041", @"c:\d\""e", 'it''s', h"x", H@'y', ` + "```a\n\"b\"```, ~~~c~~~, h```d```",
	"print a - -b, -(-a), a--b, a == -1, @",
}

func TestAccepted(t *testing.T) {
	for _, query := range accepted {
		q, diags := Parse(text.NewSource("<query>", query))
		if diags.HasErrors() {
			t.Errorf("%s\n%v", query, diags.Err())
			continue
		}
		checkSpans(t, q, q.Span())
		checkRoundTrip(t, query)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ query, want string }{
		{"| where a", `1:1 KQL1004 missing expression before "|"`},
		{"T | | count", `1:5 KQL1004 missing operator before "|"`},
		{"T |", `1:4 KQL1004 missing operator before the end of the query`},
		{"T | wher a == 1", `1:5 KQL1005 there is no operator named "wher"; did you mean "where"`},
		{"T | mv-expnad a | count b", `1:5 KQL1005 there is no operator named "mv-expnad"; did you mean "mv-expand"; 1:25 KQL1007 unexpected "b" after a complete operator`},
		{"T | frobnicate", `1:5 KQL1005 there is no operator named "frobnicate"`},
		{"T | where", `1:10 KQL1004 missing expression before the end of the query`},
		{"T | where (a == 1 | count", `1:26 KQL1003 expected ")" before the end of the query`},
		{"T | where a == 1)", `1:17 KQL1007 unexpected ")" after a complete statement`},
		{"T | where a == b == c", `1:18 KQL1007 unexpected "==" after a complete operator`},
		{"T | where a === 1", `1:15 KQL1004 missing expression before "="`},
		{"T | where not a", `1:15 KQL1007 unexpected "a" after a complete operator`},
		{"T | where !a", `1:11 KQL1001 unexpected character "!"`},
		{"T | where a && b", `1:13 KQL1001 unexpected character "&"`},
		{"T | where a in 1", `1:16 KQL1003 expected "(" before "1"`},
		{"T | where a in ()", `1:17 KQL1004 missing expression before ")"`},
		{"T | where a between (1, 5)", `1:23 KQL1003 expected ".." before ","`},
		{"T | where a == “x”", `1:16 KQL1001 unexpected character "“"`},
		{"T | where time > 1", `1:11 KQL1006 "time" is a reserved word: write ['time'] to use it as a name here`},
		{"T | extend kind = 1", `1:12 KQL1006 "kind" is a reserved word: write ['kind'] to use it as a name here`},
		{"let last = 1; T", `1:5 KQL1006 "last" is a reserved word: write ['last'] to use it as a name here`},
		{"T | extend a = d.missing", `1:18 KQL1006 "missing" is a reserved word: write ['missing'] to use it as a name here`},
		{"T | extend a = 'x", `1:16 KQL1002 missing ' at the end of the string`},
		{`T | extend a = "C:\Windows", b = 1 1`, `1:16 KQL1002 unknown escape \W in a string; 1:36 KQL1007 unexpected "1" after a complete operator`},
		{"T | extend a = ```x", "1:16 KQL1002 missing ``` at the end of the string"},
		{"T | extend a = datetime(2024", `1:16 KQL1003 missing ")"`},
		{"T | extend a = iff(b, c", `1:24 KQL1003 expected ")" before the end of the query`},
		{"T | extend a b = c | extend = 2 | count", `1:14 KQL1007 unexpected "b" after a complete operator; 1:29 KQL1004 missing expression before "="`},
		{"T | project a,, b", `1:15 KQL1004 missing expression before ","`},
		{"T | project a b", `1:15 KQL1007 unexpected "b" after a complete operator`},
		{"T | summarize count() by", `1:25 KQL1004 missing expression before the end of the query`},
		{"T" + strings.Repeat("|count", maxChain+9), `1:120002 KQL1009 more than 20000 operators in a row`},
		{"T | where a" + strings.Repeat(" or a", maxChain+9), `1:100016 KQL1009 more than 20000 operators in a row`},
		{"T | sort a", `1:10 KQL1003 expected "by" before "a"`},
		{"T | sort by a nulls", `1:20 KQL1004 missing first or last before the end of the query`},
		{"T | mv-expand a to string", `1:20 KQL1004 missing typeof(…) before "string"`},
		{"T | lookup U", `1:13 KQL1003 expected "on" before the end of the query`},
		{"T; ; U", `1:4 KQL1007 unexpected ";": a statement is missing before it`},
		{"T; | count", `1:4 KQL1004 missing expression before "|"`},
		{"T\n\nU | count", `3:1 KQL1007 unexpected "U" after a complete statement`},
		{"let x = 1 print x", `1:11 KQL1007 unexpected "print" after a complete statement`},
		{"let x 1; T | where", `1:7 KQL1003 expected "=" before "1"; 1:19 KQL1004 missing expression before the end of the query`},
		{"let f = (a) { a }; T", `1:11 KQL1003 expected ":" before ")"`},
		{"let f = (a:long) a; T", `1:18 KQL1003 expected "{" before "a"`},
		{"let f = () { T | wher a }; T | wher b", `1:18 KQL1005 there is no operator named "wher"; did you mean "where"; 1:32 KQL1005 there is no operator named "wher"; did you mean "where"`},
		{"datatable(a:strng)['x']", `1:13 KQL1008 "strng" is not the name of a type`},
		{"print dynamic({a: 1})", `1:16 KQL1004 missing string as the key before "a"`},
		{"print dynamic([1,])", `1:18 KQL1004 missing value before "]"`},
		{"print dynamic([int(1)])", `1:16 KQL1004 int(…) has no place in a dynamic value`},
		{"print 74be27de-1e4e-49d9-b579-fe0b331d3642", `1:7 KQL1001 a bare GUID: write guid(74be27de-1e4e-49d9-b579-fe0b331d3642)`},
		{"print " + strings.Repeat("(", 1000) + "a", `1:131 KQL1009 the query is nested more than 250 levels deep`},
		{".show tables", `1:1 KQL2001 a control command, which is not a query`},
	}
	for _, tt := range tests {
		q, diags := Parse(text.NewSource("q", tt.query))
		var got []string
		for _, d := range diags {
			p := d.Source.Position(d.Span.Start)
			got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, d.ID, d.Message))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%.80s (-want +got)\n%s", tt.query, diff)
		}
		checkSpans(t, q, q.Span())
		Print(q)
	}
}

func TestPrint(t *testing.T) {
	tests := []struct{ query, want string }{
		{"T|where a==1 and b<>2|project x=['a'],['b c'] //comment", "T\n| where a == 1 and b != 2\n| project x = a, ['b c']\n"},
		{"let f=(a:int,b:date=datetime(null)){let y=1;T|take a};f(1)|filter b", `let f = (a:int, b:datetime = datetime(null)) {
    let y = 1;
    T
    | take a
};
f(1)
| where b
`},
		{"let M=materialize(T|count);T|join kind=inner(U|where x>1)on a", `let M = materialize(
    T
    | count
);
T
| join kind=inner (
    U
    | where x > 1
) on a
`},
		{"T|where a in~((U|take 1))or b has_any('x',\"y\\\"\")", "T\n| where a in~ ((\n    U\n    | take 1\n)) or b has_any (\"x\", 'y\"')\n"},
		{"datatable(a:string,b:long)['x',1,'y',2]|order by a", "datatable(a:string, b:long) [\n    \"x\", 1,\n    \"y\", 2\n]\n| sort by a\n"},
		{`print "a" 'b', "c:\\d", "tab\t", h@"s"`, "print \"ab\", @\"c:\\d\", \"tab\\t\", h\"s\"\n"},
		{"T|mvexpand bagexpansion=array a|limit 5", "T\n| mvexpand bagexpansion=array a\n| take 5\n"},
		{"T|where Col1a !has 'x'|where 1a==2", "T\n| where Col1a !has \"x\"\n| where ['1a'] == 2\n"},
	}
	for _, tt := range tests {
		q, diags := Parse(text.NewSource("q", tt.query))
		if diags.HasErrors() {
			t.Errorf("%s: %v", tt.query, diags.Err())
		}
		if diff := cmp.Diff(tt.want, Print(q)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.query, diff)
		}
	}
}

// grouped prints an expression with every operation in parentheses.
func grouped(e Expr) string {
	switch e := e.(type) {
	case *Binary:
		return "(" + grouped(e.X) + " " + e.Op + " " + grouped(e.Y) + ")"
	case *Unary:
		return "(" + e.Op + grouped(e.X) + ")"
	case *In:
		return "(" + grouped(e.X) + " " + e.Op + " …)"
	case *Between:
		return "(" + grouped(e.X) + " between " + grouped(e.Low) + " " + grouped(e.High) + ")"
	case *Path:
		return "(" + grouped(e.X) + "." + grouped(e.Member) + ")"
	case *Index:
		return "(" + grouped(e.X) + "[" + grouped(e.Index) + "])"
	}
	return Print(e)
}

func TestPrecedence(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"a or b and c or d", "((a or (b and c)) or d)"},
		{"a and b == c", "(a and (b == c))"},
		{"a == b < c", "(a == (b < c))"},
		{"a < b == c", "((a < b) == c)"},
		{"a has b == c", "((a has b) == c)"},
		{"a == b has c", "(a == (b has c))"},
		{"a < b + c * -d.e[0]", "(a < (b + (c * (-((d.e)[0])))))"},
		{"a - b - c", "((a - b) - c)"},
		{"a =~ b + 'c'", `(a =~ (b + "c"))`},
		{"a + 1 in (2) and b", "(((a + 1) in …) and b)"},
		{"a < b in (2)", "((a < b) in …)"},
		{"a between (b and c .. d + 1)", "(a between (b and c) (d + 1))"},
		{"-a.b", "(-(a.b))"},
		{"a:b or c", "((a : b) or c)"},
	}
	for _, tt := range tests {
		e, diags := ParseExpr(text.NewSource("e", tt.expr))
		if diags.HasErrors() {
			t.Errorf("%s: %v", tt.expr, diags.Err())
			continue
		}
		if got := grouped(e); got != tt.want {
			t.Errorf("%s groups as %s, want %s", tt.expr, got, tt.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	at := func(y int, m time.Month, d, h, mi, s, ns int) time.Time {
		return time.Date(y, m, d, h, mi, s, ns, time.UTC)
	}
	tests := []struct {
		text string
		want Literal
	}{
		{"12", Literal{Kind: LitLong, Int: 12}},
		{"0xFF", Literal{Kind: LitLong, Int: 255}},
		{"0xFFFFFFFFFFFFFFFF", Literal{Kind: LitLong, Int: -1}},
		{"99999999999999999999", Literal{Kind: LitLong, Null: true, Malformed: true}},
		{"long(-7)", Literal{Kind: LitLong, Int: -7}},
		{"long(abc)", Literal{Kind: LitLong, Null: true, Malformed: true}},
		{"long(null)", Literal{Kind: LitLong, Null: true}},
		{"int(5)", Literal{Kind: LitInt, Int: 5}},
		{"int(3000000000)", Literal{Kind: LitInt, Null: true, Malformed: true}},
		{"1.", Literal{Kind: LitReal, Real: 1}},
		{"1.5e3", Literal{Kind: LitReal, Real: 1500}},
		{"double(0.5)", Literal{Kind: LitReal, Real: 0.5}},
		{"decimal(1.50)", Literal{Kind: LitDecimal, Str: "1.50"}},
		{"bool(1)", Literal{Kind: LitBool, Bool: true}},
		{"False", Literal{Kind: LitBool}},
		{"1d", Literal{Kind: LitTimespan, Int: 864e9}},
		{"1.5h", Literal{Kind: LitTimespan, Int: 54e9}},
		{"3tick", Literal{Kind: LitTimespan, Int: 3}},
		{"250nanoseconds", Literal{Kind: LitTimespan, Int: 2}},
		{"time(1.02:03:04.5)", Literal{Kind: LitTimespan, Int: 937845e6}},
		{"timespan('-00:30')", Literal{Kind: LitTimespan, Int: -18e9}},
		{"time(2)", Literal{Kind: LitTimespan, Int: 2 * 864e9}},
		{"time(24:00:00)", Literal{Kind: LitTimespan, Null: true, Malformed: true}},
		{"datetime(2024)", Literal{Kind: LitDateTime, Time: at(2024, 1, 1, 0, 0, 0, 0)}},
		{"datetime(2024-02-29T23:59:59.1234567Z)", Literal{Kind: LitDateTime, Time: at(2024, 2, 29, 23, 59, 59, 123456700)}},
		{"datetime(2024-02-29 10:00+02:00)", Literal{Kind: LitDateTime, Time: at(2024, 2, 29, 8, 0, 0, 0)}},
		{"datetime('01/31/2020 10:00:00')", Literal{Kind: LitDateTime, Time: at(2020, 1, 31, 10, 0, 0, 0)}},
		{"datetime(Sat, 8 Nov 2014 15:05:02 GMT)", Literal{Kind: LitDateTime, Time: at(2014, 11, 8, 15, 5, 2, 0)}},
		{"datetime(2023-02-29)", Literal{Kind: LitDateTime, Null: true, Malformed: true}},
		{"datetime(2024-13-45)", Literal{Kind: LitDateTime, Null: true, Malformed: true}},
		{"guid(74BE27DE-1e4e-49d9-b579-fe0b331d3642)", Literal{Kind: LitGuid, Str: "74be27de-1e4e-49d9-b579-fe0b331d3642"}},
		{"guid(x)", Literal{Kind: LitGuid, Null: true, Malformed: true}},
		{`"a\tbA\101"`, Literal{Kind: LitString, Str: "a\tbAA"}},
		{`@'c:\x''y'`, Literal{Kind: LitString, Str: `c:\x'y`}},
		{`h"s" 't'`, Literal{Kind: LitString, Str: "st", Hidden: true}},
		{"```a\n`b```", Literal{Kind: LitString, Str: "a\n`b"}},
	}
	for _, tt := range tests {
		e, diags := ParseExpr(text.NewSource("e", tt.text))
		lit, ok := e.(*Literal)
		if diags.HasErrors() || !ok {
			t.Errorf("%s: %T %v", tt.text, e, diags.Err())
			continue
		}
		got := *lit
		got.At, got.Raw = At{}, ""
		if got != tt.want {
			t.Errorf("%s = %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestPartialTree(t *testing.T) {
	q, _ := Parse(text.NewSource("q", "let x = ; T | where a == | extend b = 1 + | project c; U"))
	var seen []string
	Walk(q, func(n Node) bool {
		switch n := n.(type) {
		case Operator:
			seen = append(seen, n.Keyword())
		case *Ident:
			seen = append(seen, n.Name)
		}
		return true
	})
	if got, want := strings.Join(seen, " "), "x T where a extend b project c U"; got != want {
		t.Errorf("the partial tree holds %q, want %q", got, want)
	}
}

// A chain of a great many operators is fine, one without end is refused rather than overflowing the stack.
func TestLongChains(t *testing.T) {
	for n, want := range map[int]bool{10_000: true, 50_000: false} {
		query := "T | where a" + strings.Repeat(" or a", n)
		if _, diags := Parse(text.NewSource("q", query)); diags.HasErrors() == want {
			t.Errorf("%d times or: accepted = %v", n, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, query := range accepted {
		f.Add(query)
	}
	f.Add("T | where [ | project {a: (")
	f.Add("let f = (a:long { a }; print f(1)")
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := Parse(text.NewSource("fuzz", query))
		checkSpans(t, q, q.Span())
		Print(q)
		checkRoundTrip(t, query)
	})
}

func BenchmarkParse(b *testing.B) {
	src := text.NewSource("q", strings.Repeat("let x = dynamic(['a', 'b']);\n", 3)+`DeviceProcessEvents
| where Timestamp > ago(1d) and FileName in~ ("cmd.exe", "powershell.exe") and ProcessCommandLine has_any (x)
| extend Path = tostring(parse_json(AdditionalFields).Path), Hash = iff(isempty(SHA256), SHA1, SHA256)
| join kind=leftouter (DeviceNetworkEvents | where RemotePort == 445 | project DeviceId, RemoteIP) on DeviceId
| summarize Count = count(), make_set(RemoteIP, 100) by DeviceName, bin(Timestamp, 1h)
| top 10 by Count`)
	b.SetBytes(int64(len(src.Text)))
	for b.Loop() {
		Parse(src)
	}
}
