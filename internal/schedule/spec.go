// Package schedule replays the schedules that rules have at home: each run sees a window of the events that have arrived by then, so
// that a finding of all events together may be missed there, or be told of twice.
package schedule

import (
	"math"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
)

// A Spec is when a rule runs and what its runs see. Runs are at multiples of Every since 1970; the run of t sees events from t-From on
// and before t-To that have arrived by t+Slack.
type Spec struct {
	Every, From, To, Slack time.Duration
	// ByArrival says that the window is one of times of arrival, not of events.
	ByArrival bool
	// Basis says where the schedule is from.
	Basis string
}

// Of returns a rule's schedule, or the reason why it has none.
func Of(r *rule.Rule) (Spec, string) {
	// https://github.com/splunk/contentctl/tree/main/contentctl/templates/deployments
	splunk := Spec{Every: time.Hour, From: 70 * time.Minute, To: 10 * time.Minute}
	switch r.Format {
	case "sentinel-hunting":
		return Spec{}, "hunting queries run when somebody asks"
	case "sentinel-analytic":
		if s := r.Schedule; s != nil {
			// https://learn.microsoft.com/azure/sentinel/near-real-time-rules
			if strings.EqualFold(s.Kind, "NRT") {
				return Spec{Every: time.Minute, From: time.Minute, ByArrival: true, Basis: "near real time: each minute, what arrived in it"}, ""
			}
			every, ok := finding.Period(s.Frequency)
			period, ok2 := finding.Period(s.Period)
			if ok && ok2 {
				// Runs are five minutes late, so that events can arrive: https://learn.microsoft.com/azure/sentinel/scheduled-rules-overview
				return Spec{Every: every, From: period, Slack: 5 * time.Minute, Basis: "the rule's own"}, ""
			}
		}
		return Spec{}, "the rule states no frequency and period that can be read"
	case "sigma":
		// Sigma has no schedules; this is what Elastic Security gives its rules: https://www.elastic.co/docs/solutions/security/detect-and-alert
		return Spec{Every: 5 * time.Minute, From: 6*time.Minute + timespan(r), Basis: "taken for Sigma: each five minutes over six, and a correlation's timespan"}, ""
	case "escu":
		splunk.Basis = "ESCU's default: hourly, -70m@m to -10m@m"
		return splunk, ""
	}
	if r.Language == rule.KQL {
		// https://learn.microsoft.com/defender-xdr/custom-detection-rules
		return Spec{Every: time.Hour, From: 4 * time.Hour, Basis: "taken for Defender: hourly over four hours"}, ""
	}
	splunk.Basis = "taken for SPL: ESCU's default, hourly, -70m@m to -10m@m"
	return splunk, ""
}

// timespan is that of a Sigma correlation, or 0.
func timespan(r *rule.Rule) (d time.Duration) {
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && (c.Value == "timespan" || c.Value == "timeframe") && i+1 < len(n.Content) {
				if p, ok := finding.Period(n.Content[i+1].Value); ok {
					d = max(d, p)
				}
			}
			walk(c)
		}
	}
	if r.Doc != nil {
		walk(r.Doc)
	}
	return d
}

// runs returns the numbers of the first and the last run that see an event of a time in seconds, when events arrive delay late; there is
// none when last < first.
func (s Spec) runs(at, delay float64) (first, last int64) {
	every := s.Every.Seconds()
	if s.ByArrival {
		at += delay
		return int64(math.Floor(at/every)) + 1, int64(math.Floor((at + s.From.Seconds()) / every))
	}
	first = int64(math.Floor((at+s.To.Seconds())/every)) + 1 // at is before t-To
	if arrived := int64(math.Ceil((at + delay - s.Slack.Seconds()) / every)); arrived > first {
		first = arrived
	}
	return first, int64(math.Floor((at + s.From.Seconds()) / every))
}

// at is when a run is, in seconds.
func (s Spec) at(run int64) time.Time {
	return time.Unix(0, 0).UTC().Add(time.Duration(run) * s.Every)
}
