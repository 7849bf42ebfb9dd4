package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// A Command is an entry of the table of commands: all there is to know of one.
type Command struct {
	Name    string
	Aliases []string
	// Generating commands make their own rows and come first in a pipeline or subsearch. First ones may come first.
	Generating, First bool
	// Refused says why a command cannot be run here, in the user's words; empty for those that can.
	Refused string

	Doc    string
	Syntax string
	See    string // the command's page in Splunk's manual, its last part
	// Note tells a known difference from Splunk, or is empty.
	Note string

	lower func(l *lowerer, c syntax.Command)
}

const manual = "https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/"

// Page returns the address of the command's page in Splunk's manual.
func (c *Command) Page() string {
	if c.See == "" {
		return ""
	}
	return manual + c.See
}

// mayFollow reports whether a generating command adds to rows that are there.
func (c *Command) mayFollow(s syntax.Command) bool {
	var opts syntax.Options
	switch s := s.(type) {
	case *syntax.Inputlookup:
		opts = s.Options
	case *syntax.Tstats:
		opts = s.Options
	case *syntax.General:
		opts = s.Options()
	}
	b, _ := truth(opts.Text("append", "f"))
	return b
}

var commands = map[string]*Command{}

// Lookup returns the command of that name or alias, or nil.
func Lookup(name string) *Command { return commands[strings.ToLower(name)] }

// Commands returns all commands, by name.
func Commands() []*Command {
	var list []*Command
	for name, c := range commands {
		if name == c.Name {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func commandNames() []string {
	var names []string
	for _, c := range Commands() {
		if c.Refused == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

func addCommands(list ...*Command) {
	for _, c := range list {
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if commands[name] != nil {
				panic("spl: command " + name + " is listed twice")
			}
			commands[name] = c
		}
	}
}

// on makes the lowering of a command out of one for its own type of node.
func on[C syntax.Command](f func(*lowerer, C)) func(*lowerer, syntax.Command) {
	return func(l *lowerer, c syntax.Command) {
		own, ok := c.(C)
		if !ok {
			l.wrong(c, "%s cannot be read in this form", c.Name())
			return
		}
		f(l, own)
	}
}
