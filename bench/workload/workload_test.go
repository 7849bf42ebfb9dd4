package workload

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const two = `{"@timestamp":"2020-09-04T15:00:00.123Z","EventTime":"2020-09-04 11:00:00","Hostname":"WS01.theshire.local","User":"THESHIRE\\pgustavo","ProcessGuid":"{7e6ba9d1-1234-5f55-0000-001000000000}","CommandLine":"cmd /c \"tmp48213.bat\" on WS01.theshire.local by pgustavo","ProcessId":4821}
{"@timestamp":"2020-09-04T15:00:10.000Z","Hostname":"WS01.theshire.local","User":"NT AUTHORITY\\SYSTEM","ParentProcessGuid":"{7e6ba9d1-1234-5f55-0000-001000000000}","Message":"ok"}
`

func TestCopies(t *testing.T) {
	s, err := Read(strings.NewReader(two), 0)
	if err != nil {
		t.Fatal(err)
	}
	copyOf := func(n int) []map[string]any {
		var buf bytes.Buffer
		if err := s.Copy(&buf, n); err != nil {
			t.Fatal(err)
		}
		var out []map[string]any
		for line := range strings.Lines(buf.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			out = append(out, m)
		}
		return out
	}
	var first bytes.Buffer
	if s.Copy(&first, 0); first.String() != two {
		t.Errorf("copy 0 is\n%s", first.String())
	}
	c := copyOf(3)
	if got := c[0]["Hostname"]; got != "WS01-3.theshire.local" {
		t.Errorf("the host is %v", got)
	}
	if got := c[0]["User"]; got != `THESHIRE\pgustavo3` {
		t.Errorf("the user is %v", got)
	}
	if got := c[1]["User"]; got != `NT AUTHORITY\SYSTEM` {
		t.Errorf("an account of the system is %v", got)
	}
	if a, b := c[0]["ProcessGuid"], c[1]["ParentProcessGuid"]; a != b || a == "{7e6ba9d1-1234-5f55-0000-001000000000}" {
		t.Errorf("the process is %v, as a parent %v", a, b)
	}
	if got := c[0]["EventTime"].(string); got <= "2020-09-04 11:00:00" || len(got) != 19 {
		t.Errorf("the time is %v", got)
	}
	if a, b := copyOf(4)[0]["CommandLine"].(string), c[0]["CommandLine"].(string); a == b || !strings.HasPrefix(b, `cmd /c "tmp`) || !strings.HasSuffix(b, "on WS01-3.theshire.local by pgustavo3") {
		t.Errorf("the command lines are %q and %q", a, b)
	}
	if c[0]["ProcessId"].(float64) != 4821 {
		t.Error("a number outside text has changed")
	}
}

func TestSize(t *testing.T) {
	s, err := Simulated(500)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	n, err := s.Write(&buf, 3*s.Bytes())
	if err != nil || int64(buf.Len()) < 3*s.Bytes() || int64(buf.Len()) > 5*s.Bytes() || n != bytes.Count(buf.Bytes(), []byte("\n")) {
		t.Errorf("%v: %d bytes and %d events", err, buf.Len(), n)
	}
}
