package function

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
)

// A digest is a set of values with weights, from which percentiles are taken: the nearest rank. It is exact until it holds
// more than maxCentroids different values; neighbours are then joined.
//
// As a dynamic value it is ["tdigest", [values…], [weights…]], sorted by value.
// https://learn.microsoft.com/kusto/query/tdigest-aggregation-function
type digest struct {
	vals    []event.Value
	weights []int64
	sorted  bool
	bytes   int
}

const maxCentroids = 50_000

func (d *digest) add(v event.Value, weight int64) {
	if v.IsNull() || weight <= 0 {
		return
	}
	if f, ok := v.Number(); ok && math.IsNaN(f) {
		return
	}
	d.vals, d.weights, d.sorted = append(d.vals, v), append(d.weights, weight), false
	d.bytes += v.Size()
	if len(d.vals) >= 2*maxCentroids {
		d.compress()
	}
}

func (d *digest) merge(o *digest) {
	for i, v := range o.vals {
		d.add(v, o.weights[i])
	}
}

func (d *digest) sort() {
	if d.sorted {
		return
	}
	at := make([]int, len(d.vals))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return Compare(d.vals[i], d.vals[j]) })
	vals, weights := make([]event.Value, 0, len(at)), make([]int64, 0, len(at))
	for _, i := range at {
		if n := len(vals); n > 0 && event.Equal(vals[n-1], d.vals[i]) {
			weights[n-1] += d.weights[i]
			continue
		}
		vals, weights = append(vals, d.vals[i]), append(weights, d.weights[i])
	}
	d.vals, d.weights, d.sorted = vals, weights, true
}

// compress joins neighbours until few enough are left; the first and the last value stay.
func (d *digest) compress() {
	d.sort()
	for len(d.vals) > maxCentroids {
		vals, weights := d.vals[:1:1], d.weights[:1:1]
		for i := 1; i < len(d.vals); i++ {
			if i+2 < len(d.vals) && i%2 == 1 {
				if d.weights[i+1] > d.weights[i] {
					vals = append(vals, d.vals[i+1])
				} else {
					vals = append(vals, d.vals[i])
				}
				weights = append(weights, d.weights[i]+d.weights[i+1])
				i++
				continue
			}
			vals, weights = append(vals, d.vals[i]), append(weights, d.weights[i])
		}
		if len(vals) == len(d.vals) {
			break
		}
		d.vals, d.weights = vals, weights
	}
}

func (d *digest) total() (n int64) {
	for _, w := range d.weights {
		n += w
	}
	return n
}

// percentile returns the smallest value that at least p percent of all are not greater than.
func (d *digest) percentile(p float64) event.Value {
	d.sort()
	if len(d.vals) == 0 || math.IsNaN(p) {
		return event.NullValue
	}
	rank := int64(math.Ceil(p / 100 * float64(d.total())))
	var n int64
	for i, w := range d.weights {
		if n += w; n >= rank {
			return d.vals[i]
		}
	}
	return d.vals[len(d.vals)-1]
}

// rank counts the values that are not greater than v.
func (d *digest) rank(v event.Value) (n int64) {
	d.sort()
	for i, x := range d.vals {
		if Compare(x, v) > 0 {
			break
		}
		n += d.weights[i]
	}
	return n
}

func (d *digest) value() event.Value {
	d.sort()
	weights := make([]event.Value, len(d.weights))
	for i, w := range d.weights {
		weights[i] = event.IntOf(w)
	}
	return listOf([]event.Value{textOf("tdigest"), listOf(slices.Clone(d.vals)), listOf(weights)})
}

func digestOf(v event.Value) (*digest, bool) {
	l := v.List()
	if len(l) != 3 || l[0].Str() != "tdigest" || len(l[1].List()) != len(l[2].List()) {
		return nil, false
	}
	d := &digest{}
	for i, x := range l[1].List() {
		d.add(x, l[2].List()[i].Ticks())
	}
	return d, true
}

// A sketch estimates how many different values there are from the smallest of their hashes: exactly as long as there are
// not more than maxHashes of them.
//
// As a dynamic value it is ["hll", hashes…], sorted.
// https://learn.microsoft.com/kusto/query/hll-aggregation-function
type sketch struct{ hashes []uint64 } // at most 2·maxHashes; sorted and distinct up to clean

const maxHashes = 16_384

func (s *sketch) add(h uint64) {
	s.hashes = append(s.hashes, h)
	if len(s.hashes) >= 2*maxHashes {
		s.clean()
	}
}

func (s *sketch) clean() {
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
	if len(s.hashes) > maxHashes {
		s.hashes = s.hashes[:maxHashes]
	}
}

func (s *sketch) count() int64 {
	s.clean()
	if len(s.hashes) < maxHashes {
		return int64(len(s.hashes))
	}
	return int64(math.Round(float64(maxHashes-1) / (float64(s.hashes[maxHashes-1]) / (1 << 64))))
}

func (s *sketch) value() event.Value {
	s.clean()
	out := []event.Value{textOf("hll")}
	for _, h := range s.hashes {
		out = append(out, event.IntOf(int64(h)))
	}
	return listOf(out)
}

func sketchOf(v event.Value) (*sketch, bool) {
	l := v.List()
	if len(l) == 0 || l[0].Str() != "hll" {
		return nil, false
	}
	s := &sketch{}
	for _, h := range l[1:] {
		s.add(uint64(h.Ticks()))
	}
	return s, true
}
