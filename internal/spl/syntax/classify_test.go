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
		{"| tstats `summaries(x)` count min(_time) as first from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe by Processes.dest",
			"command:tstats macro:`summaries(x)` name:count function:min name:_time keyword:as name:first keyword:from name:datamodel string:Endpoint.Processes " +
				"keyword:where name:Processes.process_name string:cmd.exe keyword:by name:Processes.dest"},
		{`index=main TERM(EventCode=7045) OR "<EventID>4688<" ` + "```why``` | eval x='a b'+1 [search y=*]",
			`name:index string:main function:TERM name:EventCode number:7045 keyword:OR string:"<EventID>4688<" ` + "comment:```why``` command:eval name:x name:'a b' number:1 command:search name:y"},
		{`search "open`, `command:search string:"open`},
		{"", ""},
	} {
		if got := classified(c.src); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.src, got, c.want)
		}
	}
	for _, hostile := range []string{"|||", "'''", "\x00\xff\u2028", "a\\", "```", "`", `\`, strings.Repeat("[", 5000)} {
		classified(hostile)
	}
}
