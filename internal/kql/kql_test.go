package kql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/text"
)

// two tables with a column of each type.
var testTables = map[string]string{
	"T": "a:string n:long i:int r:real d:dynamic t:datetime s:timespan b:bool g:guid x:string",
	"U": "a:string n:long m:long d:dynamic t:datetime c:string",
}

func testOptions() kql.Options {
	return kql.Options{
		Table: func(name string) (kql.Table, bool) {
			decl, ok := testTables[name]
			var t kql.Table
			for _, f := range strings.Fields(decl) {
				col, typ, _ := strings.Cut(f, ":")
				parsed, _ := types.Parse(typ)
				t.Columns = append(t.Columns, kql.Column{Name: col, Type: parsed})
			}
			return t, ok
		},
		TableNames: func() []string { return []string{"T", "U"} },
		Function: func(name string) (*kql.Function, bool) {
			if name != "recent" {
				return nil, false
			}
			return &kql.Function{Name: name, Params: []kql.Param{{Name: "who", Type: "string", Default: "*"}, {Name: "since", Type: "datetime", Default: "datetime(null)"}},
				Body: text.NewSource("recent.kql", "T | where a == who or who == '*' | where t > since or isnull(since)")}, true
		},
	}
}

// What the columns of a result are called, and their types. The expectations are what the official binder (language service
// 12.4.1) says of these queries.
func TestColumns(t *testing.T) {
	tests := []struct{ query, want string }{
		{"T | project a, d.k, d['k'], d[0], d[0].k.m, strlen(a), n + 1, tostring(d.k), 'x', (n), -n",
			"a:string d_k:dynamic d_k1:dynamic d_0:dynamic d_0_k_m:dynamic strlen_a:long Column1:long d_k2:string Column2:string n:long Column3:long"},
		{"T | project a | extend n = 1, a, strlen(a), strlen(a), 1", "a:string n:long strlen_a:long Column1:long"},
		{"T | project a | extend Column1 = 1 | extend 2", "a:string Column1:long Column2:long"},
		{"T | project Column1 = 1, n + 1, n + 2", "Column1:long Column11:long Column2:long"},
		{"print 1, 'x', a = 2, strlen('x')", "print_0:long print_1:string a:long print_3:long"},
		{"T | summarize count(), dcount(a), sum(n), make_set(a), arg_max(t, *) by a, bin(t, 1d), tostring(d.k), n + 1",
			"a:string t:datetime d_k:string Column1:long count_:long dcount_a:long sum_n:long set_a:dynamic t1:datetime n:long i:int r:real d:dynamic s:timespan b:bool g:guid x:string"},
		{"T | summarize arg_max(t, a, n + 1, d.k), take_any(a, n), percentiles(n, 5, 50), countif(n > 1), avg(n) / 2, round(avg(n)) ",
			"t:datetime a:string max_t_arg2:long d_k:dynamic a1:string n:long percentile_n_5:long percentile_n_50:long countif_:long Column1:real avg_n:real"},
		{"T | summarize (p, q) = arg_max(t, a, x), any(n), z = arg_min(n, i) by b", "b:bool p:datetime q:string x:string any_n:long z:long i:int"},
		{"T | summarize count(), count(), max(n) - min(n) by a2 = a", "a2:string count_:long count_1:long Column1:long"},
		{"T | summarize by a, n", "a:string n:long"},
		{"T | distinct tostring(d), d2 = tostring(d.k), a", "d:string d2:string a:string"},
		{"T | project a, n | join kind=inner (U | project a, n, c) on a", "a:string n:long a1:string n1:long c:string"},
		{"T | project a, a1 = x | join (U | project a) on a", "a:string a1:string a2:string"},
		{"T | project a | join kind=rightsemi (U | project a, m) on a", "a:string m:long"},
		{"T | project a, n | lookup (U | project q = a, n) on $left.a == $right.q", "a:string n:long n1:long"},
		{"T | project a, n = tostring(n) | union (U | project n, m)", "a:string n_string:string n_long:long m:long"},
		{"union withsource=s (T | project a), (U | project m)", "s:string a:string m:long"},
		{"T | project a, d | mv-expand d to typeof(long), e = d.k, split(a, ',')", "a:dynamic d:long e:dynamic"},
		{"T | project d, i | mv-expand with_itemindex=i d", "d:dynamic i:int i1:long"},
		{"T | project a, d, n | mv-apply x = d to typeof(long) on (summarize n = sum(x))", "a:string d:dynamic n:long"},
		{"T | project a, d | mv-apply d on (where d.k == 1)", "a:string d:dynamic"},
		{"T | make-series count(), m = avg(n) default=0 on t from ago(1d) to now() step 1h by a", "a:string count_:dynamic m:dynamic t:dynamic"},
		{"T | project a | parse a with * 'x' p:long 'y' q", "a:string p:long q:string"},
		{"T | project a | parse-kv a as (k:string, l:long)", "a:string k:string l:long"},
		{"T | evaluate bag_unpack(d) : (*, k:long)", "a:string n:long i:int r:real t:datetime s:timespan b:bool g:guid x:string k:long"},
		{"T | top-nested 5 of a by count(), top-nested 2 of z = x by q = sum(n)", "a:string aggregated_a:long z:string q:long"},
		{"T | project-reorder x, n* | project-keep n*, x, b | project-away b | project-rename y = n", "x:string y:long"},
		{"T | count", "Count:long"},
		{"T | getschema", "ColumnName:string ColumnOrdinal:long DataType:string ColumnType:string"},
		{"range x from 1 to 10.5 step 1", "x:real"},
		{"search in (T, U) 'x' | project $table, a, m", "$table:string a:string m:long"},
		{"find in (T, U) where a == 'x' project a, c", "source_:string a:string c:string"},
		{"let f = (q:string, w:int = 3) { strcat(q, w) }; T | project f(a), z = f('x', w = 5), column_ifexists('zz', 1), column_ifexists('a', '')",
			"Column1:string z:string Column2:long a:string"},
		{"let s = toscalar(T | summarize max(n)); let v = view () { T | project n }; v | where n == s and n in (U | project m)", "n:long"},
		{"recent('x') | project a", "a:string"},
		{"T | scan with_match_id=m declare (z:long = 0) with (step s1: n > s1.z => z = n;) | project z, m", "z:long m:long"},
	}
	for _, tt := range tests {
		q, diags := kql.Compile(text.NewSource("q", tt.query), testOptions())
		if q == nil {
			t.Errorf("%s\n%v", tt.query, diags.Err())
			continue
		}
		var got []string
		for _, c := range q.Columns {
			got = append(got, c.Name+":"+c.Type.String())
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.query, diff)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	tests := []struct{ query, want string }{
		{"Tx | count", `1:1 KQL3002 the name "Tx" does not refer to any known table, variable or function; did you mean "T"`},
		{"T | where nope == 1", `1:11 KQL3001 the name "nope" does not refer to any known column, table, variable or function`},
		{"T | where tolowr(a) == 'x'", `1:11 KQL3003 the name "tolowr" does not refer to any known function; did you mean "tolower"`},
		{"T | evaluate bag_unpak(d)", `1:14 KQL3004 there is no plugin named "bag_unpak"; did you mean "bag_unpack"`},
		{"T | where n", `1:11 KQL4001 a condition must be of type bool, not long`},
		{"T | where a = 1", `1:11 KQL5001 = gives a name here and does not compare: only what is behind it counts; 1:15 KQL4001 a condition must be of type bool, not long`},
		{"T | where t > 1d", `1:11 KQL4003 the operator ">" is not defined for the operand types datetime and timespan`},
		{"T | where n has '1'", `1:11 KQL4003 the operator "has" is not defined for the operand types long and string`},
		{"T | where a.b == 1", `1:11 KQL4001 a value of type string has no members; parse it first, as with parse_json()`},
		{"T | where count() > 1", `1:11 KQL4004 the aggregate "count" has no place here`},
		{"T | summarize a", `1:15 KQL4004 the column "a" must stand inside an aggregate, or behind by`},
		{"T | summarize count() by d.k", `1:26 KQL4001 a value of type dynamic cannot be grouped by; convert it first, as with tostring()`},
		{"T | sort by d.k", `1:13 KQL4001 a value of type dynamic cannot be sorted by; convert it first, as with tostring()`},
		{"T | project a, a", `1:16 KQL3005 a column named "a" is declared already`},
		{"T | project-rename a", `1:20 KQL4005 new = old is expected`},
		{"T | project-away nope*", `1:18 KQL3001 no column matches "nope*"`},
		{"T | join U", `1:5 KQL4005 join needs a condition: on …`},
		{"T | join kind=sideways U on a", `1:10 KQL4005 kind is one of inner, innerunique, leftouter, rightouter, fullouter, leftanti, leftantisemi, anti, leftsemi, rightanti, rightantisemi, rightsemi, not "sideways"`},
		{"T | join U on c", `1:15 KQL4005 the column "c" must exist on both sides of the join`},
		{"T | join U on $left.a == $right.n", `1:15 KQL4001 a column of type string cannot be joined with one of type long`},
		{"T | take 'five'", `1:10 KQL4001 an integer is expected, not a value of type string`},
		{"let x = 1; let x = 2; print x", `1:16 KQL3005 the name "x" is declared already`},
		{"let f = (a:long) { a }; print f(1, 2)", `1:31 KQL4002 f takes 1 arguments, not 2`},
		{"let x = 1;", `1:1 KQL2003 the query only declares names: there is no result to run for`},
		{"T | evaluate autocluster()", `1:14 KQL2002 the plugin autocluster is not supported: which patterns the service reports is up to a heuristic search that is not published`},
		{"cluster('c').database('d').Nope", `1:28 KQL3002 the name "Nope" does not refer to any known table, variable or function`},
		{"externaldata(a:string)['https://x/y.csv']", `1:24 KQL2002 externaldata reads no addresses; no file was given for https://x/y.csv`},
		{"T | invoke FileProfile(a)", `1:12 KQL5002 FileProfile has no data here: the columns that it adds are empty`},
		{"T | extend p = prev(n)", `1:16 KQL5001 prev works on rows in order, and these have none: sort or serialize them first`},
		{"print datetime(2024-13-45)", `1:7 KQL4002 datetime(2024-13-45) is no value of type datetime; it counts as null`},
		{"union isfuzzy=true T, Nope", `1:23 KQL5002 the name "Nope" does not refer to any known table, variable or function; the fuzzy union goes on without it`},
	}
	for _, tt := range tests {
		_, diags := kql.Compile(text.NewSource("q", tt.query), testOptions())
		var got []string
		for _, d := range diags {
			p := d.Source.Position(d.Span.Start)
			got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, d.ID, d.Message))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.query, diff)
		}
	}
}

// What operators give, one line a row.
func TestRows(t *testing.T) {
	const d = "let D = datatable(k:string, n:long, l:dynamic)['a', 1, dynamic([1,2]), 'b', 2, dynamic([]), 'a', 3, dynamic(null)]; D | "
	const activity = `let A = datatable(u:string, t:datetime, g:string, n:long)[
		'A', datetime(2017-08-01), 'x', 1, 'D', datetime(2017-08-01), 'x', 2, 'J', datetime(2017-08-01), 'x', 3, 'B', datetime(2017-08-01), 'y', 4,
		'C', datetime(2017-08-02), 'x', 5, 'T', datetime(2017-08-02), 'y', 6, 'J', datetime(2017-08-02), 'x', 7,
		'H', datetime(2017-08-03), 'x', 8, 'T', datetime(2017-08-03), 'y', 9, 'T', datetime(2017-08-03), 'y', 10, 'J', datetime(2017-08-03), 'x', 11,
		'B', datetime(2017-08-03), 'y', 12, 'S', datetime(2017-08-03), 'y', 13, 'S', datetime(2017-08-04), 'y', 14]; A | evaluate `
	tests := []struct{ query, want string }{
		{d + "mv-expand l | project k, n, l", `"a" 1 1; "a" 1 2; "a" 3 null`},
		{d + "mv-apply l on (summarize s = sum(tolong(l))) | project n, s", `1 3; 3 0`},
		{d + "mv-apply x = l to typeof(long) on (top 1 by x) | project n, x", `1 2; 3 null`},
		{d + "partition by k (top 1 by n) | project k, n | sort by k asc", `"a" 3; "b" 2`},
		{d + "partition by k (summarize m = max(n), c = count()) | sort by m asc", `2 1; 3 2`},
		{d + "summarize arg_max(n, *) by k | project k, n | sort by k asc", `"a" 3; "b" 2`},
		{d + "summarize c = countif(n > 1) * 10", `20`},
		{d + "take 0 | summarize count(), max(n)", `0 null`},
		{d + "take 0 | summarize count() by k", ``},
		{d + "sort by n desc | extend r = row_number(), p = prev(n), q = next(n, 1, -1), c = row_cumsum(n) | project n, r, p, q, c", `3 1 null 2 3; 2 2 3 1 5; 1 3 2 -1 6`},
		{d + "where n in (D | where k == 'a' | project n) | project n", `1; 3`},
		{d + "where n > toscalar(D | summarize avg(n)) | project n", `3`},
		{d + "join kind=inner (D | project k, m = n) on k | project n, m | sort by n asc, m asc", `1 1; 1 3; 2 2; 3 1; 3 3`},
		{d + "join (D | project k, m = n) on k | project n, m | sort by n asc, m asc", `1 1; 1 3; 2 2`},
		{d + "join kind=leftanti (D | where k == 'a') on k | project n", `2`},
		{d + "lookup (datatable(k:string, z:string)['a', 'A']) on k | project k, z | sort by k asc", `"a" "A"; "a" "A"; "b" ""`},
		{d + "extend l = iff(n == 2, 'x', 'y'), (p, q) = series_stats(l) | project l", `"y"; "x"; "y"`},
		{"print s = 'id=7; name=bob' | parse s with 'id=' id:long '; name=' name | project id, name", `7 "bob"`},
		{"print s = 'id=x; name=bob' | parse s with 'id=' id:long '; name=' name | project id, name", `null ""`},
		{"print s = 'id=x; name=bob' | parse kind=relaxed s with 'id=' id:long '; name=' name | project id, name", `null "bob"`},
		{"print s = 'zzid=7' | parse-where s with 'id=' id:long | count", `0`},
		{"print s = 'a=1, b=\"x, y\"' | parse-kv s as (b:string, a:long) with (pair_delimiter=',', kv_delimiter='=', quote='\"') | project a, b", `1 "x, y"`},
		{"print b = dynamic({'x': 1, 'y': 'q'}) | evaluate bag_unpack(b)", `1 "q"`},
		{d + "extend m = n | evaluate pivot(k, sum(n), m)", `1 1 0; 2 0 2; 3 3 0`},
		{"range x from 1 to 5 step 2", `1; 3; 5`},
		{"range x from 1 to 4 step 1 | make-series c = count(), s = sum(x) on x from 0 to 6 step 2", `[1,2,1] [1,5,4] [0,2,4]`},
		{"let f = (T:(*), w:long = 2) { T | extend x = x * w }; range x from 1 to 2 step 1 | invoke f(3)", `3; 6`},
		{"print x = 1 | union (print x = 2), (print y = 'z')", `1 ""; 2 ""; null "z"`},
		{"range x from 1 to 3 step 1 | as A | where x > 1 | join kind=inner A on x | project x", `2; 3`},
		{"let m = materialize(range x from 1 to 3 step 1 | summarize s = sum(x)); union m, m", `6; 6`},
		{activity + "activity_counts_metrics(u, t, datetime(2017-08-01), datetime(2017-08-04), 1d) | project-away t", `4 4 4 4; 3 3 2 6; 6 5 2 8; 1 1 0 8`},
		{activity + "activity_counts_metrics(u, t, datetime(2017-08-01), datetime(2017-08-04), 1d, g) | where t == datetime(2017-08-03) | project-away t | sort by g asc", `"x" 2 2 1 5; "y" 4 3 1 3`},
		{activity + "sliding_window_counts(u, t, datetime(2017-08-01), datetime(2017-08-05), 2d, 1d) | sort by t asc | project-away t", `4 4; 7 6; 9 6; 7 5; 1 1`},
		{activity + "active_users_count(u, t, datetime(2017-08-02), datetime(2017-08-04), 3d, 1d, 2, 1d) | sort by t asc | project-away t", `1; 3; 1`},
		{activity + "rolling_percentile(n, 50, t, 1d, 2) | sort by t asc | project-away t", `2; 4; 9; 11`},
		{activity + "sequence_detect(t, 1d, 2d, a=(u == 'T'), b=(u == 'S')) | project a_t, Duration | sort by a_t asc, Duration asc | project tostring(Duration)", `"1.00:00:00"; "00:00:00"; "1.00:00:00"`},
		{activity + "sequence_detect(t, 1d, 2d, a=(u == 'J'), b=(u == 'J'), c=(u == 'S'), g) | project g, Duration | sort by Duration asc", ``},
		{"range x from 1 to 100 step 1 | summarize a = hll(x % 50), b = hll(x % 20), c = hll(x % 7) | evaluate dcount_intersect(a, b, c) | project s0, s1, s2", `50 20 7`},
	}
	for _, tt := range tests {
		q, diags := kql.Compile(text.NewSource("q", tt.query), testOptions())
		if q == nil {
			t.Errorf("%s\n%v", tt.query, diags.Err())
			continue
		}
		res, err := run(q)
		if err != nil {
			t.Errorf("%s\n%v", tt.query, err)
			continue
		}
		var got []string
		for _, row := range res.Rows {
			var cells []string
			for i, v := range row {
				if v.IsNull() && i < len(q.Columns) && q.Columns[i].Type == types.String {
					v = event.StringOf("")
				}
				if v.IsMissing() {
					v = event.NullValue
				}
				cells = append(cells, v.String())
			}
			got = append(got, strings.Join(cells, " "))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.query, diff)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("T | where a has 'x' | summarize count() by bin(t, 1h), a | join kind=leftouter (U | project a, m) on a")
	f.Add("let f = (x:long, T:(*)) { T | extend y = x }; f(1, U) | mv-apply d on (top 1 by tostring(d)) | evaluate bag_unpack(d)")
	f.Add("T | make-series count() on t from ago(1d) to now() step 1h by a | extend series_stats(count_)")
	f.Add("T | scan declare (z:long) with (step s1: n > 1 => z = s1.z + 1;) | parse a with * 'x' b:long 'y' *")
	f.Fuzz(func(t *testing.T, query string) {
		q, diags := kql.Compile(text.NewSource("fuzz", query), testOptions())
		if (q == nil) != diags.HasErrors() {
			t.Fatalf("a query and errors do not exclude each other: %v", diags)
		}
	})
}
