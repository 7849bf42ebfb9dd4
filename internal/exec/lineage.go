package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
)

// origins gathers the union of many rows' origins: the first event.MaxOrigins of them in order. Rows may come in any order at
// a constant cost each, which inserting one by one into an ordered list has not.
type origins struct {
	list   []event.Origin
	sorted int // a prefix that is in order and without repetitions
}

func (o *origins) add(a, b []event.Origin) {
	o.addAll(a)
	o.addAll(b)
}

func (o *origins) addAll(os []event.Origin) {
	for _, x := range os {
		n := len(o.list)
		if n > 0 && o.list[n-1] == x {
			continue
		}
		if o.sorted == n {
			if n == 0 || o.list[n-1].Less(x) {
				if n < event.MaxOrigins {
					o.list = append(o.list, x)
					o.sorted++
				}
				continue
			}
		}
		if o.sorted >= event.MaxOrigins && !x.Less(o.list[event.MaxOrigins-1]) {
			continue
		}
		if o.list = append(o.list, x); len(o.list) >= 4*event.MaxOrigins {
			o.compact()
		}
	}
}

func (o *origins) compact() {
	if o.sorted == len(o.list) {
		return
	}
	slices.SortFunc(o.list, func(a, b event.Origin) int {
		switch {
		case a.Less(b):
			return -1
		case b.Less(a):
			return 1
		}
		return 0
	})
	o.list = slices.Compact(o.list)
	if len(o.list) > event.MaxOrigins {
		o.list = o.list[:event.MaxOrigins]
	}
	o.sorted = len(o.list)
}

// done returns the union.
func (o *origins) done() []event.Origin {
	o.compact()
	return o.list
}
