package dtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/text"
)

// why traces a rule over the data of a test in which it found too little, and says in a sentence where the rows went; "" when that
// cannot be told.
func (e *compiled) why(ctx context.Context, c *Case, in *query.Input) string {
	x := e.engine.Explain(c.Rule.Language, c.Rule.Query)
	if x.Compiled == nil {
		return ""
	}
	t, err := e.engine.Trace(ctx, x, in, func(text.Diagnostic) {})
	if err != nil {
		return ""
	}
	for _, v := range t.Views {
		if v.Rows == 0 {
			return fmt.Sprintf("no event of the data fills %s", v.View)
		}
	}
	out := ""
	before := -1
	for i := range x.Query.Stages {
		s := &x.Query.Stages[i]
		if s.Nested() || t.Stages[i] < 0 {
			continue
		}
		if t.Stages[i] > 0 {
			before = t.Stages[i]
			continue
		}
		out = fmt.Sprintf("stage %s left nothing: %.160s", s.ID, strings.Join(strings.Fields(s.Text), " "))
		if before >= 0 {
			out += fmt.Sprintf(" (before it there was %s)", count(before))
		}
		break
	}
	if near := nearest(t.Selections); near != "" {
		out = strings.TrimPrefix(out+"; "+near, "; ")
	}
	return out
}

// nearest tells how near a row came to the conditions that nothing satisfied.
func nearest(list []*analyze.Selection) string {
	for _, s := range list {
		if s.Passed > 0 || s.Rows == 0 || s.Best == 0 || len(s.Misses) == 0 {
			continue
		}
		m := s.Misses[0]
		var failed []string
		for _, i := range m.Failed[:min(len(m.Failed), 3)] {
			failed = append(failed, fmt.Sprintf("%.160s", s.Conditions[i].Text))
		}
		var has []string
		for _, v := range m.Values[:min(len(m.Values), 3)] {
			has = append(has, fmt.Sprintf("%s is %.160q", v.Column, analyze.ValueText(v.Value)))
		}
		return fmt.Sprintf("the nearest row satisfies %d of %d conditions and fails %s, where %s", s.Best, len(s.Conditions), strings.Join(failed, " and "), strings.Join(has, ", "))
	}
	return ""
}
