package schema

import (
	"regexp"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

func cutLast(s, seps string) (before, after string) {
	if i := strings.LastIndexAny(s, seps); i >= 0 {
		return s[:i], s[i+1:]
	}
	return "", s
}

func stringArg(name string, f func(s, arg string) string) *fn.Func {
	return &fn.Func{Name: name, Min: 2, Max: 2, Row: func(a []event.Value) event.Value { return event.StringOf(f(textOf(a[0]), textOf(a[1]))) }}
}

func predicate(name, doc string, f func(s, t string) bool) *fn.Func {
	return &fn.Func{Name: name, Doc: doc, Min: 2, Max: 2, Null: fn.SeesNull, Row: func(a []event.Value) event.Value {
		return boolOf(!a[0].IsNull() && f(strings.ToLower(textOf(a[0])), strings.ToLower(textOf(a[1]))))
	}}
}

func pattern(args []fn.Arg) (*fn.Regex, error) {
	return fn.CompileRegex(textOf(args[1].Value), fn.RE2)
}

var _ = declare(
	&fn.Func{Name: "basename", Min: 1, Max: 1, Doc: `What stands behind the last \ or /.`, Row: perText(func(s string) string {
		_, name := cutLast(s, `\/`)
		return name
	})},
	&fn.Func{Name: "dirname", Min: 1, Max: 1, Doc: `What stands before the last \ or /.`, Row: perText(func(s string) string {
		dir, _ := cutLast(s, `\/`)
		return dir
	})},
	&fn.Func{Name: "lower", Min: 1, Max: 1, Doc: "Small letters.", Row: perText(strings.ToLower)},
	&fn.Func{Name: "upper", Min: 1, Max: 1, Doc: "Capitals.", Row: perText(strings.ToUpper)},
	&fn.Func{Name: "trim", Min: 1, Max: 1, Doc: "Without white space around.", Row: perText(strings.TrimSpace)},
	&fn.Func{Name: "concat", Min: 1, Max: -1, Doc: "Texts one after the other; null when any is null.", Row: func(a []event.Value) event.Value {
		var b strings.Builder
		for _, v := range a {
			b.WriteString(textOf(v))
		}
		return event.StringOf(b.String())
	}},
	&fn.Func{Name: "replace", Min: 3, Max: 3, Doc: "Every match of a regular expression replaced; $1 is a group.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			re, err := regexp.Compile(textOf(args[1].Value))
			if err != nil {
				return nil, err
			}
			by := textOf(args[2].Value)
			return perText(func(s string) string { return re.ReplaceAllString(s, by) }), nil
		}},
	&fn.Func{Name: "extract", Min: 2, Max: 2, Doc: "The first group of the first match of a regular expression, or null.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			re, err := pattern(args)
			if err != nil {
				return nil, err
			}
			return func(a []event.Value) event.Value {
				s := textOf(a[0])
				switch m := re.Find(s); {
				case len(m) < 4:
					return event.NullValue
				case m[2] < 0: // the group took no part
					return event.StringOf("")
				default:
					return event.StringOf(s[m[2]:m[3]])
				}
			}, nil
		}},
	&fn.Func{Name: "match", Min: 2, Max: 2, Null: fn.SeesNull, Doc: "Whether a regular expression matches anywhere.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			re, err := pattern(args)
			if err != nil {
				return nil, err
			}
			return func(a []event.Value) event.Value { return boolOf(!a[0].IsNull() && re.Match(textOf(a[0]))) }, nil
		}},
	predicate("starts", "Whether the text begins with another, ignoring case.", strings.HasPrefix),
	predicate("ends", "Whether the text ends with another, ignoring case.", strings.HasSuffix),
	predicate("contains", "Whether the text contains another, ignoring case.", strings.Contains),
	stringArg("before", func(s, sep string) string {
		head, _, _ := strings.Cut(s, sep)
		return head
	}),
	stringArg("after", func(s, sep string) string {
		_, tail, ok := strings.Cut(s, sep)
		if !ok {
			return s
		}
		return tail
	}),
	&fn.Func{Name: "before_last", Min: 2, Max: 2, Doc: "The text before the last of a separator, or null.", Row: func(a []event.Value) event.Value {
		s, sep := textOf(a[0]), textOf(a[1])
		if i := strings.LastIndex(s, sep); i >= 0 {
			return event.StringOf(s[:i])
		}
		return event.NullValue
	}},
	&fn.Func{Name: "after_last", Min: 2, Max: 2, Doc: "The text behind the last of a separator, or the whole text.", Row: func(a []event.Value) event.Value {
		s, sep := textOf(a[0]), textOf(a[1])
		if i := strings.LastIndex(s, sep); i >= 0 {
			return event.StringOf(s[i+len(sep):])
		}
		return event.StringOf(s)
	}},
	&fn.Func{Name: "length", Min: 1, Max: 1, Doc: "The number of characters.", Row: func(a []event.Value) event.Value {
		return event.IntOf(int64(len([]rune(textOf(a[0])))))
	}},
	&fn.Func{Name: "list", Min: 1, Max: -1, Null: fn.SeesNull, Doc: "A list of the values that are not null; lists are joined.", Row: func(a []event.Value) event.Value {
		var out []event.Value
		for _, v := range a {
			if v.Kind() == event.List {
				out = append(out, v.List()...)
			} else if !v.IsNull() {
				out = append(out, v)
			}
		}
		if len(out) == 0 {
			return event.NullValue
		}
		return event.ListOf(out)
	}},
	&fn.Func{Name: "item", Min: 2, Max: 2, Doc: "An element of a list, counted from 0; a scalar is a list of one.", Row: func(a []event.Value) event.Value {
		i, ok := integer(a[1])
		l := a[0].List()
		if a[0].Kind() != event.List {
			l = a[:1]
		}
		if !ok || i < 0 || int(i) >= len(l) {
			return event.NullValue
		}
		return l[i]
	}},
	&fn.Func{Name: "split", Min: 2, Max: 2, Doc: "The parts between separators, blanks around them dropped.", Row: func(a []event.Value) event.Value {
		var out []event.Value
		for _, s := range strings.Split(textOf(a[0]), textOf(a[1])) {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, event.StringOf(s))
			}
		}
		return event.ListOf(out)
	}},
)

var _ = declare(
	&fn.Func{Name: "line_value", Min: 2, Max: 2, Doc: "What stands behind a key in the same line of a text, without blanks around; null when the key is not there.", Row: func(a []event.Value) event.Value {
		_, rest, ok := strings.Cut(textOf(a[0]), textOf(a[1]))
		if !ok {
			return event.NullValue
		}
		line, _, _ := strings.Cut(rest, "\n")
		return event.StringOf(strings.TrimSpace(line))
	}},
)
