package finding

import (
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/rule"
)

func TestPeriod(t *testing.T) {
	f := func(s string, want time.Duration) {
		t.Helper()
		if got, ok := Period(s); got != want || ok != (want > 0) {
			t.Errorf("Period(%q) = %v, %v, want %v", s, got, ok, want)
		}
	}
	f("30m", 30*time.Minute)
	f("1d", 24*time.Hour)
	f("PT5H", 5*time.Hour)
	f("P1DT12H", 36*time.Hour)
	f("P14D", 14*24*time.Hour)
	f("2 hours", 0)
	f("2h", 2*time.Hour)
	f("", 0)
	f("P", 0)
	f("999999999999d", 0)
}

// result is a result of a rule: rows of seconds and hosts.
func result(rows ...[2]any) *event.Batch {
	b := event.NewBatch(len(rows))
	var times, hosts []event.Value
	for _, r := range rows {
		times, hosts = append(times, event.TimeOf(time.Unix(int64(r[0].(int)), 0))), append(hosts, event.StringOf(r[1].(string)))
	}
	b.Set("_time", event.NewColumn(times))
	b.Set("host", event.NewColumn(hosts))
	return b
}

func TestThrottle(t *testing.T) {
	r := &rule.Rule{ID: "r", Throttle: &rule.Throttle{Fields: []string{"host"}, Period: "30m"}}
	var got []bool
	for _, f := range FromBatch(r, result([2]any{1000, "a"}, [2]any{2000, "a"}, [2]any{2000, "b"}, [2]any{2801, "a"}, [2]any{900, "a"}), new(event.Files)) {
		got = append(got, f.Suppressed)
	}
	want := []bool{false, true, false, false, false}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("finding %d: suppressed %v, want %v", i, got[i], want[i])
		}
	}
}

func TestAlertGrouping(t *testing.T) {
	rows := result([2]any{1, "a"}, [2]any{2, "b"})
	one := FromBatch(&rule.Rule{ID: "r", PerAlert: true}, rows, new(event.Files))
	each := FromBatch(&rule.Rule{ID: "r"}, rows, new(event.Files))
	if one[0].Alert != one[1].Alert || each[0].Alert == each[1].Alert {
		t.Errorf("%s %s, %s %s", one[0].Alert, one[1].Alert, each[0].Alert, each[1].Alert)
	}
}

func TestOverride(t *testing.T) {
	b := result([2]any{1, "web1"})
	b.Set("sev", event.NewColumn([]event.Value{event.StringOf("High")}))
	b.Set("tac", event.NewColumn([]event.Value{event.StringOf(`["Impact","Discovery"]`)}))
	r := &rule.Rule{ID: "r", Name: "rule", Severity: "low", Custom: []rule.CustomDetail{{Name: "Machine", Column: "host"}, {Name: "None", Column: "nothing"}},
		Override: &rule.Override{Name: "Trouble on {{host}}", Description: "{{ host }} and {{nothing}}", SeverityColumn: "sev", TacticsColumn: "tac"}}
	f := FromBatch(r, b, new(event.Files))[0]
	if f.Title != "Trouble on web1" || f.Message != "web1 and {{nothing}}" || f.Level != "high" || f.RiskScore != 70 || len(f.Tactics()) != 2 || f.Tactics()[0] != "Impact" {
		t.Errorf("%+v %q", f, f.Tactics())
	}
	if len(f.Custom) != 1 || f.Custom[0].Name != "Machine" || len(f.Notes) != 1 {
		t.Errorf("custom %v, notes %q", f.Custom, f.Notes)
	}
}
