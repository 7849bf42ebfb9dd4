package reference

import (
	"fmt"
	"strings"
)

// Differences lists what entries and options do otherwise than on the home platform, as Markdown.
func (l *Language) Differences() string {
	var s strings.Builder
	fmt.Fprintf(&s, "## Differences of single entries\n")
	for _, g := range l.Groups {
		var lines []string
		for _, e := range g.Entries {
			if e.Refused != "" {
				continue
			}
			if e.Note != "" {
				lines = append(lines, fmt.Sprintf("* `%s`: %s", e.Name, escape(e.Note)))
			}
			inert := []string{}
			for _, o := range e.Options {
				switch {
				case o.Refused != "":
					lines = append(lines, fmt.Sprintf("* `%s %s=`: refused: %s.", e.Name, o.Name, escape(o.Refused)))
				case o.Inert:
					inert = append(inert, "`"+o.Name+"`")
				}
			}
			if len(inert) > 0 {
				lines = append(lines, fmt.Sprintf("* `%s`: %s cannot change an answer here and %s accepted.", e.Name, strings.Join(inert, ", "), isAre(len(inert))))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(&s, "\n### %s\n\n%s\n", g.Title, strings.Join(lines, "\n"))
		}
	}
	return s.String()
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
