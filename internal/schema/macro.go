package schema

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A Macro is a search macro that public content calls and does not define.
type Macro struct {
	Name string
	// Args are the names of its parameters; in Definition each stands between dollar signs.
	Args []string
	// Definition is the text that takes the call's place. It may begin with a pipe.
	Definition string
	Doc        string
}

// Macros returns the supplied search macros, sorted by name, then by number of arguments. Definitions of the user or of a content
// repository win over these. A macro whose name is not found anywhere and ends in _filter is [FilterMacro].
func Macros() []Macro { return lib().macros }

// FilterMacro is the definition of a rule's filter macro that nobody has defined.
const FilterMacro = "search *"

func (l *library) loadMacros(fsys fs.FS, _ string, names []string) error {
	for _, name := range names {
		var y struct {
			Macros []struct {
				Name, Definition, Doc string
				Args                  []string
			}
			Tools map[string]struct{ Names, Original strList }
		}
		if err := decode(fsys, name, &y); err != nil {
			return err
		}
		for _, m := range y.Macros {
			l.macros = append(l.macros, Macro{m.Name, m.Args, m.Definition, m.Doc})
		}
		for tool, t := range y.Tools {
			original := t.Original
			if original == nil {
				original = t.Names
			}
			l.macros = append(l.macros, Macro{
				Name: "process_" + tool,
				Definition: fmt.Sprintf("(Processes.process_name IN (%s) OR Processes.original_file_name IN (%s))",
					quotedList(t.Names), quotedList(original)),
				Doc: "The program " + strings.Join(t.Names, " or ") + ", also when it was renamed.",
			})
		}
	}
	slices.SortFunc(l.macros, func(a, b Macro) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(len(a.Args), len(b.Args)))
	})
	return nil
}

func quotedList(ss []string) string { return `"` + strings.Join(ss, `", "`) + `"` }
