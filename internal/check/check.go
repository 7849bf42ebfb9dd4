// Package check holds the lints: what is probably wrong with a rule that reads well. A lint looks at a rule's syntax tree, at its plan,
// at what surrounds the query, or at several rules together.
//
// Each lint is one value in [Lints]: id, severity, documentation, examples and what finds it. From it come the page docs/lint.md, what
// `harrier lint --explain` prints, the metadata of SARIF, and a test that runs every example. Sigma's own checks (SIG51xx to SIG53xx)
// are in sigma/check and are reported beside these.
package check

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	sigma "github.com/harrier-detect/harrier/internal/sigma/check"
	"github.com/harrier-detect/harrier/internal/spl"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Lint is one thing that is looked for.
type Lint struct {
	ID string
	// Title is a line that names the fault.
	Title    string
	Severity text.Severity
	// Doc says why it matters and what to do.
	Doc string
	// Bad is a query or document that has the fault, Good one that says the same without. Language is theirs.
	Language  rule.Language
	Bad, Good string
	// Fixable lints propose edits that do not change what a rule finds.
	Fixable bool

	each func(*subject) // looks at one rule
	all  func(*set)     // looks at all rules together
}

// Lints lists all lints in the order of their ids.
func Lints() []*Lint {
	out := slices.Concat(conditionLints, fieldLints, regexLints, searchLints, groupLints, riskLints, metadataLints, togetherLints, commentLints)
	slices.SortFunc(out, func(a, b *Lint) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

// Find returns the lint of an id, or nil.
func Find(id string) *Lint {
	for _, l := range Lints() {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// A Report is what was found in one rule, by place.
type Report struct {
	Rule *rule.Rule
	// Diagnostics holds lints, and the errors, warnings and notes of compiling.
	Diagnostics text.Diagnostics
	// Ignored are those that a comment in the rule's file takes back.
	Ignored text.Diagnostics
}

// A subject is a rule under the eyes of lints.
type subject struct {
	rule   *rule.Rule
	engine *query.Engine
	x      *query.Explained
	spl    *spl.Query    // of SPL rules
	kql    *syntax.Query // of KQL rules
	lint   *Lint
	ds     text.Diagnostics
}

// source is the text that places of the query's tree are in.
func (s *subject) source() *text.Source {
	if s.spl != nil && s.spl.Expanded != nil {
		return s.spl.Expanded.Source
	}
	return s.rule.Query
}

// at reports the lint that is looking, at a place in the query's tree.
func (s *subject) at(span text.Span, format string, args ...any) *text.Diagnostic {
	return s.in(s.source(), span, format, args...)
}

// in reports at a place of a source.
func (s *subject) in(src *text.Source, span text.Span, format string, args ...any) *text.Diagnostic {
	d := text.Warnf(s.lint.ID, src, span, format, args...)
	d.Severity = s.lint.Severity
	s.ds = append(s.ds, d)
	return &s.ds[len(s.ds)-1]
}

// set is all rules of a run.
type set struct {
	subjects []*subject
	lint     *Lint
}

func (s *set) report(in *subject, span text.Span, format string, args ...any) *text.Diagnostic {
	in.lint = s.lint
	return in.in(in.rule.Source, span, format, args...)
}

// Rules checks the rules of a pack. off tells lints that are not wanted; it may be nil.
func Rules(e *query.Engine, p *rule.Pack, off func(id string) bool) []*Report {
	if off == nil {
		off = func(string) bool { return false }
	}
	var lints []*Lint
	for _, l := range Lints() {
		if !off(l.ID) {
			lints = append(lints, l)
		}
	}
	all := &set{}
	for _, r := range p.Rules {
		s := &subject{rule: r, engine: e, x: e.Explain(r.Language, r.Query)}
		switch r.Language {
		case rule.SPL:
			s.spl = e.SPL(r.Query)
		case rule.KQL:
			s.kql, _ = syntax.Parse(r.Query)
		}
		s.ds = append(s.ds, s.x.Diagnostics...)
		if r.Language == rule.Sigma {
			s.ds = append(s.ds, sigma.Document(r.Query)...)
		}
		for _, l := range lints {
			if l.each != nil {
				s.lint = l
				l.each(s)
			}
		}
		all.subjects = append(all.subjects, s)
	}
	for _, l := range lints {
		if l.all != nil {
			all.lint = l
			l.all(all)
		}
	}
	out := make([]*Report, 0, len(all.subjects)+len(p.Refused))
	for _, s := range all.subjects {
		ds := slices.DeleteFunc(s.ds.Sorted(), func(d text.Diagnostic) bool { return off(d.ID) })
		out = append(out, suppress(s.rule, ds, off))
	}
	for _, r := range p.Refused {
		rep := &Report{Rule: r}
		for _, d := range p.Diagnostics {
			if d.Source != nil && (d.Source == r.Source || d.Source.Name == r.File) {
				rep.Diagnostics = append(rep.Diagnostics, d)
			}
		}
		out = append(out, rep)
	}
	return out
}
