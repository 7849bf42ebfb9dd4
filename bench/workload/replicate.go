// Package workload makes big inputs for benchmarks that are like life: recordings of real hosts repeated, each time at another time, on
// other hosts, by other users and processes, so that dictionaries grow as they do over weeks of logs; and days of the simulator's
// domain. The same parameters give the same bytes.
package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Sample is lines of JSON, cut into what every copy has and what differs.
type Sample struct {
	lines [][]piece
	bytes int64
	// span is the time from the first to the last moment that a line tells.
	span time.Duration
}

// A piece is text that stays, or a token that each copy has another of.
type piece struct {
	kind kind
	text []byte
	at   time.Time // of a moment
	form string    // its layout
}

type kind uint8

const (
	same kind = iota
	moment
	host
	user
	guid
	number
)

// Lines returns how many events a copy has.
func (s *Sample) Lines() int { return len(s.lines) }

// Bytes returns about how big a copy is.
func (s *Sample) Bytes() int64 { return s.bytes }

// hostFields and userFields name hosts and people in the recordings; freeFields hold text in which numbers differ from run to run: names
// of temporary files, process ids, ports.
var (
	hostFields = []string{"Hostname", "Computer", "host", "SourceHostname", "DestinationHostname", "WorkstationName"}
	userFields = []string{"User", "TargetUserName", "SubjectUserName", "AccountName", "TargetUser", "SourceUser"}
	freeFields = []string{"CommandLine", "ParentCommandLine", "TargetFilename", "TargetObject", "Details", "ScriptBlockText", "ContextInfo", "Message", "PipeName"}
)

// accounts of the system are the same everywhere.
var systemAccounts = []string{"system", "local service", "network service", "anonymous logon", "administrator", "guest", "-", "window manager", "font driver host"}

var (
	tokenPattern = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
	digitPattern = regexp.MustCompile(`\b\d{4,10}\b`)
)

// Read reads a sample of at most limit bytes (0: all) from lines of JSON; what is no object is passed over.
func Read(r io.Reader, limit int64) (*Sample, error) {
	var raw [][]byte
	s := &Sample{}
	hosts, users := map[string]bool{}, map[string]bool{}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() && (limit == 0 || s.bytes < limit) {
		line := bytes.TrimSpace(sc.Bytes())
		var fields map[string]any
		if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &fields) != nil {
			continue
		}
		raw = append(raw, bytes.Clone(line))
		s.bytes += int64(len(line)) + 1
		for _, f := range hostFields {
			if v, _ := fields[f].(string); len(v) > 3 {
				hosts[v] = true
			}
		}
		for _, f := range userFields {
			v, _ := fields[f].(string)
			if i := strings.LastIndexAny(v, `\`); i >= 0 {
				v = v[i+1:]
			}
			if len(v) > 2 && !strings.HasSuffix(v, "$") && !slices.Contains(systemAccounts, strings.ToLower(v)) {
				users[v] = true
			}
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read a sample: %w", err)
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("read a sample: there is no line of JSON in it")
	}
	names := namePattern(hosts, users)
	var first, last time.Time
	for _, line := range raw {
		pieces := cut(line, names, hosts)
		for _, p := range pieces {
			if p.kind == moment {
				if first.IsZero() || p.at.Before(first) {
					first = p.at
				}
				if p.at.After(last) && p.at.Year() < 2100 {
					last = p.at
				}
			}
		}
		s.lines = append(s.lines, pieces)
	}
	if s.span = last.Sub(first).Truncate(time.Second) + time.Second; s.span > 48*time.Hour {
		s.span = 48 * time.Hour // old dates of files stand among the times
	}
	return s, nil
}

// namePattern finds hosts and users, the longest first.
func namePattern(hosts, users map[string]bool) *regexp.Regexp {
	var all []string
	for n := range hosts {
		all = append(all, n)
	}
	for n := range users {
		if !hosts[n] {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for i, n := range all {
		all[i] = regexp.QuoteMeta(n)
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}

// cut takes a line apart.
func cut(line []byte, names *regexp.Regexp, hosts map[string]bool) []piece {
	type span struct {
		from, to int
		p        piece
	}
	var spans []span
	add := func(from, to int, p piece) {
		p.text = line[from:to]
		spans = append(spans, span{from, to, p})
	}
	for _, m := range tokenPattern.FindAllIndex(line, -1) {
		if at, form, ok := readTime(string(line[m[0]:m[1]])); ok {
			add(m[0], m[1], piece{kind: moment, at: at, form: form})
		} else if m[1]-m[0] == 36 {
			add(m[0], m[1], piece{kind: guid})
		}
	}
	if names != nil {
		for _, m := range names.FindAllIndex(line, -1) {
			k := user
			if hosts[string(line[m[0]:m[1]])] {
				k = host
			}
			add(m[0], m[1], piece{kind: k})
		}
	}
	for _, f := range freeFields {
		key := []byte(`"` + f + `":"`)
		i := bytes.Index(line, key)
		if i < 0 {
			continue
		}
		from := i + len(key)
		to := from
		for to < len(line) && line[to] != '"' {
			if line[to] == '\\' {
				to++
			}
			to++
		}
		for _, m := range digitPattern.FindAllIndex(line[from:min(to, len(line))], -1) {
			add(from+m[0], from+m[1], piece{kind: number})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []piece
	at := 0
	for _, s := range spans {
		if s.from < at {
			continue
		}
		if s.from > at {
			out = append(out, piece{text: line[at:s.from]})
		}
		out = append(out, s.p)
		at = s.to
	}
	return append(out, piece{text: append(bytes.Clone(line[at:]), '\n')})
}

func readTime(s string) (time.Time, string, bool) {
	if len(s) < 19 || s[4] != '-' || s[13] != ':' {
		return time.Time{}, "", false
	}
	form := "2006-01-02T15:04:05"
	if s[10] == ' ' {
		form = "2006-01-02 15:04:05"
	}
	if n := len(s) - 20; n > 0 {
		form += "." + strings.Repeat("0", n)
	}
	t, err := time.Parse(form, s)
	return t, form, err == nil
}

// Copy writes the n-th copy. Copy 0 is the sample itself.
func (s *Sample) Copy(w io.Writer, n int) error {
	shift := time.Duration(n) * s.span
	tag := strconv.Itoa(n)
	var buf []byte
	for _, line := range s.lines {
		buf = buf[:0]
		for _, p := range line {
			if n == 0 {
				buf = append(buf, p.text...)
				continue
			}
			switch p.kind {
			case moment:
				buf = p.at.Add(shift).AppendFormat(buf, p.form)
			case host:
				name, domain, _ := strings.Cut(string(p.text), ".")
				buf = append(append(append(buf, name...), '-'), tag...)
				if domain != "" {
					buf = append(append(buf, '.'), domain...)
				}
			case user:
				buf = append(append(buf, p.text...), strconv.Itoa(n%97)...) // people come back, hosts less so
			case guid:
				buf = appendOther(buf, p.text, uint64(n), "0123456789abcdef")
			case number:
				buf = appendOther(buf, p.text, uint64(n), "0123456789")
			default:
				buf = append(buf, p.text...)
			}
		}
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("write a copy: %w", err)
		}
	}
	return nil
}

// appendOther appends a text of the same form that is the same wherever this one stands in the copy.
func appendOther(dst, text []byte, n uint64, digits string) []byte {
	h := fnv.New64a()
	h.Write(text)
	x := h.Sum64() ^ n*0x9E3779B97F4A7C15
	for i, c := range text {
		if c == '-' {
			dst = append(dst, c)
			continue
		}
		x ^= x >> 29
		x *= 0xBF58476D1CE4E5B9
		d := digits[(x>>32)%uint64(len(digits))]
		if i == 0 && d == '0' {
			d = '1'
		}
		dst = append(dst, d)
	}
	return dst
}

// Write writes copies until there are size bytes, and returns how many events that are.
func (s *Sample) Write(w io.Writer, size int64) (int, error) {
	c := &counter{w: w}
	for n := 0; c.n < size; n++ {
		if err := s.Copy(c, n); err != nil {
			return 0, err
		}
	}
	return c.lines, nil
}

type counter struct {
	w     io.Writer
	n     int64
	lines int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.lines++
	return n, err
}

// Only returns the sample of the lines for which keep is true.
func (s *Sample) Only(keep func(line []byte) bool) *Sample {
	out := &Sample{span: s.span}
	var buf []byte
	for _, line := range s.lines {
		buf = buf[:0]
		for _, p := range line {
			buf = append(buf, p.text...)
		}
		if keep(buf) {
			out.lines = append(out.lines, line)
			out.bytes += int64(len(buf))
		}
	}
	return out
}
