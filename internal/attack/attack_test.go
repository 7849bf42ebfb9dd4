package attack

import (
	"slices"
	"strings"
	"testing"
)

func TestMatrix(t *testing.T) {
	if Version() == "" || len(Tactics()) != 15 || len(Techniques()) < 690 {
		t.Fatalf("version %q, %d tactics, %d techniques", Version(), len(Tactics()), len(Techniques()))
	}
	seen := map[string]bool{}
	for _, x := range Techniques() {
		if seen[x.ID] || !IsID(x.ID) || x.Name == "" {
			t.Errorf("%+v", x)
		}
		seen[x.ID] = true
		if p := Lookup(Parent(x.ID)); p == nil {
			t.Errorf("%s has no parent", x.ID)
		}
		for _, tac := range x.Tactics {
			if f, ok := FindTactic(tac); !ok || f.Short != tac {
				t.Errorf("%s: no tactic %q", x.ID, tac)
			}
		}
		if x.Successor != "" {
			if s := Lookup(x.Successor); s == nil || s.Retired {
				t.Errorf("%s: successor %s", x.ID, x.Successor)
			}
		}
	}
}

func TestFind(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		got := ""
		if x, ok := FindTactic(s); ok {
			got = x.ID
		}
		if got != want {
			t.Errorf("FindTactic(%q) = %q, want %q", s, got, want)
		}
	}
	f("Lateral Movement", "TA0008")
	f("lateral-movement", "TA0008")
	f("command_and_control", "TA0011")
	f("LateralMovement", "TA0008")
	f("ta0040", "TA0040")
	f("defense-evasion", "TA0005")
	f("poetry", "")

	g := func(name, want string) {
		t.Helper()
		got := ""
		if x := ByName(name); x != nil {
			got = x.ID
		}
		if got != want {
			t.Errorf("ByName(%q) = %q, want %q", name, got, want)
		}
	}
	g("remote services", "T1021")
	g("system services:service execution", "T1569.002")
	g("Command and Scripting Interpreter: Windows Command Shell", "T1059.003")
	g("no such thing", "")

	if x := Lookup("t1569.002"); x == nil || x.FullName() != "System Services: Service Execution" || !strings.HasSuffix(x.URL(), "/T1569/002/") {
		t.Errorf("%+v", x)
	}
	if x := Lookup("T1562.001"); x == nil || !x.Retired || x.Successor != "T1685" {
		t.Errorf("%+v", x)
	}
	if IsID("T12") || IsID("T1059.1") || !IsID("t1059.001") {
		t.Error("IsID")
	}
}

func TestPhases(t *testing.T) {
	if got := Phases([]string{"T1021.002", "T1047", "T1543.003", "T9999"}); !slices.Equal(got, []string{"Exploitation", "Installation"}) {
		t.Errorf("%q", got)
	}
}
