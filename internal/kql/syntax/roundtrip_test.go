package syntax

import (
	"reflect"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

// sameTree compares two trees without regard to places and sources.
func sameTree(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		if a.Type() == reflect.TypeFor[*text.Source]() {
			return true
		}
		return sameTree(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameTree(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[At]() {
			return true
		}
		for i := range a.NumField() {
			if !sameTree(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Float64:
		return a.Float() == b.Float() || a.Float() != a.Float() && b.Float() != b.Float()
	}
	return a.Equal(b)
}

// checkRoundTrip parses, prints, parses and prints again.
func checkRoundTrip(t *testing.T, query string) {
	t.Helper()
	q1, diags := Parse(text.NewSource("first", query))
	if diags.HasErrors() {
		return
	}
	printed := Print(q1)
	q2, diags := Parse(text.NewSource("second", printed))
	if diags.HasErrors() {
		t.Fatalf("printed text does not parse: %v\nquery:\n%s\nprinted:\n%s", diags.Err(), query, printed)
	}
	if !sameTree(reflect.ValueOf(q1.Statements), reflect.ValueOf(q2.Statements)) {
		t.Fatalf("printing changes the tree\nquery:\n%s\nprinted:\n%s", query, printed)
	}
	if again := Print(q2); again != printed {
		t.Fatalf("printing is not a fixed point\nfirst:\n%s\nsecond:\n%s", printed, again)
	}
}

// checkSpans makes sure that every node lies within its parent and within the source.
func checkSpans(t *testing.T, n Node, parent text.Span) {
	t.Helper()
	s := n.Span()
	if s.Start > s.End || s.Start < parent.Start || s.End > parent.End {
		t.Fatalf("%T at %v lies outside its parent at %v", n, s, parent)
	}
	n.children(func(c Node) { checkSpans(t, c, s) })
}
