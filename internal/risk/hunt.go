package risk

import (
	"context"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/text"
)

// Outcome is what a hunt comes to beside its findings.
type Outcome struct {
	Ledger Ledger
	// Held counts findings that throttling held back, Below rules whose rows did not reach their threshold.
	Held, Below int
	// Correlated counts rules that ran over the findings of the others; Unfed findings were too many to be given to them.
	Correlated, Unfed int
}

// maxFed bounds the findings that are kept for rules over findings.
const maxFed = 200_000

// Hunt runs the rules over the input, and then those that are rules over findings, over the input and the findings of the first.
// What the second find is not given to any rule: a correlation of correlations has no end. use takes findings in the order of the
// rules, without those that are held back. The error is that of the input, the context or use.
func Hunt(ctx context.Context, e *query.Engine, items []*detect.Item, in *query.Input, o *Outcome, use func([]*finding.Finding) error, report func(text.Diagnostic)) error {
	var first, second []*detect.Item
	for _, it := range items {
		if Correlates(it.Scans()) {
			second = append(second, it)
		} else {
			first = append(first, it)
		}
	}
	var feed []*finding.Finding
	stage := func(items []*detect.Item, keep bool) error {
		return detect.Stream(ctx, e, items, in, func(it *detect.Item, rows *detect.Rows) error {
			if !it.Rule.Fires(rows.Len()) {
				o.Below++
				return nil
			}
			m := &finding.Maker{Rule: it.Rule, Files: in.Options.Files, Partial: ctx.Err() != nil}
			return rows.Each(func(b *event.Batch) error {
				var told []*finding.Finding
				for _, f := range m.Findings(b) {
					if f.Suppressed {
						o.Held++
					} else {
						told = append(told, f)
					}
				}
				o.Ledger.Add(told)
				if keep {
					n := min(len(told), maxFed-len(feed))
					feed = append(feed, told[:n]...)
					o.Unfed += len(told) - n
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
	o.Correlated = len(second)
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
	in.Extra = Feed(feed, in.Options.Classes, now)
	return stage(second, false)
}
