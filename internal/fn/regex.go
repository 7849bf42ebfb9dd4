package fn

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Dialect names the meaning of a regular expression's text.
type Dialect uint8

const (
	// PCRE is what Splunk and Sigma use.
	PCRE Dialect = iota
	// RE2 is what KQL uses.
	RE2
)

// MatchTimeout bounds one search by the backtracking engine. A search that hits the bound counts as no match;
// [Regex.Aborted] and [AbortedSearches] tell how often that happened.
const MatchTimeout = 500 * time.Millisecond

// maxPattern bounds the length of a pattern, in bytes.
const maxPattern = 64 << 10

// A Regex is a compiled regular expression. It runs on Go's linear-time engine whenever that gives the same answer, and on
// a backtracking engine otherwise. It is safe for concurrent use.
type Regex struct {
	src     string
	linear  *regexp.Regexp // exact when back is nil; else a necessary condition, or nil
	back    *regexp2.Regexp
	why     string
	softEnd bool
	hardEnd bool
	names   []string

	// dfa tells whether linear is found; made when a text is first looked at, nil when it cannot be made.
	dfa     *dfa
	dfaOnce sync.Once

	required Required
	finders  []*Finder // one for each required text, when there are few
	only     bool      // the pattern is its required texts and nothing else
	oddFold  bool      // required texts have letters with case partners outside ASCII

	backSrc string
	once    sync.Once // makes slow from backSrc when a value needs it
	slow    *regexp2.Regexp

	aborted atomic.Int64
}

// AbortedSearches returns how many searches of all patterns were given up in this process.
func AbortedSearches() int64 { return abortedSearches.Load() }

var abortedSearches atomic.Int64

// compiled holds patterns by their text: rules share them, and each rule is compiled once to be checked and once for every
// worker. It is emptied when it has grown large, which only patterns made of data bring about.
var compiled = struct {
	sync.RWMutex
	of map[regexKey]*Regex
}{of: map[regexKey]*Regex{}}

type regexKey struct {
	pattern string
	dialect Dialect
}

const maxCompiled = 10_000

// CompileRegex compiles a pattern, or returns the one that was compiled before. The error is a *[PatternError] or says what
// the engine does not like.
func CompileRegex(pattern string, d Dialect) (*Regex, error) {
	key := regexKey{pattern, d}
	compiled.RLock()
	r := compiled.of[key]
	compiled.RUnlock()
	if r != nil {
		return r, nil
	}
	r, err := compileRegex(pattern, d)
	if err != nil {
		return nil, err
	}
	compiled.Lock()
	defer compiled.Unlock()
	if len(compiled.of) >= maxCompiled {
		clear(compiled.of)
	}
	key.pattern = strings.Clone(pattern) // the caller's may be a part of something large
	compiled.of[key] = r
	return r, nil
}

func compileRegex(pattern string, d Dialect) (*Regex, error) {
	if len(pattern) > maxPattern {
		return nil, errors.New("regular expression too long")
	}
	r := &Regex{src: strings.Clone(pattern)}
	if d == RE2 {
		var err error
		if r.linear, err = regexp.Compile(pattern); err != nil {
			return nil, plainError(err)
		}
		r.names = r.linear.SubexpNames()
		r.prefilter(pattern)
		return r, nil
	}
	t, err := translatePCRE(pattern)
	if err != nil {
		return nil, err
	}
	r.why, r.softEnd, r.hardEnd, r.backSrc = t.why, t.softEnd, t.hardEnd, t.back
	var linearErr error
	r.linear, linearErr = regexp.Compile(t.linear)
	if linearErr != nil && r.why == "" {
		r.why = plainError(linearErr).Error()
	}
	if r.why != "" {
		if r.back, err = compileBack(t.back); err != nil {
			if linearErr != nil {
				return nil, plainError(linearErr)
			}
			return nil, err
		}
		r.names = make([]string, len(r.back.GetGroupNumbers()))
		for i := range r.names {
			if n := r.back.GroupNameFromNumber(i); n != "" && (n[0] < '0' || n[0] > '9') {
				r.names[i] = n
			}
		}
	} else {
		r.names = r.linear.SubexpNames()
	}
	if r.linear != nil {
		r.prefilter(t.linear)
	}
	return r, nil
}

func compileBack(src string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(src, regexp2.OptionMaintainCaptureOrder(), regexp2.OptionMaxBacktrackingStackSize(1<<20))
	if err != nil {
		return nil, plainError(err)
	}
	re.MatchTimeout = MatchTimeout
	return re, nil
}

// plainError drops the engine's own prefix and the translated pattern, which the user has not written.
func plainError(err error) error {
	msg := err.Error()
	msg = strings.TrimPrefix(msg, "error parsing regexp: ")
	if i := strings.Index(msg, ": `"); i > 0 {
		msg = msg[:i]
	}
	if i := strings.Index(msg, " in `"); i > 0 {
		msg = msg[:i]
	}
	return errors.New("bad regular expression: " + msg)
}

func (r *Regex) prefilter(linear string) {
	r.required, r.only = requiredTexts(linear)
	if r.back != nil || r.softEnd {
		r.only = false
	}
	const few = 8
	if n := len(r.required.Any); n == 0 || n > few && !r.only {
		r.only = false
		return
	}
	for _, s := range r.required.Any {
		r.finders = append(r.finders, NewFinder(s, r.required.Fold))
		r.oddFold = r.oddFold || r.required.Fold && strings.ContainsAny(s, "ks")
	}
}

// String returns the pattern as given.
func (r *Regex) String() string { return r.src }

// Names returns the names of the groups by number; unnamed groups, and group 0, have the empty name.
func (r *Regex) Names() []string { return r.names }

// Backtracks returns which construct made the pattern need the backtracking engine, or "".
func (r *Regex) Backtracks() string { return r.why }

// Required returns what every text in which the pattern is found must contain.
func (r *Regex) Required() Required { return r.required }

// Aborted returns how many searches were given up because they took too long; they counted as no match.
func (r *Regex) Aborted() int64 { return r.aborted.Load() }

// possible reports whether s passes the cheap test for the required texts.
func (r *Regex) possible(s string) bool {
	for _, f := range r.finders {
		if f.In(s) {
			return true
		}
	}
	if r.oddFold && hasOddFold(s) {
		return true
	}
	return len(r.finders) == 0
}

// hasOddFold reports whether s has one of the two letters outside ASCII that case-insensitive patterns take for an s or a k.
func hasOddFold(s string) bool {
	return strings.Contains(s, "\u017f") || strings.Contains(s, "\u212a")
}

// Match reports whether the pattern is found anywhere in s.
func (r *Regex) Match(s string) bool {
	if !r.possible(s) {
		return false
	}
	if r.only && !(r.oddFold && hasOddFold(s)) {
		return true
	}
	if r.back != nil {
		return (r.linear == nil || r.mayMatch(s)) && r.run(func() (bool, error) { return r.back.MatchString(s) })
	}
	if r.found(s) {
		return true
	}
	if r.softEnd && strings.HasSuffix(s, "\n") {
		if r.hardEnd {
			return r.slowEngine() != nil && r.run(func() (bool, error) { return r.slow.MatchString(s) })
		}
		return r.found(s[:len(s)-1])
	}
	return false
}

// mayMatch tries the necessary condition of a pattern for the backtracking engine.
func (r *Regex) mayMatch(s string) bool {
	return r.found(s) || r.softEnd && strings.HasSuffix(s, "\n")
}

// found reports whether the linear pattern is found in s.
func (r *Regex) found(s string) bool {
	r.dfaOnce.Do(func() { r.dfa = newDFA(r.linear.String()) })
	if r.dfa != nil {
		if found, ok := r.dfa.match(s); ok {
			return found
		}
	}
	return r.linear.MatchString(s)
}

func (r *Regex) run(f func() (bool, error)) bool {
	ok, err := f()
	if err != nil {
		r.giveUp()
		return false
	}
	return ok
}

func (r *Regex) giveUp() {
	r.aborted.Add(1)
	abortedSearches.Add(1)
}

// slowEngine compiles a linear pattern for the backtracking engine, for values whose last newline a $ has to look past.
func (r *Regex) slowEngine() *regexp2.Regexp {
	r.once.Do(func() { r.slow, _ = compileBack(r.backSrc) })
	return r.slow
}

// Find returns the first match in s as pairs of byte offsets, one pair a group (-1, -1 for a group that took no part), or
// nil.
func (r *Regex) Find(s string) []int {
	if all := r.FindAll(s, 1); len(all) > 0 {
		return all[0]
	}
	return nil
}

// FindAll returns the first n matches (n < 0: all) that do not overlap, each in the form of [Regex.Find].
func (r *Regex) FindAll(s string, n int) [][]int {
	if !r.possible(s) {
		return nil
	}
	back := r.back
	if back == nil && r.softEnd && strings.HasSuffix(s, "\n") {
		back = r.slowEngine()
	}
	if back == nil {
		if !r.found(s) {
			return nil
		}
		return r.linear.FindAllStringSubmatchIndex(s, n)
	}
	if r.back != nil && r.linear != nil && !r.mayMatch(s) {
		return nil
	}
	var out [][]int
	m, err := back.FindStringMatch(s)
	for ; m != nil && err == nil && (n < 0 || len(out) < n); m, err = back.FindNextMatch(m) {
		loc := make([]int, 0, 2*len(r.names))
		for i := range r.names {
			g := m.GroupByNumber(i)
			if g == nil || len(g.Captures) == 0 {
				loc = append(loc, -1, -1)
				continue
			}
			at, size := g.ByteRange()
			loc = append(loc, at, at+size)
		}
		out = append(out, loc)
	}
	if err != nil {
		r.giveUp()
	}
	return out
}

// A Replacement is the text that takes the place of a match: literal pieces and group references.
type Replacement struct{ parts []replacePart }

type replacePart struct {
	text  string
	group int // -1: text
}

// BackslashReplacement reads a replacement in which \1 to \9 are groups, \0 the whole match and \\ a backslash.
func BackslashReplacement(s string) *Replacement {
	r := &Replacement{}
	var text []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch c := s[i+1]; {
			case '0' <= c && c <= '9':
				if len(text) > 0 {
					r.parts = append(r.parts, replacePart{string(text), -1})
					text = nil
				}
				r.parts = append(r.parts, replacePart{"", int(c - '0')})
				i++
				continue
			case c == '\\':
				i++
			}
		}
		text = append(text, s[i])
	}
	if len(text) > 0 {
		r.parts = append(r.parts, replacePart{string(text), -1})
	}
	return r
}

// Append appends the replacement for one match of s.
func (t *Replacement) Append(dst []byte, s string, loc []int) []byte {
	for _, p := range t.parts {
		if p.group < 0 {
			dst = append(dst, p.text...)
		} else if g := 2 * p.group; g < len(loc) && loc[g] >= 0 {
			dst = append(dst, s[loc[g]:loc[g+1]]...)
		}
	}
	return dst
}

// ReplaceAll returns s with every match replaced.
func (r *Regex) ReplaceAll(s string, by *Replacement) string {
	all := r.FindAll(s, -1)
	if len(all) == 0 {
		return s
	}
	var out []byte
	last := 0
	for _, loc := range all {
		out = append(out, s[last:loc[0]]...)
		out = by.Append(out, s, loc)
		last = loc[1]
	}
	return string(append(out, s[last:]...))
}
