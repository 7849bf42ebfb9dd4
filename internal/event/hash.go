package event

import (
	"encoding/binary"
	"math/bits"
)

// HashBytes mixes up to 16 bytes from either end, 16 from the middle and the length: keys and log values differ there or rarely
// at all. It is for tables of a decoder's own, in which every hit is compared in full.
func HashBytes(b []byte) uint64 {
	const k = 0x9E3779B97F4A7C15
	h := uint64(len(b)) * k
	switch n := len(b); {
	case n >= 16:
		h = mix(h^binary.LittleEndian.Uint64(b), k)
		h = mix(h^binary.LittleEndian.Uint64(b[8:]), k)
		h = mix(h^binary.LittleEndian.Uint64(b[n-16:]), k)
		h = mix(h^binary.LittleEndian.Uint64(b[n-8:]), k)
		if n > 48 {
			h = mix(h^binary.LittleEndian.Uint64(b[n/2:]), k)
			h = mix(h^binary.LittleEndian.Uint64(b[n/4:]), k)
		}
	case n >= 8:
		h = mix(h^binary.LittleEndian.Uint64(b), k)
		h = mix(h^binary.LittleEndian.Uint64(b[n-8:]), k)
	default:
		for _, c := range b {
			h = (h ^ uint64(c)) * k
		}
		h ^= h >> 29
	}
	return h
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
