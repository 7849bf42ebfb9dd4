package winevent

import (
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

func TestParseTime(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := "none"
		if ticks, ok := ParseTime(in); ok {
			got = event.TicksOf(ticks).Time().Format("2006-01-02T15:04:05.9999999")
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	f("2021-01-14T23:41:40.145335299Z", "2021-01-14T23:41:40.1453352")
	f("2021-01-14T23:41:40Z", "2021-01-14T23:41:40")
	f("2021-01-14 23:41:40", "2021-01-14T23:41:40")
	f("2021-01-14T23:41:40.5+02:00", "2021-01-14T21:41:40.5")
	f("2021-01-14T23:41:40-0130", "2021-01-15T01:11:40")
	f("2020-02-29T00:00:00Z", "2020-02-29T00:00:00")
	f("1601-01-01T00:00:00Z", "1601-01-01T00:00:00")
	f("2021-02-29T00:00:00Z", "none")
	f("2021-13-01T00:00:00Z", "none")
	f("2021-01-01T24:00:00Z", "none")
	f("2021-01-01T00:00:00X", "none")
	f("2021-01-01T00:00:00+1", "none")
	f("2021-01-01", "none")
	f("", "none")
}

func TestDate(t *testing.T) {
	for d := int64(-800_000); d < 800_000; d += 13 {
		want := time.Unix(d*86400, 0).UTC()
		y, m, day := Date(d)
		if y != want.Year() || m != int(want.Month()) || day != want.Day() {
			t.Fatalf("day %d: got %d-%d-%d, want %v", d, y, m, day, want)
		}
		if y > 0 && Days(y, m, day) != d {
			t.Fatalf("%d-%d-%d: got day %d, want %d", y, m, day, Days(y, m, day), d)
		}
	}
}

func TestParseInt(t *testing.T) {
	f := func(in string, want int64, ok bool) {
		t.Helper()
		if got, is := ParseInt(in); got != want || is != ok {
			t.Errorf("%q: got %d, %v", in, got, is)
		}
	}
	f("0", 0, true)
	f("4688", 4688, true)
	f("-1", -1, true)
	f("0x1F", 31, true)
	f("9223372036854775807", 1<<63-1, true)
	f("9223372036854775808", 0, false)
	f("0x8000000000000000", 0, false)
	f("12345678901234567890", 0, false)
	f("", 0, false)
	f("1a", 0, false)
	f("0x", 0, false)
}
