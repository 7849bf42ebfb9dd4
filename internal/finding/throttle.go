package finding

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/rule"
)

// A throttle holds back the findings that a throttled rule would not tell of: those with the values of another in the fields that the
// rule names, within the rule's period after it. What holds others back is not held back itself, and findings come in the order of
// the rule's result. Findings without a time are told.
type throttle struct {
	period time.Duration
	told   map[string][]time.Time
}

func (t *throttle) holds(r *rule.Rule, f *Finding) bool {
	if r.Throttle == nil || f.First.IsZero() {
		return false
	}
	if t.told == nil {
		t.told = map[string][]time.Time{}
		t.period, _ = Period(r.Throttle.Period)
	}
	var key strings.Builder
	for _, name := range r.Throttle.Fields {
		v, _ := f.Get(name)
		key.WriteString(Text(v))
		key.WriteByte(0)
	}
	k := key.String()
	if slices.ContainsFunc(t.told[k], func(at time.Time) bool { return !f.First.Before(at) && f.First.Before(at.Add(t.period)) }) {
		return true
	}
	t.told[k] = append(t.told[k], f.First)
	return false
}

var (
	shortPeriod = regexp.MustCompile(`(?i)^\s*(\d+)\s*(s|sec|m|min|h|hr|d|day|w|week)s?\s*$`)
	isoPeriod   = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)
)

// Period reads a length of time as rules publish it: 30m, 1d, PT5H, P1DT12H.
func Period(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	if m := shortPeriod.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 100000 {
			return 0, false
		}
		unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day, 'w': 7 * day}[strings.ToLower(m[2])[0]]
		return time.Duration(n) * unit, n > 0
	}
	m := isoPeriod.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s)))
	if m == nil {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{day, time.Hour, time.Minute, time.Second} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil || n > 100000 {
			return 0, false
		}
		d += time.Duration(n) * unit
	}
	return d, d > 0
}
