package evtxwrite

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestWriteFileRefuses(t *testing.T) {
	f := func(e Event, want string) {
		t.Helper()
		if err := WriteFile(io.Discard, []Event{{ID: 1}, e}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(Event{Data: []Field{{"A", strings.Repeat("x", 40_000)}}}, "event 1: ")
	f(Event{Forwarded: true, Message: strings.Repeat("x", 40_000)}, "event 1: larger than a chunk of 64 KiB")
	f(Event{Data: []Field{{"A", 'x' + 0i}}}, "event 1: A: no binary form for a value of type complex128")
	f(Event{ActivityID: "1"}, `event 1: "1" is no GUID`)
	f(Event{UserSID: "X-1"}, `event 1: "X-1" is no security identifier`)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFileReportsWriter(t *testing.T) {
	if err := WriteFile(full{}, nil); err == nil || err.Error() != "write event log: disk full" {
		t.Error(err)
	}
}

func TestEmptyFile(t *testing.T) {
	var b bytes.Buffer
	if err := WriteFile(&b, nil); err != nil || b.Len() != 4096+chunkSize {
		t.Error(err, b.Len())
	}
}
