package chart

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

func column(vals ...event.Value) *event.Column { return event.NewAny(vals) }

func TestFromChoosesColumns(t *testing.T) {
	day := func(d int) event.Value { return event.TimeOf(time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)) }
	b := event.NewBatch(4)
	b.Set("host", column(event.StringOf("a"), event.StringOf("b"), event.StringOf("a"), event.StringOf("b")))
	b.Set("t", column(day(2), day(1), day(1), day(2)))
	b.Set("n", column(event.IntOf(2), event.IntOf(3), event.IntOf(1), event.NullValue))
	d, err := From("timechart", b)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Time || d.X != "t" || len(d.Series) != 2 || d.Series[0].Name != "a" || d.Series[0].Y[0] != 1 {
		t.Errorf("%+v", d)
	}
	if s := d.Text(80); !strings.Contains(s, "2026-01-01") {
		t.Error(s)
	}
	p, err := From("piechart", b)
	if err != nil || len(p.Labels) == 0 {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := From("timechart", event.NewBatch(0)); err == nil {
		t.Error("nothing was drawn without rows")
	}
}

func TestSVGEscapesText(t *testing.T) {
	b := event.NewBatch(1)
	b.Set("x", column(event.StringOf(`<script>alert(1)</script>`)))
	b.Set("n", column(event.IntOf(2)))
	d, err := From("columnchart", b)
	if err != nil {
		t.Fatal(err)
	}
	svg, err := d.SVG()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(svg, []byte("<svg")) || bytes.Contains(svg, []byte("<script")) {
		t.Error("text came through as markup")
	}
}
