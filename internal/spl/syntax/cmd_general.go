package syntax

import "strings"

// General is a command in the form all commands share: options, words and subsearches. Name is empty when the stage
// begins with a macro call, which may bring the command.
type General struct {
	Verb
	Args []Arg // commas are words too
}

func (c *General) parse(p *parser) {
	for !p.done() {
		switch c0 := p.peek(0); {
		case c0 == ')' || c0 == ']':
			return
		case c0 == ',':
			p.pos++
			w := &Word{Loc: Loc{p.span(p.pos - 1)}, Raw: ",", Value: ","}
			c.Args = append(c.Args, w)
		case c0 == '[':
			c.Args = append(c.Args, p.subsearch())
		default:
			if o := p.option(); o != nil {
				c.Args = append(c.Args, o)
			} else if w := p.gluedWord(); w != nil {
				c.Args = append(c.Args, w)
			} else {
				return
			}
		}
	}
}

// gluedWord reads a word; a string directly behind a colon belongs to it, as in datamodel:"Endpoint.Processes".
func (p *parser) gluedWord() *Word {
	w := p.anyWord(false)
	if w != nil && w.Quote == 0 && strings.HasSuffix(w.Raw, ":") {
		return p.glued(w)
	}
	return w
}

// Options returns the options.
func (c *General) Options() Options {
	var list Options
	for _, a := range c.Args {
		if o, ok := a.(*Option); ok {
			list = append(list, o)
		}
	}
	return list
}

// Words returns the words, without commas.
func (c *General) Words() []*Word {
	var list []*Word
	for _, a := range c.Args {
		if w, ok := a.(*Word); ok && !w.isComma() {
			list = append(list, w)
		}
	}
	return list
}

// Subsearches returns the subsearches.
func (c *General) Subsearches() []*Subsearch {
	var list []*Subsearch
	for _, a := range c.Args {
		if s, ok := a.(*Subsearch); ok {
			list = append(list, s)
		}
	}
	return list
}

func (w *Word) isComma() bool { return w.Raw == "," }

func (c *General) each(f func(Node)) {
	for _, a := range c.Args {
		f(a)
	}
}

func (c *General) print(w *printer) {
	w.name(c)
	for _, a := range c.Args {
		w.arg(a)
	}
}
