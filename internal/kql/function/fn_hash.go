package function

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Hashes. Digests are taken of the value's text; hash() of the bytes in which the service keeps it.

func init() {
	digest := func(name, see string, f func(string) string) *Entry {
		return lax(name, see, "Gives the "+name[5:]+" digest of a value's text in hexadecimal digits.", "source:notDynamic -> string",
			func(args []event.Value) event.Value { return textOf(f(Text(args[0]))) })
	}
	hash := func(name, see string) *Entry {
		return lax(name, see, "Gives the xxHash64 of a value, or its remainder by a modulus.", "source:notDynamic, mod:integer? -> long", func(args []event.Value) event.Value {
			h := fn.XXHash64(hashBytes(args[0]), 0)
			if len(args) > 1 {
				m := args[1]
				if m.IsNull() || m.Int() <= 0 {
					return event.NullValue
				}
				return event.IntOf(int64(h % uint64(m.Int())))
			}
			return event.IntOf(int64(h))
		})
	}
	register(
		digest("hash_md5", "hash-md5-function", fn.MD5), digest("hash_sha1", "hash-sha1-function", fn.SHA1), digest("hash_sha256", "hash-sha256-function", fn.SHA256),
		hash("hash", "hash-function"), hash("hash_xxhash64", "hash-xxhash64-function"),
		lax("hash_combine", "hash-combine-function", "Combines hash values.", "source:scalar+2 -> long", func(args []event.Value) event.Value {
			h := uint64(0)
			for _, a := range args {
				h = combineHash(h, uint64(toLong(a).Ticks()))
			}
			return event.IntOf(int64(h))
		}),
		lax("hash_many", "hash-many-function", "Combines the hashes of several values.", "source:notDynamic+ -> long", func(args []event.Value) event.Value {
			h := uint64(0)
			for _, a := range args {
				h = combineHash(h, fn.XXHash64(hashBytes(a), 0))
			}
			return event.IntOf(int64(h))
		}),
		strict("__hash_crc32", "", "Gives the CRC-32 of a value's text.", "source:notDynamic, mod:integer?, seed:integer? -> long", func(args []event.Value) event.Value {
			h := int64(crc32.ChecksumIEEE([]byte(Text(args[0]))))
			if len(args) > 1 && args[1].Int() > 0 {
				h %= args[1].Int()
			}
			return event.IntOf(h)
		}),
		strict("__hash_djb2", "", "Gives the djb2 hash of a value's text.", "source:notDynamic, mod:integer? -> long", func(args []event.Value) event.Value {
			h := uint64(5381)
			for _, c := range []byte(Text(args[0])) {
				h = h*33 + uint64(c)
			}
			if len(args) > 1 && args[1].Int() > 0 {
				h %= uint64(args[1].Int())
			}
			return event.IntOf(int64(h))
		}),
	)
	const note = "The way in which the service combines hashes is not published; values agree with each other, not with the service's."
	scalars["hash_combine"].Note, scalars["hash_many"].Note = note, note
	examples(scalars, "hash_md5", `hash_md5("World")`, `"f5a7924e621e84c9280a9a27e1bcb7f6"`)
	examples(scalars, "hash_sha1", `hash_sha1("World")`, `"70c07ec18ef89c5309bbb0937f3a6342411e1fdd"`)
	examples(scalars, "hash_sha256", `hash_sha256(datetime(2020-01-01))`, `"ba666752dc1a20eb750b0eb64e780cc4c968bc9fb8813461c1d7e750f302d71d"`)
	examples(scalars, "hash", `hash("World")`, `1846988464401551951`, `hash("World", 100)`, `51`, `hash(datetime("2015-01-01"))`, `1380966698541616202`)
}

func combineHash(h, x uint64) uint64 { return h ^ (x + 0x9e3779b97f4a7c15 + h<<6 + h>>2) }

// hashBytes is text in UTF-8, and other values as eight bytes; datetimes count from year 1.
func hashBytes(v event.Value) []byte {
	var n uint64
	switch v.Kind() {
	case event.Int, event.Duration:
		n = uint64(v.Ticks())
	case event.Time:
		n = uint64(v.Ticks() + epochTicks)
	case event.Float:
		n = math.Float64bits(v.Float())
	case event.Bool:
		if v.Bool() {
			return []byte{1}
		}
		return []byte{0}
	default:
		return []byte(Text(v))
	}
	return binary.LittleEndian.AppendUint64(nil, n)
}
