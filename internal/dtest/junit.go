package dtest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The form that CI systems read: https://github.com/testmoapp/junitxml
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr,omitempty"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	elapsed time.Duration
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Line      int           `xml:"line,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Failure   *junitMessage `xml:"failure"`
	Error     *junitMessage `xml:"error"`
	Skipped   *junitMessage `xml:"skipped"`
	SystemOut string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results in the form of JUnit's XML: a test suite for each rule, in the order of their first results.
func WriteJUnit(w io.Writer, results []*Result) error {
	top := junitSuites{Name: "harrier test"}
	at := map[string]int{}
	var total time.Duration
	for _, r := range results {
		key := r.Rule.File + "\x00" + r.Rule.ID
		i, ok := at[key]
		if !ok {
			i = len(top.Suites)
			at[key] = i
			top.Suites = append(top.Suites, junitSuite{Name: printable(r.Rule.Name), File: printable(r.Rule.File)})
		}
		s := &top.Suites[i]
		own := r.Elapsed / time.Duration(max(r.Shared, 1))
		c := junitCase{Name: printable(r.Name), Class: printable(r.Rule.Name), File: printable(r.Source.Name), Line: r.Source.Position(r.Span.Start).Line, Time: seconds(own)}
		msg := &junitMessage{Message: printable(strings.Join(r.Reasons, "; ")), Type: string(r.Status), Text: printable(strings.Join(r.Reasons, "\n"))}
		c.SystemOut = printable(strings.Join(r.Remarks, "\n"))
		s.Tests++
		switch r.Status {
		case Fail:
			c.Failure = msg
			s.Failures++
		case Refused, Broken:
			c.Error = msg
			s.Errors++
		case NoData, Skipped:
			c.Skipped = msg
			s.Skipped++
		}
		s.elapsed += own
		s.Cases = append(s.Cases, c)
	}
	for i := range top.Suites {
		s := &top.Suites[i]
		s.Time = seconds(s.elapsed)
		top.Tests, top.Failures, top.Errors, top.Skipped = top.Tests+s.Tests, top.Failures+s.Failures, top.Errors+s.Errors, top.Skipped+s.Skipped
		total += s.elapsed
	}
	top.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(top); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// printable takes out what XML cannot hold: control characters and broken UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, s)
}
