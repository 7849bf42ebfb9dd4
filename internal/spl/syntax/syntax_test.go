package syntax

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/harrier-detect/harrier/internal/text"
)

var noPlaces = cmp.Options{cmpopts.IgnoreTypes(text.Span{}), cmpopts.EquateEmpty()}

// checkFixedPoint prints a tree, reads it again, and wants the same tree and the same text.
func checkFixedPoint(t testing.TB, name string, q *Query) {
	t.Helper()
	printed := Print(q)
	again, diags := Parse(text.NewSource(name, printed))
	if err := diags.Err(); err != nil {
		t.Errorf("%s: printed text is refused: %v\n%s", name, err, printed)
		return
	}
	if !sameTree(reflect.ValueOf(q), reflect.ValueOf(again)) {
		diff := cmp.Diff(q, again, noPlaces)
		t.Errorf("%s: the printed text reads differently:\n%s\n%s", name, printed, diff)
		return
	}
	if twice := Print(again); twice != printed {
		t.Errorf("%s: printed %s\nthen %s", name, printed, twice)
	}
}

// sameTree compares trees without their places; cmp.Diff does too, but takes its time.
func sameTree(a, b reflect.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return sameTree(a.Elem(), b.Elem())
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[text.Span]() {
			return true
		}
		for i := range a.NumField() {
			if !sameTree(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
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
	}
	return a.Equal(b)
}
