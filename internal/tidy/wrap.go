package tidy

import "strings"

// wrap breaks a line that is too long at the outermost places where it can be broken: behind commas, and before the words that join
// conditions. Quoted text is never broken. The lines behind the first are indented by indent.
func wrap(line, indent string) string {
	if len(line) <= width || strings.Contains(line, "\n") {
		return line
	}
	var out []string
	for len(line) > width-len(indent) {
		at := breakAt(line, width-len(indent))
		if at <= 0 {
			break
		}
		out = append(out, strings.TrimRight(line[:at], " "))
		line = strings.TrimLeft(line[at:], " ")
	}
	out = append(out, line)
	return strings.Join(out, "\n"+indent)
}

// joiners are words before which a line may be broken.
var joiners = []string{"and ", "or ", "AND ", "OR ", "by ", "where ", "on "}

// breakAt returns the offset of the blank at which a line is to be broken: of those within the limit the outermost, and of those the
// last; without one, the first behind the limit; 0 for none.
func breakAt(line string, limit int) int {
	best, bestDepth := 0, 1<<30
	depth := 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case '"', '\'', '`':
			if i = closing(line, i); i >= len(line) {
				return best
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ' ':
			if i < 20 || !(line[i-1] == ',' || joins(line[i+1:])) {
				continue
			}
			if i > limit && best > 0 {
				return best
			}
			if i > limit {
				return i
			}
			if depth <= bestDepth {
				best, bestDepth = i, depth
			}
		}
	}
	return best
}

func joins(s string) bool {
	for _, j := range joiners {
		if strings.HasPrefix(s, j) {
			return true
		}
	}
	return false
}

// closing returns the offset of the quote that ends the text that begins at i.
func closing(line string, i int) int {
	quote := line[i]
	exact := i > 0 && line[i-1] == '@' || quote == '`'
	for i++; i < len(line); i++ {
		switch {
		case line[i] == '\\' && !exact:
			i++
		case line[i] == quote:
			return i
		}
	}
	return i
}
