package spl

import (
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "fieldsummary", See: "fieldsummary", Syntax: "fieldsummary [maxvals=<n>] [<field-list>]", Doc: "A row of statistics for each column.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				most := a.number("maxvals", 100, 0)
				names := values(a.rest())
				a.end()
				l.batchStep("fieldsummary", func(b *event.Batch) *event.Batch { return fieldSummary(b, names, most) })
			})},
		&Command{Name: "outlier", See: "outlier", Syntax: "outlier [action=remove|transform] [mark=<bool>] [param=<n>] [uselower=<bool>] [<field-list>]",
			Doc:   "Cuts numbers that lie far from the median, in units of the interquartile range, down to the bound, or removes their rows.",
			lower: general((*lowerer).outlier)},
		&Command{Name: "anomalydetection", See: "anomalydetection", Syntax: "anomalydetection [method=histogram|iqr] [action=filter|annotate] [pthresh=<n>] [<field-list>]",
			Doc:   "Finds rows whose combination of values is unlikely, by how often each value occurs, and adds log_event_prob, probable_cause and their kin.",
			Note:  "The probabilities are those of values, or of ten ranges of a number; the threshold is set by the interquartile range of the logarithms, unless given.",
			lower: general((*lowerer).anomalyDetection)},
		&Command{Name: "avlbase64", Syntax: "avlbase64 type=decode|encode field=<field>", Doc: "Decodes or encodes base64; the result is in the field base64.",
			Note: "A vendor's command, as published rules use it.", lower: general((*lowerer).base64)},
		&Command{Name: "reltime", See: "reltime", Syntax: "reltime [timefield=<field>] [prefix=<text>]", Doc: "Says how long ago a time was, in the field reltime.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				field, prefix := a.text("timefield", "_time"), a.text("prefix", "")
				a.end()
				ago := expr.F(function.Operator("minus"), nowExpr(), expr.C(field))
				l.extend(plan.Named{Name: prefix + "reltime", Expr: expr.F(fnAgo, ago)})
			})},
	)
}

var fnAgo = &fn.Func{Name: "ago", Min: 1, Max: 1,
	Row: func(in []event.Value) event.Value {
		sec, ok := function.Number(in[0])
		if !ok {
			return event.NullValue
		}
		for _, u := range []struct {
			n    float64
			name string
		}{{31536000, "year"}, {2592000, "month"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
			if n := math.Floor(sec / u.n); n >= 1 {
				s := function.Text(event.IntOf(int64(n))) + " " + u.name
				if n > 1 {
					s += "s"
				}
				return event.StringOf(s + " ago")
			}
		}
		return event.StringOf("now")
	}}

// fieldSummary describes the columns of a batch.
func fieldSummary(b *event.Batch, patterns []string, most int) *event.Batch {
	t := &flatTable{at: map[string]int{}}
	names := slices.Clone(b.Names())
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, "_") || len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { return event.MatchName(p, name) }) {
			continue
		}
		col := b.Column(name)
		counts := map[string]int{}
		var nums []float64
		count := 0
		for r := range b.Len() {
			var one [1]event.Value
			for _, v := range function.Values(col.Value(r), &one) {
				count++
				counts[function.Text(v)]++
				if n, ok := function.Number(v); ok {
					nums = append(nums, n)
				}
			}
		}
		t.rows++
		t.set("field", event.StringOf(name))
		t.set("count", event.IntOf(int64(count)))
		t.set("distinct_count", event.IntOf(int64(len(counts))))
		t.set("is_exact", event.IntOf(1))
		if len(nums) > 0 {
			t.set("max", wholeOrFloat(slices.Max(nums)))
			mean, dev := meanAndDeviation(nums)
			t.set("mean", wholeOrFloat(mean))
			t.set("min", wholeOrFloat(slices.Min(nums)))
			t.set("numeric_count", event.IntOf(int64(len(nums))))
			t.set("stdev", wholeOrFloat(dev))
		} else {
			t.set("numeric_count", event.IntOf(0))
		}
		t.set("values", event.StringOf(commonest(counts, most)))
	}
	return t.batch()
}

func meanAndDeviation(nums []float64) (mean, dev float64) {
	for _, n := range nums {
		mean += n
	}
	mean /= float64(len(nums))
	if len(nums) > 1 {
		for _, n := range nums {
			dev += (n - mean) * (n - mean)
		}
		dev = math.Sqrt(dev / float64(len(nums)-1))
	}
	return mean, dev
}

// commonest writes the commonest values as a JSON array.
func commonest(counts map[string]int, most int) string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	if most > 0 && len(keys) > most {
		keys = keys[:most]
	}
	var list []event.Value
	for _, k := range keys {
		list = append(list, event.ObjectOf(event.Bag{{Name: "value", Value: event.StringOf(k)}, {Name: "count", Value: event.IntOf(int64(counts[k]))}}))
	}
	return string(event.AppendJSON(nil, event.ListOf(list)))
}

func (l *lowerer) outlier(c *syntax.General) { l.outlierWith(c, l.arguments(c)) }

// outlierWith reads the arguments of outlier, which anomalydetection takes with method=iqr.
func (l *lowerer) outlierWith(c *syntax.General, a *arguments) {
	action := strings.ToLower(a.text("action", "transform"))
	mark, lower := a.boolean("mark", false), a.boolean("uselower", false)
	param := 2.5
	if p := a.get("param"); p != nil {
		n, ok := function.ParseNumber(p.Value.Value)
		if !ok || n < 0 {
			l.wrong(p, "param is a number from 0 on, not %q", p.Value.Value)
		}
		param = n
	}
	a.word("type", "iqr", "iqr") // the only one there is
	names := values(a.rest())
	a.end()
	remove := false
	switch action {
	case "rm", "remove":
		remove = true
	case "tf", "transform":
	default:
		l.wrong(c, "option action of outlier is remove or transform, not %q", action)
		return
	}
	l.batchStep("outlier", func(b *event.Batch) *event.Batch { return cutOutliers(b, names, param, remove, mark, lower) })
}

// bounds are the limits beyond which numbers are outliers.
func bounds(nums []float64, param float64) (lo, hi float64) {
	slices.Sort(nums)
	at := func(q float64) float64 { return nums[min(int(q*float64(len(nums))), len(nums)-1)] }
	width := param * (at(0.75) - at(0.25))
	return at(0.5) - width, at(0.5) + width
}

func cutOutliers(b *event.Batch, patterns []string, param float64, remove, mark, lower bool) *event.Batch {
	out := b.Derive()
	gone := make([]bool, b.Len())
	for i, name := range b.Names() {
		col := b.ColumnAt(i)
		chosen := len(patterns) == 0 && !strings.HasPrefix(name, "_") || slices.ContainsFunc(patterns, func(p string) bool { return event.MatchName(p, name) })
		var nums []float64
		if chosen {
			for r := range b.Len() {
				if n, ok := function.Number(col.Value(r)); ok {
					nums = append(nums, n)
				}
			}
		}
		if len(nums) == 0 {
			out.Set(name, col)
			continue
		}
		lo, hi := bounds(nums, param)
		vals := make([]event.Value, b.Len())
		for r := range vals {
			v := col.Value(r)
			vals[r] = v
			n, ok := function.Number(v)
			if !ok || n <= hi && (!lower || n >= lo) {
				continue
			}
			if remove {
				gone[r] = true
				continue
			}
			limit := wholeOrFloat(math.Min(math.Max(n, lo), hi))
			if mark {
				limit = event.StringOf("000" + function.Text(limit))
			}
			vals[r] = limit
		}
		out.Set(name, event.NewColumn(vals))
	}
	if !remove {
		return out
	}
	var rows []int32
	for r, g := range gone {
		if !g {
			rows = append(rows, int32(r))
		}
	}
	return out.Gather(rows)
}

func (l *lowerer) anomalyDetection(c *syntax.General) {
	a := l.arguments(c)
	if strings.EqualFold(c.Options().Text("method", ""), "iqr") {
		a.get("method")
		l.outlierWith(c, a)
		return
	}
	action := a.word("action", "filter", "filter", "annotate", "summary")
	if m := a.get("method"); m != nil && !strings.EqualFold(m.Value.Value, "histogram") {
		l.unsupported(m, "anomalydetection with method=%s, of which the manual does not say how it scores; method=histogram, or outlier for the interquartile range", m.Value.Value)
		return
	}
	var limit *float64
	if p := a.get("pthresh"); p != nil {
		n, ok := function.ParseNumber(p.Value.Value)
		if !ok || n < 0 || n > 1 {
			l.wrong(p, "pthresh is a number between 0 and 1, not %q", p.Value.Value)
			return
		}
		limit = &n
	}
	a.fixed("cutoff", true, "the interquartile range always bounds the threshold")
	names := values(a.rest())
	a.end()
	if action == "summary" {
		l.unsupported(c, "anomalydetection with action=summary")
		return
	}
	l.batchStep("anomalydetection", func(b *event.Batch) *event.Batch { return rareRows(b, names, limit, action == "annotate") })
}

// rareRows adds to each row the logarithm of its probability, and with it what makes it improbable; without annotate only
// rows below the threshold stay.
func rareRows(b *event.Batch, patterns []string, limit *float64, annotate bool) *event.Batch {
	n := b.Len()
	if n == 0 {
		return b
	}
	type field struct {
		name string
		prob []float64
	}
	var fields []field
	for i, name := range b.Names() {
		if len(patterns) == 0 && strings.HasPrefix(name, "_") || len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { return event.MatchName(p, name) }) {
			continue
		}
		fields = append(fields, field{name, probabilities(b.ColumnAt(i), n)})
	}
	logs := make([]float64, n)
	cause := make([]int, n)
	for r := range logs {
		least := 1.0
		for i, f := range fields {
			logs[r] += math.Log(f.prob[r])
			if f.prob[r] < least {
				least, cause[r] = f.prob[r], i
			}
		}
	}
	sorted := slices.Clone(logs)
	threshold, _ := bounds(sorted, 3)
	if limit != nil {
		threshold = math.Log(math.Max(*limit, 1e-300))
	}
	out := b.Clone()
	column := func(name string, f func(r int) event.Value) {
		vals := make([]event.Value, n)
		for r := range vals {
			vals[r] = event.NullValue
			if annotate || logs[r] < threshold {
				vals[r] = f(r)
			}
		}
		out.Set(name, event.NewColumn(vals))
	}
	rare := func(f func(r int) event.Value) func(r int) event.Value {
		return func(r int) event.Value {
			if logs[r] >= threshold || len(fields) == 0 {
				return event.NullValue
			}
			return f(r)
		}
	}
	column("log_event_prob", func(r int) event.Value { return event.FloatOf(logs[r]) })
	column("max_freq", rare(func(r int) event.Value { return event.FloatOf(slices.Max(fields[cause[r]].prob)) }))
	column("probable_cause", rare(func(r int) event.Value { return event.StringOf(fields[cause[r]].name) }))
	column("probable_cause_freq", rare(func(r int) event.Value { return event.FloatOf(fields[cause[r]].prob[r]) }))
	if annotate {
		return out
	}
	var rows []int32
	for r := range logs {
		if logs[r] < threshold {
			rows = append(rows, int32(r))
		}
	}
	return out.Gather(rows)
}

// probabilities says of each row how often its value occurs; numbers of many different sizes are put into ten ranges.
func probabilities(col *event.Column, n int) []float64 {
	texts := make([]string, n)
	distinct := map[string]int{}
	var nums []float64
	for r := range texts {
		v := col.Value(r)
		texts[r] = function.Text(v)
		distinct[texts[r]]++
		if x, ok := function.Number(v); ok {
			nums = append(nums, x)
		}
	}
	if len(nums) == n && len(distinct) > 10 {
		lo, hi := slices.Min(nums), slices.Max(nums)
		clear(distinct)
		for r, x := range nums {
			texts[r] = function.Text(event.IntOf(int64(math.Min(9, math.Floor((x-lo)/(hi-lo)*10)))))
			distinct[texts[r]]++
		}
	}
	out := make([]float64, n)
	for r, s := range texts {
		out[r] = float64(distinct[s]) / float64(n)
	}
	return out
}

func (l *lowerer) base64(c *syntax.General) {
	a := l.arguments(c)
	kind, field := a.word("type", "decode", "decode", "encode"), a.text("field", "")
	a.end()
	if field == "" {
		l.wrong(c, "avlbase64 needs field=<field>")
		return
	}
	l.extend(plan.Named{Name: "base64", Expr: expr.F(fnBase64, expr.C(field), expr.Str(kind))})
}

// fnBase64 decodes or encodes base64. Decoded UTF-16, as PowerShell's encoded commands have it, becomes plain text.
var fnBase64 = &fn.Func{Name: "base64", Min: 2, Max: 2,
	Row: func(in []event.Value) event.Value {
		return perValue(in[0], func(v event.Value) event.Value {
			s := function.Text(v)
			if in[1].Str() == "encode" {
				return event.StringOf(base64.StdEncoding.EncodeToString([]byte(s)))
			}
			raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(s), "="))
			if err != nil {
				return event.NullValue
			}
			if text, ok := utf16Text(raw); ok {
				return event.StringOf(text)
			}
			return event.StringOf(strings.ToValidUTF8(string(raw), "\ufffd"))
		})
	}}

// utf16Text reads little-endian UTF-16 when every second byte is zero, as in Latin text.
func utf16Text(raw []byte) (string, bool) {
	if len(raw) < 2 || len(raw)%2 != 0 {
		return "", false
	}
	units := make([]uint16, 0, len(raw)/2)
	zeros := 0
	for i := 0; i < len(raw); i += 2 {
		if raw[i+1] == 0 {
			zeros++
		}
		units = append(units, uint16(raw[i])|uint16(raw[i+1])<<8)
	}
	return string(utf16.Decode(units)), zeros*10 > len(units)*8
}
