package spl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// options reads the options of a command. Every option must be asked for by name; what nobody asked for is refused.
type options struct {
	l     *lowerer
	cmd   syntax.Command
	list  syntax.Options
	known []string
	// inert and refused are those among the known options that change nothing, and why those are refused that are.
	inert   []string
	refused map[string]string
	only    map[string]string // the one value that is accepted
}

func (l *lowerer) options(c syntax.Command, list syntax.Options) *options {
	return &options{l: l, cmd: c, list: list}
}

func (o *options) get(name string) *syntax.Option {
	o.known = append(o.known, name)
	opt := o.list.Get(name)
	if opt != nil && opt.Value == nil {
		o.l.unsupported(opt, "a subsearch as the value of option %s", name)
		return nil
	}
	return opt
}

// text returns the value of an option as it is.
func (o *options) text(name, def string) string {
	if opt := o.get(name); opt != nil {
		return opt.Value.Value
	}
	return def
}

// truth reads a Boolean as Splunk does.
func truth(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "t", "true", "1", "yes", "y":
		return true, true
	case "f", "false", "0", "no", "n":
		return false, true
	}
	return false, false
}

func (o *options) boolean(name string, def bool) bool {
	opt := o.get(name)
	if opt == nil {
		return def
	}
	b, ok := truth(opt.Value.Value)
	if !ok {
		o.l.wrong(opt, "option %s is true or false, not %q", name, opt.Value.Value)
	}
	return b
}

// number returns a whole number that is at least least.
func (o *options) number(name string, def, least int) int {
	opt := o.get(name)
	if opt == nil {
		return def
	}
	n, err := strconv.Atoi(opt.Value.Value)
	if err != nil || n < least {
		o.l.wrong(opt, "option %s is a whole number from %d on, not %q", name, least, opt.Value.Value)
		return def
	}
	return n
}

// word returns one of some words.
func (o *options) word(name, def string, among ...string) string {
	opt := o.get(name)
	if opt == nil {
		return def
	}
	for _, a := range among {
		if strings.EqualFold(a, opt.Value.Value) {
			return a
		}
	}
	o.l.wrong(opt, "option %s is %s, not %q", name, strings.Join(among, " or "), opt.Value.Value)
	return def
}

// without accepts options that cannot change an answer here.
func (o *options) without(names ...string) {
	o.known = append(o.known, names...)
	o.inert = append(o.inert, names...)
}

// fixed accepts a Boolean option only with the value by which Harrier works; why says why.
func (o *options) fixed(name string, value bool, why string) {
	if opt := o.list.Get(name); o.boolean(name, value) != value {
		o.l.unsupported(opt, "option %s=%s of %s: %s", name, opt.Value.Value, o.cmd.Name(), why)
	}
	if o.only == nil {
		o.only = map[string]string{}
	}
	o.only[name] = strconv.FormatBool(value)
}

// refuse names options that Splunk has and Harrier has not.
func (o *options) refuse(why string, names ...string) {
	for _, name := range names {
		o.known = append(o.known, name)
		if o.refused == nil {
			o.refused = map[string]string{}
		}
		o.refused[name] = why
		if opt := o.list.Get(name); opt != nil {
			o.l.unsupported(opt, "option %s of %s: %s", name, o.cmd.Name(), why)
		}
	}
}

// done refuses the options that were not asked for.
func (o *options) done() {
	if o.l.asked != nil {
		for _, k := range o.known {
			o.l.asked(o.cmd, Option{Name: k, Inert: slices.Contains(o.inert, k), Refused: o.refused[k], Only: o.only[k]})
		}
	}
next:
	for _, opt := range o.list {
		for _, k := range o.known {
			if strings.EqualFold(k, opt.Name) {
				continue next
			}
		}
		o.l.wrong(opt, "%s has no option %s%s", o.cmd.Name(), opt.Name, nearest(opt.Name, o.known))
	}
}
