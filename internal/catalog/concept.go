package catalog

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/analyze"
)

// A Concept is what rules of different languages test under different names.
type Concept struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	Path  bool   `yaml:"path"`
	// Selects says that the concept tells which events a rule is about.
	Selects bool                `yaml:"selects"`
	Fields  []string            `yaml:"fields"`
	Tables  map[string][]string `yaml:"tables"`
}

//go:embed concepts.yml
var conceptsYAML []byte

type conceptIndex struct {
	byField map[string]*Concept
	byTable map[string]map[string]*Concept
	byName  map[string]*Concept
}

var concepts = sync.OnceValue(func() conceptIndex {
	var list []*Concept
	if err := yaml.Unmarshal(conceptsYAML, &list); err != nil {
		panic(fmt.Sprintf("catalog: concepts.yml: %v", err)) // a test reads the file
	}
	x := conceptIndex{map[string]*Concept{}, map[string]map[string]*Concept{}, map[string]*Concept{}}
	for _, c := range list {
		x.byName[c.Name] = c
		for _, f := range c.Fields {
			x.byField[f] = c
		}
		for t, fields := range c.Tables {
			if x.byTable[t] == nil {
				x.byTable[t] = map[string]*Concept{}
			}
			for _, f := range fields {
				x.byTable[t][f] = c
			}
		}
	}
	return x
})

// A Key identifies an indicator across languages: what is tested, how, and for what.
type Key struct {
	Concept string
	Kind    analyze.Kind
	Value   string
}

// FieldKey returns a field's name in lower case, without the data set of a data model in front of it.
func FieldKey(field string) string {
	if set, name, ok := strings.Cut(field, "."); ok && set != "" && set[0] >= 'A' && set[0] <= 'Z' && !strings.ContainsAny(name, ".{}[]") {
		field = name
	}
	return strings.ToLower(field)
}

// conceptOf returns the name of what a field means in a rule that reads those tables: a concept's, or the field's own.
func conceptOf(field string, tables []string) (name string, path bool) {
	f := FieldKey(field)
	x := concepts()
	for _, t := range tables {
		if c := x.byTable[t][f]; c != nil {
			return c.Name, c.Path
		}
	}
	if c := x.byField[f]; c != nil {
		return c.Name, c.Path
	}
	return f, false
}

// keyOf returns the key of a test of a field for a value. Ways of saying the same in different languages give the same key.
func keyOf(field string, kind analyze.Kind, value string, tables []string) Key {
	concept, path := conceptOf(field, tables)
	k := Key{Concept: concept, Kind: kind, Value: value}
	switch kind {
	case analyze.Match:
		if concept == "event-id" && strings.Trim(value, "0123456789") == "" {
			k.Kind = analyze.Eq
		}
		return k
	case analyze.Test:
		return k
	case analyze.In:
		k.Kind = analyze.Eq
	case analyze.Has:
		k.Kind, k.Value = analyze.Contains, strings.Trim(value, "*")
	}
	k.Value = strings.ToLower(k.Value)
	switch {
	case k.Kind == analyze.Contains:
		k.Value = strings.TrimSpace(k.Value)
	case k.Kind == analyze.Wildcard && strings.HasPrefix(k.Value, "*") && strings.HasSuffix(k.Value, "*") && !strings.Contains(strings.Trim(k.Value, "*"), "*"):
		k.Kind, k.Value = analyze.Contains, strings.Trim(k.Value, "*")
	case path && (k.Kind == analyze.EndsWith || k.Kind == analyze.Eq):
		if last := strings.TrimLeft(k.Value, `\/`); !strings.ContainsAny(last, `\/`) {
			k.Kind, k.Value = analyze.Eq, last
		}
	}
	return k
}

// ConceptTitle returns a concept's name for people.
func ConceptTitle(name string) string {
	if c := concepts().byName[name]; c != nil {
		return c.Title
	}
	return name
}

// Selects reports whether the indicator tells which events a rule is about, and nothing of what is in them.
func (k Key) Selects() bool {
	c := concepts().byName[k.Concept]
	return c != nil && c.Selects
}
