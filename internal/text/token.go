package text

// A Class is what a piece of a query is to its reader; pages and editors colour text by it.
type Class uint8

// The classes. Plain text, white space included, has no token.
const (
	Plain    Class = iota
	Command        // a command or operator of a pipeline: stats, summarize
	Keyword        // a word of the grammar: by, and, let
	Function       // the name of a called function
	Name           // a field, an option or a key
	String         // a text, quoted or not
	Number         // a number, a time or a span of time
	Operator       // = < | + and the like
	Macro          // a macro call
	Comment
)

// String returns the class's name in lower case.
func (c Class) String() string {
	return [...]string{"plain", "command", "keyword", "function", "name", "string", "number", "operator", "macro", "comment"}[c]
}

// A Token is a classified piece of a text.
type Token struct {
	Span
	Class Class
}
