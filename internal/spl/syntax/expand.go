package syntax

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Limits of macro expansion.
const (
	maxExpansion = 1 << 20 // bytes of expanded text
	maxMacros    = 40      // macros within macros
	maxCalls     = 20000   // calls in all
)

// A Macro is a piece of text with arguments.
// (https://help.splunk.com/en/data-management/splunk-enterprise-admin-manual/10.0/10.0.0-configuration-file-reference/macros.conf)
type Macro struct {
	Args       []string // names; $name$ in the definition is replaced
	Definition string
	// Eval says that the definition is an eval expression whose text value is what the call expands to.
	Eval bool
	// Validation is an eval expression over the arguments. True and null mean that they are valid; false rejects the call
	// with Message, a text rejects it with that text.
	Validation string
	Message    string
}

// A MacroSet knows macros. The number of arguments is part of a macro's name.
type MacroSet interface {
	Macro(name string, args int) (Macro, bool)
	// MacroNames lists all names, with the number of arguments in parentheses when there are any. It serves messages.
	MacroNames() []string
}

// Macros is a MacroSet by name: "m" for a macro without arguments, "m(2)" for one with two.
type Macros map[string]Macro

// Macro implements [MacroSet].
func (m Macros) Macro(name string, args int) (Macro, bool) {
	d, ok := m[macroName(name, args)]
	return d, ok
}

// MacroNames implements [MacroSet].
func (m Macros) MacroNames() []string { return slices.Sorted(maps.Keys(m)) }

func macroName(name string, args int) string {
	if args == 0 {
		return name
	}
	return fmt.Sprintf("%s(%d)", name, args)
}

// An Evaluator computes an eval expression without fields, for macros that are defined by one. The value is nil for
// null, a bool, a string or a float64.
type Evaluator func(x Expr) (value any, err error)

// Expanded is a text whose macro calls were replaced.
type Expanded struct {
	// Source is the expanded text. Places in it are places in the text that was expanded; a place within what a macro
	// expanded to is the place of the call.
	Source *text.Source
	// Calls are the calls in the text itself, in order; calls within macros are not listed.
	Calls []Expansion
}

// An Expansion is a call and what became of it.
type Expansion struct {
	Call *MacroCall
	At   text.Span // in the expanded text
}

// Expand replaces every macro call by the macro's definition, and calls in that likewise. Calls in double quotes and in
// comments stay, but for one that is the whole string and expands to a string, as a published rule has it, and so do calls that have no macro, which is an error with the nearest name.
// (https://help.splunk.com/en/splunk-enterprise/manage-knowledge-objects/knowledge-management-manual/10.0/search-macros)
//
// eval may be nil; macros that need it are refused then.
func Expand(src *text.Source, set MacroSet, eval Evaluator) (*Expanded, text.Diagnostics) {
	x := &expander{src: src, set: set, eval: eval}
	start := strayQuote(src.Text)
	if start > 0 {
		x.diags = append(x.diags, text.Warnf("SPL5006", src, text.Span{Start: 0, End: 1}, "stray quote in front of the search dropped"))
	}
	var b strings.Builder
	var pieces []text.Piece
	var calls []Expansion
	copied := start
	flush := func(to int) {
		if to > copied {
			pieces = append(pieces, text.Piece{At: b.Len(), From: copied})
			b.WriteString(src.Text[copied:to])
		}
		copied = to
	}
	eachCall(src.Text, start, func(at text.Span, closed, quoted bool) {
		m, notes := parseCall(at.Of(src.Text), closed)
		if quoted {
			// Only a macro that brings quotes of its own is meant: `"-70m@m"` within quotes.
			d, ok := set.Macro(m.Name, len(m.Args))
			def := strings.TrimSpace(d.Definition)
			if n, closed := skipString(def+" ", 0); !ok || !strings.HasPrefix(def, `"`) || !closed || n != len(def) {
				return
			}
			notes = append(notes, fmt.Sprintf("macro %s, whose definition has quotes of its own, stands in quotes, where Splunk takes it for text; it is expanded", m.Name))
		}
		m.At = at
		if !closed {
			return // the parser says so
		}
		for _, n := range notes {
			x.diags = append(x.diags, text.Warnf("SPL5001", src, at, "%s", n))
		}
		body, ok := x.expand(m, at, nil)
		if !ok {
			return
		}
		if quoted {
			at = text.Span{Start: at.Start - 1, End: at.End + 1}
		}
		flush(at.Start)
		// Calls that touch are terms of their own, not one word.
		if n := len(calls); n > 0 && calls[n-1].Call.At.End == at.Start && body != "" && b.Len() > 0 {
			body = " " + body
		}
		from := b.Len()
		if body != "" {
			pieces = append(pieces, text.Piece{At: from, From: at.Start, Whole: at.End - at.Start})
			b.WriteString(body)
		}
		calls = append(calls, Expansion{m, text.Span{Start: from, End: b.Len()}})
		copied = at.End
	})
	flush(len(src.Text))
	return &Expanded{Source: src.Derive(b.String(), pieces), Calls: calls}, x.diags
}

// eachCall finds the macro calls of a text, outside strings and comments, and those that are all there is in a string.
func eachCall(s string, i int, f func(at text.Span, closed, quoted bool)) {
	for i < len(s) {
		switch s[i] {
		case '\\':
			i++
			if i < len(s) && escapable(s[i]) {
				i++
			}
		case '"':
			end, _ := skipString(s, i)
			if in := s[i+1 : max(i+1, end-1)]; len(in) > 2 && in[0] == '`' && strings.IndexByte(in[1:], '`') == len(in)-2 && !strings.ContainsAny(in, `"\`) {
				f(text.Span{Start: i + 1, End: end - 1}, true, true)
			}
			i = end
		case '`':
			if strings.HasPrefix(s[i:], fence) {
				i = skipComment(s, i)
				continue
			}
			at, closed := macroSpan(s, i)
			f(at, closed, false)
			i = at.End
		default:
			i++
		}
	}
}

type expander struct {
	src   *text.Source
	set   MacroSet
	eval  Evaluator
	diags text.Diagnostics
	size  int
	calls int
}

func (x *expander) fail(id string, at text.Span, format string, args ...any) (string, bool) {
	x.diags = append(x.diags, text.Errorf(id, x.src, at, format, args...))
	return "", false
}

// expand returns what a call stands for. The stack holds the names of the macros that the call stands in.
func (x *expander) expand(m *MacroCall, at text.Span, stack []string) (string, bool) {
	in := ""
	if len(stack) > 0 {
		in = fmt.Sprintf(" (in macro %s)", stack[len(stack)-1])
	}
	if x.calls++; x.calls > maxCalls || x.size > maxExpansion {
		if x.calls == maxCalls+1 {
			x.fail("SPL3003", at, "more than %d macro calls", maxCalls)
		}
		return "", false
	}
	macro, ok := x.set.Macro(m.Name, len(m.Args))
	name := macroName(m.Name, len(m.Args))
	if !ok {
		return x.unknown(m, at, in)
	}
	switch {
	case slices.Contains(stack, name):
		return x.fail("SPL3003", at, "macro %s calls itself%s", name, in)
	case len(stack) >= maxMacros:
		return x.fail("SPL3003", at, "macros nested more than %d deep", maxMacros)
	}
	fill, ok := x.arguments(m, macro, at)
	if !ok {
		return "", false
	}
	if macro.Validation != "" {
		v, ok := x.compute(fill(macro.Validation), name, "validation", at)
		if !ok {
			return "", false
		}
		if s, isText := v.(string); isText {
			return x.fail("SPL4001", at, "%s", s)
		} else if v == false {
			message := macro.Message
			if message == "" {
				message = fmt.Sprintf("the arguments of macro %s are not valid", name)
			}
			return x.fail("SPL4001", at, "%s", message)
		}
	}
	body := fill(macro.Definition)
	if macro.Eval {
		v, ok := x.compute(body, name, "definition", at)
		if !ok {
			return "", false
		}
		s, isText := v.(string)
		if !isText {
			return x.fail("SPL4001", at, "the definition of macro %s does not give a text", name)
		}
		body = s
	}
	var b strings.Builder
	copied := 0
	eachCall(body, 0, func(inner text.Span, closed, quoted bool) {
		if quoted {
			return
		}
		call, _ := parseCall(inner.Of(body), closed)
		if s, ok := x.expand(call, at, append(slices.Clip(stack), name)); ok {
			b.WriteString(body[copied:inner.Start])
			if b.Len() > 0 && inner.Start == copied && copied > 0 && s != "" {
				b.WriteByte(' ')
			}
			b.WriteString(s)
			copied = inner.End
		}
	})
	b.WriteString(body[copied:])
	if x.size += b.Len(); x.size > maxExpansion {
		return x.fail("SPL3003", at, "the macros expand to more than %d bytes", maxExpansion)
	}
	return b.String(), true
}

// arguments returns a function that puts the arguments into a text. Arguments are given by place, or all by name.
func (x *expander) arguments(m *MacroCall, macro Macro, at text.Span) (fill func(string) string, ok bool) {
	if len(macro.Args) != len(m.Args) {
		x.fail("SPL3002", at, "macro %s is defined with %d argument names, called with %d arguments", m.Name, len(macro.Args), len(m.Args))
		return nil, false
	}
	values := map[string]string{}
	for _, a := range m.Args {
		name, value, is := strings.Cut(a.Text, "=")
		if name = strings.TrimSpace(name); !is || !slices.Contains(macro.Args, name) {
			break
		}
		value = strings.TrimSpace(value)
		if n, closed := skipString(value+" ", 0); closed && n == len(value) && strings.HasPrefix(value, `"`) {
			value = unescape(value[1:len(value)-1], true)
		}
		values[name] = value
	}
	if len(values) != len(m.Args) {
		clear(values)
		for i, a := range m.Args {
			values[macro.Args[i]] = a.Value
		}
	}
	var pairs []string
	for _, name := range macro.Args {
		pairs = append(pairs, "$"+name+"$", values[name])
	}
	return strings.NewReplacer(pairs...).Replace, true
}

// compute evaluates an expression of a macro.
func (x *expander) compute(expr, name, what string, at text.Span) (value any, ok bool) {
	if x.eval == nil {
		x.fail("SPL2001", at, "macro %s has an eval-based %s, which cannot be evaluated here", name, what)
		return nil, false
	}
	e, diags := ParseExpr(text.NewSource("macro "+name, expr))
	err := diags.Err()
	if err == nil {
		value, err = x.eval(e)
	}
	if err != nil {
		x.fail("SPL4001", at, "the %s of macro %s cannot be evaluated: %v", what, name, err)
		return nil, false
	}
	return value, true
}

// unknown says that there is no such macro, and which one may be meant.
func (x *expander) unknown(m *MacroCall, at text.Span, in string) (string, bool) {
	var arities []string
	var others []string
	for _, n := range x.set.MacroNames() {
		base, rest, _ := strings.Cut(n, "(")
		if base == m.Name {
			arities = append(arities, strings.TrimSuffix(rest, ")"))
		} else {
			others = append(others, n)
		}
	}
	near := text.Nearest(m.Name, others)
	switch {
	case len(arities) > 0:
		for i := range arities {
			if arities[i] == "" {
				arities[i] = "no"
			}
		}
		return x.fail("SPL3002", at, "macro %s takes %s arguments, not %d%s", m.Name, strings.Join(arities, " or "), len(m.Args), in)
	case len(near) > 0:
		return x.fail("SPL3001", at, "unknown macro %s%s; did you mean %s?", macroName(m.Name, len(m.Args)), in, strings.Join(near, " or "))
	}
	return x.fail("SPL3001", at, "unknown macro %s%s", macroName(m.Name, len(m.Args)), in)
}

// Annotate adds to every diagnostic that points into an expanded macro a note with the piece of text it is about, since
// its place is that of the call.
func (x *Expanded) Annotate(diags text.Diagnostics) text.Diagnostics {
	out := slices.Clone(diags)
	for i, d := range out {
		if d.Source != x.Source {
			continue
		}
		for _, c := range x.Calls {
			if d.Span.Start >= c.At.Start && d.Span.Start < c.At.End {
				from := max(c.At.Start, d.Span.Start-30)
				near := text.Span{Start: from, End: min(c.At.End, max(d.Span.End, d.Span.Start+30))}.Of(x.Source.Text)
				out[i].Related = append(slices.Clone(d.Related), text.Notef("SPL5008", x.Source, d.Span,
					"in what macro %s expands to: …%s…", c.Call.Name, strings.ToValidUTF8(near, "")))
				break
			}
		}
	}
	return out
}
