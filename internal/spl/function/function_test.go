package function

import (
	"math"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// The row that expressions in these tables see.
var row = map[string]event.Value{
	"a": event.IntOf(1), "half": event.FloatOf(0.5), "s": event.StringOf("text"), "n": event.StringOf("42"), "dec": event.StringOf("16.00"),
	"spaced": event.StringOf(" 42 "), "hex": event.StringOf("ff"), "empty": event.StringOf(""), "big": event.IntOf(1 << 60),
	"mv": event.ListOf([]event.Value{event.StringOf("b"), event.StringOf("a"), event.StringOf("b")}),
	"nv": event.ListOf([]event.Value{event.StringOf("3"), event.StringOf("10"), event.StringOf("7")}), "one": event.ListOf([]event.Value{event.StringOf("x")}),
	"none": event.ListOf(nil), "t": event.TicksOf(1704067200 * event.TicksPerSecond), "nul": event.NullValue,
}

func TestOperators(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	// comparison
	f(`n=42`, `true`)
	f(`n="42.0"`, `true`)
	f(`dec=16`, `true`)
	f(`spaced=42`, `false`)
	f(`s="Text"`, `false`)
	f(`s>"a" AND s<"u"`, `true`)
	f(`s>5`, `true`)
	f(`nosuch=1`, `null`)
	f(`nosuch!=1`, `null`)
	f(`NOT nosuch=1`, `null`)
	f(`nosuch=1 OR a=1`, `true`)
	f(`mv="a"`, `true`)
	f(`mv!="a"`, `true`)
	f(`mv="c"`, `false`)
	f(`"a"=mv`, `true`)
	f(`mv=mv`, `true`)
	f(`nv>9`, `true`)
	f(`one="x"`, `true`)
	f(`none="x"`, `false`)
	f(`t=1704067200`, `true`)
	f(`"1152921504606846976"="1152921504606846977"`, `false`)
	f(`big=1152921504606846976`, `true`)
	f(`"1e3"=1000`, `true`)
	f(`"0x10"=16`, `false`)
	f(`".5"=0.5`, `true`)
	f(`"-"<5`, `true`) // characters: - comes before 5
	f(`(1=1)=(2=2)`, `true`)
	// arithmetic
	f(`n+1`, `43`)
	f(`n-a`, `41`)
	f(`n*half`, `21`)
	f(`1/3`, `0.3333333333333333`)
	f(`n/0`, `null`)
	f(`s+1`, `null`)
	f(`s*2`, `null`)
	f(`s+s`, `"texttext"`)
	f(`n+n`, `84`)
	f(`"1"+"2"`, `"12"`)
	f(`"n="+n`, `"n=42"`)
	f(`"5"*2`, `error`)
	f(`2-"5"`, `error`)
	f(`"a"+5`, `error`)
	f(`-"a"`, `error`)
	f(`-n`, `-42`)
	f(`mv+1`, `null`)
	f(`big+big>big`, `true`)
	f(`big*big>big`, `true`)
	f(`9007199254740993-1`, `9007199254740992`)
	f(`t+60`, `1704067260`)
	f(`null()+1`, `null`)
	// concatenation
	f(`a.half`, `"10.5"`)
	f(`s.nosuch`, `null`)
	f(`s.":".n`, `"text:42"`)
	f(`"".1/4`, `0.25`)
	f(`1=1 XOR nosuch=1`, `null`)
	// precision
	f(`sigfig(1.00*1111)`, `1110`)
	f(`sigfig(123.0+4.567)`, `127.6`)
	f(`sigfig(3.990000000000215*1.00)`, `3.99`)
	f(`sigfig(10/3)`, `3`)
	f(`sigfig(10.0/3.00)`, `3.33`)
	f(`sigfig(s*1)`, `null`)
}

func TestConditionalFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`coalesce(nosuch,nul,s)`, `"text"`)
	f(`coalesce(empty,s)`, `""`)
	f(`coalesce(none,s)`, `"text"`)
	f(`nullif(n,42)`, `null`)
	f(`nullif(nosuch,1)`, `null`)
	f(`in(n,41,42.0)`, `true`)
	f(`in(nosuch,"a")`, `null`)
	f(`in("text",mv,s)`, `true`)
	f(`in(mv,"a")`, `true`)
	f(`n IN ("42","x")`, `true`)
	f(`like(s,"t%t")`, `true`)
	f(`like(s,"T%")`, `false`)
	f(`like(s,"te_t")`, `true`)
	f(`like(mv,"a")`, `true`)
	f(`like(nosuch,"%")`, `null`)
	f(`like("a%b","a\%b")`, `false`)
	f(`like("a\\b","a\%")`, `true`)
	f(`like("héé","h__")`, `true`)
	f(`like("x\ny","x%y")`, `true`)
	f(`like(s,s)`, `true`)
	f(`like(n,"4%")`, `true`)
	f(`match(s,"^t")`, `true`)
	f(`match(n,"^\d+$")`, `true`)
	f(`match(mv,"^a$")`, `true`)
	f(`match(s,"(?i)TEX")`, `true`)
	f(`match(s,"(")`, `error`)
	f(`match(s,s)`, `true`)
	f(`match(s,"(".s)`, `null`)
	f(`match("abab","^(ab)\1$")`, `true`)
	f(`cidrmatch("10.0.0.0/8",n)`, `false`)
	f(`cidrmatch("nonsense",s)`, `error`)
	f(`cidrmatch("10.1.2.3","10.1.2.3")`, `true`)
	f(`cidrmatch("192.168.1.7/24","192.168.1.200")`, `true`)
	f(`cidrmatch("::ffff:0:0/96","::ffff:10.0.0.1")`, `false`) // an address of that kind counts as IPv4
	f(`cidrmatch(s,"10.0.0.1")`, `false`)
	f(`if(nosuch="a",1,2)`, `2`)
	f(`case(1=2,1)`, `null`)
	f(`validate(isint(a),"no int",a>5,"too small")`, `"too small"`)
}

func TestTextFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`len(nosuch)`, `null`)
	f(`len("")`, `0`)
	f(`len("\d")`, `2`)
	f(`upper(mv)`, `["B","A","B"]`)
	f(`trim(spaced)`, `"42"`)
	f(`trim("xxaxx","x")`, `"a"`)
	f(`trim("a\n")`, `"a\\n"`)
	f(`substr(s,1,0)`, `""`)
	f(`substr(s,0)`, `"text"`)
	f(`substr(s,0,2)`, `"t"`)
	f(`substr(s,-2)`, `"xt"`)
	f(`substr(s,-10,8)`, `"te"`)
	f(`substr(s,3,-2)`, `"te"`)
	f(`substr(s,10)`, `""`)
	f(`substr("héllo",2,2)`, `"él"`)
	f(`substr(s,"x")`, `error`)
	f(`substr(n,1,1)`, `"4"`)
	f(`replace(s,"t","<\0>")`, `"<t>ex<t>"`)
	f(`replace(n,"4","5")`, `52`)
	f(`replace(mv,"b","c")`, `["c","a","c"]`)
	f(`replace(s,"(?<x>e)(x)","\2\1")`, `"txet"`)
	f(`replace(s,"[","")`, `error`)
	f(`replace("a/b","/","\\")`, `"a\\b"`)
	f(`urldecode("%41%42%e9%zz%4")`, `"AB`+"\xe9"+`%zz%4"`)
	f(`md5("")`, `"d41d8cd98f00b204e9800998ecf8427e"`)
	f(`sha1(n)`, `"92cfceb39d57d914ed8b14d0e37643de0797ae56"`)
	f(`spath("{\"a\":[1,{\"b\":null}]}","a{1}")`, `"{\"b\":null}"`)
	f(`spath("{\"a\":[1,2]}","a{}")`, `[1,2]`)
	f(`spath("{\"a\":[1,2]}","a")`, `"[1,2]"`)
	f(`spath("{\"a\":true}","a")`, `"true"`)
	f(`spath("not json","a")`, `null`)
	f(`spath("<r><x>1</x><x k=\"v\">2</x></r>","r.x")`, `["1","2"]`)
	f(`spath("<r><x>1</x><x k=\"v\">2</x></r>","r.x{2}")`, `"2"`)
	f(`spath("<r><x>1</x><x k=\"v\">2</x></r>","r.x{@k}")`, `"v"`)
	f(`spath("<r><x>1</x></r>","r")`, `"<x>1</x>"`)
	f(`spath("<r><x>1</r>","r.x")`, `null`)
}

func TestConversionFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`tonumber(n)+1`, `43`)
	f(`tonumber(spaced)`, `null`)
	f(`tonumber(s)`, `null`)
	f(`tonumber("seven")`, `error`)
	f(`tonumber("zz",10)`, `error`)
	f(`tonumber("z",36)`, `35`)
	f(`tonumber(hex,16)`, `255`)
	f(`tonumber("0xFF",16)`, `255`)
	f(`tonumber("-ff",16)`, `-255`)
	f(`tonumber(n,1)`, `error`)
	f(`tonumber(n,"x")`, `error`)
	f(`tonumber("1e3")`, `1000`)
	f(`tonumber("12345678901234567")`, `12345678901234567`)
	f(`tonumber(mv)`, `null`)
	f(`todouble(s)`, `null`)
	f(`toint(dec)`, `16`)
	f(`toint("-3.5")`, `-4`)
	f(`tostring(half)`, `"0.5"`)
	f(`tostring(dec)`, `"16.00"`)
	f(`tostring(255,"hex")`, `"0xFF"`)
	f(`tostring(-1,"hex")`, `null`)
	f(`tostring(1234567,"commas")`, `"1,234,567"`)
	f(`tostring(1.5,"commas")`, `"1.50"`)
	f(`tostring(-1234.567,"commas")`, `"-1,234.57"`)
	f(`tostring(999,"commas")`, `"999"`)
	f(`tostring(s,"commas")`, `"text"`)
	f(`tostring(61.5,"duration")`, `"00:01:01.500000"`)
	f(`tostring(-615,"duration")`, `"-00:10:15"`)
	f(`tostring(1,"roman")`, `error`)
	f(`tostring(nosuch)`, `null`)
	f(`tostring(1==2)`, `"False"`)
	f(`tobool("False")`, `false`)
	f(`tobool(n)`, `true`)
	f(`tobool(s)`, `null`)
	f(`toarray(nv)`, `"[3,10,7]"`)
	f(`ipmask("255.255.0.0","10.20.30.40")`, `"10.20.0.0"`)
	f(`ipmask("255.255.0.0",s)`, `null`)
	f(`ipmask("255.255.0","10.0.0.1")`, `error`)
	// printf
	f(`printf("%5d|%-5d|%05d",42,42,42)`, `"   42|42   |00042"`)
	f(`printf("%x %#X %o %#o",255,255,8,8)`, `"ff 0XFF 10 010"`)
	f(`printf("%s-%z",s,n)`, `"text-42"`)
	f(`printf("%.2s|%5s|%-5s|",s,"ab","ab")`, `"te|   ab|ab   |"`)
	f(`printf("%.3d %.0d|",5,0)`, `"005 |"`)
	f(`printf("%e %E",5139,0.00015)`, `"5.139000e+03 1.500000E-04"`)
	f(`printf("%.3A",pi())`, `"0X1.922P+1"`)
	f(`printf("%g %g %g",0.0001,1000000,100000)`, `"0.0001 1e+06 100000"`)
	f(`printf("%*.*e",9,2,pi())`, `" 3.14e+00"`)
	f(`printf("%'.2f",1234567.891)`, `"1,234,567.89"`)
	f(`printf("% d %+d",5,5)`, `" 5 +5"`)
	f(`printf("%d",3.9)`, `3`)
	f(`printf("%d",s)`, `null`)
	f(`printf("%d",nosuch)`, `null`)
	f(`printf("%d")`, `error`)
	f(`printf("%q",1)`, `error`)
	f(`printf("%")`, `error`)
	f(`printf("%99999d",1)`, `error`)
	f(`printf(s,1)`, `"text"`)
}

func TestTimeFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`now()`, `1704112103`)
	f(`time()`, `1704112103.5`)
	f(`relative_time(now(),"@d")`, `1704067200`)
	f(`relative_time(nosuch,"@d")`, `null`)
	f(`relative_time(t,"+1h")`, `1704070800`)
	f(`relative_time(now(),"yesterday")`, `error`)
	f(`relative_time("x","@d")`, `error`)
	f(`relative_time(now(),s)`, `null`)
	f(`strftime(t,"%F")`, `"2024-01-01"`)
	f(`strftime(s,"%F")`, `null`)
	f(`strftime(1704067200,"%s")`, `1704067200`)
	f(`strptime("12:00","%H:%M")`, `1704110400`)
	f(`strptime("2024-01-01T00:00:00Z","%Y-%m-%dT%H:%M:%S%Z")`, `1704067200`)
	f(`strptime(nosuch,"%F")`, `null`)
}

func TestInformationFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`isint(n)`, `true`)
	f(`isint("4")`, `false`) // a literal in quotes is text
	f(`isint(dec)`, `false`)
	f(`isdouble(dec)`, `true`)
	f(`isnum(n)`, `true`)
	f(`isnum("NaN")`, `false`)
	f(`isstr(n)`, `false`)
	f(`isstr("7")`, `true`)
	f(`isnull(none)`, `true`)
	f(`isnotnull(mv)`, `true`)
	f(`ismv(one)`, `false`)
	f(`ismv(mv)`, `true`)
	f(`typeof(n)`, `"Number"`)
	f(`typeof("12")`, `"String"`)
	f(`typeof(nosuch)`, `"Invalid"`)
	f(`isarray(mv)`, `false`)
}

func TestMathFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`abs(n)`, `42`)
	f(`abs("5")`, `error`)
	f(`abs(s)`, `null`)
	f(`abs(1=1)`, `error`)
	f(`round(half)`, `1`)
	f(`round(-0.5)`, `-1`)
	f(`round(1.005,2)`, `1.01`)
	f(`round(9.995,2)`, `10`)
	f(`round(1234.5678,-1)`, `error`)
	f(`round(2.5,0)`, `3`)
	f(`round(0.1+0.2,1)`, `0.3`)
	f(`pow(2,-1)`, `0.5`)
	f(`exp(1000)`, `null`)
	f(`log(8,2)`, `3`)
	f(`sum(1,2,"3")`, `error`)
	f(`sum(n,s,nosuch,nv)`, `62`)
	f(`sum(s)`, `null`)
	f(`avg(nv)`, `6.666666666666667`)
	f(`max(nv)`, `10`)
	f(`min(nv,s)`, `3`)
	f(`max(1,"foo","zaz")`, `"zaz"`)
	f(`min(nosuch)`, `null`)
	f(`bit_and(1.5,1)`, `null`)
	f(`bit_xor(4,6,1)`, `3`)
	f(`hypot("3",4)`, `error`)
}

func TestMultivalueFunctions(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, row)
	}
	f(`mvcount(one)`, `1`)
	f(`mvcount(none)`, `null`)
	f(`mvdedup(mv)`, `["b","a"]`)
	f(`mvsort(mv)`, `["a","b","b"]`)
	f(`mvappend(mv,n,nosuch)`, `["b","a","b","42"]`)
	f(`mvindex(mv,0)`, `"b"`)
	f(`mvindex(mv,-2)`, `"a"`)
	f(`mvindex(mv,1,-1)`, `["a","b"]`)
	f(`mvindex(mv,1,99)`, `["a","b"]`)
	f(`mvindex(mv,-9)`, `null`)
	f(`mvindex(mv,2,1)`, `null`)
	f(`mvindex(mv,s)`, `null`)
	f(`mvfind(mv,"^a$")`, `1`)
	f(`mvfind(nosuch,"a")`, `null`)
	f(`mvjoin(nosuch,",")`, `null`)
	f(`mvjoin(a,",")`, `1`)
	f(`mvzip(mv,nv)`, `["b,3","a,10","b,7"]`)
	f(`mvrange(1,2,0.25)`, `[1,1.25,1.5,1.75]`)
	f(`mvrange(5,1,-2)`, `[5,3]`)
	f(`mvrange(1,5,0)`, `null`)
	f(`mvrange(1,1e18)`, `null`)
	f(`mvrange(0,86400,"12h")`, `[0,43200]`)
	f(`mvrange(0,10,"x")`, `error`)
	f(`mvindex(mvrange(1514834731,1524134919,"7d"),1)`, `1515439531`)
	f(`split("a--b--","--")`, `["a","b",""]`)
	f(`split(empty,",")`, `""`)
	f(`split(nosuch,",")`, `null`)
	f(`split("héé","")`, `["h","é","é"]`)
	f(`split("C:\\a\\b","\\")`, `["C:","a","b"]`)
	f(`commands("| tstats count [ search x | head 1 ] | stats c")`, `["tstats","search","head","stats"]`)
	f(`mv_to_json_array(nv)`, `"[\"3\",\"10\",\"7\"]"`)
}

func TestJSONFunctions(t *testing.T) {
	cities := map[string]event.Value{"j": event.StringOf(`{"cities":[{"name":"London","B":[{"n":"Tower","l":801},{"n":"Mill","l":1066}]},{"name":"Venice","B":[{"n":"Rialto"}]}],"t":true,"z":null}`)}
	f := func(expr, want string) {
		t.Helper()
		check(t, expr, want, cities)
	}
	f(`json_extract(j,"cities{0}.name")`, `"London"`)
	f(`json_extract(j,"cities{0}.B{1}.l")`, `1066`)
	f(`json_extract(j,"cities{1}.B{0}")`, `"{\"n\":\"Rialto\"}"`)
	f(`json_extract(j,"cities{}.B{}.n")`, `"[\"Tower\",\"Mill\",\"Rialto\"]"`)
	f(`json_extract(j,"cities{9}")`, `null`)
	f(`json_extract(j,"cities{}.nope")`, `null`)
	f(`json_extract(j,"t")`, `"true"`)
	f(`json_extract(j,"z")`, `null`)
	f(`json_extract(j,"t","z","cities{1}.name")`, `"[true,null,\"Venice\"]"`)
	f(`json_extract("[1,2]","{1}")`, `2`)
	f(`json_extract("[1,2]","{}")`, `"[1,2]"`)
	f(`json_extract("5")`, `5`)
	f(`json_extract("nope","a")`, `null`)
	f(`json_extract_exact("{\"a\":1,\"b\":[2]}","b","a")`, `"[[2],1]"`)
	f(`json_set("{\"l\":[1,2]}","l{1}",9)`, `"{\"l\":[1,9]}"`)
	f(`json_set("{\"l\":[1,2]}","l{7}",9)`, `"{\"l\":[1,2]}"`)
	f(`json_set("{\"a\":1}","a",null())`, `"{\"a\":null}"`)
	f(`json_set("{\"a\":1}","a")`, `error`)
	f(`json_set("x","a",1)`, `null`)
	f(`json_append("{\"a\":1}","nope",2)`, `"{\"a\":1}"`)
	f(`json_append("{\"F\":{\"s\":[\"run\"]}}","F.s","code","F.s","x")`, `"{\"F\":{\"s\":[\"run\",\"code\",\"x\"]}}"`)
	f(`json_extend("{\"l\":1}","l",json_array(2,3))`, `"{\"l\":[1,2,3]}"`)
	f(`json_delete("{\"a\":1,\"b\":2,\"c\":3}","[\"a\",\"c\"]")`, `"{\"b\":2}"`)
	f(`json_delete("{\"a.b\":1}","a.b")`, `"{\"a.b\":1}"`)
	f(`json_object("a",json_array(1,"x"),"b",json_object())`, `"{\"a\":[1,\"x\"],\"b\":{}}"`)
	f(`json_object("a")`, `error`)
	f(`json_object("n",1.50)`, `"{\"n\":1.5}"`)
	f(`json_array_to_mv("[1,\"a\",null,{\"b\":true}]")`, `[1,"a","null","{\"b\":true}"]`)
	f(`json("5")`, `"5"`)
	f(`json("{\"a\":1,}")`, `null`)
	f(`json_valid("\"x\"")`, `true`)
	f(`json_keys("{\"b\":1,\"a\":2}")`, `"[\"b\",\"a\"]"`)
}

func TestText(t *testing.T) {
	f := func(v event.Value, want string) {
		t.Helper()
		if got := Text(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
	f(event.FloatOf(16), "16")
	f(event.FloatOf(math.Copysign(0, -1)), "0")
	tenth := 0.1
	f(event.FloatOf(tenth+0.2), "0.30000000000000004")
	f(event.FloatOf(1e20), "100000000000000000000")
	f(event.FloatOf(1704067200.5), "1704067200.5")
	f(event.FloatOf(1e-9), "1e-09")
	f(event.IntOf(-1<<63), "-9223372036854775808")
	f(event.BoolOf(true), "True")
	f(event.TicksOf(1704067200*event.TicksPerSecond+5_000_000), "1704067200.5")
	f(event.ListOf([]event.Value{event.IntOf(1), event.StringOf("a")}), "1\na")
	f(event.ObjectOf(event.Bag{{Name: "a", Value: event.IntOf(1)}}), `{"a":1}`)
	f(event.Value{}, "")
}

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]float64{"0": 0, "-5": -5, "+5": 5, "1.": 1, ".5": 0.5, "1e3": 1000, "1E-2": 0.01, "007": 7, "123456789012345678": 123456789012345678} {
		if got, ok := ParseNumber(s); !ok || got != want {
			t.Errorf("%q: got %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", " 1", "1 ", "-", ".", "1e", "e1", "1-2", "0x10", "1_000", "inf", "nan", "1,000", "--1", "1.2.3", "1e+"} {
		if got, ok := ParseNumber(s); ok {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestCompareSort(t *testing.T) {
	str := event.StringOf
	order := func(kind SortKind, vs ...event.Value) {
		t.Helper()
		for i := range vs {
			for j := range vs {
				want := 0
				if i < j {
					want = -1
				} else if i > j {
					want = 1
				}
				if got := CompareSort(kind, vs[i], vs[j]); got != want {
					t.Errorf("%v and %v: got %d, want %d", vs[i], vs[j], got, want)
				}
			}
		}
	}
	order(SortAuto, event.IntOf(1), str("2"), event.FloatOf(15.5), str("100"), str("A"), str("Z"), str("a"))
	order(SortAuto, str("9.1.1.1"), str("10.0.0.9"), str("10.0.0.10"), str("2001:db8::1"))
	order(SortNum, str("9"), str("10"), str("x"))
	order(SortText, str("10"), str("100"), str("70"), str("9"))
	order(SortIP, str("9.1.1.1"), str("10.0.0.9"), str("10.0.0.10"), str("zzz"))
	order(SortAuto, event.ListOf([]event.Value{str("3"), str("0")}), str("4"))
}

func TestLookup(t *testing.T) {
	if Lookup("IF") != nil || Special("IF") == nil || Lookup("MvJoin") == nil || Lookup("nosuch") != nil {
		t.Error("functions are found by name, in any case")
	}
	seen := map[string]bool{}
	for _, f := range Scalars {
		if Special(f.Name) != nil || seen[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		seen[f.Name] = true
	}
	for _, name := range []string{"perc95", "p99.9", "upperperc50", "exactperc10", "PERC5", "median", "dc", "C"} {
		if Aggregate(name) == nil {
			t.Errorf("%s is not found", name)
		}
	}
	for _, name := range []string{"perc", "p", "perc101", "percx", "p-1", "perc0x10", "perc1e1", "nosuch"} {
		if Aggregate(name) != nil {
			t.Errorf("%s is found", name)
		}
	}
}

// TestConditions holds the list of conditions against the examples: what gives true or false is one.
func TestConditions(t *testing.T) {
	for _, f := range Scalars {
		for _, e := range f.Examples {
			whole := strings.HasPrefix(e.Expr, f.Name+"(") && strings.HasSuffix(e.Expr, ")") && !strings.ContainsAny(e.Expr, "<>")
			if b := e.Want == "true" || e.Want == "false"; whole && f.Name != "tobool" && b != IsCondition(f.Name) && e.Want != "null" {
				t.Errorf("%s gives %s; IsCondition says %v", e.Expr, e.Want, !b)
			}
		}
	}
}

// FuzzFunctions feeds every function all kinds of values; none may panic.
func FuzzFunctions(f *testing.F) {
	f.Add("%5.2f|%s", "[1,{\"a\":2}]", -3.5, int64(7))
	f.Add("a{}.b{@c}", "<a><b c='1'/></a>", 1e300, int64(-1))
	f.Add("(a|b)*\\1", "%d%", 0.0, int64(1)<<62)
	f.Fuzz(func(t *testing.T, a, b string, x float64, n int64) {
		if len(a) > 100 || len(b) > 100 {
			return
		}
		pool := []event.Value{event.StringOf(a), event.StringOf(b), event.FloatOf(x), event.IntOf(n), event.NullValue, {}, event.BoolOf(n > 0),
			event.ListOf([]event.Value{event.StringOf(b), event.IntOf(n)}), event.ListOf(nil)}
		for _, list := range [][]*fn.Func{Scalars, Operators, Search} {
			for _, f := range list {
				for shift := range pool {
					args := make([]event.Value, max(f.Min, min(3, f.Max)))
					known := make([]fn.Arg, len(args))
					null := false
					for i := range args {
						args[i] = pool[(shift+i*int(uint64(n)%7+1))%len(pool)]
						known[i] = fn.Arg{Const: (shift+i)%2 == 0, Value: args[i]}
						null = null || args[i].IsNull()
					}
					r, err := f.Prepare(testEnv, known)
					if err != nil || null && f.Null == fn.NullInNullOut {
						continue
					}
					r(args)
				}
			}
		}
	})
}
