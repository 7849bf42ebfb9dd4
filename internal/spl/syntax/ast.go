package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// A Node is anything in the tree that has a place.
type Node interface {
	// Span is the node's place in the text that was parsed.
	Span() text.Span
	each(f func(Node)) // calls f for every child that is there, in the order of the text
}

// Loc is the place of a node; every node embeds one.
type Loc struct{ At text.Span }

// Span implements [Node].
func (l Loc) Span() text.Span { return l.At }

// A Query is a pipeline.
type Query struct {
	Loc
	Stages []*Stage
}

// A Stage is what stands between two pipes.
type Stage struct {
	Loc
	Command Command
	// Tail holds the macro calls that follow a complete command, as in "| where x>1 `group_events(host, 1)`". Only text
	// that was not expanded has them; such a macro usually begins with a pipe.
	Tail []*MacroCall
}

// A Command is one of the command types of this package, always a pointer.
type Command interface {
	Node
	// Name is the command's name in lower case, an alias replaced by the main name (bin for bucket).
	Name() string

	begin(name string)
	place(at text.Span)
	parse(p *parser)
	print(w *printer)
}

// Verb is what all commands share.
type Verb struct {
	Loc
	Verb string
}

// Name implements [Command].
func (v *Verb) Name() string { return v.Verb }

func (v *Verb) begin(name string) { v.Verb = name }

func (v *Verb) place(at text.Span) { v.At = at }

// A Word is a name, a value or a string, quoted or not.
type Word struct {
	Loc
	Raw   string // as written, with its quotes
	Value string // what it means: without quotes, \" and \\ replaced; other backslashes stay
	Quote byte   // '"', '\'', or 0 for a bare word
	Macro *MacroCall
}

// Is reports whether w is the bare keyword kw, whatever its case.
func (w *Word) Is(kw string) bool {
	return w != nil && w.Quote == 0 && w.Macro == nil && strings.EqualFold(w.Raw, kw)
}

// Wild reports whether the word has a wildcard star.
func (w *Word) Wild() bool { return strings.Contains(w.Value, "*") }

// An Option is an argument of the form name=value.
type Option struct {
	Loc
	Name  string
	Value *Word      // nil when the value is a subsearch
	Sub   *Subsearch // startswith=[…] and the like
}

// Options is a list of options in the order of the text.
type Options []*Option

// Get returns the last option of that name, whatever its case, or nil.
func (o Options) Get(name string) *Option {
	for i := len(o) - 1; i >= 0; i-- {
		if strings.EqualFold(o[i].Name, name) {
			return o[i]
		}
	}
	return nil
}

// Text returns the value of an option, or the default when there is no such option.
func (o Options) Text(name, def string) string {
	if opt := o.Get(name); opt != nil && opt.Value != nil {
		return opt.Value.Value
	}
	return def
}

// A Subsearch is a query in brackets.
type Subsearch struct {
	Loc
	Query *Query
}

// A Template is a bracketed query with tokens that are replaced as text before it can be run: <<FIELD>> in foreach,
// $field$ in map.
type Template struct {
	Loc
	Text  string // what stands between the brackets
	Query *Query // the text with its tokens read as names; good for analysis, not for running
}

// A MacroCall is a call in backticks that was not expanded.
type MacroCall struct {
	Loc
	Raw  string // with the backticks
	Name string
	Args []MacroArg
}

// A MacroArg is an argument of a macro call. Value is Text without enclosing quotes.
type MacroArg struct{ Text, Value string }

// An Alias is "from AS to" or one of its kin: a pair in rename, replace, join or lookup.
type Alias struct {
	Loc
	From *Word
	To   *Word // nil when there is none
}

// An Arg is an argument of a [General] command: *Option, *Word or *Subsearch.
type Arg interface {
	Node
	arg()
}

func (*Option) arg()    {}
func (*Word) arg()      {}
func (*Subsearch) arg() {}

func (q *Query) each(f func(Node)) {
	for _, s := range q.Stages {
		f(s)
	}
}

func (s *Stage) each(f func(Node)) {
	if s.Command != nil {
		f(s.Command)
	}
	for _, m := range s.Tail {
		f(m)
	}
}

func (w *Word) each(f func(Node)) {
	if w.Macro != nil {
		f(w.Macro)
	}
}

func (o *Option) each(f func(Node)) { some(f, o.Value); some(f, o.Sub) }

func (s *Subsearch) each(f func(Node)) { some(f, s.Query) }

func (t *Template) each(f func(Node)) { some(f, t.Query) }

func (m *MacroCall) each(func(Node)) {}

func (a *Alias) each(f func(Node)) { some(f, a.From); some(f, a.To) }

// some calls f for a child that may be missing.
func some[T any, P interface {
	*T
	Node
}](f func(Node), n P) {
	if n != nil {
		f(n)
	}
}

// all calls f for every one of a list.
func all[T any, P interface {
	*T
	Node
}](f func(Node), list []P) {
	for _, n := range list {
		some(f, n)
	}
}

// Walk calls f for n and, when f returns true, for everything below n, in the order of the text.
func Walk(n Node, f func(Node) bool) {
	if f(n) {
		n.each(func(c Node) { Walk(c, f) })
	}
}
