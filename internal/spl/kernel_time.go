package spl

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

// epoch makes a value of epoch seconds: whole ones are Int.
func epoch(sec float64) event.Value {
	if sec == math.Trunc(sec) {
		return event.IntOf(int64(sec))
	}
	return event.FloatOf(sec)
}

// fnTicks makes a time of epoch seconds.
var fnTicks = &fn.Func{Name: "ticks", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		if sec, ok := function.Number(in[0]); ok {
			return event.TicksOf(int64(math.Round(sec * event.TicksPerSecond)))
		}
		return event.NullValue
	}}

// fnBinTime rounds an epoch time down to a multiple of a span, counted from midnight of the zone or from another time.
var fnBinTime = timeSpan("bin_time", func(span timefmt.Span, t time.Time) time.Time { return span.Floor(t) }, 0)

// fnAfterTime is the beginning of the span that follows on that of an epoch time.
var fnAfterTime = timeSpan("after_time", func(span timefmt.Span, t time.Time) time.Time { return span.Add(span.Floor(t), 1) }, 1)

// timeSpan makes a function of a time, a span and perhaps the time that spans are counted from: a bound of the span in which the
// time lies, or with shifted spans the one so many spans on.
func timeSpan(name string, bound func(timefmt.Span, time.Time) time.Time, on float64) *fn.Func {
	return &fn.Func{Name: name, Min: 2, Max: 3,
		Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
			span, err := timefmt.ParseSpan(args[1].Value.Str())
			if err != nil {
				return nil, err
			}
			zone := env.Location()
			width, _ := span.Seconds()
			return func(in []event.Value) event.Value {
				shift := 0.0
				if len(in) == 3 {
					shift, _ = function.Number(in[2])
				}
				return perValue(in[0], func(v event.Value) event.Value {
					sec, ok := function.Number(v)
					if !ok {
						return v
					}
					if len(in) == 3 {
						return epoch((math.Floor((sec-shift)/width)+on)*width + shift)
					}
					t, ok := timefmt.FromEpoch(sec, zone)
					if !ok {
						return v
					}
					return epoch(timefmt.ToEpoch(bound(span, t)))
				})
			}, nil
		}}
}

// fnBinNumber puts a number into a range of a width, the text "10-20". What is no number stays.
var fnBinNumber = &fn.Func{Name: "bin_number", Min: 2, Max: 3,
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		return func(in []event.Value) event.Value {
			width, ok := function.Number(in[1])
			if !ok || width <= 0 {
				return in[0]
			}
			return perValue(in[0], func(v event.Value) event.Value { return binNumber(v, width) })
		}, nil
	}}

func binNumber(v event.Value, width float64) event.Value {
	x, ok := function.Number(v)
	if !ok {
		return v
	}
	from := math.Floor(x/width) * width
	return event.StringOf(plainNumber(from, width) + "-" + plainNumber(from+width, width))
}

// plainNumber prints a bound of a range with as many decimals as the width has.
func plainNumber(x, width float64) string {
	decimals := 0
	if _, frac, ok := strings.Cut(strconv.FormatFloat(width, 'f', -1, 64), "."); ok {
		decimals = len(frac)
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// fnBinLog puts a number into a range between coefficient times powers of a base.
var fnBinLog = &fn.Func{Name: "bin_log", Min: 3, Max: 3,
	Row: func(in []event.Value) event.Value {
		coef, _ := function.Number(in[1])
		base, _ := function.Number(in[2])
		return perValue(in[0], func(v event.Value) event.Value {
			x, ok := function.Number(v)
			if !ok {
				return v
			}
			if x <= 0 {
				return event.StringOf("0-" + strconv.FormatFloat(coef, 'f', -1, 64))
			}
			from := coef * math.Pow(base, math.Floor(math.Log(x/coef)/math.Log(base)+1e-12))
			return event.StringOf(strconv.FormatFloat(from, 'g', 12, 64) + "-" + strconv.FormatFloat(from*base, 'g', 12, 64))
		})
	}}

// fnBinBins is bin without a span: it takes the least and greatest value of the column and the number of ranges wanted.
var fnBinBins = &fn.Func{Name: "bin_bins", Min: 5, Max: 5, Null: fn.SeesNull,
	Row: func(in []event.Value) event.Value {
		lo, ok := function.Number(in[1])
		hi, ok2 := function.Number(in[2])
		bins, _ := function.Number(in[3])
		if !ok || !ok2 || in[0].IsNull() {
			return in[0]
		}
		width := niceWidth(lo, hi, bins)
		if least, ok := function.Number(in[4]); ok {
			width = math.Max(width, least)
		}
		return perValue(in[0], func(v event.Value) event.Value { return binNumber(v, width) })
	}}

// niceWidth is the least of 1, 2.5, 5 times a power of ten that cuts a range into at most so many pieces.
func niceWidth(lo, hi, bins float64) float64 {
	if hi <= lo {
		return 1
	}
	raw := (hi - lo) / math.Max(bins, 1)
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2.5, 5, 10} {
		w := p * m
		if math.Floor(hi/w)-math.Floor(lo/w)+1 <= bins {
			return w
		}
	}
	return p * 10
}

// niceSpans are the spans that bin and timechart choose from when none is given.
var niceSpans = []string{"1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "4h", "12h", "1d", "7d", "1mon", "3mon", "1y"}

// chooseSpan returns the shortest nice span that cuts a time range into at most so many buckets and is not shorter than
// least seconds.
func chooseSpan(lo, hi float64, bins int, least float64) string {
	for _, s := range niceSpans {
		span, _ := timefmt.ParseSpan(s)
		if sec, _ := span.Seconds(); (hi-lo)/sec < float64(bins) && sec >= least {
			return s
		}
	}
	return niceSpans[len(niceSpans)-1]
}

// fnBinTimes is bin _time without a span: it takes the least and the greatest time, the number of spans wanted and their
// least width.
var fnBinTimes = chosenSpan("bin_times", func(span timefmt.Span, t time.Time) event.Value { return epoch(timefmt.ToEpoch(span.Floor(t))) })

// fnNextTime is the beginning of the span that follows on one of fnBinTimes, and fnTimeWidth how long it is in seconds.
var (
	fnNextTime = chosenSpan("next_time", func(span timefmt.Span, t time.Time) event.Value {
		return epoch(timefmt.ToEpoch(span.Add(span.Floor(t), 1)))
	})
	fnTimeWidth = chosenSpan("time_width", func(span timefmt.Span, _ time.Time) event.Value {
		sec, _ := span.Seconds()
		return epoch(sec)
	})
)

func chosenSpan(name string, f func(timefmt.Span, time.Time) event.Value) *fn.Func {
	return &fn.Func{Name: name, Min: 5, Max: 5, Null: fn.SeesNull,
		Bind: func(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
			zone := env.Location()
			return func(in []event.Value) event.Value {
				lo, ok := function.Number(in[1])
				hi, ok2 := function.Number(in[2])
				bins, _ := function.Number(in[3])
				sec, ok3 := function.Number(in[0])
				if !ok || !ok2 || !ok3 {
					return in[0]
				}
				least, _ := function.Number(in[4])
				span, _ := timefmt.ParseSpan(chooseSpan(lo, hi, int(bins), least))
				t, ok := timefmt.FromEpoch(sec, zone)
				if !ok {
					return in[0]
				}
				return f(span, t)
			}, nil
		}}
}

// fnRangeStart is the number that a range such as 10-20 begins with.
var fnRangeStart = &fn.Func{Name: "range_start", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		s := function.Text(in[0])
		if i := strings.IndexByte(s[min(1, len(s)):], '-'); i >= 0 {
			s = s[:i+1]
		}
		if n, ok := function.ParseNumber(s); ok {
			return event.FloatOf(n)
		}
		return event.NullValue
	}}

// sampleNow serves to check whether a time can be read.
var sampleNow = time.Unix(1_700_000_000, 0).UTC()

// fnTimeBound is the value of earliest= or latest= in epoch seconds. It asks for the present only when the text is
// relative to it, since finding the present costs a pass over the input.
var fnTimeBound = &fn.Func{Name: "time_bound", Min: 1, Max: 2,
	Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
		s, zone, format := args[0].Value.Str(), env.Location(), ""
		if len(args) == 2 {
			format = args[1].Value.Str()
		}
		a, err := timefmt.ParseBound(s, format, sampleNow.In(zone))
		if err != nil {
			return nil, err
		}
		if b, _ := timefmt.ParseBound(s, format, sampleNow.In(zone).AddDate(0, 0, 1)); !a.Equal(b) {
			now := event.TicksOf(env.Now()).Time().In(zone)
			if a, err = timefmt.ParseBound(s, format, now); err != nil {
				return nil, err
			}
		}
		v := epoch(timefmt.ToEpoch(a))
		return func([]event.Value) event.Value { return v }, nil
	}}
