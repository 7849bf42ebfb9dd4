package spl_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/conformance"
	"github.com/harrier-detect/harrier/internal/event"
)

// answer runs a search over events, one JSON object a line, and returns the rows as JSON lines, without the columns that
// begin with an underscore and those that are null.
func answer(t testing.TB, c conformance.SPLCase, events string) string {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(events)) {
		c.Events = append(c.Events, json.RawMessage(strings.TrimSpace(line)))
	}
	res, err := conformance.NewHarrier().SPL(&c)
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	for _, row := range res.Rows {
		var bag event.Bag
		for i, name := range res.Columns {
			if !strings.HasPrefix(name, "_") && !row[i].IsNull() {
				bag = append(bag, event.Field{Name: name, Value: row[i]})
			}
		}
		b.Write(event.AppendJSON(nil, event.ObjectOf(bag)))
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}
