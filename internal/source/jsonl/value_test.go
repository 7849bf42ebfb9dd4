package jsonl

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestUnescape(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		for _, pad := range []string{"", "x", "1234567", "12345678", strings.Repeat("y", 30)} {
			if got := string(appendUnescaped([]byte("<"), []byte(pad+raw+pad))); got != "<"+pad+want+pad {
				t.Errorf("%s: got %q, want %q", pad+raw+pad, got, pad+want+pad)
			}
		}
	}
	f(`a\\b\"\/\b\f\n\r\t`, "a\\b\"/\b\f\n\r\t")
	f(`\u0041\u00e9\u20ac\ud83d\ude00`, "Aé€😀")
	f(`\ud83d`, "\ufffd")
	f(`\ud83d\u0041`, "\ufffdA")
	f(`\x\u12g4`, `\x\u12g4`)
	if got := string(appendUnescaped(nil, []byte(`abc\`))); got != `abc\` {
		t.Errorf("%q", got)
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add(`C:\\Windows\\System32\r\n\tx\u00e9`)
	f.Fuzz(func(t *testing.T, s string) {
		b, _ := json.Marshal(s)
		var want string
		json.Unmarshal(b, &want)
		if got := string(appendUnescaped(nil, b[1:len(b)-1])); got != want {
			t.Fatalf("%s: %q", b, got)
		}
	})
}
