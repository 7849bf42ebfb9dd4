package syntax

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

// classified writes the tokens of a text as class:text.
func classified(t *testing.T, src string, tokens []text.Token) string {
	t.Helper()
	var parts []string
	at := 0
	for _, x := range tokens {
		if x.Start < at || x.End <= x.Start || x.End > len(src) {
			t.Fatalf("%q: token %v does not follow %d", src, x, at)
		}
		at = x.End
		if x.Class != text.Operator {
			parts = append(parts, x.Class.String()+":"+src[x.Start:x.End])
		}
	}
	return strings.Join(parts, " ")
}

func TestClassify(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"T | where Name =~ \"a|b\" and X has_any (1, 5m) // why\n| summarize count() by Bin=bin(TimeGenerated, 1h)",
			`name:T command:where name:Name string:"a|b" keyword:and name:X keyword:has_any number:1 number:5m comment:// why ` +
				`command:summarize function:count keyword:by name:Bin function:bin name:TimeGenerated number:1h`},
		{"let x = dynamic(['a']); union A, B | mv-expand y | project-away z",
			"keyword:let name:x function:dynamic string:'a' command:union name:A name:B command:mv-expand name:y command:project-away name:z"},
		{"// only a comment", "comment:// only a comment"},
		{"T | where \"open", `name:T command:where string:"open`},
		{"", ""},
	} {
		if got := classified(t, c.src, Classify(c.src)); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.src, got, c.want)
		}
	}
	for _, hostile := range []string{"|||", "'''", "\x00\xff\u2028", "a\\", "datetime(", "```", "h@'", strings.Repeat("(", 5000)} {
		classified(t, hostile, Classify(hostile))
	}
}
