package function

import (
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Arithmetic goes by the kinds of the values: the signatures have made sure that the combination makes sense, and what a
// dynamic value turns out to hold may still make no sense, which gives null.
// https://learn.microsoft.com/kusto/query/numerical-operators
// https://learn.microsoft.com/kusto/query/datetime-timespan-arithmetic

func init() {
	dyn := []string{
		"left:dynamic, right:dynamic -> dynamic", "left:dynamic, right:int -> long", "left:int, right:dynamic -> long",
	}
	op := func(name, doc string, row func(a, b event.Value) event.Value, sigs ...string) *Entry {
		return &Entry{Func: fn.Func{Name: name, Doc: doc, See: "numerical-operators",
			Row: func(args []event.Value) event.Value { return row(args[0], args[1]) }}, Sig: append(dyn[:len(dyn):len(dyn)], sigs...)}
	}
	registerOps(
		op("+", "Adds two numbers or timespans, or a timespan to a datetime.", addValues, "left:number, right:number -> widest",
			"left:timespan, right:timespan -> timespan", "left:datetime|timespan, right:datetime|timespan -> datetime",
			"left:dynamic, right:int|long|real|decimal|timespan|datetime -> arg1", "left:int|long|real|decimal|timespan|datetime, right:dynamic -> arg0"),
		op("-", "Subtracts; a datetime from a datetime gives a timespan.", subValues, "left:number, right:number -> widest",
			"left:timespan, right:timespan -> timespan", "left:datetime, right:datetime -> timespan", "left:datetime, right:dynamic -> timespan",
			"left:dynamic, right:datetime -> timespan", "left:datetime, right:timespan -> datetime", "left:timespan, right:datetime -> datetime",
			"left:dynamic, right:int|long|real|decimal|timespan -> arg1", "left:int|long|real|decimal|timespan, right:dynamic -> arg0"),
		op("*", "Multiplies two numbers, or a timespan by a number.", mulValues, "left:number, right:number -> widest",
			"left:timespan, right:timespan -> timespan", "left:timespan, right:number -> timespan", "left:number, right:timespan -> timespan",
			"left:datetime, right:number -> datetime", "left:number, right:datetime -> datetime", "left:dynamic, right:number -> arg1",
			"left:number, right:dynamic -> arg0"),
		op("/", "Divides; integers give an integer, cut off towards zero.", divValues, "left:number, right:number -> widest",
			"left:timespan, right:timespan -> real", "left:timespan, right:number -> timespan", "left:datetime, right:datetime -> real",
			"left:datetime, right:timespan -> real", "left:datetime, right:number -> datetime", "left:dynamic, right:number -> arg1",
			"left:number, right:dynamic -> arg0"),
		op("%", "Gives the remainder, which is never negative.", modValues, "left:number, right:number -> widest",
			"left:timespan, right:timespan -> timespan", "left:timespan, right:number -> timespan", "left:datetime, right:datetime -> timespan",
			"left:datetime, right:timespan -> timespan", "left:datetime, right:number -> datetime", "left:dynamic, right:number -> arg1",
			"left:number, right:dynamic -> arg0"),
		&Entry{Func: fn.Func{Name: "unary-", Doc: "Negates a number or timespan.", See: "numerical-operators",
			Row: func(args []event.Value) event.Value { return negate(args[0]) }}, Sig: []string{"operand:summable -> promoted0", "operand:dynamic -> dynamic"}},
		&Entry{Func: fn.Func{Name: "unary+", Doc: "Gives a number or timespan as it is.", See: "numerical-operators",
			Row: func(args []event.Value) event.Value { return args[0] }}, Sig: []string{"operand:summable -> arg0", "operand:dynamic -> dynamic"}},
	)
	examples(operators, "+", `1 + 2.5`, `3.5`, `datetime(2020-01-01) + 1d`, `"2020-01-02T00:00:00.0000000Z"`)
	examples(operators, "-", `datetime(2020-01-02) - datetime(2020-01-01)`, `"1.00:00:00"`)
	examples(operators, "*", `2 * 90m`, `"03:00:00"`)
	examples(operators, "/", `5 / 2`, `2`, `5 / 2.0`, `2.5`, `1d / 1h`, `24`)
	examples(operators, "%", `14 % 12`, `2`, `-14 % 12`, `10`, `-14 % -12`, `10`, `25h % 7h`, `"04:00:00"`)
}

// number2 gives two numbers; ints says that both are integers.
func number2(a, b event.Value) (x, y float64, ints bool, ok bool) {
	x, ok1 := a.Number()
	y, ok2 := b.Number()
	return x, y, a.Kind() == event.Int && b.Kind() == event.Int, ok1 && ok2
}

func addValues(a, b event.Value) event.Value {
	if x, y, ints, ok := number2(a, b); ok {
		if ints {
			return event.IntOf(a.Int() + b.Int())
		}
		return event.FloatOf(x + y)
	}
	switch ka, kb := a.Kind(), b.Kind(); {
	case ka == event.Duration && kb == event.Duration:
		return event.DurationOf(a.Ticks() + b.Ticks())
	case ka == event.Time && kb == event.Duration, ka == event.Duration && kb == event.Time:
		return timeValue(a.Ticks() + b.Ticks())
	case ka == event.Time && kb == event.Time:
		return timeValue(a.Ticks() + b.Ticks() + epochTicks)
	}
	return event.NullValue
}

func subValues(a, b event.Value) event.Value {
	if x, y, ints, ok := number2(a, b); ok {
		if ints {
			return event.IntOf(a.Int() - b.Int())
		}
		return event.FloatOf(x - y)
	}
	switch ka, kb := a.Kind(), b.Kind(); {
	case ka == event.Duration && kb == event.Duration, ka == event.Time && kb == event.Time:
		return event.DurationOf(a.Ticks() - b.Ticks())
	case ka == event.Time && kb == event.Duration:
		return timeValue(a.Ticks() - b.Ticks())
	case ka == event.Duration && kb == event.Time:
		return timeValue(a.Ticks() - b.Ticks() - 2*epochTicks)
	}
	return event.NullValue
}

func mulValues(a, b event.Value) event.Value {
	if x, y, ints, ok := number2(a, b); ok {
		if ints {
			return event.IntOf(a.Int() * b.Int())
		}
		return event.FloatOf(x * y)
	}
	if b.Kind() == event.Duration || b.Kind() == event.Time {
		a, b = b, a
	}
	switch a.Kind() {
	case event.Duration:
		if b.Kind() == event.Int {
			return event.DurationOf(a.Ticks() * b.Int())
		}
		if b.Kind() == event.Duration {
			return event.DurationOf(a.Ticks() * b.Ticks())
		}
		if y, ok := b.Number(); ok {
			return durationOf(float64(a.Ticks()) * y)
		}
	case event.Time:
		if y, ok := b.Number(); ok {
			return ticksOf(float64(a.Ticks()+epochTicks) * y)
		}
	}
	return event.NullValue
}

// durationOf rounds to whole ticks; null when they do not fit.
func durationOf(ticks float64) event.Value {
	if ticks = math.Round(ticks); ticks >= -1<<63 && ticks < 1<<63 {
		return event.DurationOf(int64(ticks))
	}
	return event.NullValue
}

func ticksOf(since1 float64) event.Value {
	if since1 >= 0 && since1 < 1<<62 {
		return timeValue(int64(math.Round(since1)) - epochTicks)
	}
	return event.NullValue
}

func divValues(a, b event.Value) event.Value {
	if x, y, ints, ok := number2(a, b); ok {
		if ints {
			if b.Int() == 0 {
				return event.NullValue
			}
			if b.Int() == -1 { // the one quotient that overflows wraps
				return event.IntOf(-a.Int())
			}
			return event.IntOf(a.Int() / b.Int())
		}
		return event.FloatOf(x / y)
	}
	switch ka, kb := a.Kind(), b.Kind(); {
	case ka == event.Duration && kb == event.Duration:
		return event.FloatOf(float64(a.Ticks()) / float64(b.Ticks()))
	case ka == event.Time && kb == event.Duration:
		return event.FloatOf(float64(a.Ticks()+epochTicks) / float64(b.Ticks()))
	case ka == event.Time && kb == event.Time:
		return event.FloatOf(float64(a.Ticks()+epochTicks) / float64(b.Ticks()+epochTicks))
	}
	if y, ok := b.Number(); ok && y != 0 {
		switch a.Kind() {
		case event.Duration:
			return durationOf(float64(a.Ticks()) / y)
		case event.Time:
			return ticksOf(float64(a.Ticks()+epochTicks) / y)
		}
	}
	return event.NullValue
}

// posMod is the remainder that is never negative; false when there is none.
func posMod(a, b int64) (int64, bool) {
	if b == 0 {
		return 0, false
	}
	if b == -1 {
		return 0, true
	}
	m := a % b
	if m < 0 {
		if b < 0 {
			m -= b
		} else {
			m += b
		}
	}
	return m, true
}

func modValues(a, b event.Value) event.Value {
	if x, y, ints, ok := number2(a, b); ok {
		if ints {
			if m, ok := posMod(a.Int(), b.Int()); ok {
				return event.IntOf(m)
			}
			return event.NullValue
		}
		m := math.Mod(x, y)
		if m < 0 {
			m += math.Abs(y)
		}
		return event.FloatOf(m)
	}
	x, y := a.Ticks(), b.Ticks()
	switch ka, kb := a.Kind(), b.Kind(); {
	case ka == event.Time && kb == event.Time:
		x, y = x+epochTicks, y+epochTicks
	case ka == event.Time && kb == event.Duration:
		x += epochTicks
	case ka == event.Duration && kb == event.Duration:
	case ka == event.Duration && kb == event.Int:
		y = b.Int()
	case ka == event.Time && kb == event.Int:
		if m, ok := posMod(x+epochTicks, b.Int()); ok {
			return timeValue(m - epochTicks)
		}
		return event.NullValue
	default:
		return event.NullValue
	}
	if m, ok := posMod(x, y); ok {
		return event.DurationOf(m)
	}
	return event.NullValue
}

func negate(v event.Value) event.Value {
	switch v.Kind() {
	case event.Int:
		return event.IntOf(-v.Int())
	case event.Float:
		return event.FloatOf(-v.Float())
	case event.Duration:
		return event.DurationOf(-v.Ticks())
	}
	return event.NullValue
}

// examples adds pairs of an expression and its value to an entry.
func examples(m map[string]*Entry, name string, pairs ...string) {
	e := m[name]
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Examples = append(e.Examples, fn.Example{Expr: pairs[i], Want: pairs[i+1]})
	}
}
