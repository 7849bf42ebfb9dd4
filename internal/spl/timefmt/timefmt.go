// Package timefmt reads and writes times as Splunk does: format variables (%Y-%m-%d …), relative time modifiers
// (-70m@m) and time spans (5m).
//
// Times are epoch seconds in SPL, as whole numbers or with a fraction; [FromEpoch] and [ToEpoch] convert. Fractions are
// kept to the microsecond, which is what a float64 can hold of a present-day epoch time.
//
//   - https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Commontimeformatvariables
//   - https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/SearchTimeModifiers
package timefmt

import (
	"math"
	"time"
)

// maxEpoch bounds the epoch seconds that are taken for a time; beyond it years have more than seven digits.
const maxEpoch = 1e14

// FromEpoch returns the time of epoch seconds in loc, or false when sec is not a time.
func FromEpoch(sec float64, loc *time.Location) (time.Time, bool) {
	if math.IsNaN(sec) || math.Abs(sec) > maxEpoch {
		return time.Time{}, false
	}
	whole := math.Floor(sec)
	micro := math.Round((sec - whole) * 1e6)
	return time.Unix(int64(whole), int64(micro)*1000).In(loc), true
}

// ToEpoch returns the epoch seconds of t.
func ToEpoch(t time.Time) float64 {
	micro := t.Nanosecond() / 1000
	if micro == 0 {
		return float64(t.Unix())
	}
	// One rounding only: seconds and microseconds as one whole number, divided once.
	if s := t.Unix(); s > -9e12 && s < 9e12 {
		return float64(s*1_000_000+int64(micro)) / 1e6
	}
	return float64(t.Unix())
}
