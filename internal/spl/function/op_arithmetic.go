package function

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

func concat(in []event.Value) event.Value {
	if len(in) == 2 && in[0].Kind() == event.String && in[1].Kind() == event.String {
		return event.StringOf(in[0].Str() + in[1].Str())
	}
	var b []byte
	for _, v := range in {
		b = AppendText(b, v)
	}
	return event.StringOf(string(b))
}

func plus(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	a, aText := constText(args[0])
	b, bText := constText(args[1])
	if aText && bText { // two text literals are texts, whatever they read as
		v := event.StringOf(a + b)
		return func([]event.Value) event.Value { return v }, nil
	}
	for i, other := range []fn.Arg{args[1], args[0]} {
		lit := [...]bool{aText, bText}[i]
		if lit && other.Const && (other.Value.Kind() == event.Int || other.Value.Kind() == event.Float) {
			return nil, errors.New("+ takes two numbers or two texts")
		}
	}
	return func(in []event.Value) event.Value {
		x, y := single(in[0]), single(in[1])
		if v, ok := addNumbers(x, y); ok && !aText && !bText {
			return v
		}
		if x.Kind() == event.String && y.Kind() == event.String {
			return event.StringOf(x.Str() + y.Str())
		}
		return null
	}, nil
}

func addNumbers(x, y event.Value) (event.Value, bool) {
	if x.Kind() == event.Int && y.Kind() == event.Int {
		if s := x.Int() + y.Int(); (s > x.Int()) == (y.Int() > 0) {
			return event.IntOf(s), true
		}
	}
	a, ok := Number(x)
	b, ok2 := Number(y)
	return finite(a + b), ok && ok2
}

// arithmetic makes an operator over numbers.
func arithmetic(op string) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		for _, a := range args {
			if s, ok := constText(a); ok {
				return nil, fmt.Errorf("%s takes numbers, not the text %q", op, s)
			}
		}
		return func(in []event.Value) event.Value { return calculate(op[0], in[0], in[1]) }, nil
	}
}

func calculate(op byte, x, y event.Value) event.Value {
	if x.Kind() == event.Int && y.Kind() == event.Int {
		if v, ok := calculateInts(op, x.Int(), y.Int()); ok {
			return v
		}
	}
	a, ok := Number(x)
	b, ok2 := Number(y)
	if !ok || !ok2 {
		return null
	}
	switch op {
	case '+':
		return finite(a + b)
	case '-':
		return finite(a - b)
	case '*':
		return finite(a * b)
	case '%':
		return finite(math.Mod(a, b))
	}
	if b == 0 {
		return null
	}
	return finite(a / b)
}

// calculateInts keeps whole numbers exact beyond what a float holds.
func calculateInts(op byte, a, b int64) (event.Value, bool) {
	switch op {
	case '-':
		if d := a - b; (d < a) == (b > 0) {
			return event.IntOf(d), true
		}
	case '*':
		if a == 0 || b == 0 {
			return event.IntOf(0), true
		}
		if p := a * b; p/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64) {
			return event.IntOf(p), true
		}
	case '%':
		if b == 0 {
			return null, true
		}
		if b == -1 {
			return event.IntOf(0), true
		}
		return event.IntOf(a % b), true
	case '/':
		if b == 0 {
			return null, true
		}
		if b != -1 && a%b == 0 {
			return event.IntOf(a / b), true
		}
	}
	return event.Value{}, false
}

func negate(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if s, ok := constText(args[0]); ok {
		return nil, fmt.Errorf("- takes a number, not the text %q", s)
	}
	zero := event.IntOf(0)
	return func(in []event.Value) event.Value { return calculate('-', zero, in[0]) }, nil
}

// sigfig evaluates an arithmetic expression together with the precision of its operands. Its first argument is a program
// in postfix notation: numbers are positions among the further arguments, + - * / are operators. Operands that are text
// carry the digits they were written with (1.00 has three significant ones), so literals are passed as text.
func sigfig(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	text, ok := constText(args[0])
	if !ok {
		return nil, errors.New("sigfig takes a calculation")
	}
	prog := strings.Fields(text)
	at := make([]int, len(prog))
	depth := 0
	for i, p := range prog {
		if strings.Contains("+-*/", p) {
			depth--
			at[i] = -1
		} else if _, err := fmt.Sscanf(p, "%d", &at[i]); err != nil || at[i] < 0 || at[i]+1 >= len(args) {
			return nil, fmt.Errorf("bad sigfig program %q", text)
		} else {
			depth++
		}
		if depth < 1 {
			return nil, fmt.Errorf("bad sigfig program %q", text)
		}
	}
	if depth != 1 {
		return nil, fmt.Errorf("bad sigfig program %q", text)
	}
	return func(in []event.Value) event.Value {
		stack := make([]measured, 0, 4)
		for i, p := range prog {
			if at[i] >= 0 {
				m, ok := measure(in[at[i]+1])
				if !ok {
					return null
				}
				stack = append(stack, m)
				continue
			}
			n := len(stack) - 2
			r, ok := stack[n].combine(p[0], stack[n+1])
			if !ok {
				return null
			}
			stack = append(stack[:n], r)
		}
		return stack[0].rounded()
	}, nil
}

// A measured number knows to which decimal place it is precise: 2 means hundredths, -1 tens. Its significant figures
// follow from that and its size.
type measured struct {
	v      float64
	places int
}

func measure(v event.Value) (measured, bool) {
	n, ok := Number(v)
	if !ok {
		return measured{}, false
	}
	s := Text(v)
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		fmt.Sscanf(s[i+1:], "%d", &exp)
		s = s[:i]
	}
	places := 0
	if i := strings.IndexByte(s, '.'); i >= 0 {
		places = len(s) - i - 1
	}
	return measured{n, places - exp}, true
}

func (m measured) figures() int {
	if m.v == 0 {
		return max(m.places, 1)
	}
	return max(int(math.Floor(math.Log10(math.Abs(m.v))))+1+m.places, 1)
}

func (m measured) combine(op byte, o measured) (measured, bool) {
	v, ok := Number(calculate(op, event.FloatOf(m.v), event.FloatOf(o.v)))
	if !ok {
		return measured{}, false
	}
	if op == '+' || op == '-' {
		return measured{v, min(m.places, o.places)}, true
	}
	figures := min(m.figures(), o.figures())
	if v == 0 {
		return measured{0, figures}, true
	}
	return measured{v, figures - 1 - int(math.Floor(math.Log10(math.Abs(v))))}, true
}

func (m measured) rounded() event.Value {
	if m.places >= 0 {
		return finite(roundDecimal(m.v, m.places))
	}
	p := math.Pow10(-m.places)
	return finite(roundDecimal(m.v/p, 0) * p)
}
