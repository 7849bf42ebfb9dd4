package function

import (
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// The beta distribution, and what follows from it.

func beta(f func(x, a, b float64) float64) fn.Row {
	return func(args []event.Value) event.Value {
		x, a, b := real1(args[0]), real1(args[1]), real1(args[2])
		if math.IsNaN(x) || !(a > 0) || !(b > 0) {
			return event.FloatOf(math.NaN())
		}
		return event.FloatOf(f(x, a, b))
	}
}

func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}

func betaPDF(x, a, b float64) float64 {
	if x < 0 || x > 1 {
		return math.NaN()
	}
	return math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - logBeta(a, b))
}

// betaCDF is the regularised incomplete beta function, by its continued fraction (Lentz's method).
func betaCDF(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	front := math.Exp(a*math.Log(x) + b*math.Log1p(-x) - logBeta(a, b))
	if x > (a+1)/(a+b+2) {
		return 1 - front*betaFraction(1-x, b, a)/b
	}
	return front * betaFraction(x, a, b) / a
}

func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	h := d
	for m := 1.0; m < 10_000; m++ {
		num := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / away(1+num*d)
		c = away(1 + num/c)
		h *= d * c
		num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / away(1+num*d)
		c = away(1 + num/c)
		h *= d * c
		if math.Abs(d*c-1) < 1e-16 {
			break
		}
	}
	return h
}

// betaInv finds x with betaCDF(x) = p by halving.
func betaInv(p, a, b float64) float64 {
	if p < 0 || p > 1 {
		return math.NaN()
	}
	lo, hi := 0.0, 1.0
	for range 200 {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if betaCDF(mid, a, b) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// welch gives the two-sided p value of Student's distribution for Welch's statistic.
func welch(args []event.Value) event.Value {
	m1, v1, n1 := real1(args[0]), real1(args[1]), real1(args[2])
	m2, v2, n2 := real1(args[3]), real1(args[4]), real1(args[5])
	s1, s2 := v1/n1, v2/n2
	t := (m1 - m2) / math.Sqrt(s1+s2)
	df := (s1 + s2) * (s1 + s2) / (s1*s1/(n1-1) + s2*s2/(n2-1))
	return event.FloatOf(betaCDF(df/(df+t*t), df/2, 0.5))
}
