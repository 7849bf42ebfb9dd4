package function

import (
	"math"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/timefmt"
)

var dates = []*fn.Func{
	{Name: "now", Min: 0, Max: 0, Bind: now(true), See: pageTime, Doc: "The present of the run in epoch seconds, the same for all events.", Examples: ex(`now()-now()`, `0`, `now()-relative_time(now(),"-1h")`, `3600`)},
	{Name: "relative_time", Min: 2, Max: 2, Bind: relativeTime, See: pageTime,
		Doc:      "A time moved by a relative time modifier, such as -1d@d: offsets and snaps from left to right.",
		Examples: ex(`relative_time(1704112103,"@h")`, `1704110400`, `relative_time(1704250000,"@w1")`, `1704067200`, `relative_time(1706000000,"-1mon@mon")`, `1701388800`)},
	{Name: "strftime", Min: 2, Max: 2, Bind: strftime, See: pageTime, Doc: "Epoch seconds as text in a format with % variables, in the time zone of the search.",
		Examples: ex(`strftime(1704112103,"%H:%M")`, `"12:28"`, `strftime(1521467703.049,"%S.%3N")`, `"03.049"`, `strftime(1704067200,"%B %b")`, `"January Jan"`)},
	{Name: "strptime", Min: 2, Max: 2, Bind: strptime, See: pageTime, Doc: "The epoch seconds of a time given as text in a format with % variables; null when the text does not fit.",
		Examples: ex(`strptime("2024-01-01 00:00:00","%Y-%m-%d %H:%M:%S")`, `1704067200`, `strptime("hello","%Y-%m-%d")`, `null`, `strptime("2022/07/23 17:19:01.89","%Y/%m/%d %H:%M:%S.%N")`, `1658596741.89`)},
	{Name: "time", Min: 0, Max: 0, Bind: now(false), See: pageTime, Doc: "The present of the run in epoch seconds with a fraction.", Examples: ex(`time()-now()<1`, `true`),
		Note: "The moment is that of the run and not of each event's evaluation, so that a run over the same data gives the same answer."},
}

// Now returns the present of a run as a time in the zone of the search. Asking may cost a pass over the input.
func Now(env *fn.Env) time.Time {
	return event.TicksOf(env.Now()).Time().In(env.Location())
}

func now(whole bool) func(*fn.Env, []fn.Arg) (fn.Row, error) {
	return func(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
		sec := timefmt.ToEpoch(Now(env))
		if whole {
			sec = math.Floor(sec)
		}
		v := numberValue(sec)
		return func([]event.Value) event.Value { return v }, nil
	}
}

func relativeTime(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	if err := requireNumbers(args, 0); err != nil {
		return nil, err
	}
	if args[1].Const && !args[1].Value.IsNull() {
		if _, err := timefmt.ParseModifier(Text(args[1].Value)); err != nil {
			return nil, err
		}
	}
	loc := env.Location()
	mods := newMemo(func(s string) *timefmt.Modifier {
		m, _ := timefmt.ParseModifier(s)
		return m
	})
	return func(in []event.Value) event.Value {
		t, ok := timeOf(in[0], loc)
		m := mods.get(Text(in[1]))
		if !ok || m == nil {
			return null
		}
		return finite(timefmt.ToEpoch(m.Apply(t)))
	}, nil
}

func timeOf(v event.Value, loc *time.Location) (time.Time, bool) {
	n, ok := Number(v)
	if !ok {
		return time.Time{}, false
	}
	return timefmt.FromEpoch(n, loc)
}

func strftime(env *fn.Env, args []fn.Arg) (fn.Row, error) {
	if err := requireNumbers(args, 0); err != nil {
		return nil, err
	}
	loc := env.Location()
	return func(in []event.Value) event.Value {
		format := Text(in[1])
		return perValue(func(v event.Value) event.Value {
			t, ok := timeOf(v, loc)
			if !ok {
				return null
			}
			return event.StringOf(timefmt.Strftime(t, format))
		})(in)
	}, nil
}

func strptime(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
	// The present is only asked for when a format leaves a part of the date to it.
	epoch := time.Unix(0, 0).In(env.Location())
	bases := newMemo(func(format string) time.Time {
		if timefmt.NeedsNow(format) {
			return Now(env)
		}
		return epoch
	})
	return func(in []event.Value) event.Value {
		format := Text(in[1])
		base := bases.get(format)
		return perValue(func(v event.Value) event.Value {
			t, ok := timefmt.Strptime(Text(v), format, base)
			if !ok {
				return null
			}
			return finite(timefmt.ToEpoch(t))
		})(in)
	}, nil
}
