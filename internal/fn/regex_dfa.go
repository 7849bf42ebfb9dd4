package fn

import (
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// A dfa tells whether a linear pattern is found in a text, in one step a character. Go's engine simulates the pattern's automaton
// instead, which takes a step a character and instruction: the long alternations of detection rules run at one megabyte a second
// there. States are made when a text first leads to them and kept within a bound; a pattern whose texts keep making new ones is
// left to Go's engine.
type dfa struct {
	prog  *syntax.Prog
	ascii [utf8.RuneSelf]uint16 // the class of a character
	// lows are the least characters of the ranges that the pattern does not tell apart, class by class.
	lows     []rune
	anchored bool // found at the beginning of the text only
	words    bool // looks for the boundaries of words
	lines    bool // looks for the boundaries of lines

	cache  atomic.Pointer[dfaCache]
	mu     sync.Mutex   // for making states
	bytes  atomic.Int64 // of the texts that were looked at
	misses atomic.Int64 // how many of them had to be left to the other engine
}

// A dfaCache holds the states made so far.
type dfaCache struct {
	begin  *dfaState
	states map[string]*dfaState
	size   int
}

// A dfaState is what the text so far leaves possible.
type dfaState struct {
	pcs  []uint32 // instructions to go on from, before empty-width assertions are looked at
	last lastRune
	next []atomic.Pointer[dfaState] // by class of the next character; the last one is the end of the text
}

// lastRune is what assertions want to know of the character before.
type lastRune uint8

const (
	otherRune lastRune = iota
	wordRune
	newlineRune
	noRune // the text begins here
)

// Two states in which nothing is left to do.
var dfaFound, dfaNever = new(dfaState), new(dfaState)

const (
	maxDFABytes   = 1 << 20 // of states, a pattern
	maxDFAInsts   = 20_000
	maxDFAClasses = 400
	// A pattern is given up when it has missed this often, and more than once in so many bytes.
	maxDFAMisses = 8
	minDFARun    = 64 << 10
)

// newDFA returns nil for a pattern that is too large.
func newDFA(pattern string) *dfa {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > maxDFAInsts {
		return nil
	}
	d := &dfa{prog: prog, anchored: prog.StartCond()&syntax.EmptyBeginText != 0}
	cuts := map[rune]bool{0: true, '\n': true, '\n' + 1: true}
	between := func(lo, hi rune) { cuts[lo], cuts[hi+1] = true, true }
	for i := range prog.Inst {
		switch in := &prog.Inst[i]; in.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(in.Rune) == 1 {
				r := in.Rune[0]
				between(r, r)
				if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
					for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
						between(f, f)
					}
				}
				continue
			}
			for j := 0; j+1 < len(in.Rune); j += 2 {
				between(in.Rune[j], in.Rune[j+1])
			}
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0 {
				between('A', 'Z')
				between('a', 'z')
				between('0', '9')
				between('_', '_')
				d.words = true
			}
			if syntax.EmptyOp(in.Arg)&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0 {
				d.lines = true
			}
		}
		if len(cuts) > maxDFAClasses {
			return nil
		}
	}
	for r := range cuts {
		d.lows = append(d.lows, r)
	}
	slices.Sort(d.lows)
	for r := range d.ascii {
		d.ascii[r] = d.find(rune(r))
	}
	d.reset()
	return d
}

func (d *dfa) find(r rune) uint16 {
	i, ok := slices.BinarySearch(d.lows, r)
	if !ok {
		i--
	}
	return uint16(i)
}

func (d *dfa) reset() *dfaCache {
	c := &dfaCache{states: map[string]*dfaState{}}
	c.begin = d.intern(c, []uint32{uint32(d.prog.Start)}, noRune)
	d.cache.Store(c)
	return c
}

// match reports whether the pattern is found in s; ok is false when this has to be found out otherwise.
func (d *dfa) match(s string) (found, ok bool) {
	if n := d.misses.Load(); n >= maxDFAMisses && d.bytes.Load() < n*minDFARun {
		return false, false
	}
	d.bytes.Add(int64(len(s)))
	cache := d.cache.Load()
	at, made := cache.begin, 0
	for i := 0; ; {
		class := len(d.lows) // the end
		if i < len(s) {
			if c := s[i]; c < utf8.RuneSelf {
				class = int(d.ascii[c])
				i++
			} else {
				r, n := utf8.DecodeRuneInString(s[i:])
				class = int(d.find(r))
				i += n
			}
		}
		next := at.next[class].Load()
		if next == nil {
			// A pattern that counts, as .{1000} does, makes a state a character.
			if made++; made > 64+i/4 {
				d.misses.Add(1)
				return false, false
			}
			if next = d.step(cache, at, class); next == nil {
				d.misses.Add(1)
				return false, false
			}
		}
		switch next {
		case dfaFound:
			return true, true
		case dfaNever:
			return false, true
		}
		at = next
	}
}

// step makes the state behind a character; nil says that there is no room for it.
func (d *dfa) step(c *dfaCache, from *dfaState, class int) *dfaState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := from.next[class].Load(); s != nil {
		return s
	}
	if c.size > maxDFABytes {
		if d.cache.Load() == c {
			d.reset()
		}
		return nil
	}
	s := d.make(c, from, class)
	from.next[class].Store(s)
	return s
}

func (d *dfa) make(c *dfaCache, from *dfaState, class int) *dfaState {
	r := rune(-1)
	if class < len(d.lows) {
		r = d.lows[class]
	}
	before := [...]rune{otherRune: ' ', wordRune: 'a', newlineRune: '\n', noRune: -1}[from.last]
	flags := syntax.EmptyOpContext(before, r)
	var next []uint32
	seen := make([]bool, len(d.prog.Inst))
	stack := slices.Clone(from.pcs)
	if !d.anchored || from.last == noRune {
		stack = append(stack, uint32(d.prog.Start))
	}
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &d.prog.Inst[pc]; in.Op {
		case syntax.InstMatch:
			return dfaFound
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^flags == 0 {
				stack = append(stack, in.Out)
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if r >= 0 && in.MatchRune(r) {
				next = append(next, in.Out)
			}
		}
	}
	if r < 0 || len(next) == 0 && d.anchored {
		return dfaNever
	}
	slices.Sort(next)
	last := otherRune
	switch {
	case d.lines && r == '\n':
		last = newlineRune
	case d.words && syntax.IsWordChar(r):
		last = wordRune
	}
	return d.intern(c, slices.Compact(next), last)
}

func (d *dfa) intern(c *dfaCache, pcs []uint32, last lastRune) *dfaState {
	key := make([]byte, 0, 4*len(pcs)+1)
	key = append(key, byte(last))
	for _, pc := range pcs {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16), byte(pc>>24))
	}
	s := c.states[string(key)]
	if s == nil {
		s = &dfaState{pcs: pcs, last: last, next: make([]atomic.Pointer[dfaState], len(d.lows)+1)}
		c.states[string(key)] = s
		c.size += 100 + 2*len(key) + 8*len(s.next)
	}
	return s
}
