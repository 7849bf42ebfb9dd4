package function

import (
	"math"
	"math/cmplx"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Lines, polynomials and frequencies in series.

func init() {
	line := []Column{{"rsquare", types.Real}, {"slope", types.Real}, {"variance", types.Real}, {"rvariance", types.Real}, {"interception", types.Real}, {"line_fit", types.Dynamic}}
	two := []Column{{"rsquare", types.Real}, {"split_idx", types.Long}, {"variance", types.Real}, {"rvariance", types.Real}, {"line_fit", types.Dynamic}}
	for _, side := range []string{"right", "left"} {
		for _, n := range []string{"rsquare", "slope", "interception", "variance", "rvariance"} {
			two = append(two, Column{side + "_" + n, types.Real})
		}
	}
	poly := []Column{{"rsquare", types.Real}, {"coefficients", types.Dynamic}, {"variance", types.Real}, {"rvariance", types.Real}, {"poly_fit", types.Dynamic}}
	parts := []Column{{"real", types.Dynamic}, {"imag", types.Dynamic}}
	fit := func(args []event.Value) (statList, bool) {
		xs, ok := numbersOf(args[0])
		if !ok || len(xs) < 2 {
			return nil, false
		}
		return fitLine(xs).stats(), true
	}
	fit2 := func(args []event.Value) (statList, bool) {
		xs, ok := numbersOf(args[0])
		if !ok || len(xs) < 4 {
			return nil, false
		}
		return fit2Lines(xs), true
	}
	tuple := func(f func([]event.Value) (statList, bool)) fn.Row {
		return func(args []event.Value) event.Value {
			if s, ok := f(args); ok {
				return s.tuple()
			}
			return event.NullValue
		}
	}
	register(
		tupleOf("series_fit_line", "Fits a line to a series; its first element stands at 1.", "series:array -> dynamic", line, tuple(fit)),
		tupleOf("series_fit_2lines", "Fits two lines to a series, one to each side of the best place to cut it.", "array:array -> dynamic", two, tuple(fit2)),
		strict("series_fit_line_dynamic", seriesSee("series_fit_line_dynamic"), "Fits a line to a series and gives a bag.", "series:array -> dynamic", func(args []event.Value) event.Value {
			if s, ok := fit(args); ok {
				return s.bag()
			}
			return event.NullValue
		}),
		strict("series_fit_2lines_dynamic", seriesSee("series_fit_2lines_dynamic"), "Fits two lines to a series and gives a bag.", "series:array -> dynamic", func(args []event.Value) event.Value {
			s, ok := fit2(args)
			if !ok {
				return event.NullValue
			}
			side := func(from int) event.Value {
				var bag event.Bag
				for i, n := range []string{"rsquare", "slope", "interception", "variance", "rvariance"} {
					bag = append(bag, event.Field{Name: n, Value: s[from+i].value})
				}
				return event.ObjectOf(bag)
			}
			return append(s[:5:5], stat{"right", side(5)}, stat{"left", side(10)}).bag()
		}),
		tupleOf("series_fit_poly", "Fits a polynomial to a series.", "y_series:array, x_series:array?, degree:int|long? -> dynamic", poly, tuple(fitPoly)),
		tupleOf("series_fft", "Gives the Fourier transform of a series.", "series:array, series_imaginary:array? -> dynamic", parts, func(args []event.Value) event.Value { return fourier(args, false) }),
		tupleOf("series_ifft", "Gives the inverse Fourier transform of a series.", "series:array, series_imaginary:array? -> dynamic", parts, func(args []event.Value) event.Value { return fourier(args, true) }),
	)
	examples(scalars, "series_fit_line_dynamic", `round(toreal(series_fit_line_dynamic(dynamic([2,5,6,8,11,15,17,18,25,26,30,30])).rsquare), 3)`, `0.983`)
	examples(scalars, "series_fit_2lines_dynamic", `series_fit_2lines_dynamic(dynamic([1,2,3,4,10,8,6,4])).split_idx`, `4`)
	examples(scalars, "series_fit_poly", `array_length(series_fit_poly(dynamic([1,4,9,16]), dynamic([1,2,3,4]), 2)[1])`, `3`)
	examples(scalars, "series_fft", `series_fft(dynamic([1,0,0,0]))`, `[[1,1,1,1],[0,0,0,0]]`)
}

// A lineFit is a line y = slope·x + at1 - slope with x from 1.
type lineFit struct {
	slope, intercept    float64
	variance, rvariance float64
	rsquare             float64
	fit                 []float64
}

// fitLine fits a line by least squares; elements that are no numbers do not count.
func fitLine(ys []float64) lineFit {
	var n, sx, sy, sxx, sxy float64
	for i, y := range ys {
		if math.IsNaN(y) {
			continue
		}
		x := float64(i + 1)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	var f lineFit
	if d := n*sxx - sx*sx; d != 0 {
		f.slope = (n*sxy - sx*sy) / d
	}
	f.intercept = (sy - f.slope*sx) / n
	f.fit = make([]float64, len(ys))
	var total, rest float64
	for i, y := range ys {
		f.fit[i] = f.slope*float64(i+1) + f.intercept
		if !math.IsNaN(y) {
			total += (y - sy/n) * (y - sy/n)
			rest += (y - f.fit[i]) * (y - f.fit[i])
		}
	}
	f.variance, f.rvariance, f.rsquare = total/(n-1), rest/(n-1), 1-rest/total
	if total == 0 {
		f.rsquare = 1
	}
	return f
}

func (f lineFit) stats() statList {
	return statList{{"rsquare", event.FloatOf(f.rsquare)}, {"slope", event.FloatOf(f.slope)}, {"variance", event.FloatOf(f.variance)}, {"rvariance", event.FloatOf(f.rvariance)},
		{"interception", event.FloatOf(f.intercept)}, {"line_fit", seriesOf(f.fit)}}
}

func fit2Lines(ys []float64) statList {
	whole := fitLine(ys)
	n := len(ys)
	best, split := math.Inf(1), 0
	// Sums from the left make each split cheap: the residual of a line needs no more than them.
	for k := 2; k <= n-2; k++ {
		l, r := residual(ys[:k]), residual(ys[k:])
		if l+r < best {
			best, split = l+r, k
		}
	}
	l, r := fitLine(ys[:split]), fitLine(ys[split:])
	total := whole.variance * float64(n-1)
	rsquare := 1 - best/total
	if total == 0 {
		rsquare = 1
	}
	out := statList{{"rsquare", event.FloatOf(rsquare)}, {"split_idx", event.IntOf(int64(split))}, {"variance", event.FloatOf(whole.variance)},
		{"rvariance", event.FloatOf(best / float64(n-1))}, {"line_fit", seriesOf(append(append([]float64{}, l.fit...), r.fit...))}}
	for _, s := range []struct {
		name string
		fit  lineFit
	}{{"right", r}, {"left", l}} {
		out = append(out, stat{s.name + "_rsquare", event.FloatOf(s.fit.rsquare)}, stat{s.name + "_slope", event.FloatOf(s.fit.slope)},
			stat{s.name + "_interception", event.FloatOf(s.fit.intercept)}, stat{s.name + "_variance", event.FloatOf(s.fit.variance)},
			stat{s.name + "_rvariance", event.FloatOf(s.fit.rvariance)})
	}
	return out
}

// residual is the sum of squares that a fitted line leaves.
func residual(ys []float64) float64 {
	var n, sx, sy, sxx, sxy, syy float64
	for i, y := range ys {
		if !math.IsNaN(y) {
			x := float64(i)
			n, sx, sy, sxx, sxy, syy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y, syy+y*y
		}
	}
	d := n*sxx - sx*sx
	if n == 0 || d == 0 {
		return 0
	}
	b := (n*sxy - sx*sy) / d
	return math.Max(0, syy-sy*sy/n-b*(sxy-sx*sy/n))
}

// fitPoly fits a polynomial, of degree 1 when none is given; without x the elements stand at 1, 2, 3, …
func fitPoly(args []event.Value) (statList, bool) {
	ys, ok := numbersOf(args[0])
	if !ok || len(ys) == 0 {
		return nil, false
	}
	xs := make([]float64, len(ys))
	for i := range xs {
		xs[i] = float64(i + 1)
	}
	if len(args) > 1 && !args[1].IsNull() {
		given := args[1].List()
		if len(given) != len(ys) {
			return nil, false
		}
		for i, v := range given {
			if xs[i] = seriesNumber(v); v.Kind() == event.Time {
				xs[i] = float64(v.Ticks() + epochTicks)
			}
		}
	}
	degree := 1
	if len(args) > 2 && args[2].Kind() == event.Int {
		degree = int(args[2].Int())
	}
	if degree < 1 || degree > 16 || len(ys) <= degree {
		return nil, false
	}
	// Shifting and scaling x keeps the equations well conditioned; the coefficients are turned back afterwards.
	lo, hi := xs[0], xs[0]
	for _, x := range xs {
		lo, hi = math.Min(lo, x), math.Max(hi, x)
	}
	mid, scale := (lo+hi)/2, (hi-lo)/2
	if !(scale > 0) {
		return nil, false
	}
	k := degree + 1
	m := make([][]float64, k)
	for i := range m {
		m[i] = make([]float64, k+1)
	}
	for i, y := range ys {
		u := (xs[i] - mid) / scale
		pw := make([]float64, 2*k)
		for j, p := 0, 1.0; j < 2*k; j, p = j+1, p*u {
			pw[j] = p
		}
		for r := range k {
			for c := range k {
				m[r][c] += pw[r+c]
			}
			m[r][k] += pw[r] * y
		}
	}
	c, ok := solve(m)
	if !ok {
		return nil, false
	}
	my := mean(ys)
	var total, rest float64
	fit := make([]float64, len(ys))
	for i, y := range ys {
		u, v := (xs[i]-mid)/scale, 0.0
		for j := k - 1; j >= 0; j-- {
			v = v*u + c[j]
		}
		fit[i] = v
		total += (y - my) * (y - my)
		rest += (y - v) * (y - v)
	}
	// From powers of (x-mid)/scale to powers of x, highest first.
	coef := make([]float64, k)
	for j := range k {
		binom := c[j] / math.Pow(scale, float64(j))
		for i := j; i >= 0; i-- { // C(j,i)·(-mid)^(j-i)
			coef[i] += binom
			binom *= -mid * float64(i) / float64(j-i+1)
		}
	}
	var coefs []event.Value
	for j := k - 1; j >= 0; j-- {
		coefs = append(coefs, event.FloatOf(coef[j]))
	}
	n := float64(len(ys))
	return statList{{"rsquare", event.FloatOf(1 - rest/total)}, {"coefficients", listOf(coefs)}, {"variance", event.FloatOf(total / (n - 1))},
		{"rvariance", event.FloatOf(rest / (n - 1))}, {"poly_fit", seriesOf(fit)}}, true
}

// solve solves linear equations, given with the right side as last column, by elimination.
func solve(m [][]float64) ([]float64, bool) {
	n := len(m)
	for i := range n {
		p := i
		for r := i + 1; r < n; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[p][i]) {
				p = r
			}
		}
		m[i], m[p] = m[p], m[i]
		if m[i][i] == 0 || math.IsNaN(m[i][i]) {
			return nil, false
		}
		for r := i + 1; r < n; r++ {
			f := m[r][i] / m[i][i]
			for c := i; c <= n; c++ {
				m[r][c] -= f * m[i][c]
			}
		}
	}
	out := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		v := m[i][n]
		for c := i + 1; c < n; c++ {
			v -= m[i][c] * out[c]
		}
		out[i] = v / m[i][i]
	}
	return out, true
}

func fourier(args []event.Value, inverse bool) event.Value {
	re, ok := numbersOf(args[0])
	if !ok {
		return event.NullValue
	}
	z := make([]complex128, len(re))
	for i, x := range re {
		z[i] = complex(x, 0)
	}
	if len(args) > 1 && !args[1].IsNull() {
		im, ok := numbersOf(args[1])
		if !ok || len(im) != len(re) {
			return event.NullValue
		}
		for i, y := range im {
			z[i] += complex(0, y)
		}
	}
	z = fft(z, inverse)
	im := make([]float64, len(z))
	re = make([]float64, len(z))
	for i, c := range z {
		if inverse {
			c /= complex(float64(len(z)), 0)
		}
		re[i], im[i] = real(c), imag(c)
	}
	return listOf([]event.Value{seriesOf(re), seriesOf(im)})
}

// fft is the discrete Fourier transform: by halving while the length is even, by definition for what remains odd.
func fft(z []complex128, inverse bool) []complex128 {
	n := len(z)
	sign := -2 * math.Pi
	if inverse {
		sign = -sign
	}
	if n <= 1 {
		return append([]complex128(nil), z...)
	}
	out := make([]complex128, n)
	if n%2 == 0 {
		even, odd := make([]complex128, n/2), make([]complex128, n/2)
		for i := range even {
			even[i], odd[i] = z[2*i], z[2*i+1]
		}
		even, odd = fft(even, inverse), fft(odd, inverse)
		for k := range even {
			t := cmplx.Rect(1, sign*float64(k)/float64(n)) * odd[k]
			out[k], out[k+n/2] = even[k]+t, even[k]-t
		}
		return out
	}
	if n > 4096 { // an odd length this large would take too long
		return out
	}
	for k := range out {
		for i, c := range z {
			out[k] += c * cmplx.Rect(1, sign*float64(k*i%n)/float64(n))
		}
	}
	return out
}
