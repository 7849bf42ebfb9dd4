package text

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity orders diagnostics by what they mean for the thing they speak of.
type Severity uint8

const (
	// Note: the thing runs, and the reader should know something about it.
	Note Severity = iota
	// Warning: the thing runs, and is probably not what its author meant.
	Warning
	// Error: the thing does not run.
	Error
)

func (s Severity) String() string { return [...]string{"note", "warning", "error"}[s] }

// MarshalText makes severities readable in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Diagnostic says one thing about one place. IDs are stable: three letters for the room (SPL, KQL, RUL for rule files,
// SRC for input data, RUN for execution, SCH for schema) and four digits whose first names the class: 1 syntax,
// 2 unsupported (legal, but Harrier cannot run it), 3 unknown name, 4 wrong type or argument, 5 suspicious, 6 run-time.
type Diagnostic struct {
	ID       string
	Severity Severity
	Message  string // lower case, no final stop
	Source   *Source
	Span     Span
	// Related points at further places, for instance at the first of two duplicates.
	Related []Diagnostic
	// Fix are edits of the source's text that mend the matter and change nothing else; none where that takes a person.
	Fix []Edit
}

// An Edit puts New in the place of what Span covers.
type Edit struct {
	Span Span
	New  string
}

// Errorf, Warnf and Notef build a diagnostic of the named severity.
func Errorf(id string, src *Source, span Span, format string, args ...any) Diagnostic {
	return Diagnostic{ID: id, Severity: Error, Message: fmt.Sprintf(format, args...), Source: src, Span: span}
}

// Warnf builds a warning; see [Errorf].
func Warnf(id string, src *Source, span Span, format string, args ...any) Diagnostic {
	return Diagnostic{ID: id, Severity: Warning, Message: fmt.Sprintf(format, args...), Source: src, Span: span}
}

// Notef builds a note; see [Errorf].
func Notef(id string, src *Source, span Span, format string, args ...any) Diagnostic {
	return Diagnostic{ID: id, Severity: Note, Message: fmt.Sprintf(format, args...), Source: src, Span: span}
}

// Error makes a diagnostic usable as an error: "file:line:col: error SPL1001: message".
func (d Diagnostic) Error() string {
	return fmt.Sprintf("%s: %s %s: %s", d.Place(), d.Severity, d.ID, d.Message)
}

// Place returns "file:line:col", or less where the diagnostic knows less.
func (d Diagnostic) Place() string {
	if d.Source == nil {
		return "-"
	}
	p := d.Source.Position(d.Span.Start)
	return fmt.Sprintf("%s:%d:%d", d.Source.Name, p.Line, p.Column)
}

// Unsupported reports whether d says that something legal is not implemented.
func (d Diagnostic) Unsupported() bool { return len(d.ID) == 7 && d.ID[3] == '2' }

// Excerpt returns the line that d points into and a second line that underlines its span, or "" without a source.
func (d Diagnostic) Excerpt() string {
	if d.Source == nil {
		return ""
	}
	src, span := d.Source, d.Span
	for src.origin != nil {
		src, span = src.Origin(span)
	}
	from, to := src.Position(span.Start), src.Position(span.End)
	line := []rune(d.Source.Line(from.Line))
	width := 1
	if to.Line == from.Line && to.Column > from.Column {
		width = to.Column - from.Column
	} else if to.Line > from.Line {
		width = max(1, len(line)-from.Column+1)
	}
	const view = 160 // a folded one-line query is thousands of characters long: show the part that matters
	col := from.Column - 1
	if len(line) > view {
		cut := min(max(0, col-view/2), len(line)-view)
		line, col = line[cut:cut+view], col-cut
		width = min(width, max(1, view-col))
	}
	pad := make([]rune, 0, col)
	for i := 0; i < col && i < len(line); i++ {
		if line[i] == '\t' {
			pad = append(pad, '\t')
		} else {
			pad = append(pad, ' ')
		}
	}
	return string(line) + "\n" + string(pad) + "^" + strings.Repeat("~", width-1)
}

// MarshalJSON gives the form that `harrier rules -f jsonl` prints.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	type wire struct {
		ID       string   `json:"id"`
		Severity Severity `json:"severity"`
		Message  string   `json:"message"`
		File     string   `json:"file,omitempty"`
		Position
	}
	w := wire{ID: d.ID, Severity: d.Severity, Message: d.Message}
	if d.Source != nil {
		w.File, w.Position = d.Source.Name, d.Source.Position(d.Span.Start)
	}
	return json.Marshal(w)
}

// Diagnostics is a list in the order of discovery.
type Diagnostics []Diagnostic

// HasErrors reports whether any of the list is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err returns the errors of the list as one error, or nil when there are none.
func (ds Diagnostics) Err() error {
	var errs []error
	for _, d := range ds {
		if d.Severity == Error {
			errs = append(errs, d)
		}
	}
	return errors.Join(errs...)
}

// Sorted returns the list by place, then by ID, without exact repetitions.
func (ds Diagnostics) Sorted() Diagnostics {
	out := slices.Clone(ds)
	name := func(d Diagnostic) string {
		if d.Source == nil {
			return ""
		}
		return d.Source.Name
	}
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(name(a), name(b)), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Source == b.Source && a.Span == b.Span && a.ID == b.ID && a.Message == b.Message
	})
}
