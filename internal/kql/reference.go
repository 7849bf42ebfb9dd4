package kql

import (
	"maps"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
)

// An Operator is what there is to say of a tabular operator or of a plugin of evaluate.
type Operator struct {
	Name string
	// Aliases are other keywords of the same operator.
	Aliases []string
	// Source operators may begin a query.
	Source bool
	// Refused says why it cannot be run here, in the user's words; empty for those that can.
	Refused string

	Syntax, Doc string
	See         string // the page's name in KQL's manual
	// Options are what may be given as name=value and is heeded; others are refused, those that begin with hint. change nothing.
	Options []string
	// Note tells a known difference from the service, or is empty.
	Note string
	// Examples are whole queries and their rows as a list of objects in JSON.
	Examples []fn.Example
}

const manual = "https://learn.microsoft.com/kusto/query/"

// Page returns the address of the operator's page in KQL's manual.
func (o *Operator) Page() string {
	if o.See == "" {
		return ""
	}
	return manual + o.See
}

// Operators returns all tabular operators of the language by name, those that are refused included.
func Operators() []*Operator {
	aliases := map[string]bool{}
	for _, o := range operatorDocs {
		for _, a := range o.Aliases {
			aliases[a] = true
		}
	}
	var list []*Operator
	for _, name := range syntax.Operators() {
		if aliases[name] {
			continue
		}
		o := Operator{Name: name}
		if d := operatorDocs[name]; d != nil {
			o = *d
		}
		l, runs := lowering[name]
		o.Name, o.Source = name, l.source
		if !runs && o.Refused == "" {
			o.Refused = "it is not built"
		}
		list = append(list, &o)
	}
	return list
}

// Plugins returns the plugins of evaluate by name, those that are refused included.
func Plugins() []*Operator {
	var list []*Operator
	for _, name := range slices.Sorted(maps.Keys(plugins)) {
		o := Operator{Name: name}
		if d := pluginDocs[name]; d != nil {
			o = *d
			o.Name = name
		}
		list = append(list, &o)
	}
	for name, why := range unsupportedPlugins {
		list = append(list, &Operator{Name: name, Refused: why})
	}
	slices.SortFunc(list, func(a, b *Operator) int { return strings.Compare(a.Name, b.Name) })
	return list
}
