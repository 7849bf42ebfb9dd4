package spl

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "contingency", Aliases: []string{"counttable", "ctable"}, See: "contingency",
			Syntax: "contingency [maxrows=<n>] [maxcols=<n>] [minrowcover=<n>] [mincolcover=<n>] [usetotal=<bool>] [totalstr=<text>] <field> <field>",
			Doc:    "How often each pair of values of two fields occurs: a row for each value of the first, a column for each of the second, most frequent first.",
			lower:  general((*lowerer).contingency)},
		&Command{Name: "correlate", See: "correlate", Syntax: "correlate", Doc: "How often each pair of fields occurs together: the rows that have both, divided by those that have one of them.",
			Note: "The manual does not say how the coefficient is computed; its figures follow this model and may differ.",
			lower: general(func(l *lowerer, c *syntax.General) {
				a := l.arguments(c)
				a.word("type", "cocur", "cocur")
				a.end()
				l.batchStep("correlate", correlate)
			})},
		&Command{Name: "associate", See: "associate", Syntax: "associate [supcnt=<n>] [supfreq=<n>] [improv=<n>] [<field-list>]",
			Doc:   "Finds values of one field that make the value of another one more certain: the entropy of the other field, over all rows and over those with the value, and by how much it decreases.",
			lower: general((*lowerer).associate)},
		&Command{Name: "analyzefields", Aliases: []string{"af"}, See: "analyzefields", Syntax: "analyzefields classfield=<field>",
			Doc:   "How well each field of numbers predicts the value of another field: how often the two occur together, and how often the commonest class of a value is right.",
			Note:  "A value predicts the class that it occurs with most often.",
			lower: general((*lowerer).analyzeFields)},
	)
}

// real reads an option that is a number.
func (a *arguments) real(name string, def float64) float64 {
	o := a.get(name)
	if o == nil {
		return def
	}
	n, ok := function.ParseNumber(o.Value.Value)
	if !ok || n < 0 {
		a.l.wrong(o, "option %s is a number from 0 on, not %q", name, o.Value.Value)
		return def
	}
	return n
}

// textsOf returns the values of a cell as texts.
func textsOf(b *event.Batch, name string, row int) []string {
	var one [1]event.Value
	var out []string
	for _, v := range function.Values(b.Value(name, row), &one) {
		out = append(out, function.Text(v))
	}
	return out
}

// byCount returns keys, those with the greatest counts first, until they cover a share of all; most bounds them (0: all).
func byCount(counts map[string]int, most int, cover float64) []string {
	keys := make([]string, 0, len(counts))
	total := 0
	for k, n := range counts {
		keys = append(keys, k)
		total += n
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	seen := 0
	for i, k := range keys {
		if seen += counts[k]; most > 0 && i+1 == most || float64(seen) >= cover*float64(total) {
			return keys[:i+1]
		}
	}
	return keys
}

func (l *lowerer) contingency(c *syntax.General) {
	a := l.arguments(c)
	rows, cols := a.number("maxrows", 0, 0), a.number("maxcols", 0, 0)
	rowCover, colCover := a.real("minrowcover", 1), a.real("mincolcover", 1)
	total, totalName := a.boolean("usetotal", true), a.text("totalstr", "TOTAL")
	x, y := a.next("a field for the rows").Value, a.next("a field for the columns").Value
	a.end()
	l.batchStep("contingency", func(b *event.Batch) *event.Batch {
		pairs := map[[2]string]int{}
		xs, ys := map[string]int{}, map[string]int{}
		for r := range b.Len() {
			for _, u := range textsOf(b, x, r) {
				for _, v := range textsOf(b, y, r) {
					pairs[[2]string{u, v}]++
					xs[u]++
					ys[v]++
				}
			}
		}
		t := &flatTable{at: map[string]int{}}
		rowKeys, colKeys := byCount(xs, rows, rowCover), byCount(ys, cols, colCover)
		sums := map[string]int{}
		line := func(name string, of func(col string) int) {
			t.rows++
			t.set(x, event.StringOf(name))
			sum := 0
			for _, v := range colKeys {
				n := of(v)
				sum += n
				t.set(v, event.IntOf(int64(n)))
			}
			if total {
				t.set(totalName, event.IntOf(int64(sum)))
			}
		}
		for _, u := range rowKeys {
			line(u, func(v string) int { sums[v] += pairs[[2]string{u, v}]; return pairs[[2]string{u, v}] })
		}
		if total && len(rowKeys) > 0 {
			line(totalName, func(v string) int { return sums[v] })
		}
		return t.batch()
	})
}

// shown returns the columns that do not begin with an underscore and fit one of the patterns, when there are any.
func shown(b *event.Batch, patterns []string) []string {
	var out []string
	for _, name := range b.Names() {
		if !strings.HasPrefix(name, "_") && (len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return event.MatchName(p, name) })) {
			out = append(out, name)
		}
	}
	return out
}

func correlate(b *event.Batch) *event.Batch {
	names := shown(b, nil)
	slices.Sort(names)
	t := &flatTable{at: map[string]int{}}
	for _, x := range names {
		t.rows++
		t.set("RowField", event.StringOf(x))
		for _, y := range names {
			both, either := 0, 0
			for r := range b.Len() {
				hasX, hasY := !b.Value(x, r).IsNull(), !b.Value(y, r).IsNull()
				if hasX && hasY {
					both++
				}
				if hasX || hasY {
					either++
				}
			}
			t.set(y, wholeOrFloat(math.Round(float64(both)/math.Max(float64(either), 1)*100)/100))
		}
	}
	return t.batch()
}

// entropy of counts, in bits.
func entropy(counts map[string]int) float64 {
	total, h := 0, 0.0
	for _, n := range counts {
		total += n
	}
	for _, n := range counts {
		p := float64(n) / float64(total)
		h -= p * math.Log2(p)
	}
	return math.Abs(h)
}

func (l *lowerer) associate(c *syntax.General) {
	a := l.arguments(c)
	count, freq, gain := a.real("supcnt", 100), a.real("supfreq", 0.1), a.real("improv", 0.5)
	patterns := values(a.rest())
	a.end()
	if len(patterns) == 1 {
		l.wrong(c, "associate compares two fields at least")
		return
	}
	l.batchStep("associate", func(b *event.Batch) *event.Batch {
		names := shown(b, patterns)
		t := &flatTable{at: map[string]int{}}
		for _, ref := range names {
			rows := map[string][]int{}
			for r := range b.Len() {
				for _, v := range textsOf(b, ref, r) {
					rows[v] = append(rows[v], r)
				}
			}
			sizes := map[string]int{}
			for v, in := range rows {
				sizes[v] = len(in)
			}
			for _, v := range byCount(sizes, 0, 1) {
				if n := float64(len(rows[v])); n < count || n < freq*float64(b.Len()) {
					continue
				}
				for _, target := range names {
					if target == ref {
						continue
					}
					all, some := map[string]int{}, map[string]int{}
					for r := range b.Len() {
						for _, x := range textsOf(b, target, r) {
							all[x]++
						}
					}
					for _, r := range rows[v] {
						for _, x := range textsOf(b, target, r) {
							some[x]++
						}
					}
					if len(some) == 0 {
						continue
					}
					before, after := entropy(all), entropy(some)
					if before-after < gain {
						continue
					}
					t.rows++
					top := byCount(some, 1, 1)[0]
					share := func(counts map[string]int) float64 {
						n := 0
						for _, c := range counts {
							n += c
						}
						return 100 * float64(counts[top]) / float64(n)
					}
					three := func(x float64) event.Value { return event.StringOf(strconv.FormatFloat(x, 'f', 3, 64)) }
					t.set("Reference_Key", event.StringOf(ref))
					t.set("Reference_Value", event.StringOf(v))
					t.set("Target_Key", event.StringOf(target))
					t.set("Unconditional_Entropy", three(before))
					t.set("Conditional_Entropy", three(after))
					t.set("Entropy_Improvement", three(before-after))
					t.set("Top_Conditional_Value", event.StringOf(fmt.Sprintf("%s (%.2f%% -> %.2f%%)", top, share(all), share(some))))
					t.set("Description", event.StringOf(fmt.Sprintf("When '%s' has the value '%s', the entropy of '%s' decreases from %.3f to %.3f.", ref, v, target, before, after)))
					t.set("Support", event.StringOf(fmt.Sprintf("%.2f%%", 100*float64(len(rows[v]))/float64(b.Len()))))
				}
			}
		}
		return t.batch()
	})
}

func (l *lowerer) analyzeFields(c *syntax.General) {
	a := l.arguments(c)
	class := a.text("classfield", "")
	a.end()
	if class == "" {
		l.wrong(c, "analyzefields needs classfield=<field>")
		return
	}
	l.batchStep("analyzefields", func(b *event.Batch) *event.Batch {
		t := &flatTable{at: map[string]int{}}
		classes := 0
		for r := range b.Len() {
			if !b.Value(class, r).IsNull() {
				classes++
			}
		}
		for _, name := range shown(b, nil) {
			count, both, numbers := 0, 0, true
			table := map[string]map[string]int{}
			ofClass := map[string]int{}
			for r := range b.Len() {
				v := b.Value(name, r)
				if v.IsNull() {
					continue
				}
				count++
				if _, ok := function.Number(v); !ok {
					numbers = false
				}
				if k := b.Value(class, r); !k.IsNull() {
					both++
					key := function.Text(v)
					if table[key] == nil {
						table[key] = map[string]int{}
					}
					table[key][function.Text(k)]++
					ofClass[function.Text(k)]++
				}
			}
			if name == class || !numbers || both == 0 {
				continue
			}
			right := 0
			rightOf := map[string]int{}
			for _, by := range table {
				best := byCount(by, 1, 1)[0]
				right += by[best]
				rightOf[best] += by[best]
			}
			balanced := 0.0
			for k, n := range ofClass {
				balanced += float64(rightOf[k]) / float64(n) / float64(len(ofClass))
			}
			t.rows++
			t.set("field", event.StringOf(name))
			t.set("count", event.IntOf(int64(count)))
			t.set("cocur", event.FloatOf(float64(both)/math.Max(float64(classes), 1)))
			t.set("acc", event.FloatOf(float64(right)/float64(both)))
			t.set("balacc", event.FloatOf(balanced))
		}
		return t.batch()
	})
}
