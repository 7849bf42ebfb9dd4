package rule

import "testing"

func TestFilter(t *testing.T) {
	r := &Rule{ID: "4B1F-77", Name: "PsExec/PAExec service", File: "content/windows/builtin/psexec.yml", Severity: "medium", Status: "test",
		Tags: []string{"attack.execution", "attack.t1569.002", "car.2013-05-009"}, Techniques: []string{"T1569.002"}, Tactics: []string{"Execution"}, Stories: []string{"Active Directory"}}
	f := func(flt Filter, want string) {
		t.Helper()
		if err := flt.Check(); err != nil {
			t.Error(err)
		}
		if got := flt.Drops(r); got != want {
			t.Errorf("%+v: %q, want %q", flt, got, want)
		}
	}
	list := func(s ...string) []string { return s }
	f(Filter{}, "")
	f(Filter{Level: "medium"}, "")
	f(Filter{Level: "INFO"}, "")
	f(Filter{Level: "high"}, "--level")
	f(Filter{Tags: list("t1569")}, "")
	f(Filter{Tags: list("attack.T1569.002")}, "")
	f(Filter{Tags: list("TA0002")}, "")
	f(Filter{Tags: list("car.*")}, "")
	f(Filter{Tags: list("active directory", "no such")}, "")
	f(Filter{Tags: list("t1569.001")}, "--tag")
	f(Filter{IDs: list("4b1f-77")}, "")
	f(Filter{IDs: list("psexec*")}, "")
	f(Filter{IDs: list("4b1f")}, "--id")
	f(Filter{Statuses: list("stable", "Test")}, "")
	f(Filter{Statuses: list("stable")}, "--status")
	f(Filter{Exclude: list("builtin")}, "--exclude")
	f(Filter{Exclude: list("content/windows")}, "--exclude")
	f(Filter{Exclude: list("windows/*/psexec.yml")}, "--exclude")
	f(Filter{Exclude: list("./content/")}, "--exclude")
	f(Filter{Exclude: list("*.yml")}, "--exclude")
	f(Filter{Exclude: list("/content")}, "")
	f(Filter{Exclude: list("wind")}, "")
	f(Filter{Exclude: list("attack.execution")}, "--exclude")
	f(Filter{Level: "low", Tags: list("t1569"), Exclude: list("4b1f-77")}, "--exclude")
	for _, bad := range []Filter{{Level: "urgent"}, {Tags: list("")}, {IDs: list("[a")}} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	odd := &Rule{Severity: "urgent"}
	if by := (&Filter{Level: "critical"}).Drops(odd); by != "" {
		t.Errorf("a rule of an unknown level is left out by %s", by)
	}
}
