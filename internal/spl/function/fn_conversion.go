package function

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

var conversion = []*fn.Func{
	{Name: "ipmask", Min: 2, Max: 2, Bind: ipMask, See: pageConversion, Doc: "The bits of an IPv4 address that a mask leaves.", Examples: ex(`ipmask("255.255.255.0","10.20.30.120")`, `"10.20.30.0"`, `ipmask("0.255.0.224","10.20.30.120")`, `"0.20.0.96"`)},
	{Name: "printf", Min: 1, Max: -1, Null: fn.SeesNull, Bind: printf, See: pageConversion,
		Doc:      "A text put together by a format as in C: %d %i %u %o %x %X %p %c %s %z %e %f %g %a and %%, with flags, width and precision.",
		Examples: ex(`printf("%d,%i,%d",-2,+4,30)`, `"-2,4,30"`, `printf("%'d|%-4d|%+4d|%04d",12345,1,1,1)`, `"12,345|1   |  +1|0001"`, `printf("%.*f",1,1.23)`, `"1.2"`, `printf("%c,%c",65,"Foo")`, `"A,F"`, `printf("%.2g,%.2g",pi(),123)`, `"3.1,1.2e+02"`, `printf("100%%")`, `"100%"`)},
	{Name: "toarray", Min: 1, Max: 1, Row: toArray, See: pageConversion, Doc: "The JSON array that a text or a multivalue field is; null for what is none.", Examples: ex(`toarray(split("1, 2, 3",","))`, `"[1,2,3]"`, `toarray("[\"a\", 1.00]")`, `"[\"a\",1]"`, `toarray("x")`, `null`)},
	{Name: "tobool", Min: 1, Max: 1, Row: toBool, See: pageConversion, Doc: "The condition that a value stands for: true and false as words, numbers other than zero; null for all else.", Examples: ex(`tobool("True")`, `true`, `tobool(0)`, `false`, `tobool("yes")`, `null`)},
	{Name: "todouble", Min: 1, Max: 2, Bind: toNumber(false, nil), See: pageConversion, Doc: "The number that a value is or reads as in the given base; null for what is none.", Examples: ex(`todouble("16.00")`, `16`, `todouble("number")`, `null`)},
	{Name: "toint", Min: 1, Max: 2, Bind: toNumber(false, math.Floor), See: pageConversion, Doc: "The number that a value is or reads as, rounded down; null for what is none.", Examples: ex(`toint("24")`, `24`, `toint(3.14)`, `3`, `toint("ff",16)`, `255`)},
	{Name: "tomv", Min: 1, Max: 1, Row: toMV, See: pageConversion, Doc: "The elements of a JSON array as a multivalue field; texts keep their quotation marks.", Examples: ex(`mvjoin(tomv("[\"a\",{\"b\":1}]"),"|")`, `"\"a\"|{\"b\":1}"`, `tomv("x")`, `null`)},
	{Name: "tonumber", Min: 1, Max: 2, Bind: toNumber(true, nil), See: pageConversion,
		Doc:      "The number that a text reads as in a base from 2 to 36, by default 10; null for what is none. A literal that is none is an error.",
		Examples: ex(`tonumber("17",8)`, `15`, `tonumber("0A4",16)`, `164`, `tonumber(trim(" 42 "))`, `42`, `tonumber("0101",2)`, `5`)},
	{Name: "toobject", Min: 1, Max: 1, Row: toObject, See: pageConversion, Doc: "The JSON object that a text is; null for what is none.", Examples: ex(`toobject("{\"a\": 1}")`, `"{\"a\":1}"`, `toobject("[1]")`, `null`)},
	{Name: "tostring", Min: 1, Max: 2, Bind: toString, See: pageConversion,
		Doc:      `A value as text. Numbers can be written as "hex", "binary", with "commas", or as a "duration" of seconds.`,
		Examples: ex(`tostring(1==1)`, `"True"`, `tostring(15,"hex")`, `"0xF"`, `tostring(12345.6789,"commas")`, `"12,345.68"`, `tostring(615,"duration")`, `"00:10:15"`, `tostring(90061,"duration")`, `"1+01:01:01"`, `tostring(9,"binary")`, `"1001"`, `tostring(5)."a"`, `"5a"`)},
}

func ipMask(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if args[0].Const && !args[0].Value.IsNull() {
		if a, ok := addressOf(args[0].Value); !ok || !a.Is4() {
			return nil, fmt.Errorf("%q is not an IPv4 mask", Text(args[0].Value))
		}
	}
	return func(in []event.Value) event.Value {
		m, ok := addressOf(in[0])
		a, ok2 := addressOf(in[1])
		if !ok || !ok2 || !m.Is4() || !a.Is4() {
			return null
		}
		x, y := m.As4(), a.As4()
		for i := range x {
			x[i] &= y[i]
		}
		return event.StringOf(netip.AddrFrom4(x).String())
	}, nil
}

func toBool(in []event.Value) event.Value {
	v := single(in[0])
	if v.Kind() == event.Bool {
		return v
	}
	if n, ok := Number(v); ok {
		return event.BoolOf(n != 0)
	}
	switch Text(v) {
	case "true", "True":
		return event.BoolOf(true)
	case "false", "False":
		return event.BoolOf(false)
	}
	return null
}

// toNumber makes tonumber and its relatives. strict: a literal that is no number is an error.
func toNumber(strict bool, then func(float64) float64) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		if len(args) == 2 {
			if err := requireNumbers(args, 1); err != nil {
				return nil, err
			}
			if b, ok := Number(args[1].Value); args[1].Const && (!ok || b < 2 || b > 36 || b != math.Trunc(b)) {
				return nil, errors.New("the base must be a whole number from 2 to 36")
			}
		}
		convert := func(in []event.Value) event.Value {
			v := single(in[0])
			base := 10.0
			if len(in) == 2 {
				base, _ = Number(in[1])
				if base < 2 || base > 36 || base != math.Trunc(base) {
					return null
				}
			}
			if v.Kind() == event.Int || v.Kind() == event.Float {
				// A number literal is what it is; a number from data is text like any other.
				if len(in) == 1 || args[0].Const || base == 10 {
					return v
				}
			}
			if v.Kind() == event.List || v.Kind() == event.Bool || v.Kind() == event.Object {
				return null
			}
			if base == 10 {
				n, _ := readNumber(Text(v))
				return n
			}
			return readBase(Text(v), int(base))
		}
		if s, ok := constText(args[0]); ok && strict {
			in := []event.Value{args[0].Value, event.IntOf(10)}[:len(args)]
			if len(args) == 1 || args[1].Const {
				if len(args) == 2 {
					in[1] = args[1].Value
				}
				if convert(in).IsNull() {
					return nil, fmt.Errorf("the text %q is not a number", s)
				}
			}
		}
		return func(in []event.Value) event.Value {
			v := convert(in)
			if then != nil && !v.IsNull() && v.Kind() != event.Int {
				n, _ := Number(v)
				return finite(then(n))
			}
			return v
		}, nil
	}
}

func readBase(s string, base int) event.Value {
	digits := strings.TrimPrefix(s, "-")
	if base == 16 {
		if d, ok := strings.CutPrefix(digits, "0x"); ok {
			digits = d
		} else if d, ok := strings.CutPrefix(digits, "0X"); ok {
			digits = d
		}
	}
	if digits == "" || digits[0] == '+' || digits[0] == '-' {
		return null
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return null
	}
	if s[0] == '-' {
		n = -n
	}
	return event.IntOf(n)
}

func toString(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if len(args) == 1 {
		return func(in []event.Value) event.Value {
			return perValue(func(v event.Value) event.Value { return event.StringOf(Text(v)) })(in)
		}, nil
	}
	formats := map[string]func(v event.Value, n float64) (string, bool){
		"binary": func(_ event.Value, n float64) (string, bool) { return inBase(n, 2, "") },
		"hex":    func(_ event.Value, n float64) (string, bool) { return inBase(n, 16, "0x") },
		"commas": func(v event.Value, n float64) (string, bool) { return withCommas(v, n), true },
		"duration": func(_ event.Value, n float64) (string, bool) {
			return durationText(n), math.Abs(n) < 1e15
		},
	}
	if s, ok := constText(args[1]); args[1].Const && !args[1].Value.IsNull() && (!ok || formats[s] == nil) {
		return nil, fmt.Errorf("unknown format %q: tostring knows binary, hex, commas and duration", Text(args[1].Value))
	}
	return func(in []event.Value) event.Value {
		format := formats[Text(in[1])]
		if format == nil {
			return null
		}
		return perValue(func(v event.Value) event.Value {
			n, ok := Number(v)
			if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
				return event.StringOf(Text(v))
			}
			s, ok := format(v, n)
			if !ok {
				return null
			}
			return event.StringOf(s)
		})(in)
	}, nil
}

func inBase(n float64, base int, prefix string) (string, bool) {
	if n < 0 || n > maxBits {
		return "", false
	}
	return prefix + strings.ToUpper(strconv.FormatInt(int64(n), base)), true
}

// withCommas groups the digits of a number; one with decimals gets exactly two.
func withCommas(v event.Value, n float64) string {
	text := Text(v)
	if n == math.Trunc(n) && !strings.Contains(text, ".") {
		return groupDigits(strconv.FormatFloat(n, 'f', 0, 64))
	}
	return groupDigits(strconv.FormatFloat(roundDecimal(n, 2), 'f', 2, 64))
}

// groupDigits puts a comma between every three digits of the whole part of a decimal number.
func groupDigits(s string) string {
	whole, rest := s, ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	first := 0
	for first < len(whole) && (whole[first] < '0' || whole[first] > '9') {
		first++
	}
	var b strings.Builder
	for i := range len(whole) {
		if i > first && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	return b.String() + rest
}

// durationText writes seconds as [days+]HH:MM:SS, with six decimals when there is a fraction.
func durationText(n float64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	micro := int64(math.Round(n * 1e6))
	s := micro / 1e6
	out := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if d := s / 86400; d > 0 {
		out = fmt.Sprintf("%d+%s", d, out)
	}
	if f := micro % 1e6; f > 0 {
		out += fmt.Sprintf(".%06d", f)
	}
	return sign + out
}
