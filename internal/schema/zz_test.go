package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

func TestZZ(t *testing.T) {
	view := os.Getenv("ZV")
	if view == "" {
		t.Skip()
	}
	var files []string
	for _, g := range strings.Fields(os.Getenv("ZF")) {
		m, _ := filepath.Glob(filepath.Join(sharedDir, "data", g))
		files = append(files, m...)
	}
	need := event.AllFields
	if n := os.Getenv("ZN"); n != "" {
		need = event.Fields(strings.Split(n, ",")...)
	}
	seen := map[string]int{}
	total := 0
	for _, r := range rows(t, view, need, files...) {
		total++
		k := ""
		for _, f := range strings.Split(os.Getenv("ZK"), ",") {
			k += str(r[f]) + "|"
		}
		seen[k]++
		if seen[k] > 1 {
			continue
		}
		var ks []string
		for f := range r {
			ks = append(ks, f)
		}
		sort.Strings(ks)
		s := ""
		for _, f := range ks {
			if v := str(r[f]); v != "" && f != "_raw" && !r[f].IsNull() {
				if len(v) > 90 {
					v = v[:90] + "…"
				}
				s += fmt.Sprintf(" %s=%s;", f, v)
			}
		}
		fmt.Println(s)
	}
	fmt.Println(total, seen)
}
