package simulate

import (
	"bytes"
	"testing"
	"time"
)

func TestRunIsDeterministic(t *testing.T) {
	o := Options{Seed: 7, Start: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Length: time.Hour, Events: 500, Intrusion: true}
	var a, b bytes.Buffer
	if err := WriteJSON(&a, Run(o)); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&b, Run(o)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same seed gave other bytes")
	}
	o.Intrusion = false
	if n, m := len(Run(o)), bytes.Count(a.Bytes(), []byte("\n")); m-n < 15 {
		t.Errorf("the intrusion adds %d events only", m-n)
	}
}
