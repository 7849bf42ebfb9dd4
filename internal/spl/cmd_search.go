package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(&Command{Name: "search", First: true, See: "search", Syntax: "search <search expression>",
		Doc:   "Selects events, or keeps the rows that match. A blank is AND, OR binds tighter than AND, values ignore case, * stands for any text.",
		Note:  "Events in files lie in no index, so that index=… keeps them. A word that spells out a field, EventCode=4688, is found in that field too.",
		lower: on((*lowerer).search)})
}

// eventsView is the view of events as a search sees them.
const eventsView = "spl:events"

func (l *lowerer) search(c *syntax.Search) {
	l.selectRows(c.Expr, "search", l.node == nil)
}

// eventFields are the fields of events: all of them, and the hidden one when the search or a macro in it names it.
func (l *lowerer) eventFields() event.FieldSet {
	if strings.Contains(l.src.Text, event.TelemetryField) {
		return event.AllFields.Add(event.TelemetryField)
	}
	return event.AllFields
}

// selectRows filters the rows so far, or those of the events when base is set.
func (l *lowerer) selectRows(x syntax.SearchExpr, label string, base bool) {
	l.withSubsearches(x, label, func(l *lowerer, x syntax.SearchExpr) {
		pred := expr.Expr(yes)
		if x != nil {
			pred = (&searching{lowerer: l, column: plainColumn, base: base, raw: true, timeFormat: timeFormatOf(x)}).test(x)
		}
		if base {
			l.node = &plan.Scan{View: eventsView, Fields: l.eventFields()}
		}
		if pred != yes {
			l.filter(pred)
		}
		if base {
			l.node = newestFirst(l.node)
		}
	})
}
