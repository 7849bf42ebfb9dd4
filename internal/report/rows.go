package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/harrier-detect/harrier/internal/chart"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
)

//go:embed rows.html.tmpl
var rowsPage string

var rowsTmpl = template.Must(template.New("rows").Funcs(template.FuncMap{
	"text": func(v event.Value) string { return export.Printable(finding.Text(v)) }, "shown": export.Printable}).Parse(rowsPage))

// shownRows bounds the rows of a page; browsers do not like longer tables.
const shownRows = 5000

// Rows writes a self-contained page with the rows of a query and, when drawn is not nil, their chart.
func Rows(w io.Writer, query string, rows *event.Batch, drawn *chart.Data) error {
	v := struct {
		Query   string
		Chart   template.HTML
		Left    int
		Columns []string
		Rows    [][]event.Value
		Total   int
	}{Query: query, Columns: rows.Names(), Total: rows.Len()}
	if drawn != nil {
		svg, err := drawn.SVG()
		if err != nil {
			return err
		}
		v.Chart = template.HTML(inline(svg)) // the drawing library has escaped the text in it
		v.Left = drawn.Left
	}
	for i := range min(rows.Len(), shownRows) {
		row := make([]event.Value, len(v.Columns))
		for j := range row {
			row[j] = rows.ColumnAt(j).Value(i)
		}
		v.Rows = append(v.Rows, row)
	}
	if err := rowsTmpl.Execute(w, v); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// inline leaves off what may stand in front of the svg element in a file of its own.
func inline(svg []byte) []byte {
	for i := range svg {
		if len(svg)-i > 4 && string(svg[i:i+4]) == "<svg" {
			return svg[i:]
		}
	}
	return nil
}
