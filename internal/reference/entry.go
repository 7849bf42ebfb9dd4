// Package reference is what the registries of the languages say, as text: pages for the terminal and for docs/reference, and
// the support matrix. It adds nothing of its own, so that it cannot say what the engine does not do.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Language is the reference of one language.
type Language struct {
	Name, Title string
	// Groups are in the order in which they are shown.
	Groups []Group
}

// A Group holds entries of one kind, by name.
type Group struct {
	Kind    string // in the singular: command, function
	Title   string
	Doc     string
	Entries []*Entry
}

// An Entry is one thing that a query can name.
type Entry struct {
	Kind    string
	Name    string
	Aliases []string
	// Syntax holds the forms in which it is written, one or more.
	Syntax []string
	Doc    string
	Page   string // the address of its page in the home platform's manual
	// Note tells a known difference from the home platform, or is empty.
	Note string
	// Refused says why it cannot be run; empty for what can.
	Refused string
	// Replaced names what to write today.
	Replaced string
	Options  []Option
	// Examples are pairs of an expression, or a whole query when Tabular is set, and its value or rows in JSON.
	Examples []fn.Example
	Tabular  bool
}

// An Option is an option of a command or operator.
type Option struct {
	Name string `json:"name"`
	// Values tells what may be given, where the registry says.
	Values string `json:"values,omitempty"`
	// Inert options are accepted because they cannot change an answer.
	Inert   bool   `json:"inert,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// Languages returns the references of all languages.
func Languages() []*Language { return []*Language{SPL(), KQL()} }

// Find returns the entries of that name or alias, ignoring case; several kinds of things may share a name. Without one, near
// holds names like it.
func (l *Language) Find(name string) (found []*Entry, near []string) {
	var names []string
	for _, g := range l.Groups {
		for _, e := range g.Entries {
			for _, n := range append([]string{e.Name}, e.Aliases...) {
				if strings.EqualFold(n, name) && !slices.Contains(found, e) {
					found = append(found, e)
				}
				names = append(names, n)
			}
		}
	}
	if len(found) == 0 {
		slices.Sort(names)
		near = text.Nearest(name, slices.Compact(names))
	}
	return found, near
}

// call writes a call of a function that says only how many arguments it takes: like(a, b), round(a[, b]), coalesce(a, …).
func call(name string, lo, hi int) string {
	var s strings.Builder
	letter := func(i int) string {
		if i < 26 {
			return string(rune('a' + i))
		}
		return fmt.Sprintf("a%d", i)
	}
	for i := range lo {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(letter(i))
	}
	switch {
	case hi < 0 && lo == 0:
		s.WriteString("[…]")
	case hi < 0:
		s.WriteString("[, …]")
	}
	for i := lo; i < hi; i++ {
		if i == 0 {
			s.WriteString("[" + letter(i))
		} else {
			s.WriteString("[, " + letter(i))
		}
	}
	if hi > lo {
		s.WriteString(strings.Repeat("]", hi-lo))
	}
	return name + "(" + s.String() + ")"
}

func sortEntries(list []*Entry) []*Entry {
	slices.SortStableFunc(list, func(a, b *Entry) int { return strings.Compare(a.Name, b.Name) })
	return list
}
