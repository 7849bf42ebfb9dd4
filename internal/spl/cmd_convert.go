package spl

import (
	"math"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

func init() {
	addCommands(&Command{Name: "convert", See: "convert", Syntax: "convert [timeformat=<format>] <function>(<field>) [AS <field>] …",
		Doc:   "Converts values: auto, ctime, dur2sec, memk, mktime, mstime, none, num, rmcomma, rmunit.",
		lower: on((*lowerer).convert)})
}

const convertFormat = "%m/%d/%Y %H:%M:%S"

func (l *lowerer) convert(c *syntax.Convert) {
	o := l.options(c, c.Options)
	format := o.text("timeformat", convertFormat)
	o.done()
	wild := false
	for _, v := range c.Conversions {
		if v.Field == nil {
			return
		}
		if _, ok := conversions[v.Func]; !ok && v.Func != "none" {
			var names []string
			for name := range conversions {
				names = append(names, name)
			}
			l.unknown(v, "function", v.Func, names)
			return
		}
		wild = wild || v.Field.Wild()
	}
	if !wild {
		l.conversions(c, format)
		return
	}
	l.closed("convert", func(l *lowerer) { l.conversions(c, format) })
}

func (l *lowerer) conversions(c *syntax.Convert, format string) {
	kept := map[string]bool{} // none(field) keeps fields from what is said with stars, before it or behind it
	for _, v := range c.Conversions {
		if v.Func == "none" {
			names, _ := l.matching([]string{v.Field.Value}, v, "convert")
			for _, name := range names {
				kept[name] = true
			}
		}
	}
	for _, v := range c.Conversions {
		if v.Func == "none" {
			continue
		}
		names, _ := l.matching([]string{v.Field.Value}, v, "convert")
		for _, name := range names {
			if kept[name] && v.Field.Wild() {
				continue
			}
			as := name
			if v.As != nil {
				as = v.As.Value
				if parts, ok := event.MatchWildcards(v.Field.Value, name); ok {
					as = plan.FillWildcards(as, parts)
				}
			}
			l.extend(plan.Named{Name: as, Expr: expr.F(conversions[v.Func], expr.C(name), expr.Str(format))})
		}
	}
}

// conversions are the functions of convert. Each takes the value and the time format.
var conversions = map[string]*fn.Func{
	"auto": conversion("auto", func(s string) event.Value {
		for _, f := range []func(string) event.Value{toNumber, withoutCommas, durationSeconds, memoryKilobytes, withoutUnit} {
			if v := f(s); !v.IsNull() && v.Kind() != event.String {
				return v
			}
		}
		return event.StringOf(s)
	}),
	"num": conversion("num", func(s string) event.Value {
		for _, f := range []func(string) event.Value{toNumber, withoutCommas, durationSeconds, withoutUnit} {
			if v := f(s); !v.IsNull() && v.Kind() != event.String {
				return v
			}
		}
		return event.NullValue
	}),
	"dur2sec": conversion("dur2sec", durationSeconds),
	"memk":    conversion("memk", memoryKilobytes),
	"mstime":  conversion("mstime", minuteSeconds),
	"rmcomma": conversion("rmcomma", withoutCommas),
	"rmunit":  conversion("rmunit", withoutUnit),
	"ctime": {Name: "ctime", Min: 2, Max: 2,
		Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
			format, zone := args[1].Value.Str(), env.Location()
			return func(in []event.Value) event.Value {
				return perValue(in[0], func(v event.Value) event.Value {
					if sec, ok := function.Number(v); ok {
						if t, ok := timefmt.FromEpoch(sec, zone); ok {
							return event.StringOf(timefmt.Strftime(t, format))
						}
					}
					return v
				})
			}, nil
		}},
	"mktime": {Name: "mktime", Min: 2, Max: 2,
		Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
			format := args[1].Value.Str()
			now := event.TicksOf(env.Now()).Time().In(env.Location())
			return func(in []event.Value) event.Value {
				return perValue(in[0], func(v event.Value) event.Value {
					if t, ok := timefmt.Strptime(function.Text(v), format, now); ok {
						return epoch(timefmt.ToEpoch(t))
					}
					return event.NullValue
				})
			}, nil
		}},
}

func conversion(name string, f func(string) event.Value) *fn.Func {
	return &fn.Func{Name: name, Min: 2, Max: 2, Row: func(in []event.Value) event.Value {
		return perValue(in[0], func(v event.Value) event.Value { return f(function.Text(v)) })
	}}
}

func toNumber(s string) event.Value {
	if n, ok := function.ParseNumber(s); ok {
		return wholeOrFloat(n)
	}
	return event.NullValue
}

func wholeOrFloat(n float64) event.Value {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return event.IntOf(int64(n))
	}
	return event.FloatOf(n)
}

func withoutCommas(s string) event.Value {
	t := strings.ReplaceAll(s, ",", "")
	if v := toNumber(t); !v.IsNull() {
		return v
	}
	return event.StringOf(t)
}

// withoutUnit reads the number that a text begins with.
func withoutUnit(s string) event.Value {
	for i := len(s); i > 0; i-- {
		if v := toNumber(s[:i]); !v.IsNull() {
			return v
		}
	}
	return event.NullValue
}

// durationSeconds reads [D+]HH:MM:SS, or a number of seconds.
func durationSeconds(s string) event.Value {
	if v := toNumber(s); !v.IsNull() {
		return v
	}
	days, rest, ok := strings.Cut(s, "+")
	if !ok {
		days, rest = "0", s
	}
	parts := strings.Split(rest, ":")
	d, err := strconv.Atoi(strings.TrimSpace(days))
	if err != nil || len(parts) != 3 {
		return event.NullValue
	}
	total := float64(d) * 86400
	for i, unit := range []float64{3600, 60, 1} {
		n, ok := function.ParseNumber(parts[i])
		if !ok || n < 0 {
			return event.NullValue
		}
		total += n * unit
	}
	return wholeOrFloat(total)
}

// memoryKilobytes reads a number with k, m or g behind it, and gives kilobytes.
func memoryKilobytes(s string) event.Value {
	unit := 1.0
	t := strings.TrimSpace(s)
	if t != "" {
		switch t[len(t)-1] {
		case 'k', 'K':
			t = t[:len(t)-1]
		case 'm', 'M':
			t, unit = t[:len(t)-1], 1024
		case 'g', 'G':
			t, unit = t[:len(t)-1], 1024*1024
		}
	}
	if n, ok := function.ParseNumber(t); ok {
		return wholeOrFloat(n * unit)
	}
	return event.NullValue
}

// minuteSeconds reads [MM:]SS.SSS.
func minuteSeconds(s string) event.Value {
	min, sec, ok := strings.Cut(s, ":")
	if !ok {
		min, sec = "0", s
	}
	m, ok1 := function.ParseNumber(min)
	n, ok2 := function.ParseNumber(sec)
	if !ok1 || !ok2 {
		return event.NullValue
	}
	return wholeOrFloat(m*60 + n)
}
