package query

import (
	"testing"
)

func TestGroupFindsRecordings(t *testing.T) {
	const day = 86400
	file := func(n uint32, from, to float64, hosts ...string) *span {
		s := &span{file: n, lo: from * day, hi: to * day, hosts: map[string]bool{}}
		for _, h := range hosts {
			s.hosts[h] = true
		}
		return s
	}
	// 0 and 1 are one host's log in two parts; 2 is the same host a year later; 3 another host at the time of 0; 4 runs on from 1
	// through a host that 1 holds too; 5 spans everything and belongs to nobody.
	r := group([]*span{file(0, 100, 101, "a"), file(1, 103, 104, "a", "b"), file(2, 465, 466, "a"), file(3, 100, 100, "c"), file(4, 105, 106, "b"), file(5, 1, 500, "z")})
	same := func(x, y uint32, want bool) {
		t.Helper()
		if (r.of[x] == r.of[y]) != want {
			t.Errorf("files %d and %d in one recording: %v, want %v", x, y, !want, want)
		}
	}
	same(0, 1, true)
	same(1, 4, true)
	same(0, 2, false)
	same(0, 3, false)
	same(0, 5, false)
	if got := r.end(r.of[0]).Unix(); got != 106*day {
		t.Errorf("the recording ends at %d", got)
	}
	if r.end(-1) != r.newest || r.newest.Unix() != 500*day {
		t.Error("the newest event of all is not the present of files without times")
	}
}
