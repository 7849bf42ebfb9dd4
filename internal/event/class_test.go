package event

import (
	"fmt"
	"testing"
)

// Whichever version of an event comes first, the fields of each have the order that its records have.
func TestClassOrder(t *testing.T) {
	old, recent := []string{"Image", "CommandLine", "User"}, []string{"Image", "OriginalFileName", "CommandLine", "User", "LogonId"}
	for _, versions := range [][][]string{{old, recent}, {recent, old}, {old, recent, old}} {
		c := new(Classes).Intern(Class{Shape: "windows", ID: "1"})
		dicts := NewDicts(0)
		b := NewBuilder(dicts, 1, nil, func(b *Batch) error { b.Settle(); return nil })
		for _, fields := range versions {
			for _, f := range fields {
				b.AddString(b.Field(f), "x")
			}
			if err := b.End(c, Origin{}); err != nil {
				t.Fatal(err)
			}
		}
		got := []string{"User", "LogonId", "CommandLine", "OriginalFileName", "Image", "unknown"}
		c.Order(got)
		if s := fmt.Sprint(got); s != "[Image OriginalFileName CommandLine User LogonId unknown]" {
			t.Errorf("%v: %s", versions, s)
		}
	}
}
