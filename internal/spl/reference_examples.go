package spl

import "github.com/harrier-detect/harrier/internal/fn"

// ExampleLookups are the lookup tables that the examples use, by file name.
var ExampleLookups = map[string]string{"owners.csv": "host,owner\nweb1,ann\nweb2,bob\n"}

// rowsOf makes examples from pairs of a search and its rows in JSON.
func rowsOf(pairs ...string) []fn.Example {
	out := make([]fn.Example, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, fn.Example{Expr: pairs[i], Want: pairs[i+1]})
	}
	return out
}

// commandExamples are the examples of every command that runs. Together those of a command visit all of its forms, so that its
// options can be told from them.
var commandExamples = map[string][]fn.Example{
	"accum": rowsOf(`| makeresults format=csv data="n
1
2
4" | accum n AS total`, `[{"n":"1","total":1}, {"n":"2","total":3}, {"n":"4","total":7}]`),
	"addcoltotals": rowsOf(`| makeresults format=csv data="host,n
a,1
b,2" | addcoltotals labelfield=host label=all`, `[{"host":"a","n":"1"}, {"host":"b","n":"2"}, {"host":"all","n":3}]`),
	"addinfo": rowsOf(`| makeresults | addinfo | fields info_min_time, info_max_time`, `[{"info_min_time":0,"info_max_time":"+Infinity"}]`),
	"addtotals": rowsOf(`| makeresults format=csv data="a,b
1,2
3,4" | addtotals`, `[{"a":"1","b":"2","Total":3}, {"a":"3","b":"4","Total":7}]`,
		`| makeresults format=csv data="a,b
1,2
3,4" | addtotals row=false col=true`, `[{"a":"1","b":"2"}, {"a":"3","b":"4"}, {"a":4,"b":6}]`),
	"anomalydetection": rowsOf(`| makeresults format=csv data="v
1
1
1
1
1
1
1
1
1
2
2
2
2
2
2
2
2
2
x" | anomalydetection action=filter pthresh=0.1 v | table v`, `[{"v":"x"}]`),
	"analyzefields": rowsOf(`| makeresults format=csv data="n,c
1,x
1,x
2,y" | analyzefields classfield=c`, `[{"field":"n","count":3,"cocur":1,"acc":1,"balacc":1}]`),
	"associate": rowsOf(`| makeresults format=csv data="a,b
1,x
1,x
2,y
2,z" | associate supcnt=1 improv=0.9 a b | table Reference_Key, Reference_Value, Target_Key, Entropy_Improvement`, `[{"Reference_Key":"a","Reference_Value":"1","Target_Key":"b","Entropy_Improvement":"1.500"}, {"Reference_Key":"b","Reference_Value":"x","Target_Key":"a","Entropy_Improvement":"1.000"}, {"Reference_Key":"b","Reference_Value":"y","Target_Key":"a","Entropy_Improvement":"1.000"}, {"Reference_Key":"b","Reference_Value":"z","Target_Key":"a","Entropy_Improvement":"1.000"}]`),
	"bucketdir": rowsOf(`| makeresults format=csv data="p,n
/a/b/x,1
/a/b/y,5
/c,7" | bucketdir pathfield=p sizefield=n maxcount=2`, `[{"p":"/c","totalCount":1,"n":7}, {"p":"/a/b/","totalCount":2,"n":6}]`),
	"cluster": rowsOf(`| makeresults format=csv data="m
login of ann failed
login of bob failed
disk full" | cluster t=0.7 field=m showcount=true`, `[{"m":"login of ann failed","cluster_label":1,"cluster_count":2}, {"m":"disk full","cluster_label":2,"cluster_count":1}]`),
	"concurrency": rowsOf(`| makeresults format=csv data="s,d
1,5
3,5
10,1" | concurrency start=s duration=d`, `[{"s":"1","d":"5","concurrency":1}, {"s":"3","d":"5","concurrency":2}, {"s":"10","d":"1","concurrency":1}]`),
	"contingency": rowsOf(`| makeresults format=csv data="a,b
1,x
1,y
2,x" | contingency a b`, `[{"a":"1","x":1,"y":1,"TOTAL":2}, {"a":"2","x":1,"y":0,"TOTAL":1}, {"a":"TOTAL","x":2,"y":1,"TOTAL":3}]`),
	"correlate": rowsOf(`| makeresults format=csv data="a,b
1,x
2," | eval b=nullif(b,"") | table a, b | correlate`, `[{"RowField":"a","a":1,"b":0.5}, {"RowField":"b","a":0.5,"b":1}]`),
	"diff": rowsOf(`| makeresults format=csv data="m
same
other" | diff attribute=m | rename _raw AS d`, `[{"d":"-same\n+other"}]`),
	"eventcount": rowsOf(`| eventcount index=main`, `[{"count":0}]`),
	"gauge":      rowsOf(`| makeresults | eval n=7 | gauge n 0 5 10`, `[{"x":7,"y1":0,"y2":5,"y3":10}]`),
	"geostats":   rowsOf(`| makeresults | eval lat=45.5, lon=-122 | geostats maxzoomlevel=1 count`, `[{"geobin":"bin_id_zl_0_y_6_x_1","latitude":45.5,"longitude":-122,"count":1}, {"geobin":"bin_id_zl_1_y_12_x_2","latitude":45.5,"longitude":-122,"count":1}]`),
	"inputcsv":   rowsOf(`| inputcsv owners.csv WHERE host="web2"`, `[{"host":"web2","owner":"bob"}]`),
	"kmeans": rowsOf(`| makeresults format=csv data="n
1
9
2" | kmeans k=2 n`, `[{"n":"1","CLUSTERNUM":1,"centroid_n":1.5}, {"n":"2","CLUSTERNUM":1,"centroid_n":1.5}, {"n":"9","CLUSTERNUM":2,"centroid_n":9}]`),
	"localize": rowsOf(`| makeresults format=csv data="t
1000
1020
5000" | eval _time=tonumber(t) | localize maxpause=1m timebefore=10s timeafter=10s`, `[{"starttime":4990,"endtime":5010}, {"starttime":990,"endtime":1030}]`),
	"metadata":   rowsOf(`| metadata type=hosts`, `[]`),
	"metasearch": rowsOf(`| metasearch host=web1`, `[]`),
	"rtorder": rowsOf(`| makeresults format=csv data="t
5
3" | eval _time=tonumber(t) | rtorder`, `[{"t":"3"}, {"t":"5"}]`),
	"selfjoin": rowsOf(`| makeresults format=csv data="id,n
a,1
a,2
b,3" | selfjoin id`, `[{"id":"a","n":"2"}, {"id":"a","n":"1"}]`),
	"sichart": rowsOf(`| makeresults format=csv data="a
x
x
y" | sichart count BY a | chart count BY a`, `[{"a":"x","count":2}, {"a":"y","count":1}]`),
	"sirare": rowsOf(`| makeresults format=csv data="a
x
x
y" | sirare 1 a | rare 1 a`, `[{"a":"y","count":1,"percent":33.333333}]`),
	"sistats": rowsOf(`| makeresults format=csv data="a
x
x
y" | sistats count BY a | stats count BY a`, `[{"a":"x","count":2}, {"a":"y","count":1}]`),
	"sitimechart": rowsOf(`| makeresults | sitimechart span=1d count | timechart span=1d count`, `[{"count":1}]`),
	"sitop": rowsOf(`| makeresults format=csv data="a
x
x
y" | sitop 1 a | top 1 a`, `[{"a":"x","count":2,"percent":66.666667}]`),
	"timewrap":    rowsOf(`| makeresults count=4 | streamstats count AS i | eval _time=1704067200+(i-1)*43200 | timechart span=12h sum(i) AS n | timewrap 1d`, `[{"n_1day_before":1,"n_latest_day":3}, {"n_1day_before":2,"n_latest_day":4}]`),
	"xmlunescape": rowsOf(`| makeresults | eval a="x &amp; y" | xmlunescape`, `[{"a":"x & y"}]`),
	"append":      rowsOf(`| makeresults | eval a=1 | append [| makeresults | eval a=2]`, `[{"a":1}, {"a":2}]`),
	"appendcols":  rowsOf(`| makeresults | eval a=1 | appendcols [| makeresults | eval b=2]`, `[{"a":1,"b":2}]`),
	"appendpipe": rowsOf(`| makeresults format=csv data="n
1
2
4" | appendpipe [stats sum(n) AS n]`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}, {"n":7}]`),
	"autoregress": rowsOf(`| makeresults format=csv data="n
1
2
4" | autoregress n AS before p=1`, `[{"n":"1"}, {"n":"2","before":"1"}, {"n":"4","before":"2"}]`),
	"avlbase64": rowsOf(`| makeresults | eval x="aGk=" | avlbase64 type=decode field=x`, `[{"x":"aGk=","base64":"hi"}]`),
	"bin": rowsOf(`| makeresults format=csv data="n
1
2
4" | bin span=2 n`, `[{"n":"0-2"}, {"n":"2-4"}, {"n":"4-6"}]`,
		`| makeresults | eval _time=1704112103 | bin _time span=1h | eval t=_time`, `[{"t":1704110400}]`),
	"chart": rowsOf(`| makeresults format=csv data="host,user,n
a,ann,1
a,bob,2
b,ann,4" | chart sum(n) OVER host BY user`, `[{"host":"a","ann":1,"bob":2}, {"host":"b","ann":4}]`,
		`| makeresults format=csv data="host,user,n
a,ann,1
a,bob,2
b,ann,4" | chart sum(n) OVER host BY user WHERE max in top1 useother=false`, `[{"host":"a","ann":1}, {"host":"b","ann":4}]`,
		`| makeresults format=csv data="host,n
a,1
a,2
b,4" | chart eval(sum(n)/count) AS each BY host`, `[{"host":"a","each":1.5}, {"host":"b","each":4}]`),
	"convert":   rowsOf(`| makeresults | eval size="1k", t="01:00:05" | convert memk(size) dur2sec(t)`, `[{"size":1,"t":3605}]`),
	"datamodel": rowsOf(`| datamodel Endpoint Processes search`, `[]`),
	"dedup": rowsOf(`| makeresults format=csv data="a,b
1,x
1,y
2,z" | dedup a`, `[{"a":"1","b":"x"}, {"a":"2","b":"z"}]`),
	"delta": rowsOf(`| makeresults format=csv data="n
1
2
4" | delta n AS step`, `[{"n":"1"}, {"n":"2","step":1}, {"n":"4","step":2}]`),
	"eval": rowsOf(`| makeresults | eval a=2, b=a*3`, `[{"a":2,"b":6}]`),
	"eventstats": rowsOf(`| makeresults format=csv data="g,n
a,1
a,3
b,5" | eventstats avg(n) AS mean BY g`, `[{"g":"a","n":"1","mean":2}, {"g":"a","n":"3","mean":2}, {"g":"b","n":"5","mean":5}]`),
	"extract":     rowsOf(`| makeresults | eval _raw="user=ann; id=7" | extract pairdelim=";" kvdelim="="`, `[{"id":"7","user":"ann"}]`),
	"fieldformat": rowsOf(`| makeresults | eval n=1000 | fieldformat n=tostring(n,"commas")`, `[{"n":1000}]`),
	"fields":      rowsOf(`| makeresults | eval a=1, b=2 | fields - a`, `[{"b":2}]`),
	"fieldsummary": rowsOf(`| makeresults format=csv data="n
1
2
4" | fieldsummary n | table field, count, distinct_count, max, min`, `[{"field":"n","count":3,"distinct_count":3,"max":4,"min":1}]`),
	"filldown": rowsOf(`| makeresults format=csv data="a,b
1,x
2,
3,y" | eval b=nullif(b,"") | filldown b`, `[{"a":"1","b":"x"}, {"a":"2","b":"x"}, {"a":"3","b":"y"}]`),
	"fillnull": rowsOf(`| makeresults format=csv data="a,b
1,x
2," | eval b=nullif(b,"") | fillnull value=none b`, `[{"a":"1","b":"x"}, {"a":"2","b":"none"}]`),
	"foreach": rowsOf(`| makeresults | eval a1=1, a2=2, sum=0 | foreach a* [eval sum=sum+<<FIELD>>]`, `[{"a1":1,"a2":2,"sum":3}]`,
		`| makeresults | eval l=split("a,b",",") | foreach mode=multivalue l [eval n=coalesce(n,0)+1]`, `[{"l":["a","b"],"n":2}]`),
	"format": rowsOf(`| makeresults format=csv data="a,b
1,x
2,y" | format`, `[{"search":"( ( a=\"1\" AND b=\"x\" ) OR ( a=\"2\" AND b=\"y\" ) )"}]`),
	"from":     rowsOf(`| from inputlookup:owners.csv`, `[{"host":"web1","owner":"ann"}, {"host":"web2","owner":"bob"}]`),
	"fromjson": rowsOf(`| makeresults | eval _raw="{\"a\":1,\"b\":\"x\"}" | fromjson _raw`, `[{"a":1,"b":"x"}]`),
	"gentimes": rowsOf(`| gentimes start=01/01/2024 end=01/03/2024 increment=1d | fields starttime`, `[{"starttime":1704067200}, {"starttime":1704153600}]`),
	"head": rowsOf(`| makeresults format=csv data="n
1
2
4" | head 2`, `[{"n":"1"}, {"n":"2"}]`,
		`| makeresults format=csv data="n
1
2
4" | head (n<3)`, `[{"n":"1"}, {"n":"2"}]`),
	"highlight": rowsOf(`| makeresults format=csv data="n
1
2
4" | highlight 2`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}]`),
	"iconify": rowsOf(`| makeresults format=csv data="n
1
2
4" | iconify n`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}]`),
	"inputlookup": rowsOf(`| inputlookup owners.csv WHERE host="web2"`, `[{"host":"web2","owner":"bob"}]`),
	"iplocation":  rowsOf(`| makeresults | eval ip="192.0.2.1" | iplocation ip | table ip, Country`, `[{"ip":"192.0.2.1"}]`),
	"join":        rowsOf(`| makeresults | eval host="web1" | join type=left host [| inputlookup owners.csv]`, `[{"host":"web1","owner":"ann"}]`),
	"localop": rowsOf(`| makeresults format=csv data="n
1
2
4" | localop`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}]`),
	"lookup":         rowsOf(`| makeresults | eval server="web1" | lookup owners.csv host AS server OUTPUT owner`, `[{"server":"web1","owner":"ann"}]`),
	"makecontinuous": rowsOf(`| makeresults count=2 | streamstats count AS i | eval n=i*2-1 | table n | makecontinuous n span=1`, `[{"n":1}, {"n":2}, {"n":3}]`),
	"makemv":         rowsOf(`| makeresults | eval l="a,b" | makemv delim="," l`, `[{"l":["a","b"]}]`),
	"makeresults": rowsOf(`| makeresults count=2 | eval a=1`, `[{"a":1}, {"a":1}]`,
		`| makeresults format=csv data="a,b
1,x"`, `[{"a":"1","b":"x"}]`),
	"map":    rowsOf(`| makeresults | eval n=3 | map search="| makeresults | eval m=$n$+1"`, `[{"m":4}]`),
	"mstats": rowsOf(`| mstats avg(cpu.load) WHERE index=metrics BY host`, `[]`),
	"multikv": rowsOf(`| makeresults | eval _raw="user id
ann 7" | multikv | table user, id`, `[{"user":"ann","id":"7"}]`),
	"multisearch": rowsOf(`| multisearch [search a=1] [search a=2] | table a`, `[]`),
	"mvcombine": rowsOf(`| makeresults format=csv data="a,b
1,x
1,y" | mvcombine b`, `[{"a":"1","b":["x","y"]}]`),
	"mvexpand": rowsOf(`| makeresults | eval l=split("a,b",",") | mvexpand l`, `[{"l":"a"}, {"l":"b"}]`),
	"nomv":     rowsOf(`| makeresults | eval l=split("a,b",",") | nomv l`, `[{"l":"a\nb"}]`),
	"noop": rowsOf(`| makeresults format=csv data="n
1
2
4" | noop`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}]`),
	"outlier": rowsOf(`| makeresults format=csv data="n
1
2
2
3
99" | outlier n`, `[{"n":"1"}, {"n":"2"}, {"n":"2"}, {"n":"3"}, {"n":4.5}]`),
	"outputlookup": rowsOf(`| makeresults | eval a=1 | outputlookup owners.csv`, `[{"a":1}]`),
	"predict":      rowsOf(`| makeresults count=4 | eval n=5 | table n | predict n algorithm=LL future_timespan=1 | tail 1 | eval p='prediction(n)' | table p`, `[{"p":5}]`),
	"rangemap": rowsOf(`| makeresults format=csv data="n
1
2
4" | rangemap field=n low=0-1 mid=2-3 default=high`, `[{"n":"1","range":"low"}, {"n":"2","range":"mid"}, {"n":"4","range":"high"}]`),
	"rare": rowsOf(`| makeresults format=csv data="a
x
x
y" | rare a`, `[{"a":"y","count":1,"percent":33.333333}, {"a":"x","count":2,"percent":66.666667}]`),
	"redistribute": rowsOf(`| makeresults format=csv data="n
1
2
4" | redistribute`, `[{"n":"1"}, {"n":"2"}, {"n":"4"}]`),
	"regex": rowsOf(`| makeresults format=csv data="a
x1
y2" | regex a="^x"`, `[{"a":"x1"}]`),
	"reltime": rowsOf(`| makeresults | eval t=now()-7200 | reltime timefield=t | table reltime`, `[{"reltime":"2 hours ago"}]`),
	"rename":  rowsOf(`| makeresults | eval a1=1, a2=2 | rename a* AS b*`, `[{"b1":1,"b2":2}]`),
	"replace": rowsOf(`| makeresults format=csv data="a
web-1
db-1" | replace web* WITH w* IN a`, `[{"a":"w-1"}, {"a":"db-1"}]`),
	"return": rowsOf(`| makeresults | eval a="x" | return a`, `[{"search":"a=\"x\""}]`,
		`| makeresults | eval a="x" | return $a`, `[{"search":"x"}]`),
	"reverse": rowsOf(`| makeresults format=csv data="n
1
2
4" | reverse`, `[{"n":"4"}, {"n":"2"}, {"n":"1"}]`),
	"rex": rowsOf(`| makeresults | eval s="id=7" | rex field=s "id=(?<id>\d+)"`, `[{"s":"id=7","id":"7"}]`,
		`| makeresults | eval s="a-b" | rex field=s mode=sed "s/-/+/g"`, `[{"s":"a+b"}]`),
	"search": rowsOf(`| makeresults format=csv data="host,n
web1,1
db1,2" | search host=WEB* OR n>5`, `[{"host":"web1","n":"1"}]`),
	"set": rowsOf(`| set diff [| makeresults | eval a=1 | table a] [| makeresults | eval a=2 | table a]`, `[{"a":1}, {"a":2}]`),
	"sort": rowsOf(`| makeresults format=csv data="n
1
2
4" | sort - n`, `[{"n":"4"}, {"n":"2"}, {"n":"1"}]`,
		`| makeresults format=csv data="n
1
2
4" | sort 1 n`, `[{"n":"1"}]`),
	"spath": rowsOf(`| makeresults | eval j="{\"a\":{\"b\":[1,2]}}" | spath input=j path=a.b{} output=x | table x`, `[{"x":[1,2]}]`),
	"stats": rowsOf(`| makeresults format=csv data="g,n
a,1
a,3
b,5" | stats count, sum(n) AS total BY g`, `[{"g":"a","count":2,"total":4}, {"g":"b","count":1,"total":5}]`),
	"strcat": rowsOf(`| makeresults | eval a="x", b="y" | strcat a "-" b c`, `[{"a":"x","b":"y","c":"x-y"}]`),
	"streamstats": rowsOf(`| makeresults format=csv data="n
1
2
4" | streamstats sum(n) AS total`, `[{"n":"1","total":1}, {"n":"2","total":3}, {"n":"4","total":7}]`,
		`| makeresults format=csv data="n
1
2
4" | streamstats window=2 current=true avg(n) AS mean`, `[{"n":"1","mean":1}, {"n":"2","mean":1.5}, {"n":"4","mean":3}]`),
	"table": rowsOf(`| makeresults | eval a=1, b=2 | table b, c`, `[{"b":2}]`),
	"tail": rowsOf(`| makeresults format=csv data="n
1
2
4" | tail 2`, `[{"n":"4"}, {"n":"2"}]`),
	"timechart": rowsOf(`| makeresults count=3 | streamstats count AS i | eval _time=1704110400+(i-1)*3600*i/2 | timechart span=1h count | eval t=_time`, `[{"count":1,"t":1704110400}, {"count":1,"t":1704114000}, {"count":0,"t":1704117600}, {"count":1,"t":1704121200}]`,
		`| makeresults count=2 | streamstats count AS n | eval _time=1704110400+(n-1)*3600 | timechart span=1h per_minute(n) AS rate | table rate`, `[{"rate":0.016666666666666666}, {"rate":0.03333333333333333}]`),
	"tojson": rowsOf(`| makeresults | eval a=1, b="x" | tojson a, b output_field=j | table j`, `[{"j":"{\"a\":1,\"b\":\"x\"}"}]`,
		`| makeresults | eval a=1, b="true" | tojson str(a) bool(b) output_field=j | table j`, `[{"j":"{\"a\":\"1\",\"b\":true}"}]`),
	"top": rowsOf(`| makeresults format=csv data="a
x
x
y" | top 1 a`, `[{"a":"x","count":2,"percent":66.666667}]`),
	"transaction": rowsOf(`| makeresults format=csv data="_time,s,e
100,1,in
110,1,out
500,1,in" | eval _time=tonumber(_time) | sort - _time | transaction s maxspan=1m | table s, e, duration, eventcount`, `[{"s":"1","e":"in","duration":0,"eventcount":1}, {"s":"1","e":["in","out"],"duration":10,"eventcount":2}]`),
	"transpose": rowsOf(`| makeresults format=csv data="a,b
1,x
2,y" | transpose`, `[{"column":"a","row 1":"1","row 2":"2"}, {"column":"b","row 1":"x","row 2":"y"}]`),
	"trendline": rowsOf(`| makeresults format=csv data="n
1
2
4" | trendline sma2(n) AS mean`, `[{"n":"1"}, {"n":"2","mean":1.5}, {"n":"4","mean":3}]`,
		`| makeresults format=csv data="n
1
2
5" | trendline ema2(n) AS e wma2(n) AS w`, `[{"n":"1"}, {"n":"2","e":1.5,"w":1.6666666666666667}, {"n":"5","e":3.8333333333333335,"w":4}]`),
	"tstats": rowsOf(`| tstats count FROM datamodel=Endpoint.Processes WHERE Processes.process_name="cmd.exe"`, `[{"count":0}]`,
		`| tstats count FROM datamodel=Endpoint.Processes BY Processes.dest`, `[]`),
	"union": rowsOf(`| union [| makeresults | eval a=1] [| makeresults | eval a=2]`, `[{"a":1}, {"a":2}]`),
	"uniq": rowsOf(`| makeresults format=csv data="a
x
x
y" | uniq`, `[{"a":"x"}, {"a":"y"}]`),
	"untable": rowsOf(`| makeresults format=csv data="host,n,m
a,1,2" | untable host, name, value`, `[{"host":"a","name":"n","value":"1"}, {"host":"a","name":"m","value":"2"}]`),
	"where": rowsOf(`| makeresults format=csv data="n
1
2
4" | where n>1 AND n!=4`, `[{"n":"2"}]`),
	"xmlkv": rowsOf(`| makeresults | eval _raw="<user>ann</user><id>7</id>" | xmlkv`, `[{"id":"7","user":"ann"}]`),
	"xpath": rowsOf(`| makeresults | eval x="<r><u n=\"a\">ann</u></r>" | xpath field=x outfield=who "//r/u/@n"`, `[{"x":"<r><u n=\"a\">ann</u></r>","who":"a"}]`),
	"xyseries": rowsOf(`| makeresults format=csv data="host,name,value
a,n,1
a,m,2" | xyseries host name value`, `[{"host":"a","n":"1","m":"2"}]`),
}
