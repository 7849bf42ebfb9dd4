// Package transpile writes what a compiled rule looks for in another language, over the tables that this language has: a plan over one view
// becomes search text or a query over the views of Splunk, Defender or Sentinel that are made of the same events.
//
// A condition is read from the plan into tests of columns (file read.go). For each class of events that the rule's view reads, the
// schema tells what a column is made of; a table fits when it has columns that are made of the same (place.go). What a language cannot
// say of an event, or no table has, refuses the rule: TRA2001 (a step of the plan), TRA2002 (a test), TRA3001 (a column), TRA3002 (no table).
// TRA5001 are notes on what means a little less there.
package transpile

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/text"
)

// Target is a language and what its tables are.
type Target struct {
	// Language is "spl" or "kql".
	Language string
	// Over is "raw" or "cim" for SPL, "defender" or "sentinel" for KQL.
	Over string
}

// Overs are what queries of a language can be over; the first is the default.
var Overs = map[string][]string{"spl": {"raw", "cim"}, "kql": {"defender", "sentinel"}}

// Convert writes a plan as text of the target. src is the rule's text, for the places of diagnostics. Without a text there is at least one
// error among the diagnostics.
func Convert(src *text.Source, n plan.Node, t Target) (string, text.Diagnostics) {
	c := &converter{src: src, target: t}
	out := c.convert(n)
	if c.ds.HasErrors() {
		return "", c.ds.Sorted()
	}
	return out, c.ds.Sorted()
}

type converter struct {
	src    *text.Source
	target Target
	ds     text.Diagnostics
}

// span finds what a diagnostic speaks of in the rule's text: the first of the words that stands in it.
func (c *converter) span(words ...string) text.Span {
	for _, w := range words {
		if i := strings.Index(c.src.Text, w); w != "" && i >= 0 {
			return text.Span{Start: i, End: i + len(w)}
		}
	}
	return text.Span{}
}

func (c *converter) fail(id string, at []string, format string, args ...any) {
	c.ds = append(c.ds, text.Errorf(id, c.src, c.span(at...), format, args...))
}

func (c *converter) note(at []string, format string, args ...any) {
	d := text.Notef("TRA5001", c.src, c.span(at...), format, args...)
	if !slices.ContainsFunc(c.ds, func(o text.Diagnostic) bool { return o.Message == d.Message }) {
		c.ds = append(c.ds, d)
	}
}

// A selection is what event-local plans come to: events of a view for which a condition holds, and the columns to show, if the plan says.
type selection struct {
	view string
	cond cond
	show []string
}

func (c *converter) convert(n plan.Node) string {
	s := c.selection(n)
	if s == nil {
		return ""
	}
	places := c.place(s)
	if c.ds.HasErrors() {
		return ""
	}
	if c.target.Language == "spl" {
		return c.spl(places)
	}
	return c.kql(places)
}

// selection reads a plan of filters over one scan. Sorting, and columns that are only chosen, say nothing of which events are found.
func (c *converter) selection(n plan.Node) *selection {
	var preds []expr.Expr
	var show []string
	for {
		switch x := n.(type) {
		case *plan.Filter:
			preds = append(preds, x.Pred)
			n = x.Input
			continue
		case *plan.Sort:
			if x.Limit == 0 {
				n = x.Input
				continue
			}
		case *plan.Select:
			n = x.Input
			continue
		case *plan.Project:
			plain := true
			for _, it := range x.Items {
				col, ok := it.Expr.(*expr.Col)
				plain = plain && ok && col.Name == it.Name
			}
			if plain {
				if show == nil {
					for _, it := range x.Items {
						show = append(show, it.Name)
					}
				}
				n = x.Input
				continue
			}
		case *plan.Scan:
			if x.Pred != nil {
				preds = append(preds, x.Pred)
			}
			slices.Reverse(preds)
			cond := c.read(expr.All(preds...))
			if cond == nil {
				return nil
			}
			return &selection{x.View, cond, show}
		}
		head, _, _ := strings.Cut(n.Head(), " ")
		c.fail("TRA2001", commandOf[head], "only what selects events one by one is converted, and this is a step %s", head)
		return nil
	}
}

// commandOf are words by which rules write a step of a plan.
var commandOf = map[string][]string{
	"aggregate": {"stats", "summarize", "top ", "rare ", "chart", "dedup"}, "attach": {"eventstats", "correlation"}, "join": {"join", "lookup"},
	"extend": {"eval", "extend", "rex", "lookup"}, "sort": {"head", "sort", "top", "take", "limit"}, "union": {"union", "append", "correlation"}, "project": {"project", "table", "rename", "correlation"},
	"running": {"streamstats"}, "sequence": {"transaction"}, "expand": {"mvexpand", "mv-expand", "correlation"}, "dedup": {"dedup"}, "rename": {"rename", "project-rename"}, "let": {"let", "["}, "dynamic": {"["},
}
