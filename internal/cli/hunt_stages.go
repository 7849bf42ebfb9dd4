package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/risk"
	"github.com/harrier-detect/harrier/internal/text"
)

// outcomes is what a hunt knows beside its findings.
type outcomes struct{ risk.Outcome }

// stages runs the rules; see [risk.Hunt].
func (h *hunted) stages(ctx context.Context, e *query.Engine, in *query.Input, use func([]*finding.Finding) error, report func(text.Diagnostic)) error {
	return risk.Hunt(ctx, e, h.items, in, &h.Outcome, use, report)
}

// summary tells what is not told by the findings.
func (o *outcomes) summary(w io.Writer) {
	if o.Correlated > 0 {
		fmt.Fprintf(w, "%s ran over the findings of the others", plural(o.Correlated, "rule"))
		if o.Unfed > 0 {
			fmt.Fprintf(w, "; %d findings more were too many for them", o.Unfed)
		}
		fmt.Fprintln(w)
	}
	if o.Held > 0 {
		fmt.Fprintf(w, "%s held back by throttling\n", plural(o.Held, "finding"))
	}
	if o.Below > 0 {
		fmt.Fprintf(w, "%s below the threshold that the rule sets\n", plural(o.Below, "result"))
	}
	var top []string
	for _, e := range o.Ledger.Entries() {
		if len(top) == 3 || e.Score == 0 {
			break
		}
		top = append(top, fmt.Sprintf("%s %s %d (%s)", e.Type, export.Printable(e.Object), e.Score, plural(e.Findings, "finding")))
	}
	if len(top) > 0 {
		fmt.Fprintf(w, "most at risk: %s\n", strings.Join(top, "; "))
	}
}

// writeRisk writes the ledger to a file, or nothing when there is no name.
func (o *outcomes) writeRisk(name string) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write risk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range o.Ledger.Entries() {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write risk: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write risk: %w", err)
	}
	return nil
}
