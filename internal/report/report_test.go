package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

// TestHTMLEscapesHostileText puts markup into every text that comes from rules and logs.
func TestHTMLEscapesHostileText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	f := &finding.Finding{ID: "1", Level: "high", Message: evil, Rule: &rule.Rule{Name: evil, ID: evil, Techniques: []string{evil}},
		Columns: []string{evil}, Values: []event.Value{event.StringOf(evil)}, Entities: []finding.Entity{{Kind: evil, Value: evil}}, Events: []finding.Event{{File: evil, Record: 1}}}
	var b bytes.Buffer
	if err := HTML(&b, Summary{Title: evil, Rules: map[string]int{}}, []*finding.Finding{f}); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "<script") || strings.Contains(s, "<img") {
		t.Error("markup came through")
	}
}
