package schema

import "testing"

func TestLibraryLoads(t *testing.T) {
	if _, err := loadLibrary(); err != nil {
		t.Fatal(err)
	}
}
