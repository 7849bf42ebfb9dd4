package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// Classify cuts YAML, of a Sigma rule or of any other rule file, into classified tokens, ascending; text between them is plain.
// It goes line by line and takes any text, correct or not: keys are names, what follows a key's "|" is a function (Sigma's
// modifiers), scalars are strings or numbers, and the words of a condition are keywords.
func Classify(src string) []text.Token {
	var out []text.Token
	add := func(start, end int, c text.Class) {
		if end > start {
			out = append(out, text.Token{Span: text.Span{Start: start, End: end}, Class: c})
		}
	}
	block := -1 // the indentation of the key whose block of text goes on, or -1
	for at := 0; at < len(src); {
		end := len(src)
		if n := strings.IndexByte(src[at:], '\n'); n >= 0 {
			end = at + n
		}
		line := strings.TrimRight(src[at:end], "\r")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "":
		case block >= 0 && indent > block:
			add(at+indent, at+len(line), text.String)
		default:
			block = -1
			if yamlLine(line, at, indent, add) {
				block = indent
			}
		}
		at = end + 1
	}
	return out
}

// yamlLine classifies one line, which begins at the offset at, and reports whether a block of text follows it.
func yamlLine(line string, at, i int, add func(start, end int, c text.Class)) bool {
	if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
		add(at, at+3, text.Operator)
		return false
	}
	for strings.HasPrefix(line[i:], "- ") || line[i:] == "-" {
		add(at+i, at+i+1, text.Operator)
		i++
		for i < len(line) && line[i] == ' ' {
			i++
		}
	}
	key := ""
	if n := keyEnd(line[i:]); n >= 0 {
		key = line[i : i+n]
		name, modifiers, _ := strings.Cut(key, "|")
		add(at+i, at+i+len(name), text.Name)
		if modifiers != "" {
			add(at+i+len(name), at+i+n, text.Function)
		}
		add(at+i+n, at+i+n+1, text.Operator)
		i += n + 1
		for i < len(line) && line[i] == ' ' {
			i++
		}
	}
	value, comment := line[i:], len(line)
	if n := commentStart(value); n >= 0 {
		value, comment = value[:n], i+n
	}
	value = strings.TrimRight(value, " \t")
	start := at + i
	switch {
	case value == "":
	case strings.IndexByte("|>", value[0]) >= 0 && len(value) <= 3:
		add(start, start+len(value), text.Operator)
		add(at+comment, at+len(line), text.Comment)
		return true
	case strings.EqualFold(strings.TrimSpace(key), "condition") && value[0] != '\'' && value[0] != '"':
		conditionWords(value, start, add)
	case strings.Trim(value, "0123456789.-") == "":
		add(start, start+len(value), text.Number)
	case value == "true" || value == "false" || value == "null" || value == "~":
		add(start, start+len(value), text.Keyword)
	default:
		add(start, start+len(value), text.String)
	}
	add(at+comment, at+len(line), text.Comment)
	return false
}

// keyEnd returns where the colon behind a key is, or -1.
func keyEnd(s string) int {
	if s == "" || s[0] == '#' || s[0] == '{' || s[0] == '[' {
		return -1
	}
	from := 0
	if s[0] == '\'' || s[0] == '"' {
		n := strings.IndexByte(s[1:], s[0])
		if n < 0 {
			return -1
		}
		from = n + 2
		if from >= len(s) || s[from] != ':' {
			return -1
		}
	}
	for i := from; i < len(s); i++ {
		if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ') {
			return i
		}
	}
	return -1
}

// commentStart returns where a comment behind a value begins, or -1.
func commentStart(s string) int {
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '\'' || c == '"') && i == 0:
			quote = c
		case c == '#' && (i == 0 || s[i-1] == ' '):
			return i
		}
	}
	return -1
}

// conditionWords classifies the words of a condition.
func conditionWords(s string, at int, add func(start, end int, c text.Class)) {
	for i := 0; i < len(s); {
		if strings.IndexByte(" ()|", s[i]) >= 0 {
			if s[i] != ' ' {
				add(at+i, at+i+1, text.Operator)
			}
			i++
			continue
		}
		end := i
		for end < len(s) && strings.IndexByte(" ()|", s[end]) < 0 {
			end++
		}
		class := text.Name
		switch word := strings.ToLower(s[i:end]); {
		case word == "and" || word == "or" || word == "not" || word == "of" || word == "all" || word == "them" || word == "near" || word == "by":
			class = text.Keyword
		case strings.Trim(word, "0123456789") == "":
			class = text.Number
		}
		add(at+i, at+end, class)
		i = end
	}
}
