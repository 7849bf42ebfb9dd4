// Package chart draws the rows of a query as the chart that KQL's render operator asks for: as SVG for a page, and as a small
// drawing of characters for a terminal. Columns are chosen as render does by default: the first datetime or numeric column (for
// a bar or pie chart the first column) is the x axis, text columns beside it split the series, other numeric columns are values
// (https://learn.microsoft.com/kusto/query/render-operator).
package chart

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/harrier-detect/harrier/internal/event"
)

// ErrNothing says that the rows have nothing to draw: no row, or no numeric column.
var ErrNothing = errors.New("the rows have nothing to draw")

// maxSeries bounds the lines of one chart; more cannot be told apart.
const maxSeries = 24

// Series is one line, or one colour of bars.
type Series struct {
	Name   string
	X      []float64 // seconds since 1970, numbers, or the index of a category
	Y      []float64
	Labels []string // of categories, by index; nil for continuous axes
}

// Data is what a chart shows.
type Data struct {
	Kind   string // timechart, columnchart, barchart, piechart, scatterchart, areachart, linechart, …
	X      string // name of the x column
	Time   bool   // the x axis is time
	Series []Series
	Labels []string // categories of the x axis, nil when it is continuous
	Left   int      // series that were left out
}

// From chooses columns of the rows for a kind of chart.
func From(kind string, rows *event.Batch) (*Data, error) {
	d := &Data{Kind: strings.ToLower(kind)}
	if rows.Len() == 0 || len(rows.Names()) == 0 {
		return nil, ErrNothing
	}
	categorical := d.Kind == "piechart" || d.Kind == "barchart" || d.Kind == "columnchart" || d.Kind == "card"
	x, values, split := -1, []int{}, []int{}
	for i := range rows.Names() {
		switch k := kindOf(rows.ColumnAt(i)); {
		case k == event.Time && x < 0, k == event.Time && kindOf(rows.ColumnAt(x)) != event.Time:
			if x >= 0 && kindOf(rows.ColumnAt(x)) == event.String {
				split = append(split, x)
			}
			x = i
		case (k == event.Int || k == event.Float) && (x >= 0 || categorical && i > 0):
			values = append(values, i)
		case k == event.Int || k == event.Float:
			x = i
		case k == event.String && x < 0:
			x = i
		case k == event.String || k == event.Bool:
			split = append(split, i)
		}
	}
	if x >= 0 && len(values) == 0 && isNumber(kindOf(rows.ColumnAt(x))) {
		values, x = []int{x}, -1 // a single column of numbers is drawn over the rows
	}
	if len(values) == 0 {
		return nil, ErrNothing
	}
	labelled := x >= 0 && (kindOf(rows.ColumnAt(x)) == event.String || categorical && kindOf(rows.ColumnAt(x)) != event.Time || d.Kind == "piechart")
	if x >= 0 {
		d.X = rows.Names()[x]
		d.Time = kindOf(rows.ColumnAt(x)) == event.Time && !labelled
	}
	category := map[string]int{}
	index := map[string]int{}
	for r := range rows.Len() {
		at := float64(r)
		if x >= 0 {
			v := rows.ColumnAt(x).Value(r)
			if labelled {
				label := text(v)
				if _, ok := category[label]; !ok {
					category[label] = len(d.Labels)
					d.Labels = append(d.Labels, label)
				}
				at = float64(category[label])
			} else if n, ok := number(v); ok {
				at = n
			} else {
				continue
			}
		}
		var parts []string
		for _, s := range split {
			parts = append(parts, text(rows.ColumnAt(s).Value(r)))
		}
		for _, c := range values {
			n, ok := number(rows.ColumnAt(c).Value(r))
			if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
				continue
			}
			name := strings.Join(parts, ", ")
			if len(values) > 1 || name == "" {
				name = strings.TrimSuffix(rows.Names()[c]+": "+name, ": ")
			}
			i, ok := index[name]
			if !ok {
				if len(d.Series) == maxSeries {
					d.Left++
					continue
				}
				i = len(d.Series)
				index[name] = i
				d.Series = append(d.Series, Series{Name: name})
			}
			d.Series[i].X, d.Series[i].Y = append(d.Series[i].X, at), append(d.Series[i].Y, n)
		}
	}
	if len(d.Series) == 0 {
		return nil, ErrNothing
	}
	for i := range d.Series {
		sortByX(&d.Series[i])
	}
	return d, nil
}

func sortByX(s *Series) {
	order := make([]int, len(s.X))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.X[a], s.X[b]) })
	x, y := make([]float64, len(order)), make([]float64, len(order))
	for i, o := range order {
		x[i], y[i] = s.X[o], s.Y[o]
	}
	s.X, s.Y = x, y
}

func isNumber(k event.Kind) bool { return k == event.Int || k == event.Float }

// kindOf is the kind of a column's first value.
func kindOf(c *event.Column) event.Kind {
	for i := range c.Len() {
		if v := c.Value(i); !v.IsNull() {
			return v.Kind()
		}
	}
	return event.Null
}

func number(v event.Value) (float64, bool) {
	if v.Kind() == event.Time || v.Kind() == event.Duration {
		return float64(v.Ticks()) / event.TicksPerSecond, true
	}
	return v.Number()
}

func text(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
}

// palette is readable on light and dark ground and for most colour-blind readers (Okabe and Ito's colours).
var palette = []color.RGBA{{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {213, 94, 0, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {160, 150, 30, 255}, {120, 120, 120, 255}}

// SVG draws the chart. All text in it is escaped by the drawing library.
func (d *Data) SVG() ([]byte, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text = d.X
	p.Legend.Top = true
	ink := color.RGBA{110, 110, 110, 255}
	p.X.Color, p.Y.Color, p.X.Tick.Color, p.Y.Tick.Color = ink, ink, ink, ink
	p.X.Label.TextStyle.Color, p.X.Tick.Label.Color, p.Y.Tick.Label.Color, p.Legend.TextStyle.Color = ink, ink, ink, ink
	if d.Time {
		p.X.Tick.Marker = plot.TimeTicks{Format: "01-02 15:04", Time: plot.UTCUnixTime}
	}
	var err error
	switch {
	case d.Labels != nil:
		err = d.bars(p)
	default:
		err = d.lines(p)
	}
	if err != nil {
		return nil, err
	}
	c := vgsvg.New(24*vg.Centimeter, 11*vg.Centimeter)
	p.Draw(drawCanvas(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("draw chart: %w", err)
	}
	return out.Bytes(), nil
}

func (d *Data) lines(p *plot.Plot) error {
	for i, s := range d.Series {
		pts := make(plotter.XYs, len(s.X))
		for j := range s.X {
			pts[j] = plotter.XY{X: s.X[j], Y: s.Y[j]}
		}
		c := palette[i%len(palette)]
		if d.Kind == "scatterchart" {
			sc, err := plotter.NewScatter(pts)
			if err != nil {
				return fmt.Errorf("draw chart: %w", err)
			}
			sc.Color = c
			p.Add(sc)
			p.Legend.Add(s.Name, sc)
			continue
		}
		l, err := plotter.NewLine(pts)
		if err != nil {
			return fmt.Errorf("draw chart: %w", err)
		}
		l.Color, l.Width = c, vg.Points(1.5)
		if strings.Contains(d.Kind, "area") {
			l.FillColor = color.NRGBA{c.R, c.G, c.B, 60}
		}
		p.Add(l)
		p.Legend.Add(s.Name, l)
	}
	return nil
}

// bars draws categories as groups of columns, one a series. A pie chart is drawn so too: shares are read off lengths more surely
// than off angles.
func (d *Data) bars(p *plot.Plot) error {
	groups := float64(len(d.Labels))
	width := vg.Points(min(40, 560/(groups*float64(len(d.Series))+groups)))
	for i, s := range d.Series {
		vals := make(plotter.Values, len(d.Labels))
		for j := range s.X {
			vals[int(s.X[j])] += s.Y[j]
		}
		b, err := plotter.NewBarChart(vals, width)
		if err != nil {
			return fmt.Errorf("draw chart: %w", err)
		}
		b.Color, b.LineStyle.Width = palette[i%len(palette)], 0
		b.Offset = width * vg.Length(float64(i)-float64(len(d.Series)-1)/2)
		p.Add(b)
		if len(d.Series) > 1 {
			p.Legend.Add(s.Name, b)
		}
	}
	labels := make([]string, len(d.Labels))
	for i, l := range d.Labels {
		labels[i] = shorten(l, 24)
	}
	p.NominalX(labels...)
	if len(labels) > 6 {
		p.X.Tick.Label.Rotation = -math.Pi / 5
		p.X.Tick.Label.XAlign = -0.05
	}
	return nil
}

// shorten cuts a label in the middle, so that a path keeps its drive and its file name.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	half := (n - 1) / 2
	return string(r[:half]) + "…" + string(r[len(r)-half:])
}

// Text draws the chart in characters, at most width wide.
func (d *Data) Text(width int) string {
	if width <= 0 {
		width = 100
	}
	if d.Labels != nil {
		return d.textBars(width)
	}
	const cells = 60
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range d.Series {
		lo, hi = min(lo, s.X[0]), max(hi, s.X[len(s.X)-1])
	}
	n := min(max(width-14, 10), cells)
	var lines [][]float64
	var names []string
	for _, s := range d.Series[:min(len(d.Series), 6)] {
		line := make([]float64, n)
		for j, x := range s.X {
			at := 0
			if hi > lo {
				at = int((x - lo) / (hi - lo) * float64(n-1))
			}
			line[at] += s.Y[j]
		}
		lines, names = append(lines, line), append(names, s.Name)
	}
	caption := fmt.Sprintf("%s from %s to %s: %s", d.X, d.axis(lo), d.axis(hi), strings.Join(names, " | "))
	return asciigraph.PlotMany(lines, asciigraph.Height(8), asciigraph.Caption(shorten(caption, width-2)))
}

func (d *Data) axis(x float64) string {
	if d.Time {
		return time.Unix(int64(x), 0).UTC().Format("2006-01-02 15:04")
	}
	return fmt.Sprintf("%g", x)
}

func (d *Data) textBars(width int) string {
	var b strings.Builder
	top, longest := 0.0, 0
	for _, s := range d.Series {
		for _, y := range s.Y {
			top = max(top, math.Abs(y))
		}
	}
	for _, l := range d.Labels {
		longest = max(longest, len([]rune(shorten(l, 30))))
	}
	room := max(width-longest-14, 10)
	for i, l := range d.Labels {
		for _, s := range d.Series {
			for j, x := range s.X {
				if int(x) != i {
					continue
				}
				cells := 0
				if top > 0 {
					cells = int(math.Abs(s.Y[j]) / top * float64(room))
				}
				fmt.Fprintf(&b, "%-*s %s %g", longest, shorten(l, 30), strings.Repeat("█", cells), s.Y[j])
				if len(d.Series) > 1 {
					fmt.Fprintf(&b, " %s", s.Name)
				}
				b.WriteByte('\n')
			}
		}
		if i == 39 && len(d.Labels) > 40 {
			fmt.Fprintf(&b, "and %d more\n", len(d.Labels)-40)
			break
		}
	}
	return b.String()
}
