package check

import (
	"fmt"
	"strings"
)

// Page returns the documentation of a lint as Markdown: what the command line prints and what stands in docs/lint.md.
func (l *Lint) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s\n\nSeverity: %s.", l.ID, l.Title, l.Severity)
	if l.Fixable {
		b.WriteString(" Mended by `--fix`.")
	}
	fmt.Fprintf(&b, "\n\n%s\n\nFound:\n\n%s\nNot found:\n\n%s", l.Doc, block(l.Bad), block(l.Good))
	return b.String()
}

func block(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(s, "\n") + "\n") {
		if strings.TrimSpace(line) == "" {
			b.WriteString("\n")
			continue
		}
		b.WriteString("    " + line)
	}
	return b.String()
}

// Pages returns the page of all lints.
func Pages() string {
	var b strings.Builder
	b.WriteString("# Lints\n\n`harrier lint` says what is probably wrong with rules that read well. Each section is what `harrier lint --explain ID` prints; " +
		"this page is made from the lints themselves. Sigma's checks (SIG51xx to SIG53xx) are listed in [diagnostics.md](diagnostics.md).\n")
	for _, l := range Lints() {
		b.WriteString("\n" + l.Page())
	}
	return b.String()
}
