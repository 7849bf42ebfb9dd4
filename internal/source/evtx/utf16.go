package evtx

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUTF16 appends UTF-16LE text as UTF-8; a lone surrogate becomes U+FFFD, an odd last byte is dropped.
func appendUTF16(dst, src []byte) []byte {
	// Nearly all text is ASCII: four characters at a time, into room for one byte a character.
	n := len(src) / 2
	if cap(dst)-len(dst) < n+8 {
		grown := make([]byte, len(dst), 2*cap(dst)+n+64)
		copy(grown, dst)
		dst = grown
	}
	out := dst[len(dst) : len(dst)+n+8]
	i := 0
	for ; i+8 <= len(src); i += 8 {
		x := binary.LittleEndian.Uint64(src[i:])
		if x&0xff80_ff80_ff80_ff80 != 0 {
			break
		}
		x |= x >> 8
		x &= 0x0000_ffff_0000_ffff
		x |= x >> 16
		binary.LittleEndian.PutUint32(out[i/2:], uint32(x))
	}
	for ; i+2 <= len(src) && src[i+1] == 0 && src[i] < utf8.RuneSelf; i += 2 {
		out[i/2] = src[i]
	}
	dst = dst[:len(dst)+i/2]
	for i+2 <= len(src) {
		r := rune(binary.LittleEndian.Uint16(src[i:]))
		i += 2
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
			continue
		}
		if utf16.IsSurrogate(r) {
			if i+2 <= len(src) {
				if pair := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(src[i:]))); pair != utf8.RuneError {
					i += 2
					dst = utf8.AppendRune(dst, pair)
					continue
				}
			}
			r = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
