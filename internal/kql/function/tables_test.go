package function

import (
	"testing"

	"github.com/harrier-detect/harrier/internal/kql/types"
)

// TestTables checks what holds of every entry: signatures parse, results are known rules, kernels are there.
func TestTables(t *testing.T) {
	rules := map[string]bool{"unknown": true, "widest": true, "arg0": true, "arg1": true, "promoted0": true, "common": true, "commonNonDynamic": true, "typeof": true}
	check := func(name string, sigs []string) {
		for _, text := range sigs {
			s, err := parseSignature(text)
			if err != nil {
				t.Errorf("%s: %s: %v", name, text, err)
				continue
			}
			if _, ok := types.Parse(s.ret); !ok && !rules[s.ret] {
				t.Errorf("%s: no such result: %s", name, s.ret)
			}
		}
		if len(sigs) == 0 {
			t.Errorf("%s has no signature", name)
		}
	}
	for _, e := range append(Scalars(), Operators()...) {
		check(e.Name, e.Sig)
		has := e.Row != nil || e.Bind != nil || e.typed != nil || e.negates != "" || e.Replaced != ""
		if has == (e.Special != Plain) && e.Replaced == "" {
			t.Errorf("%s: kernel: %v, special: %v", e.Name, has, e.Special)
		}
		if e.Doc == "" {
			t.Errorf("%s has no documentation", e.Name)
		}
	}
	for _, a := range Aggregates() {
		check(a.Name, a.Sig)
		if a.state == nil || a.Doc == "" {
			t.Errorf("%s lacks its state or documentation", a.Name)
		}
	}
}
