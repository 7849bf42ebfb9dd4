package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// The functions of this file are the Needs of entries: what the text that a test is made of must contain.

// anyOf gathers the needs of the constants behind the first argument; one without any spoils all.
func anyOf(args []fn.Arg, need func(a fn.Arg) fn.Required) fn.Required {
	var out fn.Required
	for i, a := range args[1:] {
		if !a.Const {
			return fn.Required{}
		}
		n := need(a)
		if len(n.Any) == 0 || i > 0 && n.Fold != out.Fold {
			return fn.Required{}
		}
		out.Any, out.Fold, out.Words = append(out.Any, n.Any...), n.Fold, n.Words && (i == 0 || out.Words)
	}
	return out
}

func needLiteral(fold bool) func([]fn.Arg) fn.Required {
	return func(args []fn.Arg) fn.Required {
		return anyOf(args, func(a fn.Arg) fn.Required { return NewLiteral(Text(a.Value), fold).Required() })
	}
}

func needTerm(kind TermKind) func([]fn.Arg) fn.Required {
	return func(args []fn.Arg) fn.Required {
		return anyOf(args, func(a fn.Arg) fn.Required { return NewTerm(Text(a.Value), kind).Required() })
	}
}

// needEqual: a text that is no number must be there as it is; numbers have many spellings.
func needEqual(args []fn.Arg) fn.Required {
	return anyOf(args, func(a fn.Arg) fn.Required {
		if a.Value.Kind() != event.String || a.Value.Str() == "" {
			return fn.Required{}
		}
		if _, ok := ParseNumber(a.Value.Str()); ok {
			return fn.Required{}
		}
		return fn.Required{Any: []string{a.Value.Str()}}
	})
}

func needLike(args []fn.Arg) fn.Required {
	return anyOf(args, func(a fn.Arg) fn.Required { return fn.LikeGlob(Text(a.Value), false, false).Required() })
}

func needMatch(args []fn.Arg) fn.Required {
	return anyOf(args, func(a fn.Arg) fn.Required {
		r, err := fn.CompileRegex(Text(a.Value), fn.PCRE)
		if err != nil {
			return fn.Required{}
		}
		return r.Required()
	})
}
