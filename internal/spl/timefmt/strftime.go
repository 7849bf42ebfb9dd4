package timefmt

import (
	"strconv"
	"strings"
	"time"
)

// Strftime formats t by a format with % variables. Variables that Splunk does not know stay as they are.
func Strftime(t time.Time, format string) string {
	if !strings.Contains(format, "%") {
		return format
	}
	return string(appendTime(make([]byte, 0, len(format)+16), t, format))
}

func appendTime(b []byte, t time.Time, format string) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		d, n := directiveAt(format[i:])
		if n == 0 {
			b = append(b, format[i:]...)
			break
		}
		from := len(b)
		out, ok := d.append(b, t)
		if !ok {
			b = append(b, format[i:i+n]...)
		} else {
			b = out
			if d.flag == '^' {
				copy(b[from:], strings.ToUpper(string(b[from:])))
			}
		}
		i += n - 1
	}
	return b
}

// A directive is one % variable: flags (-, _, 0, ^), a width (%3N), a colon prefix (%:z), an E prefix (%Ez), the letter.
type directive struct {
	flag   byte
	width  int // -1 when not given
	colons int
	e      bool
	letter byte
}

// directiveAt reads the variable at the beginning of s, which is a %, and its length; 0 when s ends inside it.
func directiveAt(s string) (d directive, n int) {
	d.width = -1
	i := 1
	for i < len(s) && strings.IndexByte("-_^", s[i]) >= 0 {
		d.flag = s[i]
		i++
	}
	for i < len(s) && s[i] >= '0' && s[i] <= '9' && i < 4 {
		d.width = max(d.width, 0)*10 + int(s[i]-'0')
		i++
	}
	for i < len(s) && s[i] == ':' && d.colons < 3 {
		d.colons++
		i++
	}
	if i < len(s) && (s[i] == 'E' || s[i] == 'O') {
		d.e = s[i] == 'E'
		i++
	}
	if i >= len(s) {
		return d, 0
	}
	d.letter = s[i]
	return d, i + 1
}

// digits returns how many digits of a second %N and %Q mean.
func (d directive) digits() int {
	if d.width >= 0 {
		return min(d.width, 9)
	}
	if d.letter == 'Q' {
		return 3
	}
	return 9
}

func (d directive) num(b []byte, n, width int, pad byte) []byte {
	switch d.flag {
	case '-':
		pad = 0
	case '_':
		pad = ' '
	}
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	s := strconv.Itoa(n)
	for range width - len(s) {
		if pad != 0 {
			b = append(b, pad)
		}
	}
	return append(b, s...)
}

func (d directive) append(b []byte, t time.Time) ([]byte, bool) {
	hour12 := (t.Hour()+11)%12 + 1
	switch d.letter {
	case 'a':
		return append(b, t.Weekday().String()[:3]...), true
	case 'A':
		return append(b, t.Weekday().String()...), true
	case 'b', 'h':
		return append(b, t.Month().String()[:3]...), true
	case 'B':
		return append(b, t.Month().String()...), true
	case 'c':
		return appendTime(b, t, "%a %b %e %H:%M:%S %Y"), true
	case '+':
		return appendTime(b, t, "%a %b %e %H:%M:%S %Z %Y"), true
	case 'C':
		return d.num(b, t.Year()/100, 2, '0'), true
	case 'd':
		return d.num(b, t.Day(), 2, '0'), true
	case 'D':
		return appendTime(b, t, "%m/%d/%y"), true
	case 'e':
		return d.num(b, t.Day(), 2, ' '), true
	case 'f':
		return d.num(b, t.Nanosecond()/1000, 6, '0'), true
	case 'F':
		return appendTime(b, t, "%Y-%m-%d"), true
	case 'g':
		y, _ := t.ISOWeek()
		return d.num(b, y%100, 2, '0'), true
	case 'G':
		y, _ := t.ISOWeek()
		return d.num(b, y, 4, '0'), true
	case 'H':
		return d.num(b, t.Hour(), 2, '0'), true
	case 'I':
		return d.num(b, hour12, 2, '0'), true
	case 'j':
		return d.num(b, t.YearDay(), 3, '0'), true
	case 'k':
		return d.num(b, t.Hour(), 2, ' '), true
	case 'l':
		return d.num(b, hour12, 2, ' '), true
	case 'm':
		return d.num(b, int(t.Month()), 2, '0'), true
	case 'M':
		return d.num(b, t.Minute(), 2, '0'), true
	case 'n':
		return append(b, '\n'), true
	case 'N', 'Q':
		const digits = 9
		s := strconv.Itoa(t.Nanosecond())
		s = strings.Repeat("0", digits-len(s)) + s
		return append(b, s[:d.digits()]...), true
	case 'p', 'P':
		s := "AM"
		if t.Hour() >= 12 {
			s = "PM"
		}
		if d.letter == 'P' {
			s = strings.ToLower(s)
		}
		return append(b, s...), true
	case 'r':
		return appendTime(b, t, "%I:%M:%S %p"), true
	case 'R':
		return appendTime(b, t, "%H:%M"), true
	case 's':
		return strconv.AppendInt(b, t.Unix(), 10), true
	case 'S':
		return d.num(b, t.Second(), 2, '0'), true
	case 't':
		return append(b, '\t'), true
	case 'T', 'X':
		return appendTime(b, t, "%H:%M:%S"), true
	case 'u':
		return d.num(b, (int(t.Weekday())+6)%7+1, 1, '0'), true
	case 'U':
		return d.num(b, (t.YearDay()+6-int(t.Weekday()))/7, 2, '0'), true
	case 'V':
		_, w := t.ISOWeek()
		return d.num(b, w, 2, '0'), true
	case 'w':
		return d.num(b, int(t.Weekday()), 1, '0'), true
	case 'W':
		return d.num(b, (t.YearDay()+6-(int(t.Weekday())+6)%7)/7, 2, '0'), true
	case 'x':
		return appendTime(b, t, "%m/%d/%Y"), true
	case 'y':
		return d.num(b, ((t.Year()%100)+100)%100, 2, '0'), true
	case 'Y':
		return d.num(b, t.Year(), 4, '0'), true
	case 'z':
		return d.zone(b, t), true
	case 'Z':
		name, _ := t.Zone()
		return append(b, name...), true
	case '%':
		return append(b, '%'), true
	}
	return b, false
}

// zone appends the offset from UTC: %z +hhmm, %:z +hh:mm, %::z +hh:mm:ss, %:::z +hh, %Ez minutes.
func (d directive) zone(b []byte, t time.Time) []byte {
	_, off := t.Zone()
	if d.e {
		if off >= 0 {
			b = append(b, '+')
		}
		return strconv.AppendInt(b, int64(off/60), 10)
	}
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	two := directive{}
	b = two.num(append(b, sign), off/3600, 2, '0')
	switch d.colons {
	case 0:
		b = two.num(b, off/60%60, 2, '0')
	case 1:
		b = two.num(append(b, ':'), off/60%60, 2, '0')
	case 2:
		b = two.num(append(b, ':'), off/60%60, 2, '0')
		b = two.num(append(b, ':'), off%60, 2, '0')
	}
	return b
}
