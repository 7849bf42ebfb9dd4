package spl

import (
	"math"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "cluster", See: "cluster", Syntax: "cluster [t=<n>] [match=termlist|termset|ngramset] [field=<field>] [delims=<text>] [showcount=<bool>] [countfield=<field>] [labelfield=<field>] [labelonly=<bool>]",
			Doc:   "Puts rows with similar text into clusters, and gives the first of each cluster with the cluster's number, or with labelonly all rows.",
			Note:  "The manual does not say how similarity is measured: here it is the share of words, or of runs of three characters, that two texts have in common, for termlist in the same order. A row joins the first cluster whose first row is similar enough.",
			lower: general((*lowerer).cluster)},
		&Command{Name: "kmeans", See: "kmeans", Syntax: "kmeans [k=<n>] [maxiters=<n>] [t=<n>] [distype=l1|l2|sq|cos] [cnumfield=<field>] [showcentroid=<bool>] [<field-list>]",
			Doc:   "Puts rows into k clusters by the distance of their numbers, and those of a cluster next to each other.",
			Note:  "The first centres are rows that lie far from each other and not chosen at random, so that the same data give the same clusters; reps therefore changes nothing.",
			lower: general((*lowerer).kmeans)},
	)
}

func (l *lowerer) cluster(c *syntax.General) {
	a := l.arguments(c)
	t := a.real("t", 0.8)
	match := a.word("match", "termlist", "termlist", "termset", "ngramset")
	field, delims := a.text("field", event.RawField), a.text("delims", "")
	count, countField := a.boolean("showcount", false), a.text("countfield", "cluster_count")
	label, only := a.text("labelfield", "cluster_label"), a.boolean("labelonly", false)
	a.end()
	if t <= 0 || t >= 1 {
		l.wrong(c, "option t of cluster is a number between 0 and 1")
		return
	}
	l.batchStep("cluster", func(b *event.Batch) *event.Batch {
		type group struct {
			features []string
			first    int32
			rows     int64
		}
		var groups []*group
		of := make([]int, b.Len())
		known := map[string]int{} // what texts met before belong to
		for r := range of {
			of[r] = -1
			if b.Value(field, r).IsNull() {
				continue
			}
			text := strings.Join(textsOf(b, field, r), " ")
			g, ok := known[text]
			if !ok {
				f := features(text, match, delims)
				g = slices.IndexFunc(groups, func(g *group) bool { return similarity(f, g.features, match) >= t })
				if g < 0 {
					g = len(groups)
					groups = append(groups, &group{features: f, first: int32(r)})
				}
				known[text] = g
			}
			groups[g].rows++
			of[r] = g
		}
		out := b.Clone()
		labels, counts := make([]event.Value, b.Len()), make([]event.Value, b.Len())
		var firsts []int32
		for r, g := range of {
			if labels[r], counts[r] = event.NullValue, event.NullValue; g >= 0 {
				labels[r], counts[r] = event.IntOf(int64(g+1)), event.IntOf(groups[g].rows)
			}
		}
		for _, g := range groups {
			firsts = append(firsts, g.first)
		}
		out.Set(label, event.NewColumn(labels))
		if count {
			out.Set(countField, event.NewColumn(counts))
		}
		if only {
			return out
		}
		return out.Gather(firsts)
	})
}

// features are what two texts are compared by: words, for sets without repetition and in order, or runs of three characters.
func features(s, match, delims string) []string {
	var out []string
	if match == "ngramset" {
		for i := 0; i+3 <= len(s); i++ {
			out = append(out, s[i:i+3])
		}
		if len(out) == 0 {
			out = []string{s}
		}
	} else {
		out = strings.FieldsFunc(s, func(r rune) bool {
			if delims != "" {
				return strings.ContainsRune(delims, r)
			}
			return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r > 0x7f)
		})
	}
	if match != "termlist" {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out
}

func similarity(a, b []string, match string) float64 {
	if len(a) == 0 && len(b) == 0 {
		return 1
	}
	common := 0
	if match == "termlist" {
		// Words that differ leave their places, as numbers in messages do.
		for i := range min(len(a), len(b)) {
			if a[i] == b[i] {
				common++
			}
		}
	} else {
		for i, j := 0, 0; i < len(a) && j < len(b); {
			switch strings.Compare(a[i], b[j]) {
			case 0:
				common++
				i, j = i+1, j+1
			case -1:
				i++
			default:
				j++
			}
		}
	}
	return float64(common) / float64(max(len(a), len(b)))
}

// distances of two points, by the names that kmeans has for them.
var distances = map[string]func(a, b []float64) float64{
	"l1": cityBlock, "l1norm": cityBlock, "cityblock": cityBlock, "cb": cityBlock,
	"l2": euclid, "l2norm": euclid, "sq": squared, "sqeuclidean": squared, "cos": cosine, "cosine": cosine,
}

func cityBlock(a, b []float64) (d float64) {
	for i := range a {
		d += math.Abs(a[i] - b[i])
	}
	return d
}

func squared(a, b []float64) (d float64) {
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
	}
	return d
}

func euclid(a, b []float64) float64 { return math.Sqrt(squared(a, b)) }

func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	if aa == 0 || bb == 0 {
		return 1
	}
	return 1 - ab/math.Sqrt(aa*bb)
}

func (l *lowerer) kmeans(c *syntax.General) {
	a := l.arguments(c)
	k, rounds := a.number("k", 2, 1), a.number("maxiters", 10000, 1)
	tolerance := a.real("t", 0)
	label, show := a.text("cnumfield", "CLUSTERNUM"), a.boolean("showcentroid", true)
	distance := distances["sqeuclidean"]
	if d := a.get("distype"); d != nil {
		if distance = distances[strings.ToLower(d.Value.Value)]; distance == nil {
			l.wrong(d, "option distype is l1, l2, sq or cos, not %q", d.Value.Value)
			return
		}
	}
	a.without("reps")
	patterns := values(a.rest())
	a.end()
	l.batchStep("kmeans", func(b *event.Batch) *event.Batch {
		var names []string
		for _, name := range shown(b, patterns) {
			if slices.Contains(patterns, name) || allNumbers(b, name) {
				names = append(names, name)
			}
		}
		var points [][]float64
		var rows []int32
		for r := range b.Len() {
			p := make([]float64, len(names))
			ok := len(names) > 0
			for i, name := range names {
				x, isNumber := function.Number(b.Value(name, r))
				p[i], ok = x, ok && isNumber
			}
			if ok {
				points, rows = append(points, p), append(rows, int32(r))
			}
		}
		if len(points) == 0 {
			return b.Gather(nil)
		}
		of, centres := clusters(points, k, rounds, tolerance, distance)
		order := make([]int, len(points))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return of[i] - of[j] })
		gathered := make([]int32, len(order))
		numbers := make([]event.Value, len(order))
		for i, p := range order {
			gathered[i], numbers[i] = rows[p], event.IntOf(int64(of[p]+1))
		}
		out := b.Gather(gathered)
		out.Set(label, event.NewColumn(numbers))
		for d, name := range names {
			if !show {
				break
			}
			vals := make([]event.Value, len(order))
			for i, p := range order {
				vals[i] = wholeOrFloat(centres[of[p]][d])
			}
			out.Set("centroid_"+name, event.NewColumn(vals))
		}
		return out
	})
}

func allNumbers(b *event.Batch, name string) bool {
	any := false
	for r := range b.Len() {
		v := b.Value(name, r)
		if _, ok := function.Number(v); !ok && !v.IsNull() {
			return false
		}
		any = any || !v.IsNull()
	}
	return any
}

// clusters assigns each point to one of k centres, beginning with points that lie far apart.
func clusters(points [][]float64, k, rounds int, tolerance float64, distance func(a, b []float64) float64) (of []int, centres [][]float64) {
	centres = [][]float64{points[0]}
	for len(centres) < min(k, len(points)) {
		best, far := -1, 0.0
		for i, p := range points {
			d := math.Inf(1)
			for _, c := range centres {
				d = math.Min(d, distance(p, c))
			}
			if d > far {
				best, far = i, d
			}
		}
		if best < 0 {
			break // no other point is left
		}
		centres = append(centres, points[best])
	}
	of = make([]int, len(points))
	for range rounds {
		sums, counts := make([][]float64, len(centres)), make([]float64, len(centres))
		for i, p := range points {
			of[i] = 0
			for j, c := range centres {
				if distance(p, c) < distance(p, centres[of[i]]) {
					of[i] = j
				}
			}
			if sums[of[i]] == nil {
				sums[of[i]] = make([]float64, len(p))
			}
			for d, x := range p {
				sums[of[i]][d] += x
			}
			counts[of[i]]++
		}
		moved := 0.0
		for j, s := range sums {
			if s == nil {
				continue
			}
			for d := range s {
				s[d] /= counts[j]
			}
			moved = math.Max(moved, distance(s, centres[j]))
			centres[j] = s
		}
		if moved <= tolerance {
			break
		}
	}
	return of, centres
}
