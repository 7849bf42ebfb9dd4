package fn

import (
	"math"
	"math/big"
)

// An ExactSum adds floats without losing anything, so that a sum does not depend on the order of its terms or on how they
// were split over workers. Its zero value is an empty sum. (The method is Shewchuk's: the sum is kept as a few floats that
// do not overlap.)
type ExactSum struct {
	parts []float64
	// special gathers infinities and NaN, which have no parts.
	special float64
}

// Add adds a term.
func (s *ExactSum) Add(x float64) {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		s.special += x
		return
	}
	i := 0
	for _, y := range s.parts {
		if math.Abs(x) < math.Abs(y) {
			x, y = y, x
		}
		hi := x + y
		if lo := y - (hi - x); lo != 0 {
			s.parts[i] = lo
			i++
		}
		x = hi
	}
	if math.IsInf(x, 0) {
		s.special += x
		return
	}
	s.parts = append(s.parts[:i], x)
}

// AddSquare adds x times x.
func (s *ExactSum) AddSquare(x float64) {
	hi := x * x
	s.Add(hi)
	if lo := math.FMA(x, x, -hi); !math.IsInf(hi, 0) {
		s.Add(lo)
	}
}

// Merge adds all terms of another sum.
func (s *ExactSum) Merge(o *ExactSum) {
	for _, p := range o.parts {
		s.Add(p)
	}
	s.special += o.special
}

// Float returns the sum, rounded once.
func (s *ExactSum) Float() float64 {
	if s.special != 0 || math.IsNaN(s.special) {
		return s.special
	}
	n := len(s.parts)
	if n == 0 {
		return 0
	}
	hi, lo := s.parts[n-1], 0.0
	n--
	for n > 0 {
		x, y := hi, s.parts[n-1]
		n--
		hi = x + y
		if lo = y - (hi - x); lo != 0 {
			break
		}
	}
	// Round half to even: look at the sign of what lies below.
	if n > 0 && (lo < 0 && s.parts[n-1] < 0 || lo > 0 && s.parts[n-1] > 0) {
		if y := lo * 2; hi+y-hi == y {
			hi += y
		}
	}
	return hi
}

// Big returns the exact sum; it must not hold infinities.
func (s *ExactSum) Big() *big.Float {
	out := new(big.Float).SetPrec(2200)
	for _, p := range s.parts {
		out.Add(out, big.NewFloat(p))
	}
	return out
}

// Special returns the sum of the infinities and NaN among the terms, 0 when there are none.
func (s *ExactSum) Special() float64 { return s.special }

// Size estimates the bytes that the sum keeps.
func (s *ExactSum) Size() int { return 32 + 8*cap(s.parts) }

// A Moments holds what mean, variance and deviation are computed from, exactly.
type Moments struct {
	N       int64
	sum, sq ExactSum
}

// Add takes a number in.
func (m *Moments) Add(x float64) {
	m.N++
	m.sum.Add(x)
	m.sq.AddSquare(x)
}

// Merge takes in what another one has.
func (m *Moments) Merge(o *Moments) {
	m.N += o.N
	m.sum.Merge(&o.sum)
	m.sq.Merge(&o.sq)
}

// Variance returns the variance of the population, or of a sample; NaN when there are too few numbers.
func (m *Moments) Variance(sample bool) float64 {
	n := m.N
	if sample {
		n--
	}
	if n < 1 || m.sum.special != 0 || m.sq.special != 0 || math.IsNaN(m.sum.special) {
		return math.NaN()
	}
	// (Σx² − (Σx)²/N) / n, without rounding until the end.
	sum, total := m.sum.Big(), new(big.Float).SetPrec(2200).SetInt64(m.N)
	v := m.sq.Big()
	v.Mul(v, total)
	v.Sub(v, sum.Mul(sum, sum))
	v.Quo(v, total)
	v.Quo(v, big.NewFloat(float64(n)))
	f, _ := v.Float64()
	return max(f, 0)
}

// Size estimates the bytes kept.
func (m *Moments) Size() int { return 8 + m.sum.Size() + m.sq.Size() }
