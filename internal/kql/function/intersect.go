package function

import (
	"math"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// DcountIntersect counts the distinct values that all of the values of hll have gathered: exactly as long as each of them
// is exact. Null when one of them is not what hll gives.
// https://learn.microsoft.com/kusto/query/dcount-intersect-plugin
var DcountIntersect = &fn.Func{Name: "dcount_intersect", Min: 1, Max: -1, Null: fn.SeesNull, Doc: "Counts the distinct values in the intersection of sets that hll gathered.",
	Row: func(args []event.Value) event.Value {
		sets := make([]*sketch, len(args))
		for i, a := range args {
			s, ok := sketchOf(a)
			if !ok {
				return event.NullValue
			}
			s.clean()
			sets[i] = s
		}
		return event.IntOf(intersection(sets))
	}}

// intersection counts hashes that are in all sets. Where a set has kept only its smallest hashes, what is below
// the greatest of them is a sample of all sets alike.
func intersection(sets []*sketch) int64 {
	limit, sampled := uint64(math.MaxUint64), false
	for _, s := range sets {
		if len(s.hashes) == maxHashes {
			limit, sampled = min(limit, s.hashes[maxHashes-1]), true
		}
	}
	common := int64(0)
	for _, h := range sets[0].hashes {
		if h > limit {
			break
		}
		in := true
		for _, s := range sets[1:] {
			if _, in = slices.BinarySearch(s.hashes, h); !in {
				break
			}
		}
		if in {
			common++
		}
	}
	if !sampled {
		return common
	}
	return int64(math.Round(float64(common) / (float64(limit) / (1 << 64))))
}
