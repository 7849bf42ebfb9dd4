package schema

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// columnsOf cuts a line at a separator and names the pieces. Between commas a piece may stand in quotes. A piece that is empty
// is left out, and so is one whose name is a dash.
func columnsOf(s, sep string, names []string) event.Bag {
	var pieces []string
	if sep == "," {
		pieces = quotedPieces(s)
	} else {
		pieces = strings.Split(s, sep)
	}
	var bag event.Bag
	for i, name := range names {
		if i < len(pieces) && name != "-" && pieces[i] != "" {
			bag = append(bag, event.Field{Name: name, Value: event.StringOf(pieces[i])})
		}
	}
	return bag
}

func quotedPieces(s string) []string {
	var out []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(out, b.String())
}

// spacedValues reads key=value pairs whose values may hold blanks: a value ends before the next key.
func spacedValues(s string) event.Bag {
	var bag event.Bag
	key, from := "", 0
	put := func(to int) {
		if v := strings.TrimRight(s[from:to], ", "); key != "" && v != "" {
			bag = append(bag, event.Field{Name: key, Value: event.StringOf(v)})
		}
	}
	word := 0 // where the word begins that may be a key
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			word = i + 1
		case c == '=' && word >= 0 && i > word:
			put(max(from, word-1))
			key, from, word = s[word:i], i+1, -1
		case c != '_' && c != '.' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'):
			word = -1
		}
	}
	put(len(s))
	return bag
}

var _ = declare(&fn.Func{Name: "spaced_values", Min: 1, Max: 1, Doc: "The key=value pairs in a text whose values may hold blanks.", Row: func(a []event.Value) event.Value {
	return event.ObjectOf(spacedValues(textOf(a[0])))
}})

var _ = declare(&fn.Func{Name: "columns", Min: 3, Max: 3, Doc: "An object of the pieces of a line between separators, under names that are given with blanks between them; a dash names a piece that is not wanted.",
	Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
		sep, names := textOf(args[1].Value), strings.Fields(textOf(args[2].Value))
		if sep == "tab" {
			sep = "\t"
		}
		return func(a []event.Value) event.Value {
			return event.ObjectOf(columnsOf(textOf(a[0]), sep, names))
		}, nil
	}})
