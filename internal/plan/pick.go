package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Pick is a column of a result: which column of the input it is, by position, and its name. From is -1 for a column of
// nulls.
type Pick struct {
	From int
	Name string
}

// Picks returns the columns that the Select makes of an input with the given columns.
func (n *Select) Picks(names []string) []Pick {
	var out []Pick
	match := func(name string) bool {
		return slices.ContainsFunc(n.Patterns, func(p string) bool { return event.MatchName(p, name) })
	}
	switch n.Mode {
	case Keep, Drop:
		for i, name := range names {
			if n.Mode == Drop && !match(name) || n.Mode == Keep && (match(name) || n.KeepInternal && strings.HasPrefix(name, "_")) {
				out = append(out, Pick{i, name})
			}
		}
		return out
	}
	used := make([]bool, len(names))
	nulls := map[string]bool{}
	for _, p := range n.Patterns {
		found := false
		for i, name := range names {
			if event.MatchName(p, name) {
				if found = true; !used[i] {
					used[i] = true
					out = append(out, Pick{i, name})
				}
			}
		}
		if !found && n.Mode == Table && !strings.Contains(p, "*") && !nulls[p] {
			nulls[p] = true
			out = append(out, Pick{-1, p})
		}
	}
	if n.Mode == First {
		for i, name := range names {
			if !used[i] {
				out = append(out, Pick{i, name})
			}
		}
	}
	return out
}

// Static reports whether the result's columns can be told batch by batch, without knowing all columns of the input.
func (n *Select) Static() bool {
	return n.Mode == Keep || n.Mode == Drop || n.Mode == Table && !slices.ContainsFunc(n.Patterns, wild)
}

func wild(s string) bool { return strings.Contains(s, "*") }

// Picks returns the columns that the Rename makes of an input with the given columns.
func (n *Rename) Picks(names []string) []Pick {
	out := make([]Pick, len(names))
	for i, name := range names {
		out[i] = Pick{i, name}
	}
	for _, p := range n.Pairs {
		to := make([]string, len(out))
		gone := map[string]bool{}
		if !wild(p.From) {
			if p.From == p.To {
				continue
			}
			gone[p.To] = true
		}
		for i, c := range out {
			if name, ok := renamed(p, c.Name); ok {
				to[i] = name
				gone[name] = true
			}
		}
		var next []Pick
		for i, c := range out {
			switch {
			case to[i] != "":
				// When two columns get one name the last one has it.
				if !slices.Contains(to[i+1:], to[i]) {
					next = append(next, Pick{c.From, to[i]})
				}
			case !gone[c.Name]:
				next = append(next, c)
			}
		}
		out = next
	}
	return out
}

// Static reports whether the renaming can be done batch by batch: whether no pair holds a wildcard.
func (n *Rename) Static() bool {
	return !slices.ContainsFunc(n.Pairs, func(p RenamePair) bool { return wild(p.From) })
}

func renamed(p RenamePair, name string) (string, bool) {
	parts, ok := event.MatchWildcards(p.From, name)
	if !ok {
		return "", false
	}
	return FillWildcards(p.To, parts), true
}

// FillWildcards puts parts in the place of the stars of a pattern, in order.
func FillWildcards(pattern string, parts []string) string {
	before, after, ok := strings.Cut(pattern, "*")
	if !ok || len(parts) == 0 {
		return pattern
	}
	// A part may hold a star of its own, so what is done already must not be looked at again.
	return before + parts[0] + FillWildcards(after, parts[1:])
}

// Columns returns the names that the columns of both sides have in the result. A right column that is left out has the name
// ""; with ClashOverwrite a right name may be one of the left names.
func (n *Join) Columns(left, right []string) (l, r []string) {
	taken := map[string]bool{}
	for _, name := range left {
		name = n.LeftPrefix + name
		l = append(l, name)
		taken[name] = true
	}
	for _, name := range right {
		name = n.RightPrefix + name
		if taken[name] {
			switch n.Clash {
			case ClashKeepLeft:
				name = ""
			case ClashSuffix:
				base := name
				for i := 1; taken[name]; i++ {
					name = base + strconv.Itoa(i)
				}
			}
		}
		r = append(r, name)
		taken[name] = true
	}
	return l, r
}

// Expand returns the items that an item with Over stands for among the given columns, in their order; an item without Over
// stands for itself.
func (a AggItem) Expand(names []string, g Grouping) []AggItem {
	if a.Over == "" {
		return []AggItem{a}
	}
	var out []AggItem
	for _, name := range names {
		if as, ok := a.Match(name, g); ok {
			out = append(out, AggItem{As: as, Fn: a.Fn, Args: a.ArgsOver(name)})
		}
	}
	return out
}
