package function

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// A verb is one conversion of a printf format, or the literal text in front of it.
type verb struct {
	text                            string // literal text; the conversion follows unless kind is 0
	kind                            byte
	left, zero, plus, blank         bool
	alt, group                      bool
	width, prec                     int // prec < 0: not given
	widthArg, precArg, hasPrecision bool
}

// maxPad bounds widths and precisions.
const maxPad = 10_000

func printf(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if args[0].Const {
		if args[0].Value.IsNull() {
			return func([]event.Value) event.Value { return null }, nil
		}
		verbs, n, err := parseFormat(Text(args[0].Value))
		if err != nil {
			return nil, err
		}
		if n > len(args)-1 {
			return nil, fmt.Errorf("the format needs %d values, not %d", n, len(args)-1)
		}
		return func(in []event.Value) event.Value { return formatAll(verbs, in[1:]) }, nil
	}
	type parsed struct {
		verbs []verb
		n     int
		err   error
	}
	formats := newMemo(func(s string) (p parsed) {
		p.verbs, p.n, p.err = parseFormat(s)
		return p
	})
	return func(in []event.Value) event.Value {
		if in[0].IsNull() {
			return null
		}
		p := formats.get(Text(in[0]))
		if p.err != nil || p.n > len(in)-1 {
			return null
		}
		return formatAll(p.verbs, in[1:])
	}, nil
}

// parseFormat takes a format apart and counts the values it needs.
func parseFormat(s string) (verbs []verb, values int, err error) {
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return append(verbs, verb{text: s}), values, nil
		}
		v := verb{text: s[:i], prec: -1}
		s = s[i+1:]
	flags:
		for s != "" {
			switch s[0] {
			case '-':
				v.left = true
			case '0':
				v.zero = true
			case '+':
				v.plus = true
			case ' ':
				v.blank = true
			case '#':
				v.alt = true
			case '\'':
				v.group = true
			default:
				break flags
			}
			s = s[1:]
		}
		if v.width, v.widthArg, s, err = formatNumber(s); err != nil {
			return nil, 0, err
		}
		if strings.HasPrefix(s, ".") {
			v.hasPrecision = true
			if v.prec, v.precArg, s, err = formatNumber(s[1:]); err != nil {
				return nil, 0, err
			}
		}
		if s == "" {
			return nil, 0, errors.New("the format ends within a conversion")
		}
		v.kind, s = s[0], s[1:]
		switch v.kind {
		case 'i', 'u':
			v.kind = map[byte]byte{'i': 'd', 'u': 'u'}[v.kind]
		case 'z':
			v.kind = 's'
		case 'p':
			v.kind = 'X'
		case 'F':
			v.kind = 'f'
		}
		if !strings.ContainsRune("%aAcdeEfgGosuxX", rune(v.kind)) {
			return nil, 0, fmt.Errorf("unknown conversion %%%c in the format", v.kind)
		}
		for _, needs := range []bool{v.widthArg, v.precArg, v.kind != '%'} {
			if needs {
				values++
			}
		}
		verbs = append(verbs, v)
	}
	return verbs, values, nil
}

func formatNumber(s string) (n int, arg bool, rest string, err error) {
	if strings.HasPrefix(s, "*") {
		return 0, true, s[1:], nil
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if n = n*10 + int(s[i]-'0'); n > maxPad {
			return 0, false, "", fmt.Errorf("a width or precision in the format is above %d", maxPad)
		}
		i++
	}
	return n, false, s[i:], nil
}

func formatAll(verbs []verb, in []event.Value) event.Value {
	var b strings.Builder
	next := func() event.Value {
		v := in[0]
		in = in[1:]
		return v
	}
	for _, v := range verbs {
		b.WriteString(v.text)
		for _, star := range [...]struct {
			given bool
			to    *int
		}{{v.widthArg, &v.width}, {v.precArg, &v.prec}} {
			if star.given {
				n, ok := Number(next())
				if !ok || math.Abs(n) > maxPad {
					return null
				}
				*star.to = int(n)
			}
		}
		if v.width < 0 {
			v.left, v.width = true, -v.width
		}
		switch v.kind {
		case 0:
		case '%':
			b.WriteByte('%')
		default:
			arg := next()
			s, ok := v.format(single(arg))
			if !ok || arg.IsNull() {
				return null
			}
			b.WriteString(s)
		}
	}
	return event.StringOf(b.String())
}

func (v *verb) format(arg event.Value) (string, bool) {
	switch v.kind {
	case 's':
		s := Text(arg)
		if v.hasPrecision && v.prec >= 0 && utf8.RuneCountInString(s) > v.prec {
			s = string([]rune(s)[:v.prec])
		}
		return v.pad("", s, false), true
	case 'c':
		if arg.Kind() == event.String {
			r, _ := utf8.DecodeRuneInString(arg.Str())
			if arg.Str() == "" {
				return v.pad("", "", false), true
			}
			return v.pad("", string(r), false), true
		}
		n, ok := Number(arg)
		if !ok || n < 0 || n > utf8.MaxRune {
			return "", false
		}
		return v.pad("", string(rune(n)), false), true
	}
	n, ok := Number(arg)
	if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
		return "", false
	}
	sign := ""
	neg := n < 0
	switch {
	case neg && v.kind != 'u' && v.kind != 'x' && v.kind != 'X' && v.kind != 'o':
		sign = "-"
	case v.plus:
		sign = "+"
	case v.blank:
		sign = " "
	}
	switch v.kind {
	case 'd', 'u', 'o', 'x', 'X':
		return v.integer(sign, n)
	}
	n = math.Abs(n)
	prec := v.prec
	if !v.hasPrecision || prec < 0 {
		prec = 6
	}
	var digits string
	switch v.kind {
	case 'e', 'E', 'f':
		digits = strconv.FormatFloat(n, v.kind, prec, 64)
		if v.alt && prec == 0 {
			digits = fmt.Sprintf("%#.0"+string(v.kind), n)
		}
	case 'g', 'G':
		format := "%." + strconv.Itoa(max(prec, 1)) + string(v.kind)
		if v.alt {
			format = "%#" + format[1:]
		}
		digits = fmt.Sprintf(format, n)
	case 'a', 'A':
		if !v.hasPrecision {
			prec = -1
		}
		digits = strconv.FormatFloat(n, map[byte]byte{'a': 'x', 'A': 'X'}[v.kind], prec, 64)
		digits = shortHexExponent(digits)
	}
	if v.group && v.kind == 'f' {
		digits = groupDigits(digits)
	}
	return v.pad(sign, digits, v.zero), true
}

// shortHexExponent drops the leading zero that Go writes in the exponent of a hexadecimal float and C does not.
func shortHexExponent(s string) string {
	if n := len(s); n > 3 && s[n-2] == '0' && (s[n-3] == '+' || s[n-3] == '-') {
		return s[:n-2] + s[n-1:]
	}
	return s
}

func (v *verb) integer(sign string, n float64) (string, bool) {
	if math.Abs(n) >= 1<<63 {
		return "", false
	}
	i := int64(n)
	var digits string
	switch v.kind {
	case 'd':
		digits = strings.TrimPrefix(strconv.FormatInt(i, 10), "-")
	case 'u':
		sign = ""
		digits = strconv.FormatUint(uint64(i), 10)
	case 'o':
		sign = ""
		digits = strconv.FormatUint(uint64(i), 8)
		if v.alt && digits[0] != '0' {
			digits = "0" + digits
		}
	default:
		sign = ""
		digits = strconv.FormatUint(uint64(i), 16)
		if v.kind == 'X' {
			digits = strings.ToUpper(digits)
		}
		if v.alt && i != 0 {
			sign = "0" + string(v.kind)
		}
	}
	if v.hasPrecision && v.prec >= 0 {
		if v.prec == 0 && i == 0 {
			digits = ""
		}
		digits = strings.Repeat("0", max(v.prec-len(digits), 0)) + digits
	}
	if v.group && (v.kind == 'd' || v.kind == 'u') {
		digits = groupDigits(digits)
	}
	return v.pad(sign, digits, v.zero && !v.hasPrecision), true
}

func (v *verb) pad(sign, s string, zero bool) string {
	n := v.width - len(sign) - utf8.RuneCountInString(s)
	switch {
	case n <= 0:
		return sign + s
	case v.left:
		return sign + s + strings.Repeat(" ", n)
	case zero:
		return sign + strings.Repeat("0", n) + s
	}
	return strings.Repeat(" ", n) + sign + s
}
