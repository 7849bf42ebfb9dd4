package event

import (
	"slices"
	"strings"
)

// A FieldSet names the fields that something reads: exact names and patterns with * for any run of characters. The zero
// FieldSet is empty. It is a value: Add and Union return new sets.
type FieldSet struct {
	names    []string // sorted, distinct
	patterns []string // sorted, distinct, each with a *
}

// AllFields is the set of every field.
var AllFields = FieldSet{patterns: []string{"*"}}

// Fields returns the set of the given names and patterns.
func Fields(names ...string) FieldSet { return FieldSet{}.Add(names...) }

// Add returns the set with more names and patterns.
func (s FieldSet) Add(names ...string) FieldSet {
	var fresh, wild []string
	for _, n := range names {
		have, to := s.names, &fresh
		if strings.Contains(n, "*") {
			have, to = s.patterns, &wild
		}
		if _, found := slices.BinarySearch(have, n); !found {
			*to = append(*to, n)
		}
	}
	return FieldSet{merged(s.names, fresh), merged(s.patterns, wild)}
}

// merged returns the sorted names with fresh ones, which are none of them, among them. Sets are never changed: without fresh names it
// is the same set.
func merged(names, fresh []string) []string {
	if len(fresh) == 0 {
		return names
	}
	out := append(slices.Clip(slices.Clone(names)), fresh...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Union returns the set of everything in s or t.
func (s FieldSet) Union(t FieldSet) FieldSet { return s.Add(t.names...).Add(t.patterns...) }

// Without returns the set without the exact names given; patterns stay.
func (s FieldSet) Without(names ...string) FieldSet {
	out := FieldSet{patterns: s.patterns}
	for _, n := range s.names {
		if !slices.Contains(names, n) {
			out.names = append(out.names, n)
		}
	}
	return out
}

// Has reports whether the set names the field or has a pattern that matches it.
func (s FieldSet) Has(name string) bool {
	if _, found := slices.BinarySearch(s.names, name); found {
		return true
	}
	return slices.ContainsFunc(s.patterns, func(p string) bool { return MatchName(p, name) })
}

// Names returns the exact names, sorted. It must not be changed.
func (s FieldSet) Names() []string { return s.names }

// Patterns returns the patterns, sorted. It must not be changed.
func (s FieldSet) Patterns() []string { return s.patterns }

// Closed reports whether the set is a finite list of names.
func (s FieldSet) Closed() bool { return len(s.patterns) == 0 }

// Empty reports whether the set has no member.
func (s FieldSet) Empty() bool { return len(s.names)+len(s.patterns) == 0 }

func (s FieldSet) String() string {
	return strings.Join(append(slices.Clone(s.names), s.patterns...), ", ")
}

// MatchName reports whether a field name fits a pattern in which * stands for any run of characters. Case counts.
func MatchName(pattern, name string) bool {
	if pattern != "" && pattern[0] != '*' && (name == "" || name[0] != pattern[0]) {
		return false // most names end here
	}
	_, ok := MatchWildcards(pattern, name)
	return ok
}

// HiddenPrefix begins the names of columns that the engine keeps for itself. Only their exact names reach them: a pattern never
// does, so that a query which asks for all fields does not get what was computed for another one.
const HiddenPrefix = "\x01harrier:"

// TelemetryField is the column by which macros such as sysmon choose events. It is no field of the events, so it is hidden as the
// engine's own columns are, but a query may name it.
const TelemetryField = "_telemetry"

// Hidden reports whether only its exact name reaches a column.
func Hidden(name string) bool { return name == TelemetryField || strings.HasPrefix(name, HiddenPrefix) }

// MatchWildcards is [MatchName] that also returns what each * stood for.
func MatchWildcards(pattern, name string) (parts []string, ok bool) {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return nil, pattern == name
	}
	if Hidden(name) {
		return nil, false
	}
	name, ok = strings.CutPrefix(name, first)
	for ok {
		lit, more, again := strings.Cut(rest, "*")
		if !again {
			part, ends := strings.CutSuffix(name, lit)
			return append(parts, part), ends
		}
		i := strings.Index(name, lit)
		if i < 0 {
			return nil, false
		}
		parts = append(parts, name[:i])
		name, rest = name[i+len(lit):], more
	}
	return nil, false
}
