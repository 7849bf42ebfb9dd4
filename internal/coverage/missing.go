package coverage

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
)

// MissingKind says what sort of thing data lack.
type MissingKind string

// The kinds of what is missing.
const (
	// NoTable: no event fills the table, node or log source.
	NoTable MissingKind = "table"
	// NoEvent: the table has rows, and none of the events that are asked for.
	NoEvent MissingKind = "event"
	// NoField: the events are there, and a field of theirs has no value.
	NoField MissingKind = "field"
	// NoValue: a field never has a value that would do.
	NoValue MissingKind = "value"
	// NeverTrue: no data could satisfy the condition.
	NeverTrue MissingKind = "condition"
	// NoRows: another part of the rule gives no rows.
	NoRows MissingKind = "part"
)

// Missing is a thing that data lack for a rule.
type Missing struct {
	Kind  MissingKind
	View  string
	Class *Class // of NoField and NoValue
	Field string
	Text  string   // the condition, or what else there is to say
	IDs   []string // the numbers of events that a condition asks for
	// Events are those that would help, of NoTable and NoEvent.
	Events []analyze.Event
}

// String says what is missing in a sentence.
func (m Missing) String() string {
	events := func() string {
		var names []string
		for i, e := range m.Events {
			if i == 4 {
				names = append(names, fmt.Sprintf("or %d others", len(m.Events)-i))
				break
			}
			names = append(names, strings.TrimSpace(e.Provider+" "+e.ID))
		}
		return strings.Join(names, ", ")
	}
	switch m.Kind {
	case NoTable:
		if e := events(); e != "" {
			return fmt.Sprintf("no event fills %s (it is filled by %s)", viewName(m.View), e)
		}
		if m.Text != "" {
			return m.Text
		}
		return "no event fills " + viewName(m.View)
	case NoEvent:
		return "not in the data: " + events()
	case NoField:
		return fmt.Sprintf("%s has no value in %s", m.Field, m.Class.Event())
	case NoValue:
		if strings.HasPrefix(m.Field, "_telemetry") {
			return "no event is of the telemetry that a macro asks for: " + strings.TrimPrefix(m.Text, m.Field+" ")
		}
		return fmt.Sprintf("no %s has %s", m.Class.Event(), m.Text)
	case NeverTrue:
		return "never true: " + m.Text
	}
	return m.Text
}

func viewName(v string) string {
	kind, name, _ := strings.Cut(v, ":")
	switch {
	case v == "spl:events":
		return "the search"
	case kind == "cim":
		return "the data model " + name
	case kind == "kql":
		return "the table " + name
	case kind == "sigma":
		return "the log source " + strings.Trim(strings.ReplaceAll(name, "//", "/"), "/")
	}
	return v
}
