package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

var seeds = []string{
	`{"a":1,"b":{"c":"x"}}`, `{"a":"y","l":[1,"2",{"k":null}]}`, `{"records":[{"a":1},{"a":2}]}`, `{"a":1}{"b":2}`,
	`{"a":"\u0041\ud83d\ude00\ud83d\\\"\/\n","\u0062":"C:\\x\\","e":""}`, `{"properties":{"a":1},"category":"AdvancedHunting-X"}`,
	`{"a":9223372036854775808,"b":-0,"c":1e400,"d":0.1}`, "{\"a\":1}\n{\"a\":\n[{}]\n", `[{"a":1},{"a":2,"b":{"c":"]}"}}]`,
	"{\"@odata.context\":1,\n\"value\":[{\"a\":1}\n]}", `{"a":[[[[1]]]],"b":{"c":{"d":{}}}}`, `{"a":1,"a":{"b":2},"a.b":3}`,
}

func decodeLines(block []byte, need func(string) bool) (events, problems int) {
	b := event.NewBuilder(event.NewDicts(0), 0, need, func(bt *event.Batch) error {
		events += bt.Len()
		for i := range bt.Len() {
			for k := range bt.Names() {
				bt.ColumnAt(k).Value(i)
			}
		}
		return nil
	})
	d := New(b, &event.Classes{}, need)
	d.Problem = func(_ uint64, off int, _ string) {
		if off < 0 || off > len(block) {
			panic(fmt.Sprint("offset ", off))
		}
		problems++
	}
	if err := d.Lines(context.Background(), block, 1); err != nil {
		panic(err)
	}
	b.Flush()
	return events, problems
}

// FuzzLines checks that any input comes to an end, and that every valid object is an event.
func FuzzLines(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		events, problems := decodeLines(data, nil)
		decodeLines(data, func(string) bool { return false })
		line := bytes.Trim(data, " \t\r\n")
		if len(line) > 0 && line[0] == '{' && json.Valid(line) && bytes.IndexByte(line, '\n') < 0 && !bytes.Contains(line, []byte("ecords")) && depth(line) < maxDepth {
			if events != 1 || problems != 0 {
				t.Fatalf("valid object %q gives %d events and %d problems", line, events, problems)
			}
		}
	})
}

func depth(b []byte) int {
	d, most := 0, 0
	for _, c := range b {
		switch c {
		case '{', '[':
			d++
		case '}', ']':
			d--
		}
		most = max(most, d)
	}
	return most
}

// FuzzFramer checks that the objects found do not depend on where the text is cut.
func FuzzFramer(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		padded := append(bytes.Clone(data), make([]byte, Slack)...)
		find := func(step int) (out []string) {
			fr := &Framer{Problem: func(int, string) {}}
			p := 0
			for end := min(step, len(data)); ; end = min(end+step, len(data)) {
				for {
					buf := append(bytes.Clone(data[:end]), make([]byte, Slack)...)
					start, stop, ok := fr.Next(buf, p, end)
					if !ok {
						if start < p {
							t.Fatalf("goes back from %d to %d", p, start)
						}
						p = start
						break
					}
					out = append(out, string(padded[start:stop]))
					p = stop
				}
				if end == len(data) {
					return out
				}
			}
		}
		if len(data) > 300 {
			return
		}
		a, b := find(len(data)+1), find(int(step%16)+1)
		if fmt.Sprint(a) != fmt.Sprint(b) && json.Valid(data) {
			t.Fatalf("%q\n%q", a, b)
		}
	})
}

// FuzzScalar checks numbers against the standard library.
func FuzzScalar(f *testing.F) {
	for _, s := range []string{"1", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5e3", "0.1", "true", "1e999", "01", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		for i := range len(s) {
			if !literal[s[i]] {
				return
			}
		}
		v, ok := scalar([]byte(s))
		if ok != json.Valid([]byte(s)) {
			t.Fatalf("%q: ok is %v", s, ok)
		}
		if n, isNumber := v.Number(); ok && isNumber {
			var want float64
			if err := json.Unmarshal([]byte(s), &want); err == nil && n != want && math.Abs(n-want) > math.Abs(want)*1e-15 {
				t.Fatalf("%q: %v", s, v)
			}
		}
	})
}
