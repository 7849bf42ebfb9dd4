package syntax

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

func TestClassify(t *testing.T) {
	classified := func(src string) string {
		var parts []string
		at := 0
		for _, x := range Classify(src) {
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
	for _, c := range []struct{ src, want string }{
		{"detection:\n  sel:\n    Image|endswith: '\\cmd.exe' # shell\n    EventID: 1\n    - a: true\n  condition: 1 of sel* and not filter",
			`name:detection name:sel name:Image function:|endswith string:'\cmd.exe' comment:# shell name:EventID number:1 name:a keyword:true ` +
				"name:condition number:1 keyword:of name:sel* keyword:and keyword:not name:filter"},
		{"description: |\n  one: two\n  three\nlevel: high", "name:description string:one: two string:three name:level string:high"},
		{"- 'quoted: # not'\n- http://x/y", "string:'quoted: # not' string:http://x/y"},
	} {
		if got := classified(c.src); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.src, got, c.want)
		}
	}
	for _, hostile := range []string{":::", "'''", "\x00\xff\u2028", "- - - -", "---", "--", "|", "a: |", `"x`, "\r\n\r", "'a':"} {
		classified(hostile)
	}
}
