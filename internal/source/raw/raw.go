// Package raw renders the raw text of records that were read from blocks of text.
package raw

import "unsafe"

// A Block is a stretch of text that must not change while a batch with records of it lives. It is an event.Renderer for keys
// made by [Key].
type Block struct{ Text []byte }

// Key names a record by its place in the block, both in bytes and below 2³².
func Key(offset, length int) uint64 { return uint64(offset)<<32 | uint64(uint32(length)) }

// Render returns a copy of the record's text.
func (b *Block) Render(key uint64) string {
	off := key >> 32
	return string(b.Text[off : off+key&0xffffffff])
}

// Peek returns the record's text in the block itself.
func (b *Block) Peek(key uint64) string {
	off := key >> 32
	text := b.Text[off : off+key&0xffffffff]
	return unsafe.String(unsafe.SliceData(text), len(text))
}
