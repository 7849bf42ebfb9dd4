package replay

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A stamp is one way in which times are written in events.
type stamp struct {
	re *regexp.Regexp
	// group is the submatch that is the time.
	group int
	parse func(string) (time.Time, bool)
	print func(old string, t time.Time) string
}

const month = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`

// stamps are tried in this order; the first that fits a line is its event's own time, unless the line names one (see named).
var stamps = []stamp{
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?`), 0, parseISO, printISO},
	{regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}:\d{2}(?:\.\d{1,6})?(?: [AP]M)?`), 0, parseUS, printUS},
	{regexp.MustCompile(`(?:(?i:"[\w@.]*(?:time|timestamp|date|ts)[\w]*")\s*:\s*"?|audit\()(1\d{9}(?:\.\d{1,9})?|1\d{12})\b`), 1, parseEpoch, printEpoch},
	{regexp.MustCompile(`^(?:<\d{1,3}>)?(` + month + ` [ \d]\d \d{2}:\d{2}:\d{2})`), 1, parseSyslog, printSyslog},
}

// named finds the time of an event where a line holds several: Windows' XML, and the keys of JSON.
var named = regexp.MustCompile(`SystemTime=['"]([^'"]+)['"]|"(?:_time|@timestamp|TimeCreated|TimeGenerated|EventTime|eventTime|CreationTime|CreationDate|timestamp|Timestamp|time|published|activityDateTime)"\s*:\s*"?([^",}]+)`)

// A shift moves times. It belongs to one run over one file.
type shift struct {
	by    time.Duration
	times int64
}

// near is how far a time in an event may lie from the event's own to move along with it: the expiry of a certificate does not.
const near = 36 * time.Hour

// survey looks for the newest event of a file.
func survey(file string, now time.Time) (*shift, error) {
	r, err := open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	br := bufio.NewReaderSize(r, 1<<20)
	var newest time.Time
	for {
		line, err := br.ReadSlice('\n') // of a line that is longer than the buffer the first part is looked at, then the next
		if t, ok := own(line); ok && t.After(newest) {
			newest = t
		}
		if err == io.EOF {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
	}
	s := &shift{}
	if !newest.IsZero() {
		s.by = now.Sub(newest).Truncate(time.Millisecond)
	}
	return s, nil
}

// own returns the time of the event that a line tells of.
func own(line []byte) (time.Time, bool) {
	if m := named.FindSubmatch(line); m != nil {
		text := string(m[1]) + string(m[2])
		for _, s := range stamps {
			if s.group == 0 {
				if x := s.re.FindString(text); x != "" {
					return s.parse(x)
				}
			}
		}
		if t, ok := parseEpoch(strings.TrimSpace(text)); ok {
			return t, true
		}
	}
	for _, s := range stamps {
		if m := s.re.FindSubmatch(line); m != nil {
			return s.parse(string(m[s.group]))
		}
	}
	return time.Time{}, false
}

// apply returns the text with the times moved.
func (s *shift) apply(chunk []byte) []byte {
	if s.by == 0 {
		return chunk
	}
	out := make([]byte, 0, len(chunk)+len(chunk)/16)
	var last time.Time // an event's further lines have its time
	for line := range bytes.Lines(chunk) {
		if t, ok := own(line); ok {
			last = t
		}
		out = append(out, s.line(line, last)...)
	}
	return out
}

func (s *shift) line(line []byte, at time.Time) []byte {
	for _, st := range stamps {
		found := st.re.FindAllSubmatchIndex(line, -1)
		if found == nil {
			continue
		}
		var out []byte
		from := 0
		for _, m := range found {
			lo, hi := m[2*st.group], m[2*st.group+1]
			old := string(line[lo:hi])
			t, ok := st.parse(old)
			if !ok || t.Sub(at).Abs() > near {
				continue
			}
			out = append(append(out, line[from:lo]...), st.print(old, t.Add(s.by))...)
			from = hi
			s.times++
		}
		line = append(out, line[from:]...)
	}
	return line
}

func parseISO(s string) (time.Time, bool) {
	s = strings.Replace(s, " ", "T", 1)
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil { // fractions of a second are taken whatever the layout says
			return t, true
		}
	}
	return time.Time{}, false
}

// printISO writes a time as the old one was written: separator, digits and zone.
func printISO(old string, t time.Time) string {
	layout := "2006-01-02" + old[10:11] + "15:04:05"
	rest := old[19:]
	if strings.HasPrefix(rest, ".") {
		n := len(rest) - len(strings.TrimLeft(rest[1:], "0123456789")) - 1
		layout += "." + strings.Repeat("0", n)
		rest = rest[1+n:]
	}
	switch {
	case strings.Contains(rest, ":"):
		layout += "Z07:00"
		if !strings.HasPrefix(rest, "Z") && strings.TrimLeft(rest, "+-0:") == "" {
			layout = strings.TrimSuffix(layout, "Z07:00") + "-07:00"
		}
	case len(rest) == 5:
		layout += "-0700"
	default:
		layout += rest
	}
	return t.Format(layout)
}

func usLayout(s string) string {
	layout := "1/2/2006 15:04:05"
	if strings.HasSuffix(s, "M") {
		layout = "1/2/2006 3:04:05"
	}
	if i := strings.IndexByte(s, '.'); i >= 0 {
		n := len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], "0123456789"))
		layout += "." + strings.Repeat("0", n)
	}
	if strings.HasSuffix(s, "M") {
		layout += " PM"
	}
	return layout
}

func parseUS(s string) (time.Time, bool) {
	t, err := time.Parse(usLayout(s), s)
	return t, err == nil
}

func printUS(old string, t time.Time) string {
	layout := usLayout(old)
	date, clock, _ := strings.Cut(old, " ")
	if parts := strings.Split(date, "/"); len(parts[0]) == 2 && len(parts[1]) == 2 {
		layout = strings.Replace(layout, "1/2/2006", "01/02/2006", 1)
	}
	if len(clock) > 1 && clock[1] != ':' {
		layout = strings.Replace(layout, " 3:04", " 03:04", 1)
	}
	return t.Format(layout)
}

func parseEpoch(s string) (time.Time, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 1e9 {
		return time.Time{}, false
	}
	if f >= 1e12 {
		return time.UnixMilli(int64(f)).UTC(), f < 2e12
	}
	return time.UnixMicro(int64(f * 1e6)).UTC(), f < 2e9
}

func printEpoch(old string, t time.Time) string {
	whole, frac, dotted := strings.Cut(old, ".")
	if len(whole) == 13 {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	s := strconv.FormatInt(t.Unix(), 10)
	if dotted {
		digits := strconv.Itoa(1_000_000_000 + t.Nanosecond())[1:]
		s += "." + digits[:len(frac)]
	}
	return s
}

// parseSyslog reads a time without a year: the last one before now.
func parseSyslog(s string) (time.Time, bool) {
	t, err := time.Parse("Jan _2 15:04:05", s)
	if err != nil {
		return time.Time{}, false
	}
	now := time.Now().UTC()
	t = t.AddDate(now.Year(), 0, 0)
	if t.After(now.Add(24 * time.Hour)) {
		t = t.AddDate(-1, 0, 0)
	}
	return t, true
}

func printSyslog(_ string, t time.Time) string { return t.Format("Jan _2 15:04:05") }
