package syntax

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

// seeds are searches with the layout they print in. Together they have every construct of the grammar.
var seeds = []struct{ in, want string }{
	// The search grammar.
	{`index=main  error`, `index=main error`},
	{`search index=main`, `| search index=main`},
	{`| search index=main`, `| search index=main`},
	{`a b OR c d`, `a (b OR c) d`},
	{`a AND b OR c AND d`, `a (b OR c) d`},
	{`(a b) OR (c d)`, `(a b) OR (c d)`},
	{`((a))`, `a`},
	{`error NOT 403 OR 404`, `error (NOT 403 OR 404)`},
	{`NOT (a OR b)`, `NOT (a OR b)`},
	{`NOT(a b)`, `NOT (a b)`},
	{`NOT NOT a`, `NOT NOT a`},
	{`login and carol or x`, `login and carol or x`},
	{`NOT ()`, `NOT ()`},
	{`EventCode = 1 x != "y" z >= 3 w==v`, `EventCode=1 x!="y" z>=3 w=v`},
	{`"Account Name"=bob "a phrase"`, `"Account Name"=bob "a phrase"`},
	{`groups{}=admins userIdentity.type=Root`, `groups{}=admins userIdentity.type=Root`},
	{`url=http://x/y?a=1&b=<2`, `url=http://x/y?a=1&b=<2`},
	{`code IN (400,402 , "x y" d*)`, `code IN (400, 402, "x y", d*)`},
	{`NOT code IN(1)`, `NOT code IN (1)`},
	{`code NOT IN (1, 2)`, `NOT code IN (1, 2)`},
	{`code IN (1,, 2,)`, `code IN (1, 2)`},
	{`TERM(EventCode=4688) CASE(Error) name=CASE(MIKE)`, `TERM(EventCode=4688) CASE(Error) name=CASE(MIKE)`},
	{`TERM("x y") TERM( -enc ) TERM(a(b))`, `TERM("x y") TERM(-enc) TERM(a(b))`},
	{`p="* Nul*"q="x"`, `p="* Nul*" q="x"`},
	{`path=D:\\Digital\\x "a\"b" c="\d\\"`, `path=D:\\Digital\\x "a\"b" c="\d\\"`},
	{`x=a\|b | head`, `x=a\|b | head`},
	{`a ".rar", OR ".zip"`, `a (".rar" OR ".zip")`},
	{`index=main [search index=b | fields user] NOT[| inputlookup c]`, `index=main [| search index=b | fields user] NOT [| inputlookup c]`},
	{`earliest=[| makeresults | return $x]`, `earliest=[| makeresults | return $x]`},
	{"a ```comment | with \"``` b", `a b`},
	{`(by) x search`, `(by) x (search)`},
	// Macros that were not expanded.
	{"`m` `n(a, \"b, c\")`x=`v` (`a` OR b) (`c`)", "`m` `n(a, \"b, c\")` x=`v` (`a` OR b) (`c`)"},
	{"a `m` OR `n` b", "a `m` OR `n` b"},
	{"x | `m` | table a, `f` b `g(1)`", "x | `m` | table a, `f`, b, `g(1)`"},
	{"x | where a=1 `g(1)`", "x | where a = 1 `g(1)`"},
	{"x | where (`c`) AND `d`", "x | where (`c`) AND `d`"},
	{"| tstats `o` count from datamodel=E where `p` by a `b`", "| tstats `o` count from datamodel=E where `p` by a, `b`"},
	{"x | bin `b` span=`s`", "x | bin `b` span=`s`"},
	// The eval grammar.
	{`x | where a=1 OR b=2 AND NOT c=3 XOR d`, `x | where a = 1 OR b = 2 AND NOT c = 3 XOR d`},
	{`x | where (a OR b) and (c or d)`, `x | where (a OR b) AND (c OR d)`},
	{`x | where (a AND b) and c`, `x | where a AND b AND c`},
	{`x | where !match (f, "(?i)x\s\"y") and not like(g,"%a")`, `x | where NOT match(f, "(?i)x\s\"y") AND NOT like(g, "%a")`},
	{`x | where match(p,"a") ANDmatch(q,"b") OR(like(r,"c"))`, `x | where match(p, "a") AND match(q, "b") OR like(r, "c")`},
	{`x | where x in ("a", b) AND y NOT IN (1) OR z LIKE "a%" OR NOT z NOT LIKE "b"`,
		`x | where x IN ("a", b) AND NOT y IN (1) OR z LIKE "a%" OR NOT NOT z LIKE "b"`},
	{`x | eval a=1-2-3*-4 , b=(1-(2-3))*4, c = "a" . 5 . f,d=1 . 2`, `x | eval a=1 - 2 - 3 * -4, b=(1 - (2 - 3)) * 4, c="a" . 5 . f, d=1 . 2`},
	{`x | eval 'a b'='c.d'+'e{}', "f g"=h{}, {i}=1, j.k=CASE(a==1,"x",true(),null())`,
		`x | eval 'a b'='c.d' + 'e{}', "f g"=h{}, {i}=1, j.k=CASE(a = 1, "x", true(), null())`},
	{`x | eval a=if (1 == 1 , "it's | [x]" , 'a|b]')`, `x | eval a=if(1 = 1, "it's | [x]", 'a|b]')`},
	{`x | eval a=5."%".1.5`, `x | eval a=5 . "%" . 1.5`},
	{`x | where n>[search y | stats count | return $count] | eval m=[search z | return $f]+1`,
		`x | where n > [| search y | stats count | return $count] | eval m=[| search z | return $f] + 1`},
	{`x | eval y=null, z=-a`, `x | eval y=null, z=-a`},
	{`x | fieldformat n=tostring(n,"commas")`, `x | fieldformat n=tostring(n, "commas")`},
	// Commands.
	{`x | stats count, sum(b) AS "t b" dc(eval(if(a=1,"x",null()))) as d values(*) as * BY host user,x`,
		`x | stats count, sum(b) as "t b", dc(eval(if(a=1,"x",null()))) as d, values(*) as * by host, user, x`},
	{`x | stats count() c(f) p95(a.b{}) sparkline(count, 1h) AS s, eval(sum(a)/sum(b)) as r`,
		`x | stats count(), c(f), p95(a.b{}), sparkline(count, 1h) as s, eval(sum(a)/sum(b)) as r`},
	{`x | stats count by t dedup_splitvals=true`, `x | stats dedup_splitvals=true count by t`},
	{`x | streamstats window=1 current=f last(v) as p by u reset_after="("match(t,\"y\")")"`,
		`x | streamstats window=1 current=f reset_after="("match(t,\"y\")")" last(v) as p by u`},
	{`| tstats summariesonly = false count min(_time) as f FROM datamodel=E.P WHERE a=1 OR b=2 c=3 BY _time span=1h, P.d P.e`,
		`| tstats summariesonly=false span=1h count, min(_time) as f from datamodel=E.P where (a=1 OR b=2) c=3 by _time, P.d, P.e`},
	{`| mstats avg(tcp.*) as tcp.* where index=k AND earliest=-1h by a span=10s`, `| mstats span=10s avg(tcp.*) as tcp.* where index=k earliest=-1h by a`},
	{`x | chart limit=5 count(eval(q="Q")) AS Q over a by b useother=f`, `x | chart limit=5 useother=f count(eval(q="Q")) as Q over a by b`},
	{`x | chart count by mag span=1 host`, `x | chart count by mag span=1, host`},
	{`x | timechart span=1h avg(x) by h where max in top5`, `x | timechart span=1h avg(x) by h where max in top5`},
	{`x | top 5 limit=3 a, b by c showperc=f`, `x | top limit=3 showperc=f 5 a, b by c`},
	{`x | fields - a, b*`, `x | fields - a, b*`},
	{`x | fields -a`, `x | fields - a`},
	{`x | fields + a "b c"`, `x | fields a, "b c"`},
	{`x | table _time, host user predicted(x), y. z,`, `x | table _time, host, user, predicted(x), y, z`},
	{`x | rename "P.*" as "*", a AS b c as d,`, `x | rename "P.*" as "*", a as b, c as d`},
	{`x | replace "a" WITH b, *c with d IN e, f`, `x | replace "a" with b, *c with d in e, f`},
	{`x | fillnull a value="-" b`, `x | fillnull value="-" a, b`},
	{`x | convert timeformat="%Y" ctime(t*) AS u num(v)`, `x | convert timeformat="%Y" ctime(t*) as u num(v)`},
	{`x | rex field=p max_match=0 "(?<a>\d|\")" offset_field=o`, `x | rex field=p max_match=0 offset_field=o "(?<a>\d|\")"`},
	{`x | rex field=p (?<ioc>"(?i)\S+\.go") | head`, `x | rex field=p "(?<ioc>(?i)\\S+\\.go)" | head`},
	{`x | rex "a:\s+"(?<e>"0x\d+")`, `x | rex "a:\\s+(?<e>0x\\d+)"`},
	{`x | rex field=f mode=sed s/\.\w{3}$//g`, `x | rex field=f mode=sed "s/\\.\\w{3}$//g"`},
	{`x | regex f="a|b"`, `x | regex f="a|b"`},
	{`x | regex f != "a" | regex "b" | regex _raw=x{2}`, `x | regex f!="a" | regex "b" | regex _raw="x{2}"`},
	{`x | lookup update=true t k AS f j, l OUTPUTNEW m as n o`, `x | lookup update=true t k as f, j, l OUTPUTNEW m as n, o`},
	{`x | inputlookup append=t t.csv where a>1 OR b=c*`, `x | inputlookup append=t t.csv where a>1 OR b=c*`},
	{`x | join type=left max=0 a, b [search y]`, `x | join type=left max=0 a, b [| search y]`},
	{`x | join left=L right=R where L.a=R.b [search y]`, `x | join left=L right=R where L.a=R.b [| search y]`},
	{`x | append maxout=1 [search y | appendpipe [stats count]]`, `x | append maxout=1 [| search y | appendpipe [| stats count]]`},
	{`| union maxout=5 a [search x] [| makeresults]`, `| union maxout=5 a [| search x] [| makeresults]`},
	{`| set diff [search a] [search b]`, `| set diff [| search a] [| search b]`},
	{`x | sort 0 - a, +num(b) c desc`, `x | sort 0 -a, num(b), c desc`},
	{`x | sort a n`, `x | sort a, n`},
	{`x | sort limit=3 -a, d`, `x | sort limit=3 -a, d`},
	{`x | dedup 2 a, b keepempty=t sortby -c`, `x | dedup keepempty=t 2 a, b sortby -c`},
	{`x | head (id<4) | head 3 | head limit=2`, `x | head (id < 4) | head 3 | head limit=2`},
	{`x | bucket _time span=1h as t`, `x | bin span=1h _time as t`},
	{`x | bin span=1s`, `x | bin span=1s`},
	{`x | foreach a* mode=multifield [ eval <<FIELD>> = '<<FIELD>>' + <<MATCHSTR>>, n_<<MATCHSTR>>=1 | search <<FIELD>>=2 ]`,
		`x | foreach mode=multifield a* [eval <<FIELD>> = '<<FIELD>>' + <<MATCHSTR>>, n_<<MATCHSTR>>=1 | search <<FIELD>>=2]`},
	{`x | foreach foo* fieldstr="#f#" [ eval #f#=#f#+1 ]`, `x | foreach fieldstr="#f#" foo* [eval #f#=#f#+1]`},
	{`x | map search="search a=$b$ | x" maxsearches=3`, `x | map search="search a=$b$ | x" maxsearches=3`},
	{`x | map [ makeresults | eval p=$b$ ]`, `x | map [makeresults | eval p=$b$]`},
	{`x | transaction a, b maxspan=5m startswith=(e=1 OR f=2) endswith=eval(x>1)`,
		`x | transaction maxspan=5m a, b startswith=(e=1 OR f=2) endswith=eval(x > 1)`},
	{`x | transaction startswith="login"`, `x | transaction startswith="login"`},
	{`| from datamodel:"E.P" | spath output=o path=a{}.b | makemv delim="," m`, `| from datamodel:"E.P" | spath output=o path=a{}.b | makemv delim="," m`},
	{`| makeresults format=csv data="a,b` + "\n" + `1,2"`, `| makeresults format=csv data="a,b` + "\n" + `1,2"`},
	{`x | format "(" "(" "AND" ")" "OR" ")"`, `x | format "(" "(" "AND" ")" "OR" ")"`},
	{`x | frobnicate a=b (c d), "e" [search y]`, `x | frobnicate a=b (c d), "e" [| search y]`},
	{`x|eval b=a+1|table b`, `x | eval b=a + 1 | table b`},
	{`x | kv pairdelim=";"`, `x | extract pairdelim=";"`},
}

func TestPrint(t *testing.T) {
	for _, c := range seeds {
		q, diags := Parse(text.NewSource("q", c.in))
		if err := diags.Err(); err != nil {
			t.Errorf("%s\n%v", c.in, err)
			continue
		}
		if got := Print(q); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		checkFixedPoint(t, c.in, q)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, "1 SPL1007 the search is empty"},
		{`index=main |`, "13 SPL1007 empty stage: a command is missing here"},
		{`a | | b`, "5 SPL1007 empty stage: a command is missing here"},
		{`user="bob`, "6 SPL1002 unbalanced quotes: this quote is never closed"},
		{"a `m", "3 SPL1006 unbalanced backticks: the macro call is never closed"},
		{"a ```m", "3 SPL1006 unclosed comment: the three backticks that end it are missing"},
		{`(a (b)`, "1 SPL1003 unbalanced parentheses: this '(' is never closed"},
		{`(a=1))`, "6 SPL1004 unbalanced parentheses: unexpected ')'"},
		{`a [search b`, "3 SPL1005 unbalanced brackets: this '[' is never closed"},
		{`a ] b`, "3 SPL1005 unbalanced brackets: unexpected ']'"},
		{`a OR`, "5 SPL1011 OR needs a term on both sides"},
		{`OR a`, "1 SPL1011 OR needs a term on both sides"},
		{`a AND`, "3 SPL1011 AND needs a term on both sides"},
		{`a NOT`, "3 SPL1011 NOT needs a term behind it"},
		{`a= | b`, "1 SPL1008 missing value behind 'a='"},
		{`=b`, "1 SPL1008 missing a field name or a term before '=b'"},
		{`a IN ()`, "6 SPL1008 missing values of IN"},
		{`a IN (1`, "6 SPL1003 unbalanced parentheses: this '(' is never closed"},
		{`IN (1)`, "1 SPL1011 IN needs a field in front of it and a list in parentheses behind it"},
		{`x | where`, "10 SPL1008 missing an expression"},
		{`x | where a=1 && b=2`, "15 SPL1001 unexpected '&&'"},
		{`x | where a=`, "13 SPL1008 missing an expression"},
		{`x | where match(a, "b"`, "16 SPL1003 unbalanced parentheses: this '(' is never closed"},
		{`x | where a=1)`, "14 SPL1004 unbalanced parentheses: unexpected ')'"},
		{`x | where and b`, "11 SPL1011 AND needs an operand on both sides"},
		{`x | where 'a`, "11 SPL1002 unbalanced quotes: this single quote is never closed"},
		{`x | where 5minutes>1`, "11 SPL1009 '5minutes' is not a number; a field whose name begins with a digit stands in single quotes"},
		{`x | eval 1+2`, "10 SPL1008 missing the name of the field to assign to before '1+2'"},
		{`x | eval x=`, "12 SPL1008 missing an expression"},
		{`x | eval x`, "11 SPL1008 missing the '=' of an assignment"},
		{`x | stats by host`, "11 SPL1008 missing a statistic such as count before 'by'"},
		{`x | stats count by`, "19 SPL1008 missing a field behind BY"},
		{`x | stats count(a by b`, "16 SPL1003 unbalanced parentheses: count( is never closed"},
		{`| tstats from datamodel=X`, "10 SPL1008 missing a statistic such as count before 'from'"},
		{`x | join a`, "11 SPL1008 missing the subsearch of join"},
		{`x | regex`, "10 SPL1008 missing a regular expression"},
		{`x | fields`, "11 SPL1008 missing a field"},
		{`x | rename a b`, "12 SPL1008 missing AS behind 'a'"},
		{`x | lookup`, "11 SPL1008 missing the name of the lookup"},
		{`x | bin span=`, "9 SPL1008 missing value of option 'span'"},
		{`x | a=b`, "5 SPL1008 missing command before 'a=b': a search within a pipeline begins with a command, such as search"},
		{`x | "a"`, "5 SPL1008 missing command before '\"a'"},
		{`x | table a | where (b | head`, "21 SPL1003 unbalanced parentheses: this '(' is never closed"},
		{`x | append [search (y | head] | head`, "20 SPL1003 unbalanced parentheses: this '(' is never closed"},
	} {
		q, diags := Parse(text.NewSource("q", c.in))
		if got := strings.TrimPrefix(firstError(diags), "1:"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		if q == nil {
			t.Errorf("%s: no tree", c.in)
		}
		Print(q)
	}
}

// TestPartial shows that a mistake in one stage leaves the others.
func TestPartial(t *testing.T) {
	q, _ := Parse(text.NewSource("q", `index=a (b | eval x=1+ | stats count by | table x`))
	if got, want := Print(q), `index=a b | eval | stats count | table x`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`"a\"b"`, `a"b`}, {`"*\\Temp\\*"`, `*\Temp\*`}, {`"*\Temp\*"`, `*\Temp\*`}, {`"\d\\d"`, `\d\d`}, {`"a\|b"`, `a\|b`},
		{`D:\\x`, `D:\x`}, {`a\|b`, `a|b`}, {`"\\\\"`, `\\`},
	} {
		x, diags := ParseSearch(text.NewSource("q", c.in))
		if len(diags) > 0 {
			t.Errorf("%s: %v", c.in, diags)
		} else if got := x.(*Term).Word.Value; got != c.want {
			t.Errorf("%s means %s, want %s", c.in, got, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	in := `index=a  | where match(b, "c") AND d>1 | stats count(e) as f by g | sort -h`
	q, _ := Parse(text.NewSource("q", in))
	var got []string
	Walk(q, func(n Node) bool {
		got = append(got, n.Span().Of(in))
		return true
	})
	want := []string{in, "index=a", "index=a", "index=a", "index", "a",
		`where match(b, "c") AND d>1`, `where match(b, "c") AND d>1`, `match(b, "c") AND d>1`, `match(b, "c")`, "b", "b", `"c"`, `"c"`, "d>1", "d", "d", "1",
		"stats count(e) as f by g", "stats count(e) as f by g", "count(e) as f", "e", "f", "g", "sort -h", "sort -h", "-h", "h"}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func TestDeepNesting(t *testing.T) {
	for _, c := range []string{
		strings.Repeat("(", 1e5), strings.Repeat("NOT ", 1e5), `x | where ` + strings.Repeat("(", 1e5), `x | where ` + strings.Repeat("!", 1e5),
		`x | where a=` + strings.Repeat("-", 1e5), `x | where ` + strings.Repeat("f(", 1e5), strings.Repeat("[", 1e4), strings.Repeat("[search x ", 1e3),
		`x | where a=` + strings.Repeat("1+", 1e5), strings.Repeat("a|", 1e4), `x | eval ` + strings.Repeat("{", 1e5),
	} {
		q, diags := Parse(text.NewSource("q", c))
		if !diags.HasErrors() {
			t.Errorf("%.20s…: no error", c)
		}
		Print(q)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range seeds {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		q, diags := Parse(text.NewSource("q", in))
		for _, d := range diags {
			if d.Span.Start < 0 || d.Span.End > len(in) || d.Span.Start > d.Span.End {
				t.Fatalf("%s: bad place %v", d, d.Span)
			}
			d.Excerpt()
		}
		Walk(q, func(n Node) bool {
			if s := n.Span(); s.Start < 0 || s.End > len(in) || s.Start > s.End {
				t.Fatalf("%T: bad place %v", n, s)
			}
			return true
		})
		if diags.HasErrors() {
			Print(q)
			return
		}
		guess := false // a stage that its grammar cannot read before its macros are expanded
		Walk(q, func(n Node) bool {
			g, ok := n.(*General)
			guess = guess || ok && grammars[g.Name()] != nil
			return true
		})
		if !guess {
			checkFixedPoint(t, "q", q)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	in := "| tstats `security_content_summariesonly` count min(_time) as firstTime from datamodel=Endpoint.Processes where " +
		`(Processes.process_name="powershell*" OR Processes.process_name=cmd.exe) AND Processes.process = "*Get-DomainUser*" by Processes.dest ` +
		`Processes.user | rename "Processes.*" as "*" | where match(process, "(?i)x") AND count>1 | table dest, user`
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		Parse(text.NewSource("q", in))
	}
}
