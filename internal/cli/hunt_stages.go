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
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/risk"
	"github.com/harrier-detect/harrier/internal/text"
)

// outcomes is what a hunt knows beside its findings.
type outcomes struct {
	ledger risk.Ledger
	// held counts findings that throttling held back, below rules whose rows did not reach their threshold.
	held, below int
	// correlated counts rules that ran over the findings of the others; unfed findings were too many to be given to them.
	correlated, unfed int
}

// maxFed bounds the findings that are kept for rules over findings.
const maxFed = 200_000

// stages runs the rules over the input, and then those that are rules over findings, over the input and the findings of the
// first. What the second find is not given to any rule: a correlation of correlations has no end. use takes findings in the order
// of the rules, without those that are held back.
func (h *hunted) stages(ctx context.Context, e *query.Engine, in *query.Input, use func([]*finding.Finding) error, report func(text.Diagnostic)) error {
	var first, second []*detect.Item
	for _, it := range h.items {
		if risk.Correlates(it.Scans()) {
			second = append(second, it)
		} else {
			first = append(first, it)
		}
	}
	var feed []*finding.Finding
	stage := func(items []*detect.Item, keep bool) error {
		return detect.Stream(ctx, e, items, in, func(it *detect.Item, rows *detect.Rows) error {
			if !it.Rule.Fires(rows.Len()) {
				h.below++
				return nil
			}
			m := &finding.Maker{Rule: it.Rule, Files: in.Options.Files, Partial: ctx.Err() != nil}
			return rows.Each(func(b *event.Batch) error {
				var told []*finding.Finding
				for _, f := range m.Findings(b) {
					if f.Suppressed {
						h.held++
					} else {
						told = append(told, f)
					}
				}
				h.ledger.Add(told)
				if keep {
					n := min(len(told), maxFed-len(feed))
					feed = append(feed, told[:n]...)
					h.unfed += len(told) - n
				}
				return use(told)
			})
		}, report)
	}
	if len(first) > 0 || len(second) == 0 {
		if err := stage(first, len(second) > 0); err != nil {
			return err
		}
	}
	if len(second) == 0 {
		return nil
	}
	h.correlated = len(second)
	now := time.Now().UTC()
	var latest time.Time
	for _, f := range feed {
		if f.Last.After(latest) {
			latest = f.Last
		}
	}
	if !latest.IsZero() {
		now = latest
	}
	in.Extra = risk.Feed(feed, in.Options.Classes, now)
	return stage(second, false)
}

// summary tells what is not told by the findings.
func (o *outcomes) summary(w io.Writer) {
	if o.correlated > 0 {
		fmt.Fprintf(w, "%s ran over the findings of the others", plural(o.correlated, "rule"))
		if o.unfed > 0 {
			fmt.Fprintf(w, "; %d findings more were too many for them", o.unfed)
		}
		fmt.Fprintln(w)
	}
	if o.held > 0 {
		fmt.Fprintf(w, "%s held back by throttling\n", plural(o.held, "finding"))
	}
	if o.below > 0 {
		fmt.Fprintf(w, "%s below the threshold that the rule sets\n", plural(o.below, "result"))
	}
	var top []string
	for _, e := range o.ledger.Entries() {
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
	for _, e := range o.ledger.Entries() {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write risk: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write risk: %w", err)
	}
	return nil
}
