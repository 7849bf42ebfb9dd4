package reference

import (
	"fmt"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Print writes an entry for the terminal.
func (e *Entry) Print() string {
	var s strings.Builder
	title := e.Name
	if len(e.Aliases) > 0 {
		title += " (also " + strings.Join(e.Aliases, ", ") + ")"
	}
	fmt.Fprintf(&s, "%s: %s\n", title, e.Kind)
	for _, x := range e.Syntax {
		fmt.Fprintf(&s, "  %s\n", x)
	}
	if e.Doc != "" {
		fmt.Fprintf(&s, "\n%s\n", e.Doc)
	}
	if e.Refused != "" {
		fmt.Fprintf(&s, "\nRefused: %s.\n", e.Refused)
	}
	if e.Replaced != "" {
		fmt.Fprintf(&s, "\nToday one writes %s.\n", e.Replaced)
	}
	if e.Note != "" {
		fmt.Fprintf(&s, "\nDiffers: %s\n", e.Note)
	}
	if len(e.Options) > 0 {
		s.WriteString("\nOptions\n")
		for _, o := range e.Options {
			fmt.Fprintf(&s, "  %s\n", o.line())
		}
	}
	if len(e.Examples) > 0 {
		s.WriteString("\nExamples\n")
		for _, x := range e.Examples {
			fmt.Fprintf(&s, "  %s\n", strings.ReplaceAll(x.Expr, "\n", "\n  "))
			for _, line := range e.results(x) {
				fmt.Fprintf(&s, "    → %s\n", line)
			}
		}
	}
	if e.Page != "" {
		fmt.Fprintf(&s, "\n%s\n", e.Page)
	}
	return s.String()
}

// line says what an option is: kind=inner|outer, local (changes nothing), usetime (refused: …).
func (o Option) line() string {
	s := o.Name
	if o.Values != "" {
		s += "=" + o.Values
	}
	switch {
	case o.Refused != "":
		s += " (refused: " + o.Refused + ")"
	case o.Inert:
		s += " (accepted, changes nothing)"
	}
	return s
}

// results returns what an example gives, a line for a row.
func (e *Entry) results(x fn.Example) []string {
	if !e.Tabular {
		return []string{x.Want}
	}
	rows, err := fn.ParseJSON(x.Want)
	if err != nil || rows.Kind() != event.List {
		return []string{x.Want}
	}
	var lines []string
	for _, r := range rows.List() {
		var cells []string
		for _, f := range r.Bag() {
			cells = append(cells, f.Name+"="+string(event.AppendJSON(nil, f.Value)))
		}
		lines = append(lines, strings.Join(cells, "  "))
	}
	if lines == nil {
		lines = []string{"no rows"}
	}
	return lines
}

// Index writes all names by group, for the terminal; columns is its width.
func (l *Language) Index(columns int) string {
	if columns <= 0 {
		columns = 100
	}
	var s strings.Builder
	for i, g := range l.Groups {
		var runs, refused []string
		for _, e := range g.Entries {
			if e.Refused == "" {
				runs = append(runs, e.Name)
			} else {
				refused = append(refused, e.Name)
			}
		}
		if i > 0 {
			s.WriteByte('\n')
		}
		fmt.Fprintf(&s, "%s (%d)\n%s", g.Title, len(runs), wrap(runs, columns))
		if len(refused) > 0 {
			fmt.Fprintf(&s, "%s, refused (%d)\n%s", g.Title, len(refused), wrap(refused, columns))
		}
	}
	return s.String()
}

func wrap(names []string, columns int) string {
	var s strings.Builder
	at := 0
	for _, n := range names {
		if at > 0 && at+2+len(n) > columns {
			s.WriteByte('\n')
			at = 0
		}
		if at == 0 {
			s.WriteByte(' ')
			at = 1
		}
		s.WriteString(" " + n)
		at += 1 + len(n)
	}
	if at > 0 {
		s.WriteByte('\n')
	}
	return s.String()
}

// Markdown writes the whole reference of a language.
func (l *Language) Markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "# %s reference\n\nMade by `go run ./internal/reference/gen` from the tables that the engine runs on; do not edit. Every example is executed by a test. `harrier reference %s NAME` shows the same of one entry. What Harrier makes of the language as a whole is told in [semantics/%s.md](../semantics/%s.md).\n\n",
		l.Title, l.Name, l.Name, l.Name)
	for _, g := range l.Groups {
		fmt.Fprintf(&s, "* [%s](#%s)\n", g.Title, anchor(g.Title))
	}
	for _, g := range l.Groups {
		fmt.Fprintf(&s, "\n## %s\n\n", g.Title)
		if g.Doc != "" {
			fmt.Fprintf(&s, "%s\n\n", g.Doc)
		}
		var refused []*Entry
		for _, e := range g.Entries {
			if e.Refused != "" {
				refused = append(refused, e)
				continue
			}
			e.markdown(&s)
		}
		if len(refused) > 0 {
			fmt.Fprintf(&s, "### Refused\n\n")
			var why []string
			names := map[string][]string{}
			for _, e := range refused {
				if names[e.Refused] == nil {
					why = append(why, e.Refused)
				}
				names[e.Refused] = append(names[e.Refused], "`"+e.Name+"`")
			}
			for _, w := range why {
				fmt.Fprintf(&s, "* %s: %s\n", w, strings.Join(names[w], ", "))
			}
		}
	}
	return s.String()
}

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

func (e *Entry) markdown(s *strings.Builder) {
	fmt.Fprintf(s, "### %s\n\n", strings.NewReplacer("*", `\*`, "_", `\_`, "<", `\<`, "~", `\~`, "[", `\[`).Replace(e.Name))
	for _, x := range e.Syntax {
		fmt.Fprintf(s, "    %s\n", x)
	}
	if len(e.Syntax) > 0 {
		s.WriteByte('\n')
	}
	doc := escape(e.Doc)
	if len(e.Aliases) > 0 {
		doc += " Also written `" + strings.Join(e.Aliases, "`, `") + "`."
	}
	if e.Replaced != "" && !strings.Contains(doc, e.Replaced) {
		doc += " Today one writes `" + e.Replaced + "`."
	}
	if e.Page != "" {
		doc += " [Manual](" + e.Page + ")"
	}
	fmt.Fprintf(s, "%s\n\n", strings.TrimSpace(doc))
	if e.Note != "" {
		fmt.Fprintf(s, "Differs: %s\n\n", escape(e.Note))
	}
	if len(e.Options) > 0 {
		var opts []string
		for _, o := range e.Options {
			name, rest, _ := strings.Cut(o.line(), " ")
			opts = append(opts, strings.TrimSpace("`"+name+"` "+rest))
		}
		fmt.Fprintf(s, "Options: %s\n\n", strings.Join(opts, ", "))
	}
	if len(e.Examples) > 0 {
		s.WriteString("```\n")
		for _, x := range e.Examples {
			fmt.Fprintf(s, "%s\n", x.Expr)
			for _, line := range e.results(x) {
				fmt.Fprintf(s, "    → %s\n", line)
			}
		}
		s.WriteString("```\n\n")
	}
}

// escape keeps Markdown from reading signs of the languages as its own.
func escape(s string) string {
	return strings.NewReplacer("*", `\*`, "<", `\<`, "_", `\_`, "[", `\[`, "~", `\~`).Replace(s)
}
