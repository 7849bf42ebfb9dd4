package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// macro reads a macro call at p.pos.
func (p *parser) macro() *MacroCall {
	start := p.pos
	p.macros++
	end, closed := skipMacro(p.s[:p.end], start)
	p.pos = end
	m, notes := parseCall(p.s[start:end], closed)
	m.At = p.span(start)
	for _, n := range notes {
		p.note("SPL5001", m.At, "%s", n)
	}
	return m
}

// parseCall takes a macro call with its backticks apart. A quote or parenthesis that is missing is taken to stand at the
// end; the notes say so.
//
// Arguments are separated by commas; one that holds commas stands in double quotes, which do not belong to it.
// (https://help.splunk.com/en/splunk-enterprise/manage-knowledge-objects/knowledge-management-manual/10.0/search-macros)
func parseCall(raw string, closed bool) (m *MacroCall, notes []string) {
	m = &MacroCall{Raw: raw}
	body := raw[1:]
	if closed {
		body = body[:len(body)-1]
	} else {
		m.Raw += "`"
	}
	name, args, has := strings.Cut(body, "(")
	m.Name = strings.TrimSpace(name)
	if !has {
		return m, nil
	}
	args = strings.TrimSpace(args)
	if a, ok := strings.CutSuffix(args, ")"); ok {
		args = a
	} else {
		notes = append(notes, "the parenthesis that closes the macro's arguments is missing")
	}
	list, ok := splitArgs(args)
	if !ok {
		notes = append(notes, "a quote in the macro's arguments has no partner and is dropped")
		list, _ = splitArgs(strings.ReplaceAll(args, `"`, ""))
	}
	for _, a := range list {
		arg := MacroArg{Text: a, Value: a}
		if n, ok := skipString(a+" ", 0); ok && strings.HasPrefix(a, `"`) && n == len(a) {
			arg.Value = unescape(a[1:len(a)-1], true)
		}
		m.Args = append(m.Args, arg)
	}
	return m, notes
}

// splitArgs splits at commas outside quotes and parentheses; ok is false when a quote is not closed.
func splitArgs(s string) (args []string, ok bool) {
	if strings.TrimSpace(s) == "" {
		return nil, true
	}
	from, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			end, closed := skipString(s, i)
			if !closed {
				return nil, false
			}
			i = end - 1
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				args = append(args, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return append(args, strings.TrimSpace(s[from:])), true
}

// macroSpan returns where in s the macro call at start ends.
func macroSpan(s string, start int) (text.Span, bool) {
	end, closed := skipMacro(s, start)
	return text.Span{Start: start, End: end}, closed
}
