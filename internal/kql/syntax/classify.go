package syntax

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/text"
)

// infix are the words that stand between operands, and the other words of the grammar that are no operators of a pipeline.
var infix = words(`and or in has has_cs has_any has_all contains contains_cs startswith startswith_cs endswith endswith_cs hasprefix
	hasprefix_cs hassuffix hassuffix_cs between like like_cs by on with asc desc nulls first last kind of to typeof step from
	in~ !in !in~ !has !has_cs !contains !contains_cs !startswith !startswith_cs !endswith !endswith_cs !hasprefix !hasprefix_cs
	!hassuffix !hassuffix_cs !between let set declare pattern alias restrict materialize`)

// Classify cuts a query into classified tokens, ascending; text between them is plain. It takes any text, correct or not.
func Classify(src string) []text.Token {
	var out []text.Token
	add := func(start, end int, c text.Class) {
		if end > start {
			out = append(out, text.Token{Span: text.Span{Start: start, End: end}, Class: c})
		}
	}
	tokens := scan(src)
	at, opens := 0, true // opens: a word here would be an operator of a pipeline
	for i, t := range tokens {
		comments(src, at, t.start, add)
		at = max(at, t.end)
		next := token{}
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		class := text.Plain
		switch t.kind {
		case tokWord, tokDashed:
			low := strings.ToLower(t.text)
			switch {
			case opens && t.kind == tokDashed, opens && i > 0 && tokens[i-1].text == "|":
				class = text.Command
			case infix[low], low == "true", low == "false", low == "null":
				class = text.Keyword
			case next.text == "(" && next.kind == tokPunct:
				class = text.Function
			case opens && reservedFor[useStrict][low] || t.kind == tokDashed:
				class = text.Command
			default:
				class = text.Name
			}
		case tokLong, tokReal, tokTime, tokTyped, tokGuid:
			class = text.Number
		case tokString:
			class = text.String
		case tokPunct:
			class = text.Operator
			if infix[strings.ToLower(t.text)] || strings.HasPrefix(t.text, "matches") {
				class = text.Keyword
			}
		}
		add(t.start, t.end, class)
		opens = t.kind == tokPunct && (t.text == "|" || t.text == ";" || t.text == "(" || t.text == "{")
	}
	comments(src, at, len(src), add)
	return out
}

// comments adds the comments in the blanks between two tokens.
func comments(src string, from, to int, add func(start, end int, c text.Class)) {
	for from < to {
		line := src[from:to]
		end := to
		if n := strings.IndexAny(line, "\r\n"); n >= 0 {
			line, end = line[:n], from+n+1
		}
		if n := strings.IndexAny(line, "/#"); n >= 0 {
			add(from+n, from+len(line), text.Comment)
		}
		from = end
	}
}
