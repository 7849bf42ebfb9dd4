package report

import (
	"html/template"
	"image/color"
	"time"

	"github.com/harrier-detect/harrier/internal/chart"
	"github.com/harrier-detect/harrier/internal/rule"
)

// levelColors are readable on light and on dark ground; the page's own style uses the same.
var levelColors = map[string]color.RGBA{
	"critical": {190, 24, 93, 255}, "high": {220, 70, 40, 255}, "medium": {217, 140, 20, 255}, "low": {78, 140, 90, 255}, "informational": {100, 130, 170, 255},
}

// A timeline is the findings over time, drawn for wide and for narrow screens.
type timeline struct {
	Wide, Narrow template.HTML
	// ByEpisode says that a column is an episode, and not a stretch of time: between them lie long times without findings.
	ByEpisode bool
	Unit      string // of a column, when it is a stretch of time
	Untimed   int    // findings without a time
	// Hidden is how many episodes are not drawn.
	Hidden int
}

func timelineOf(d *digest, items []*Item) (*timeline, error) {
	t := &timeline{}
	for _, it := range items {
		if first, _ := it.Times(); first.IsZero() {
			t.Untimed++
		}
	}
	if d.First.IsZero() {
		return t, nil
	}
	for _, form := range []struct {
		to            *template.HTML
		width, height float64
		columns       int
	}{{&t.Wide, 860, 190, 96}, {&t.Narrow, 330, 170, 40}} {
		s, unit, hidden := columns(d, items, form.columns, int(form.width/62))
		t.ByEpisode, t.Unit = unit == 0, unitName(unit)
		if form.to == &t.Wide {
			t.Hidden = hidden
		}
		svg, err := s.SVG(form.width, form.height)
		if err != nil {
			return nil, err
		}
		*form.to = template.HTML(inline(svg)) // the drawing library has escaped the text in it
	}
	return t, nil
}

// units are the stretches of time that a column may stand for.
var units = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour,
	12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour}

func unitName(u time.Duration) string {
	switch {
	case u == 0:
		return ""
	case u >= 24*time.Hour:
		if n := int(u / (24 * time.Hour)); n > 1 {
			return plural(n, "day")
		}
		return "day"
	}
	for _, x := range []struct {
		d    time.Duration
		name string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if u >= x.d {
			if n := int(u / x.d); n > 1 {
				return plural(n, x.name)
			}
			return x.name
		}
	}
	return ""
}

// columns counts findings by column and level. The unit is 0 when columns are episodes: when there are several, and the time that
// they take is a small part of the whole.
func columns(d *digest, items []*Item, most, labels int) (s *chart.Stacked, unit time.Duration, hidden int) {
	var busy time.Duration
	for _, e := range d.Episodes {
		busy += e.Last.Sub(e.First) + time.Hour
	}
	whole := d.Last.Sub(d.First)
	var column func(time.Time) int
	var n int
	names := []string{}
	if len(d.Episodes) > 1 && busy*4 < whole {
		eps := d.Episodes
		if len(eps) > most {
			hidden = len(eps) - most
			eps = eps[hidden:] // the newest
		}
		n = len(eps)
		at := 0
		column = func(t time.Time) int {
			if t.Before(eps[0].First) {
				return -1
			}
			for at > 0 && t.Before(eps[at].First) {
				at--
			}
			for at+1 < n && !t.Before(eps[at+1].First) {
				at++
			}
			return at
		}
		for _, e := range eps {
			names = append(names, e.First.UTC().Format("2006-01-02"))
		}
	} else {
		for _, unit = range units {
			if whole/unit < time.Duration(most) {
				break
			}
		}
		start := d.First.UTC().Truncate(unit)
		n = int(d.Last.Sub(start)/unit) + 1
		column = func(t time.Time) int { return min(int(t.Sub(start)/unit), n-1) }
		layout := "15:04:05"
		switch {
		case unit >= 24*time.Hour:
			layout = "2006-01-02"
		case whole > 24*time.Hour:
			layout = "01-02 15:04"
		case unit >= time.Minute:
			layout = "15:04"
		}
		for i := range n {
			names = append(names, start.Add(time.Duration(i)*unit).Format(layout))
		}
	}
	every := (n + max(labels, 1) - 1) / max(labels, 1)
	for i := range names {
		if i%every != 0 {
			names[i] = ""
		}
	}
	s = &chart.Stacked{Labels: names}
	index := map[string]int{}
	for i := len(d.Levels) - 1; i >= 0; i-- { // the worst on top
		l := d.Levels[i].Name
		index[l] = len(s.Series)
		c, ok := levelColors[l]
		if !ok || rule.LevelOrder(l) < 0 {
			c = color.RGBA{120, 124, 130, 255}
		}
		s.Series = append(s.Series, chart.StackedSeries{Name: l, Color: c, Counts: make([]float64, n)})
	}
	for _, it := range items {
		first, _ := it.Times()
		if first.IsZero() {
			continue
		}
		if c := column(first); c >= 0 {
			s.Series[index[it.Level]].Counts[c]++
		}
	}
	return s, unit, hidden
}
