package function

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

// maxRange bounds the values that mvrange makes.
const maxRange = 1_000_000

var multivalue = []*fn.Func{
	{Name: "commands", Min: 1, Max: 1, Row: commands, See: pageMultivalue, Doc: "The names of the commands of a search.", Examples: ex(`mvjoin(commands("search foo | stats count | sort count"),",")`, `"search,stats,sort"`)},
	{Name: "mv_to_json_array", Min: 1, Max: 2, Row: mvToJSON, See: pageMultivalue, Doc: "The values of a multivalue field as a JSON array of texts; with a true second argument each value is read as JSON, and what is none becomes null.",
		Examples: ex(`mv_to_json_array(split("a,b",","))`, `"[\"a\",\"b\"]"`, `mv_to_json_array(split("1,true,x",","),true())`, `"[1,true,null]"`)},
	{Name: "mvappend", Min: 1, Max: -1, Null: fn.SeesNull, Row: mvAppend, See: pageMultivalue, Doc: "All values of all arguments in one multivalue field; nulls are left out.", Examples: ex(`mvjoin(mvappend("a",null(),split("b,c",",")),"")`, `"abc"`, `mvappend(null())`, `null`)},
	{Name: "mvcount", Min: 1, Max: 1, Row: func(in []event.Value) event.Value { return count(in[0]) }, See: pageMultivalue, Doc: "The number of values; null when there is none.", Examples: ex(`mvcount("x")`, `1`, `mvcount(split("a,b",","))`, `2`, `mvcount(null())`, `null`)},
	{Name: "mvdedup", Min: 1, Max: 1, Row: mvDedup, See: pageMultivalue, Doc: "The values without repetitions; the first of each stays.", Examples: ex(`mvjoin(mvdedup(split("c,a,c,b",",")),"")`, `"cab"`)},
	{Name: "mvfind", Min: 2, Max: 2, Bind: mvFind, See: pageMultivalue, Doc: "The position, from 0, of the first value in which a regular expression is found; null when there is none.", Examples: ex(`mvfind(split("x,abc",","),"b")`, `1`, `mvfind(split("x,y",","),"z")`, `null`)},
	{Name: "mvindex", Min: 2, Max: 3, Bind: mvIndex, See: pageMultivalue, Doc: "The value at a position, or the values from one position to another, counted from 0, or from the end when negative; null when there is none.",
		Examples: ex(`mvindex(split("a,b,c",","),1)`, `"b"`, `mvindex(split("a,b,c",","),-1)`, `"c"`, `mvjoin(mvindex(split("a,b,c",","),0,1),"")`, `"ab"`, `mvindex("a",5)`, `null`)},
	{Name: "mvjoin", Min: 2, Max: 2, Row: mvJoin, See: pageMultivalue, Doc: "The values in one text with a separator between them.", Examples: ex(`mvjoin(mvrange(1,6)," OR ")`, `"1 OR 2 OR 3 OR 4 OR 5"`)},
	{Name: "mvrange", Min: 2, Max: 3, Bind: mvRange, See: pageMultivalue, Doc: "The numbers from a first one up to, without, a last one, in steps of 1, of a number, or of a time span such as 7d.",
		Examples: ex(`mvjoin(mvrange(1,11,2),",")`, `"1,3,5,7,9"`, `mvcount(mvrange(1514834731,1524134919,"7d"))`, `16`, `mvrange(3,1)`, `null`), Note: "Ranges of more than a million values are null."},
	{Name: "mvreverse", Min: 1, Max: 1, Row: mvReverse, See: pageMultivalue, Doc: "The values in reverse order.", Examples: ex(`mvjoin(mvreverse(split("1,2,3",",")),"")`, `"321"`)},
	{Name: "mvsort", Min: 1, Max: 1, Row: mvSort, See: pageMultivalue, Doc: "The values in the order of their characters.", Examples: ex(`mvjoin(mvsort(split("10,9,70,100,b,A",",")),",")`, `"10,100,70,9,A,b"`)},
	{Name: "mvzip", Min: 2, Max: 3, Row: mvZip, See: pageMultivalue, Doc: "The values of two fields joined pair by pair, by default with a comma.", Examples: ex(`mvjoin(mvzip(split("a b"," "),split("1 2 3"," ")),"|")`, `"a,1|b,2"`, `mvzip("a","b","-")`, `"a-b"`)},
	{Name: "split", Min: 2, Max: 2, Row: split, See: pageMultivalue, Doc: "The pieces of a text between separators; an empty separator gives the characters.", Examples: ex(`mvcount(split("a,,b",","))`, `3`, `mvjoin(split("abcd",""),"|")`, `"a|b|c|d"`, `split("abc",",")`, `"abc"`)},
}

func count(v event.Value) event.Value {
	if v.Kind() == event.List {
		if len(v.List()) == 0 {
			return null
		}
		return event.IntOf(int64(len(v.List())))
	}
	return event.IntOf(1)
}

func mvAppend(in []event.Value) event.Value {
	var out []event.Value
	var one [1]event.Value
	for _, v := range in {
		for _, e := range Values(v, &one) {
			if !e.IsNull() {
				out = append(out, e)
			}
		}
	}
	return List(out)
}

func mvDedup(in []event.Value) event.Value {
	if in[0].Kind() != event.List {
		return in[0]
	}
	seen := map[string]bool{}
	var out []event.Value
	for _, v := range in[0].List() {
		if t := Text(v); !seen[t] {
			seen[t] = true
			out = append(out, v)
		}
	}
	return List(out)
}

func mvFind(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	re, err := newPattern(args[1])
	if err != nil {
		return nil, err
	}
	return func(in []event.Value) event.Value {
		r := re.of(in[1])
		if r == nil {
			return null
		}
		var one [1]event.Value
		for i, v := range Values(in[0], &one) {
			if r.Match(Text(v)) {
				return event.IntOf(int64(i))
			}
		}
		return null
	}, nil
}

func mvIndex(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if err := requireNumbers(args, 1, 2); err != nil {
		return nil, err
	}
	return func(in []event.Value) event.Value {
		var one [1]event.Value
		vs := Values(in[0], &one)
		at := func(v event.Value) (int, bool) {
			n, ok := Number(v)
			i := clampInt(n)
			if i < 0 {
				i += len(vs)
			}
			return i, ok
		}
		from, ok := at(in[1])
		to := from
		if len(in) == 3 {
			var ok2 bool
			to, ok2 = at(in[2])
			ok = ok && ok2
		}
		if !ok || from < 0 || from >= len(vs) || to < from {
			return null
		}
		return List(slices.Clone(vs[from:min(to+1, len(vs))]))
	}, nil
}

func mvJoin(in []event.Value) event.Value {
	var one [1]event.Value
	sep := Text(in[1])
	var b []byte
	for i, v := range Values(in[0], &one) {
		if i > 0 {
			b = append(b, sep...)
		}
		b = AppendText(b, v)
	}
	return event.StringOf(string(b))
}

func mvRange(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	if err := requireNumbers(args, 0, 1); err != nil {
		return nil, err
	}
	loc := env.Location()
	if len(args) == 3 {
		if s, ok := constText(args[2]); ok {
			if _, num := ParseNumber(s); !num {
				if _, err := timefmt.ParseSpan(s); err != nil {
					return nil, err
				}
			}
		}
	}
	return func(in []event.Value) event.Value {
		from, ok := Number(in[0])
		to, ok2 := Number(in[1])
		if !ok || !ok2 {
			return null
		}
		step := 1.0
		if len(in) == 3 {
			n, isNum := Number(in[2])
			if !isNum {
				sp, err := timefmt.ParseSpan(Text(in[2]))
				start, ok := timefmt.FromEpoch(from, loc)
				if err != nil || !ok {
					return null
				}
				if sec, _ := sp.Seconds(); sec <= 0 || (to-from)/sec > maxRange {
					return null
				}
				var out []event.Value
				for i := int64(0); ; i++ {
					t := timefmt.ToEpoch(sp.Add(start, i))
					if !(t < to) || len(out) > maxRange {
						return List(out)
					}
					out = append(out, numberValue(t))
				}
			}
			step = n
		}
		n := (to - from) / step
		if !(n > 0) || n > maxRange {
			return null
		}
		out := make([]event.Value, 0, int(n)+1)
		for i := 0; ; i++ {
			x := from + float64(i)*step
			if step > 0 && x >= to || step < 0 && x <= to {
				return List(out)
			}
			out = append(out, numberValue(x))
		}
	}, nil
}

func mvReverse(in []event.Value) event.Value {
	if in[0].Kind() != event.List {
		return in[0]
	}
	out := slices.Clone(in[0].List())
	slices.Reverse(out)
	return List(out)
}

func mvSort(in []event.Value) event.Value {
	if in[0].Kind() != event.List {
		return in[0]
	}
	out := slices.Clone(in[0].List())
	slices.SortStableFunc(out, func(a, b event.Value) int { return strings.Compare(Text(a), Text(b)) })
	return List(out)
}

func mvZip(in []event.Value) event.Value {
	sep := ","
	if len(in) == 3 {
		sep = Text(in[2])
	}
	var one, two [1]event.Value
	a, b := Values(in[0], &one), Values(in[1], &two)
	n := min(len(a), len(b))
	out := make([]event.Value, n)
	for i := range n {
		out[i] = event.StringOf(Text(a[i]) + sep + Text(b[i]))
	}
	return List(out)
}

func split(in []event.Value) event.Value {
	sep := Text(in[1])
	var out []event.Value
	var one [1]event.Value
	for _, v := range Values(in[0], &one) {
		s := Text(v)
		if s == "" {
			out = append(out, event.StringOf(""))
			continue
		}
		for s != "" || sep != "" {
			var piece string
			more := false
			if sep == "" {
				_, n := utf8.DecodeRuneInString(s)
				piece, s = s[:n], s[n:]
			} else {
				piece, s, more = strings.Cut(s, sep)
			}
			out = append(out, event.StringOf(piece))
			if sep != "" && !more {
				break
			}
		}
	}
	return List(out)
}

func mvToJSON(in []event.Value) event.Value {
	infer := len(in) == 2 && in[1].IsTrue()
	var one [1]event.Value
	vs := Values(in[0], &one)
	out := make([]event.Value, len(vs))
	for i, v := range vs {
		out[i] = event.StringOf(Text(v))
		if infer {
			if out[i], _ = fn.ParseJSON(Text(v)); out[i].IsMissing() {
				out[i] = null
			}
		}
	}
	return jsonText(event.ListOf(out))
}

// commands lists the first word of each stage of a search, sub-searches included in the order they are written.
func commands(in []event.Value) event.Value {
	var out []event.Value
	s := Text(in[0])
	first := true // the next word begins a stage
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if first {
				out = append(out, event.StringOf("search"))
				first = false
			}
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case c == '|':
			first = true
		case c == '[':
			first = true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ']' || c == '`':
		case first:
			j := i
			for j < len(s) && strings.IndexByte(" \t\r\n|[]\"`(=", s[j]) < 0 {
				j++
			}
			out = append(out, event.StringOf(s[i:max(j, i+1)]))
			first = false
			i = max(j, i+1) - 1
		}
	}
	return List(out)
}
