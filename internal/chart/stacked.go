package chart

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Stacked is a chart of counts: columns side by side, each of the series on top of each other.
type Stacked struct {
	// Labels name the columns; an empty label leaves a column without a tick.
	Labels []string
	Series []StackedSeries
}

// StackedSeries is one part of each column, in the order of the columns.
type StackedSeries struct {
	Name   string
	Color  color.RGBA
	Counts []float64
}

// SVG draws the chart, width and height in points. All text in it is escaped by the drawing library.
func (s *Stacked) SVG(width, height float64) ([]byte, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	ink := color.RGBA{120, 124, 130, 255}
	p.X.Color, p.Y.Color, p.X.Tick.Color, p.Y.Tick.Color = ink, ink, ink, ink
	p.X.Tick.Label.Color, p.Y.Tick.Label.Color = ink, ink
	p.X.Tick.Length, p.Y.Tick.Length = 3, 0
	p.Y.Width, p.X.Padding, p.Y.Padding = 0, 0, 2
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 9, 9
	p.Y.Tick.Marker = wholeTicks{}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width = color.NRGBA{120, 124, 130, 60}, 0.5
	p.Add(grid)
	bar := vg.Points(max(1, (width-50)/float64(max(len(s.Labels), 1))*0.82))
	var below *plotter.BarChart
	for _, part := range s.Series {
		b, err := plotter.NewBarChart(plotter.Values(part.Counts), min(bar, 60))
		if err != nil {
			return nil, fmt.Errorf("draw chart: %w", err)
		}
		b.Color, b.LineStyle.Width = part.Color, 0
		if below != nil {
			b.StackOn(below)
		}
		p.Add(b)
		below = b
	}
	p.X.Min, p.X.Max, p.Y.Min = -0.5, float64(len(s.Labels))-0.5, 0
	var ticks plot.ConstantTicks
	for i, l := range s.Labels {
		if l != "" {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: shorten(l, 24)})
		}
	}
	p.X.Tick.Marker = ticks
	c := vgsvg.New(vg.Points(width), vg.Points(height))
	p.Draw(drawCanvas(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("draw chart: %w", err)
	}
	return out.Bytes(), nil
}

// wholeTicks labels whole numbers: counts have no halves.
type wholeTicks struct{}

func (wholeTicks) Ticks(lo, hi float64) []plot.Tick {
	step := 1.0
	for i := 0; hi/step > 4; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	if step == 2.5 {
		step = 2
	}
	var out []plot.Tick
	for v := 0.0; v <= hi && len(out) < 10; v += step {
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
	}
	return out
}
