package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/event"
)

// judgeKQL runs a KQL case and returns why it fails, or "".
func judgeKQL(c *KQLCase, e Engine) string {
	res, err := e.KQL(c.Query)
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, col := range c.Columns {
		names = append(names, col.Name)
	}
	order := make([]int, len(names)) // where each expected column stands in the result
	if slices.Equal(names, res.Columns) {
		for i := range order {
			order[i] = i
		}
	} else {
		anyOrder := slices.ContainsFunc(c.Flags, func(f string) bool { return strings.HasPrefix(f, "column order differs") })
		for i, n := range names {
			if order[i] = slices.Index(res.Columns, n); order[i] < 0 || !anyOrder || len(names) != len(res.Columns) {
				return fmt.Sprintf("columns %v, want %v", res.Columns, names)
			}
		}
	}
	for i, col := range c.Columns {
		if col.Type != "" && res.Types != nil && !sameType(col.Type, res.Types[order[i]]) {
			return fmt.Sprintf("column %s has type %s, want %s", col.Name, res.Types[order[i]], col.Type)
		}
	}
	if len(res.Rows) != len(c.Rows) {
		return fmt.Sprintf("%d rows, want %d: %s", len(res.Rows), len(c.Rows), sample(res.Rows))
	}
	match := make([][]bool, len(c.Rows))
	for i, want := range c.Rows {
		match[i] = make([]bool, len(res.Rows))
		for j, row := range res.Rows {
			if c.Ordered && i != j {
				continue
			}
			ok := true
			for k := range names {
				ok = ok && k < len(want) && kqlCellEqual(row[order[k]], want[k], c.Columns[k].Type, c.Arrays)
			}
			match[i][j] = ok
		}
		if c.Ordered && !match[i][i] {
			return fmt.Sprintf("row %d: %s, want %q", i+1, sample(res.Rows[i:i+1]), want)
		}
	}
	if i := unmatched(match); i >= 0 {
		return fmt.Sprintf("no row matches %q: %s", c.Rows[i], sample(res.Rows))
	}
	return ""
}

func sameType(want, got string) bool {
	return want == got || want == "unknown" || got == "unknown"
}

func kqlCellEqual(got event.Value, want, typ string, anyOrder bool) bool {
	if want == "" {
		return got.IsNull() || got.Kind() == event.String && strings.TrimSpace(got.Str()) == ""
	}
	switch typ {
	case "string":
		return got.Kind() == event.String && blanks(got.Str()) == blanks(want)
	case "bool":
		if got.Kind() != event.Bool {
			return false
		}
		w := strings.ToLower(want)
		return got.Bool() == (w == "true" || w == "1")
	case "long", "int":
		if got.Kind() != event.Int {
			return false
		}
		return strconv.FormatInt(got.Int(), 10) == strings.TrimSpace(want)
	case "real", "decimal":
		return realEqual(got, want)
	case "datetime":
		return got.Kind() == event.Time && timeEqual(got, want)
	case "timespan":
		return got.Kind() == event.Duration && spanEqual(got, want)
	case "guid":
		return strings.EqualFold(got.Str(), strings.TrimSpace(want))
	case "dynamic":
		return dynamicEqual(got, want, anyOrder)
	}
	return realEqual(got, want) || timeEqual(got, want) || spanEqual(got, want) || dynamicEqual(got, want, anyOrder) || blanks(plainText(got)) == blanks(want)
}

func plainText(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	return strings.Trim(string(event.AppendJSON(nil, v)), `"`)
}

func blanks(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
}

// realEqual allows a relative difference of 1e-9 or half a unit of the last printed decimal.
func realEqual(got event.Value, want string) bool {
	g, ok := got.Number()
	if !ok {
		return false
	}
	want = strings.TrimSpace(want)
	switch strings.ToLower(want) {
	case "nan":
		return math.IsNaN(g)
	case "∞", "infinity", "inf", "+∞":
		return math.IsInf(g, 1)
	case "-∞", "-infinity", "-inf":
		return math.IsInf(g, -1)
	}
	w, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false
	}
	mantissa, exp, _ := strings.Cut(strings.ToLower(want), "e")
	_, decimals, _ := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exp)
	return math.Abs(g-w) <= max(1e-9*math.Abs(w), 0.5*math.Pow10(e-len(decimals))*1.0000001) || g == w
}

func timeEqual(got event.Value, want string) bool {
	if got.Kind() != event.Time {
		return false
	}
	w, ok := parseTime(want)
	return ok && event.TimeOf(w).Ticks() == got.Ticks()
}

func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02T15:04:05.9999999Z07:00", "2006-01-02T15:04:05.9999999", "2006-01-02 15:04:05.9999999", "2006-01-02 15:04:05.9999999Z07:00", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func spanEqual(got event.Value, want string) bool {
	if got.Kind() != event.Duration {
		return false
	}
	norm := func(s string) string {
		neg := strings.HasPrefix(s, "-")
		s = strings.TrimPrefix(s, "-")
		day := "0"
		if d, rest, ok := strings.Cut(s, "."); ok && strings.Contains(rest, ":") {
			day, s = d, rest
		}
		hms, frac, _ := strings.Cut(s, ".")
		s = day + "." + hms + "." + strings.TrimRight(frac, "0")
		if neg {
			s = "-" + s
		}
		return s
	}
	return norm(string(event.AppendDuration(nil, got.Ticks()))) == norm(strings.TrimSpace(want))
}

func dynamicEqual(got event.Value, want string, anyOrder bool) bool {
	if v, ok := decode(want); ok && jsonEqual(toAny(got), v, anyOrder) {
		return true
	}
	if got.Kind() == event.String {
		if v, ok := decode(want); ok {
			if g, ok := decode(got.Str()); ok && jsonEqual(g, v, anyOrder) {
				return true
			}
		}
		return blanks(got.Str()) == blanks(want)
	}
	return blanks(plainText(got)) == blanks(want) || timeEqual(got, want) || spanEqual(got, want)
}

func decode(s string) (any, bool) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	rest, _ := new(bytes.Buffer), 0
	rest.ReadFrom(dec.Buffered())
	return v, strings.TrimSpace(rest.String()) == ""
}

func toAny(v event.Value) any {
	x, _ := decode(string(event.AppendJSON(nil, v)))
	return x
}

func jsonEqual(a, b any, anyOrder bool) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if v, ok := y[k]; !ok || !jsonEqual(x[k], v, anyOrder) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		if !anyOrder {
			for i := range x {
				if !jsonEqual(x[i], y[i], false) {
					return false
				}
			}
			return true
		}
		match := make([][]bool, len(x))
		for i := range x {
			match[i] = make([]bool, len(y))
			for j := range y {
				match[i][j] = jsonEqual(x[i], y[j], true)
			}
		}
		return unmatched(match) < 0
	case json.Number:
		switch y := b.(type) {
		case json.Number:
			if x == y {
				return true
			}
			p, okP := new(big.Rat).SetString(x.String())
			q, okQ := new(big.Rat).SetString(y.String())
			if okP && okQ && p.Cmp(q) == 0 {
				return true
			}
			f, _ := x.Float64()
			return realEqual(event.FloatOf(f), y.String())
		case string:
			return x.String() == y
		}
		return false
	case string:
		switch y := b.(type) {
		case string:
			if x == y {
				return true
			}
			s, okS := parseTime(x)
			t, okT := parseTime(y)
			return okS && okT && s.Equal(t)
		case json.Number:
			return x == y.String() || (x == "NaN" && y == "NaN")
		}
		return false
	}
	return a == b
}
