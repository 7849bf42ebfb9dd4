package timefmt

import (
	"testing"
	"time"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func TestStrftime(t *testing.T) {
	f := func(epoch float64, format, want string) {
		t.Helper()
		v, ok := FromEpoch(epoch, time.UTC)
		if !ok {
			t.Fatal(epoch)
		}
		if got := Strftime(v, format); got != want {
			t.Errorf("%v %s: got %q, want %q", epoch, format, got, want)
		}
	}
	f(1704112103, "%H:%M", "12:28")
	f(1521467703.049, "%S.%3N", "03.049")
	f(1521467703.049, "%Y-%m-%dT%H:%M:%S.%Q", "2018-03-19T13:55:03.049")
	f(1521467703.049, "%N %6N %9Q %f %1N", "049000000 049000 049000000 049000 0")
	f(1704067200, "%B %b %h", "January Jan Jan")
	f(1704117600, "%I:%M %p %l|%k", "02:00 PM  2|14")
	f(1704067200, "%I %p %P", "12 AM am")
	f(1704067200, "%w %u %A %a", "1 1 Monday Mon")
	f(1704067200, "%c", "Mon Jan  1 00:00:00 2024")
	f(1704067200, "%+", "Mon Jan  1 00:00:00 UTC 2024")
	f(1704067200, "%F %T|%D|%R|%r|%x|%X", "2024-01-01 00:00:00|01/01/24|00:00|12:00:00 AM|01/01/2024|00:00:00")
	f(1704067200, "%j %y %C %e %d %-d %_m", "001 24 20  1 01 1  1")
	f(1704067200, "%V %U %W %G", "01 00 01 2024")
	f(1704067200.9, "%s", "1704067200")
	f(-1.5, "%F %T.%3N %s", "1969-12-31 23:59:58.500 -2")
	f(1704067200, "100%% %q %", "100% %q %")
	f(1704067200, "%z %:z %::z %:::z %Ez %Z", "+0000 +00:00 +00:00:00 +00 +0 UTC")
	est := time.FixedZone("EST", -5*3600)
	v, _ := FromEpoch(1704067200, est)
	if got := Strftime(v, "%H %z %:z %Ez %Z %^b"); got != "19 -0500 -05:00 -300 EST DEC" {
		t.Error(got)
	}
}

func TestStrptime(t *testing.T) {
	now := at(t, "2024-05-06T07:08:09Z")
	f := func(s, format string, want float64) {
		t.Helper()
		v, ok := Strptime(s, format, now)
		if want < 0 {
			if ok {
				t.Errorf("%q %s: got %v, want nothing", s, format, v)
			}
			return
		}
		if !ok || ToEpoch(v) != want {
			t.Errorf("%q %s: got %v %v, want %v", s, format, ToEpoch(v), ok, want)
		}
	}
	const no = -1
	f("2024-01-01 00:00:00", "%Y-%m-%d %H:%M:%S", 1704067200)
	f("2024-1-1 0:0:0", "%Y-%m-%d %H:%M:%S", 1704067200)
	f("2024-01-01T00:00:00Z and more", "%FT%T", 1704067200)
	f("hello", "%Y-%m-%d", no)
	f("2022/07/23 17:19:01.89", "%Y/%m/%d %H:%M:%S.%N", 1658596741.89)
	f("2022/07/23 17:19:01.890", "%Y/%m/%d %H:%M:%S.%3N", 1658596741.89)
	f("2022/07/23 17:19:01.890123", "%Y/%m/%d %H:%M:%S.%6N", 1658596741.890123)
	f("2024-01-01 00:00:00 +0130", "%F %T %z", 1704067200-5400)
	f("2024-01-01 00:00:00-05:00", "%F %T%:z", 1704067200+5*3600)
	f("2024-01-01 00:00:00Z", "%F %T%z", 1704067200)
	f("2024-01-01 00:00:00 EST", "%F %T %Z", 1704067200+5*3600)
	f("Fri Apr 29 2022 23:45:22 GMT-0700", "%a %b %d %Y %T %:Z", 1651301122)
	f("Mon Jan  1 00:00:00 2024", "%c", 1704067200)
	f("01/Jan/2024:12:30:00 PM", "%d/%b/%Y:%I:%M:%S %p", 1704067200+12*3600+1800)
	f("january 1, 2024", "%B %d, %Y", 1704067200)
	f("1704067200.25", "%s.%N", 1704067200.25)
	f("12:30", "%H:%M", ToEpoch(at(t, "2024-05-06T12:30:00Z")))
	f("Jan 1", "%b %d", 1704067200)
	f("2024 001", "%Y %j", 1704067200)
	f("2023 366", "%Y %j", no)
	f("24-01-01", "%y-%m-%d", 1704067200)
	f("99-01-01", "%y-%m-%d", 915148800)
	f("2024-01", "%Y-%m", no)
	f("2024", "%Y", no)
	f("2023-02-29", "%F", no)
	f("2024-13-01", "%F", no)
	f("2024-01-01 25:00", "%F %H:%M", no)
	f("2024-01-01", "%F %q", no)
	f("2024-01-01", "%Y-%m-%d %H", no)
	f("2024-01-01  10", "%Y-%m-%d %H", 1704067200+36000)
}

func TestModifier(t *testing.T) {
	f := func(from, mod, want string) {
		t.Helper()
		m, err := ParseModifier(mod)
		if err != nil {
			t.Errorf("%s: %v", mod, err)
			return
		}
		if got := m.Apply(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("%s %s: got %v, want %s", from, mod, got, want)
		}
	}
	const base = "2024-01-03T02:46:40.5Z" // a Wednesday
	f(base, "@h", "2024-01-03T02:00:00Z")
	f(base, "-2h@h", "2024-01-03T00:00:00Z")
	f(base, "-30s", "2024-01-03T02:46:10.5Z")
	f(base, "@s", "2024-01-03T02:46:40Z")
	f(base, "-70m@m", "2024-01-03T01:36:00Z")
	f(base, "@w0", "2023-12-31T00:00:00Z")
	f(base, "@w", "2023-12-31T00:00:00Z")
	f(base, "@w1", "2024-01-01T00:00:00Z")
	f(base, "@w3", "2024-01-03T00:00:00Z")
	f(base, "@w4", "2023-12-28T00:00:00Z")
	f(base, "@w7", "2023-12-31T00:00:00Z")
	f(base, "-1d@d+3h", "2024-01-02T03:00:00Z")
	f(base, "-d@d", "2024-01-02T00:00:00Z")
	f(base, "now-1d@d", "2024-01-02T00:00:00Z")
	f(base, "-1mon@mon", "2023-12-01T00:00:00Z")
	f(base, "-1month", "2023-12-03T02:46:40.5Z")
	f(base, "@q", "2024-01-01T00:00:00Z")
	f(base, "-1q@q", "2023-10-01T00:00:00Z")
	f(base, "@y", "2024-01-01T00:00:00Z")
	f(base, "+1y", "2025-01-03T02:46:40.5Z")
	f(base, "-7days@day", "2023-12-27T00:00:00Z")
	f(base, "+2weeks", "2024-01-17T02:46:40.5Z")
	f(base, "-60", "2024-01-03T02:45:40.5Z")
	f(base, "-500ms", "2024-01-03T02:46:40Z")
	f(base, "now", base)
	f("2024-03-31T10:00:00Z", "-1mon", "2024-02-29T10:00:00Z")
	f("2024-03-31T10:00:00Z", "-1mon@mon", "2024-02-01T00:00:00Z")
	for _, bad := range []string{"x", "-1x", "@", "@5h", "1d 2h", "--1d", "-99999999999999d", "@ms", "-1d@"} {
		if _, err := ParseModifier(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestParseBound(t *testing.T) {
	now := at(t, "2024-01-03T02:46:40Z")
	f := func(s, want string) {
		t.Helper()
		got, err := ParseBound(s, "", now)
		if want == "" {
			if err == nil {
				t.Errorf("%q was read as %v", s, got)
			}
		} else if err != nil || !got.Equal(at(t, want)) {
			t.Errorf("%q: got %v %v, want %s", s, got, err, want)
		}
	}
	f("now", "2024-01-03T02:46:40Z")
	f("now()", "2024-01-03T02:46:40Z")
	f("-24h@h", "2024-01-02T02:00:00Z")
	f("@d", "2024-01-03T00:00:00Z")
	f("1704067200", "2024-01-01T00:00:00Z")
	f("0", "1970-01-01T00:00:00Z")
	f("01/01/2024:00:01:00", "2024-01-01T00:01:00Z")
	f("1/1/2024:0:1:0", "2024-01-01T00:01:00Z")
	f("rt-5m", "")
	f("yesterday", "")
	f("", "")
}

func TestSpan(t *testing.T) {
	f := func(span, from, want string) {
		t.Helper()
		sp, err := ParseSpan(span)
		if err != nil {
			t.Errorf("%s: %v", span, err)
			return
		}
		if got := sp.Floor(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("%s of %s: got %v, want %s", span, from, got, want)
		}
	}
	const base = "2024-01-03T02:46:40.5Z"
	f("1s", base, "2024-01-03T02:46:40Z")
	f("10", base, "2024-01-03T02:46:40Z")
	f("30sec", base, "2024-01-03T02:46:30Z")
	f("5m", base, "2024-01-03T02:45:00Z")
	f("10min", base, "2024-01-03T02:40:00Z")
	f("1h", base, "2024-01-03T02:00:00Z")
	f("4h", base, "2024-01-03T00:00:00Z")
	f("h", base, "2024-01-03T02:00:00Z")
	f("100ms", base, "2024-01-03T02:46:40.5Z")
	f("1d", base, "2024-01-03T00:00:00Z")
	f("1w", base, "2023-12-31T00:00:00Z")
	f("1d@d", base, "2024-01-03T00:00:00Z")
	f("1w@w1", base, "2024-01-01T00:00:00Z")
	f("1mon", "2024-02-29T01:00:00Z", "2024-02-01T00:00:00Z")
	f("3mon", "2024-02-29T01:00:00Z", "2024-01-01T00:00:00Z")
	f("1q", "2024-05-29T01:00:00Z", "2024-04-01T00:00:00Z")
	f("1y", "2024-05-29T01:00:00Z", "2024-01-01T00:00:00Z")
	f("1d", "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z")
	f("1h", "1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z")
	for _, bad := range []string{"", "x", "5x", "0s", "-1h", "1h@d", "1w@w9"} {
		if sp, err := ParseSpan(bad); err == nil {
			t.Errorf("%q was read as %v", bad, sp)
		}
	}
	zone := time.FixedZone("", 5*3600+1800)
	if got := (Span{N: 1, Unit: Hour}).Floor(at(t, "2024-01-03T02:46:40Z").In(zone)); Strftime(got, "%T") != "08:00:00" {
		t.Error(got)
	}
	if got := (Span{N: 1, Unit: Day}).Floor(at(t, "2024-01-03T20:46:40Z").In(zone)); Strftime(got, "%F %T") != "2024-01-04 00:00:00" {
		t.Error(got)
	}
}

func FuzzTimes(f *testing.F) {
	f.Add("2024-01-01 00:00:00", "%Y-%m-%d %H:%M:%S%z", int64(1704067200))
	f.Add("-1d@w0+3mon", "%3N%:z%Ez%c%+", int64(-1))
	f.Add("1w@w1", "%", int64(1<<40))
	f.Fuzz(func(t *testing.T, s, format string, sec int64) {
		now, ok := FromEpoch(float64(sec), time.UTC)
		if !ok {
			return
		}
		if len(format) < 200 {
			Strftime(now, format)
		}
		Strptime(s, format, now)
		ParseBound(s, format, now)
		if sp, err := ParseSpan(s); err == nil && sec > -1e11 && sec < 1e11 && sp.N < 1e6 {
			if b := sp.Floor(now); b.After(now) {
				t.Errorf("%q: bucket of %v begins at %v", s, now, b)
			}
		}
	})
}
