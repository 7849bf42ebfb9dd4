package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// An Option is an option that a command knows.
type Option struct {
	Name string
	// Inert options are accepted because they cannot change an answer here.
	Inert bool
	// Refused says why the option cannot be used; empty for those that can.
	Refused string
	// Only is the one value that is accepted; empty when any is.
	Only string
}

// Examples are searches in which the command stands, with their rows as a list of objects in JSON. Fields that begin with an
// underscore are left out. They need the lookup table of [ExampleLookups].
func (c *Command) Examples() []fn.Example { return commandExamples[c.Name] }

// Options returns the options that the command asks for when its examples are compiled, by name.
func (c *Command) Options(env Options) []Option {
	if env.Macros == nil {
		env.Macros = syntax.Macros{}
	}
	known := map[string]Option{}
	for _, e := range c.Examples() {
		src := text.NewSource("example", e.Expr)
		ast, ds := syntax.Parse(src)
		if ds.HasErrors() {
			continue
		}
		comp := &compilation{opt: env, asked: func(at syntax.Command, o Option) {
			if Lookup(at.Name()) != c {
				return
			}
			if was, ok := known[o.Name]; ok { // what one form of a command refuses, another may take
				o.Inert = o.Inert && was.Inert
				if was.Refused == "" {
					o.Refused = ""
				}
			}
			known[o.Name] = o
		}}
		comp.query(src, ast, nil, 0)
	}
	var list []Option
	for _, o := range known {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Option) int { return strings.Compare(a.Name, b.Name) })
	return list
}
