package textline

import (
	"bytes"
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

var now = event.TimeOf(time.Date(2024, 3, 10, 0, 0, 0, 0, time.UTC)).Ticks()

func decode(t testing.TB, text string) []string {
	t.Helper()
	var out []string
	b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error {
		for i := range b.Len() {
			line := fmt.Sprintf("#%d", b.Lineage.Of(i)[0].Record)
			names := append([]string(nil), b.Names()...)
			sort.Strings(names)
			for _, n := range names {
				v := b.Value(n, i)
				if v.Kind() == event.String && !utf8.ValidString(v.Str()) {
					t.Fatalf("%s is not UTF-8: %q", n, v.Str())
				}
				if v.Kind() == event.Time {
					line += " " + n + "=" + time.Unix(0, v.Ticks()*100).UTC().Format(time.RFC3339Nano)
				} else if n != event.RawField && !v.IsMissing() {
					line += fmt.Sprintf(" %s=%s", n, v)
				}
			}
			out = append(out, line)
		}
		return nil
	})
	d := New(b, new(event.Classes))
	d.Now = now
	if err := d.Lines(context.Background(), []byte(text), 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLines(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := strings.Join(decode(t, line), "\n"); got != "#1"+want {
			t.Errorf("%s\ngot  %s\nwant #1%s", line, got, want)
		}
		if wantKnown := want != ""; Detect([]byte(line), true) != wantKnown {
			t.Errorf("%s: detected: %v", line, !wantKnown)
		}
	}
	f(`type=EXECVE msg=audit(1617985432.123:456): argc=2 a0="cat" a1="x"`, " _time=2021-04-09T16:23:52.123Z")
	f(`node=web1 type=CWD msg=audit(1617985432:456): cwd="/"`, " _time=2021-04-09T16:23:52Z")
	f("Mar  9 12:00:01 web1 sshd[123]: Failed password for root from 10.0.0.1\r", ` _time=2024-03-09T12:00:01Z host="web1" pid="123" process="sshd"`)
	f("Mar 12 12:00:01 web1 kernel: IN=eth0 OUT= SRC=10.0.0.1", ` IN="eth0" OUT="" SRC="10.0.0.1" _time=2023-03-12T12:00:01Z host="web1" process="kernel"`)
	f("Feb 29 12:00:01 web1 last message repeated 2 times", ` _time=2024-02-29T12:00:01Z host="web1"`)
	f("<34>Oct 11 22:14:15 mymachine su: failed", ` _time=2023-10-11T22:14:15Z host="mymachine" process="su"`)
	f(`<165>1 2003-10-11T22:14:15.003Z host.example.com evntslog - ID47 [example@1 iut="3" eventID="1011"] text host=other`,
		` _time=2003-10-11T22:14:15.003Z eventID="1011" host="host.example.com" iut="3" process="evntslog"`)
	f("2024-01-02T03:04:05.678+02:00 web1 CRON[9]: (root) CMD (x)", ` _time=2024-01-02T01:04:05.678Z host="web1" pid="9" process="CRON"`)
	f(`10.0.0.1 - - [10/Oct/2023:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326`, " _time=2023-10-10T20:55:36Z")
	f(`www:80 10.0.0.1 - bob [10/Oct/2023:13:55:36 +0000] "\x16\x03" 400 0 "-" "-"`, " _time=2023-10-10T13:55:36Z")
	f("2024-01-02 03:04:05,678 INFO main: started port=80", ` _time=2024-01-02T03:04:05.678Z port="80"`)
	f("2024/01/02 03:04:05 [error] 1#0: *1 open() failed", " _time=2024-01-02T03:04:05Z")
	f("[Thu Jun 09 11:07:51.123 2011] [core:error] [pid 1] x", " _time=2011-06-09T11:07:51.123Z")
	f("1286536309.586    921 192.168.0.68 TCP_MISS/200 507 POST http://x/ - DIRECT/y -", " _time=2010-10-08T11:11:49.586Z")
	f("01/02/2024 03:04:05 PM something", " _time=2024-01-02T15:04:05Z")
	f(`ts=2024-01-02T03:04:05Z level=info msg="a b" _raw=x 9=y`, ` _time=2024-01-02T03:04:05Z level="info" msg="a b" raw="x" ts="2024-01-02T03:04:05Z"`)
	f("Mar  9 12:00:01 web1 app: a=b\xe4c", ` _time=2024-03-09T12:00:01Z a="b\\xE4c" host="web1" process="app"`)

	f("Feb 31 12:00:01 web1 x: y", "")
	f("May we meet? 10:00:00 is fine", "")
	f("# A title", "")
	f("- 2024-01-02 03:04:05 in a list", "")
	f("2024-01-02 a date alone", "")
	if Detect([]byte("A sentence with a=b in it."), true) {
		t.Error("a sentence is detected")
	}
}

func TestDetect(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := Detect([]byte(text), true); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	audit := "type=CWD msg=audit(1617985432.123:456): cwd=\"/\"\n"
	f("# Title\n\nSome words on `a=b`, c=d.\n\n    "+audit+"\nMore words.\n", false)
	f("\r\n"+audit+audit+"----\n", true)
	f("export A=b\nB=c\nC=d\n", false)
	f("", false)
	if Detect([]byte("words\n"+audit[:20]), false) {
		t.Error("a line that is cut off counts")
	}
}

func TestRawIsTheLine(t *testing.T) {
	var got []string
	b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error {
		for i := range b.Len() {
			got = append(got, b.Value(event.RawField, i).Str())
		}
		return nil
	})
	d := New(b, new(event.Classes))
	if err := d.Lines(context.Background(), []byte("a\r\n\n \n\tat x  \nb\xffc"), 1); err != nil {
		t.Fatal(err)
	}
	b.Flush()
	if want := []string{"a", "\tat x", `b\xFFc`}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

// FuzzLines checks that any text is read without a panic, and that every line that is not blank is an event.
func FuzzLines(f *testing.F) {
	for _, s := range []string{
		"type=EXECVE msg=audit(1617985432.123:456): argc=2 a0=\"cat\"\n", "<34>1 2003-10-11T22:14:15.003Z - - - - -\n", "<34>Oct 11 22:14:15 h su[1]: x",
		"[Thu Jun 09 11:07:51.123 2011] [x]", "1 2 3 [10/Oct/2023:13:55:36 -0700] \"G", "a=b c='d' e=\"f", "12/31/2024 12:00:00 AM x", "1286536309.5 x", "2024-01-02T03:04:05+",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Detect(data, true)
		Begins(data)
		want := 0
		for l := range bytes.Lines(data) {
			if len(trim(l)) > 0 {
				want++
			}
		}
		if got := decode(t, string(data)); len(got) != want {
			t.Fatalf("%d events of %d lines", len(got), want)
		}
	})
}

func BenchmarkLines(b *testing.B) {
	text := []byte(strings.Repeat(`type=SYSCALL msg=audit(1617985432.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55 items=2 ppid=1 pid=2 auid=0 uid=0 comm="cat" exe="/bin/cat"
Mar  9 12:00:01 web1 kernel: IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=22 DPT=23
`, 5000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		bl := event.NewBuilder(event.NewDicts(0), 0, nil, func(*event.Batch) error { return nil })
		if err := New(bl, new(event.Classes)).Lines(context.Background(), text, 1); err != nil {
			b.Fatal(err)
		}
	}
}
