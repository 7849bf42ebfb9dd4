package spl

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// general makes the lowering of a command that is written in the general form.
func general(f func(*lowerer, *syntax.General)) func(*lowerer, syntax.Command) { return on(f) }

// arguments takes the words of a command in the general form one after the other.
type arguments struct {
	*options
	words []*syntax.Word
	at    int
}

// arguments begins to read a command in the general form. Subsearches are refused unless the command takes them itself.
func (l *lowerer) arguments(c *syntax.General) *arguments {
	for _, s := range c.Subsearches() {
		l.wrong(s, "%s takes no subsearch", c.Name())
	}
	return &arguments{options: l.options(c, c.Options()), words: c.Words()}
}

// peek returns the next word, or nil.
func (a *arguments) peek() *syntax.Word {
	if a.at < len(a.words) {
		return a.words[a.at]
	}
	return nil
}

// next returns the next word, which must be there; what says what it is.
func (a *arguments) next(what string) *syntax.Word {
	w := a.peek()
	if w == nil {
		a.l.errorAt("SPL1008", verb{a.cmd}, "%s needs %s", a.cmd.Name(), what)
		return &syntax.Word{Loc: syntax.Loc{At: a.cmd.Span()}}
	}
	a.at++
	return w
}

// keyword moves over a keyword.
func (a *arguments) keyword(kw string) bool {
	if a.peek().Is(kw) {
		a.at++
		return true
	}
	return false
}

// as returns the name behind AS, or the default when there is no AS.
func (a *arguments) as(def string) string {
	if a.keyword("as") {
		return a.next("a name behind AS").Value
	}
	return def
}

// rest returns all words that are left.
func (a *arguments) rest() []*syntax.Word {
	w := a.words[a.at:]
	a.at = len(a.words)
	return w
}

// end refuses what is left of the command's arguments.
func (a *arguments) end() {
	if w := a.peek(); w != nil {
		a.l.wrong(w, "%s does not take %q here", a.cmd.Name(), w.Value)
	}
	a.done()
}

func (l *lowerer) noArguments(c *syntax.General) { l.arguments(c).end() }

// whole reads a word as a whole number from least on.
func (l *lowerer) whole(w *syntax.Word, def, least int) int {
	if w == nil {
		return def
	}
	n, err := strconv.Atoi(strings.TrimSpace(w.Value))
	if err != nil || n < least {
		l.wrong(w, "a whole number from %d on is due here, not %q", least, w.Value)
		return def
	}
	return n
}
