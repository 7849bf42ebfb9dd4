package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/text"
)

// grammarWords are the words that are neither commands, functions nor fields, in whatever command they stand.
var grammarWords = map[string]bool{"and": true, "or": true, "not": true, "xor": true, "in": true, "like": true, "by": true, "as": true, "where": true,
	"from": true, "over": true, "output": true, "outputnew": true, "with": true, "groupby": true, "true": true, "false": true, "null": true}

// Classify cuts a search into classified tokens, ascending; text between them is plain. It takes any text, correct or not, and
// goes by how things look: in a search, what a word means depends on the command.
func Classify(src string) []text.Token {
	var out []text.Token
	opens := true // a word here is a command
	for i := 0; i < len(src); {
		start, class := i, text.Plain
		switch c := src[i]; {
		case isSpace(c):
			i++
			continue
		case strings.HasPrefix(src[i:], fence):
			i, class = skipComment(src, i), text.Comment
		case c == '`':
			i, _ = skipMacro(src, i)
			class = text.Macro
		case c == '"':
			i, _ = skipString(src, i)
			class = text.String
		case c == '\'' && skipName(src, i) > i:
			i, class = skipName(src, i), text.Name
		case c == '|' || c == '[' || c == ']':
			i++
			class = text.Operator
			opens = c != ']'
			out = append(out, text.Token{Span: text.Span{Start: start, End: i}, Class: class})
			continue
		case strings.IndexByte("=<>!+-*/%,()", c) >= 0 && !(c == '*' && wordFollows(src, i+1)):
			i++
			class = text.Operator
		default:
			i = wordEnd(src, i)
			class = wordClass(src, start, i, opens)
		}
		if class != text.Plain {
			out = append(out, text.Token{Span: text.Span{Start: start, End: i}, Class: class})
		}
		if class != text.Comment {
			opens = false
		}
	}
	return out
}

func wordFollows(src string, i int) bool {
	return i < len(src) && (src[i] >= utf8.RuneSelf || src[i] == '\\' || src[i] == '.' || src[i] == '_' || src[i] == '-' || isDigit(src[i]) || isLetter(src[i]))
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// wordEnd returns the offset behind the bare word that begins at i.
func wordEnd(src string, i int) int {
	for i++; i < len(src) && !isSpace(src[i]) && strings.IndexByte("|[]()=<>!,\"`+", src[i]) < 0; i++ {
		if src[i] == '\\' && i+1 < len(src) {
			i++
		}
	}
	return min(i, len(src))
}

func wordClass(src string, start, end int, opens bool) text.Class {
	word := src[start:end]
	after := end
	for after < len(src) && isSpace(src[after]) {
		after++
	}
	before := start
	for before > 0 && isSpace(src[before-1]) {
		before--
	}
	low := strings.ToLower(word)
	next := byte(0)
	if after < len(src) {
		next = src[after]
	}
	numeric := isDigit(word[0]) || word[0] == '-' && len(word) > 1
	switch {
	case opens && next != '=' && next != '(' && isLetter(word[0]) && !grammarWords[low] && !strings.ContainsAny(word, "*.:\\$"):
		// A pipeline may begin with the terms of a search without its command's name.
		if before > 0 && src[before-1] == '|' || grammars[low] != nil {
			return text.Command
		}
		return text.Name
	case grammarWords[low]:
		return text.Keyword
	case next == '(' && after == end && isLetter(word[0]):
		return text.Function
	case next == '=' || next == '<' || next == '>' || next == '!':
		return text.Name
	case numeric && strings.Trim(low, "0123456789.-smhdwy@") == "":
		return text.Number
	case before > 0 && (src[before-1] == '=' || src[before-1] == '>' || src[before-1] == '<'):
		return text.String
	}
	return text.Name
}
