package attack

import (
	"encoding/json"
	"testing"
)

func TestLayer(t *testing.T) {
	b, err := Layer{Name: "n </script>", Scores: []Score{{"t1059.001", 2, "x"}, {"T1003", 1, ""}, {"T1059", 4, ""}, {"none", 9, ""}, {"T1059.001 ", 3, ""}}}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var l layerJSON
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	want := []scoreJSON{{"T1003", 1, "", true, false}, {"T1059", 4, "", true, true}, {"T1059.001", 5, "x", true, false}}
	if len(l.Techniques) != len(want) {
		t.Fatalf("%+v", l.Techniques)
	}
	for i, w := range want {
		if l.Techniques[i] != w {
			t.Errorf("%+v, want %+v", l.Techniques[i], w)
		}
	}
	if l.Gradient.MaxValue != 5 || l.Versions.Attack != Version() || l.Domain != "enterprise-attack" {
		t.Errorf("%+v", l)
	}
}
