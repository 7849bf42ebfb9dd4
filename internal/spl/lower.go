package spl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// maxNesting bounds subsearches within subsearches, also those that a run builds.
const maxNesting = 20

// A compilation is one call of Compile, or of the part of it that a run does later (see plan.Dynamic).
type compilation struct {
	opt   Options
	diags text.Diagnostics
	names int // names made up so far
	// asked, when set, is told of the options that commands know; see [Command.Options].
	asked func(syntax.Command, Option)
}

// A lowerer lowers one pipeline. Each stage takes node, the plan so far, and puts its own plan in its place.
type lowerer struct {
	*compilation
	src    *text.Source
	node   plan.Node // nil before the first stage
	depth  int       // of subsearches
	shapes plan.Shapes
	stage  syntax.Command // that is being lowered
	// delims are the delimiters that stats was given for its multivalue results, by column.
	delims map[string]string
	// texts are the expressions that subsearches within the stage's expressions turned out to be.
	texts map[*syntax.Subsearch]syntax.Expr
}

// query lowers a pipeline. in is the plan that its first stage reads, nil when it has to begin with events or a generating
// command.
func (c *compilation) query(src *text.Source, q *syntax.Query, in plan.Node, depth int) plan.Node {
	l := &lowerer{compilation: c, src: src, node: in, depth: depth}
	if depth > maxNesting {
		l.unsupported(q, "subsearches nested more than %d deep", maxNesting)
		return nothing
	}
	for _, s := range q.Stages {
		l.lower(s)
	}
	if l.node == nil {
		l.node = nothing
	}
	return l.node
}

// nothing is a plan without rows. Lowering goes on from it after an error, so that later stages are checked too.
var nothing plan.Node = &plan.Values{Label: "nothing", Rows: event.NewBatch(0)}

// lower lowers one stage.
func (l *lowerer) lower(s *syntax.Stage) {
	for _, m := range s.Tail {
		l.errorAt("SPL3001", m, "macro %s was not expanded", m.Name)
	}
	name := s.Command.Name()
	c := Lookup(name)
	if c == nil {
		if name != "" {
			l.unknown(s.Command, "command", name, commandNames())
		}
		if l.node == nil {
			l.node = nothing
		}
		return
	}
	l.stage = s.Command
	switch {
	case c.Refused != "":
		l.errorAt("SPL2001", verb{s.Command}, "%s cannot be run: %s", name, c.Refused)
	case l.node == nil && !c.Generating && !c.First:
		l.errorAt("SPL4002", verb{s.Command}, "%s needs events or results to work on; it cannot come first", name)
	case l.node != nil && c.Generating && !c.mayFollow(s.Command):
		l.errorAt("SPL4002", verb{s.Command}, "%s makes its own results; it must come first, or in a subsearch", name)
	default:
		if subs := l.inExpressions(s.Command); len(subs) > 0 {
			l.withExpressions(subs, func(l *lowerer) { l.stage = s.Command; c.lower(l, s.Command) })
		} else {
			c.lower(l, s.Command)
		}
	}
	if l.node == nil {
		l.node = nothing
	}
}

// verb is the place of a command's name.
type verb struct{ c syntax.Command }

func (v verb) Span() text.Span {
	at := v.c.Span()
	return text.Span{Start: at.Start, End: min(at.End, at.Start+len(v.c.Name()))}
}

// A place is something that a diagnostic can point at.
type place interface{ Span() text.Span }

func (l *lowerer) errorAt(id string, at place, format string, args ...any) {
	l.diags = append(l.diags, text.Errorf(id, l.src, at.Span(), format, args...))
}

func (l *lowerer) unsupported(at place, format string, args ...any) {
	l.errorAt("SPL2001", at, format, args...)
}

// wrong says that an argument is not what the command takes.
func (l *lowerer) wrong(at place, format string, args ...any) {
	l.errorAt("SPL4001", at, format, args...)
}

func (l *lowerer) warn(at place, format string, args ...any) {
	l.diags = append(l.diags, text.Warnf("SPL5101", l.src, at.Span(), format, args...))
}

func (l *lowerer) note(at place, format string, args ...any) {
	l.diags = append(l.diags, text.Notef("SPL5102", l.src, at.Span(), format, args...))
}

// unknownIDs are the diagnostics about names that do not exist, by what the name is of.
var unknownIDs = map[string]string{"command": "SPL3010", "function": "SPL3011", "statistic": "SPL3012", "lookup": "SPL3013",
	"data model": "SPL3014", "data set": "SPL3015", "field": "SPL3016"}

// unknown says that there is no such thing, and which names are near.
func (l *lowerer) unknown(at place, what, name string, among []string) {
	l.errorAt(unknownIDs[what], at, "unknown %s %s%s", what, name, nearest(name, among))
}

func nearest(name string, among []string) string {
	near := text.Nearest(name, among)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// fresh makes a column or table name that no search can write.
func (c *compilation) fresh(what string) string {
	c.names++
	return fmt.Sprintf("__%s%d", what, c.names)
}

// shape returns the columns of the plan so far.
func (l *lowerer) shape() plan.Shape { return l.shapes.Of(l.node) }

func (l *lowerer) filter(pred expr.Expr) {
	if pred != nil {
		l.node = &plan.Filter{Input: l.node, Pred: pred}
	}
}

func (l *lowerer) extend(items ...plan.Named) {
	if len(items) > 0 {
		l.node = &plan.Extend{Input: l.node, Items: items}
	}
}

// drop takes columns out of the plan so far.
func (l *lowerer) drop(names ...string) {
	l.node = &plan.Select{Input: l.node, Mode: plan.Drop, Patterns: names}
}

// values returns the values of words.
func values(words []*syntax.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Value)
	}
	return out
}

// distinct returns the names without repetitions, in order.
func distinct(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
