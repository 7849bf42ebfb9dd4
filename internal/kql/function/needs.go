package function

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// What a text must contain for a condition to be true, so that the conditions of many rules can be looked for together.

// needText is the need of an operator whose right side occurs in the left one.
func needText(args []fn.Arg) fn.Required {
	if len(args) < 2 || !args[1].Const {
		return fn.Required{}
	}
	n := Text(args[1].Value)
	if n == "" {
		return fn.Required{}
	}
	return fn.Required{Any: []string{n}, Fold: true}
}

func needLike(args []fn.Arg) fn.Required {
	if len(args) < 2 || !args[1].Const {
		return fn.Required{}
	}
	return fn.LikeGlob(Text(args[1].Value), false, true).Required()
}

func needRegex(args []fn.Arg) fn.Required {
	if len(args) < 2 || !args[1].Const {
		return fn.Required{}
	}
	re, err := compileRegex(Text(args[1].Value))
	if err != nil {
		return fn.Required{}
	}
	return re.Required()
}

// needAny is the need of an operator that looks for one of several texts; numbers and the like have other spellings.
func needAny(args []fn.Arg) fn.Required {
	list, ok := constElements(args)
	if !ok {
		return fn.Required{}
	}
	out := fn.Required{Fold: true}
	for _, v := range list {
		if v.Kind() != event.String || v.Str() == "" {
			return fn.Required{}
		}
		out.Any = append(out.Any, v.Str())
	}
	return out
}

// needAll takes the longest of the texts that all have to be there.
func needAll(args []fn.Arg) fn.Required {
	list, ok := constElements(args)
	if !ok {
		return fn.Required{}
	}
	longest := ""
	for _, v := range list {
		if v.Kind() == event.String && len(v.Str()) > len(longest) {
			longest = v.Str()
		}
	}
	if longest == "" {
		return fn.Required{}
	}
	return fn.Required{Any: []string{longest}, Fold: true}
}

// ofText is a need that holds where the left side is text.
func ofText(ts []types.Type, need func([]fn.Arg) fn.Required) func([]fn.Arg) fn.Required {
	if len(ts) == 0 || ts[0] != types.String {
		return nil
	}
	return need
}

// words is a need of texts that stand as terms in the left side.
func words(need func([]fn.Arg) fn.Required) func([]fn.Arg) fn.Required {
	return func(args []fn.Arg) fn.Required {
		r := need(args)
		r.Words = true
		return r
	}
}
