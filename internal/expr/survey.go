package expr

import (
	"cmp"
	"slices"
)

// An Atom is a condition that is no combination of others, as [CompileAll] shares it.
type Atom struct {
	Expr Expr
	// Uses is how many places hold it.
	Uses int
	// Guarded: it is looked for together with others, by texts that the value must contain.
	Guarded bool
}

// Atoms returns the atoms of conditions that CompileAll would compile together, what most places hold first.
func Atoms(es []Expr) []Atom {
	c := &compiler{shared: newSharing()}
	at := map[int]int{}
	var out []Atom
	var walk func(e Expr)
	walk = func(e Expr) {
		switch e := e.(type) {
		case *Logic:
			for _, a := range e.Args {
				walk(a)
			}
			return
		case *Not:
			walk(e.Arg)
			return
		}
		if !condition(e) {
			return
		}
		id := c.shared.number(e)
		i, known := at[id]
		if !known {
			i = len(out)
			at[id] = i
			call, is := e.(*Call)
			out = append(out, Atom{Expr: e, Guarded: is && len(c.guardOf(call).Any) > 0})
		}
		out[i].Uses++
	}
	for _, e := range es {
		walk(e)
	}
	slices.SortStableFunc(out, func(a, b Atom) int { return cmp.Compare(b.Uses, a.Uses) })
	return out
}
