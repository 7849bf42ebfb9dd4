package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

func TestAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("detection:\n  a0: &a0 [{f: x}, {f: y}]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "  a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	b.WriteString("  condition: a0\n")
	if _, ds := Parse(text.NewSource("bomb", b.String())); len(ds) == 0 || ds[0].ID != "SIG1019" {
		t.Errorf("diagnostics %v", ds)
	}
}
