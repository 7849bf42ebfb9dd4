package fn

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

func TestMemo(t *testing.T) {
	env := &Env{Memos: new(Memos)}
	m := env.Memo("upper")
	if env.Memo("upper") != m || env.Memo("other") == m {
		t.Error("a memo is known by the name of its function")
	}
	calls := 0
	upper := func(s string) event.Value { calls++; return event.StringOf(strings.ToUpper(s)) }
	text := strings.Repeat("a", 10)
	for _, s := range []string{text, text, text[:9], text, strings.Clone(text)} {
		if got := m.Of(s, upper).Str(); got != strings.ToUpper(s) {
			t.Errorf("%q: %q", s, got)
		}
	}
	if calls != 3 { // the text, a part of it at the same place, and a copy at another
		t.Errorf("called %d times", calls)
	}
	// Long texts are not kept, and without a memo nothing is.
	long := strings.Repeat("b", memoText+1)
	m.Of(long, upper)
	m.Of(long, upper)
	var none *Env
	none.Memo("upper").Of(text, upper)
	if calls != 6 {
		t.Errorf("called %d times", calls)
	}
}
