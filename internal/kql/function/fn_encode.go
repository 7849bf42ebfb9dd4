package function

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Encodings. What cannot be decoded gives "" or null.

func init() {
	text := func(name, see, doc string, f func(string) string) *Entry {
		return strict(name, see, doc, "string:string -> string", func(args []event.Value) event.Value { return textOf(f(args[0].Str())) })
	}
	register(
		text("base64_encode_tostring", "base64-encode-tostring-function", "Gives a text in Base64.", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
		text("base64_decode_tostring", "base64-decode-tostring-function", "Gives the text that a Base64 text stands for; \"\" when that is not UTF-8.", func(s string) string {
			b, ok := decode64(s)
			if !ok || !utf8.Valid(b) {
				return ""
			}
			return string(b)
		}),
		strict("base64_decode_toarray", "base64-decode-toarray-function", "Gives the bytes that a Base64 text stands for.", "base64_string:string -> dynamic", func(args []event.Value) event.Value {
			b, ok := decode64(args[0].Str())
			if !ok {
				return event.NullValue
			}
			out := make([]event.Value, len(b))
			for i, c := range b {
				out[i] = event.IntOf(int64(c))
			}
			return listOf(out)
		}),
		lax("base64_encode_fromarray", "base64-encode-fromarray-function", "Gives an array of bytes in Base64.", "array:array -> string", func(args []event.Value) event.Value {
			var b []byte
			for _, v := range args[0].List() {
				c := toLong(v)
				if c.IsNull() || c.Int() < 0 || c.Int() > 255 {
					return emptyText
				}
				b = append(b, byte(c.Int()))
			}
			return textOf(base64.StdEncoding.EncodeToString(b))
		}),
		strict("base64_decode_toguid", "base64-decode-toguid-function", "Gives the guid that a Base64 text stands for.", "base64_string:string -> guid", func(args []event.Value) event.Value {
			if b, ok := decode64(args[0].Str()); ok && len(b) == 16 {
				g := swapGUID(b)
				g[6], g[7] = g[7], g[6] // the manual's example leaves the third part as it is
				return textOf(guidText(g))
			}
			return event.NullValue
		}),
		strict("base64_encode_fromguid", "base64-encode-fromguid-function", "Gives the bytes of a guid in Base64.", "guid:guid -> string", func(args []event.Value) event.Value {
			b, err := hex.DecodeString(strings.ReplaceAll(args[0].Str(), "-", ""))
			if err != nil || len(b) != 16 {
				return emptyText
			}
			return textOf(base64.StdEncoding.EncodeToString(swapGUID(b)))
		}),
		text("url_encode", "url-encode-function", "Escapes what may not stand in a URL; a blank becomes +.", func(s string) string { return urlEncode(s, "-_.!*()", true) }),
		text("url_encode_component", "url-encode-component-function", "Escapes what may not stand in a URL; a blank becomes %20.", func(s string) string { return urlEncode(s, "-_.~!*()'", false) }),
		text("url_decode", "url-decode-function", "Undoes url_encode.", func(s string) string { return fn.URLDecode(s, true) }),
		text("gzip_compress_to_base64_string", "gzip-base64-compress", "Compresses a text with gzip and gives it in Base64.", func(s string) string { return base64.StdEncoding.EncodeToString(gzipped(s)) }),
		text("gzip_decompress_from_base64_string", "gzip-base64-decompress", "Undoes gzip_compress_to_base64_string.", func(s string) string {
			return decompressed(s, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
		}),
		text("zlib_compress_to_base64_string", "zlib-base64-compress-function", "Compresses a text with zlib and gives it in Base64.", func(s string) string { return base64.StdEncoding.EncodeToString(zlibbed(s)) }),
		text("zlib_decompress_from_base64_string", "zlib-base64-decompress-function", "Undoes zlib_compress_to_base64_string.", func(s string) string {
			return decompressed(s, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
		}),
		text("punycode_from_string", "punycode-from-string-function", "Gives a text in Punycode.", punyEncode),
		text("punycode_to_string", "punycode-to-string-function", "Undoes punycode_from_string.", func(s string) string { t, _ := punyDecode(s); return t }),
		text("punycode_domain_from_string", "punycode-domain-from-string-function", "Gives an internationalised domain name in ASCII.", func(s string) string {
			return mapLabels(s, func(l string) string {
				if isASCII(l) {
					return l
				}
				return "xn--" + punyEncode(l)
			})
		}),
		text("punycode_domain_to_string", "punycode-domain-to-string-function", "Undoes punycode_domain_from_string.", func(s string) string {
			return mapLabels(s, func(l string) string {
				if p, found := strings.CutPrefix(l, "xn--"); found {
					if t, ok := punyDecode(p); ok {
						return t
					}
				}
				return l
			})
		}),
	)
	alias("base64_encode_tostring", "base64_encodestring")
	alias("base64_decode_tostring", "base64_decodestring")
	examples(scalars, "base64_encode_tostring", `base64_encode_tostring("Kusto")`, `"S3VzdG8="`)
	examples(scalars, "base64_decode_tostring", `base64_decode_tostring("S3VzdG8=")`, `"Kusto"`, `base64_decode_tostring("S3VzdG8")`, `""`)
	examples(scalars, "base64_decode_toarray", `base64_decode_toarray("S3VzdG8=")`, `[75,117,115,116,111]`)
	examples(scalars, "base64_decode_toguid", `base64_decode_toguid("JpbpECu8dUy7Pv5gbeJXAA==")`, `"10e99626-bc2b-754c-bb3e-fe606de25700"`)
	examples(scalars, "url_encode", `url_encode("https://www.bing.com/hello world/")`, `"https%3a%2f%2fwww.bing.com%2fhello+world%2f"`)
	examples(scalars, "url_encode_component", `url_encode_component("hello world/")`, `"hello%20world%2f"`)
	examples(scalars, "url_decode", `url_decode("https%3a%2f%2fwww.bing.com%2f")`, `"https://www.bing.com/"`)
	examples(scalars, "gzip_compress_to_base64_string", `gzip_compress_to_base64_string("1234567890qwertyuiop")`, `"H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA=="`)
	examples(scalars, "zlib_decompress_from_base64_string", `zlib_decompress_from_base64_string("eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=")`, `"Test string 123"`, `zlib_decompress_from_base64_string("x0x0x0")`, `""`)
	examples(scalars, "punycode_from_string", `punycode_from_string("académie-française")`, `"acadmie-franaise-npb1a"`)
	examples(scalars, "punycode_domain_to_string", `punycode_domain_to_string("xn--ho8h.com")`, `"🐙.com"`)
}

func decode64(s string) ([]byte, bool) {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil
}

// swapGUID turns the byte order of a guid's first three parts, which Windows keeps little-endian.
func swapGUID(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func guidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func urlEncode(s, safe string, plus bool) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		switch c := s[i]; {
		case termByte[c] || strings.IndexByte(safe, c) >= 0:
			out = append(out, c)
		case c == ' ' && plus:
			out = append(out, '+')
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// deflated compresses a text; what does not get shorter is stored in one block, as the service does it.
func deflated(s string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		io.WriteString(w, s)
		w.Close()
	}
	if len(s) > 0xffff || b.Len() < len(s)+5 {
		return b.Bytes()
	}
	out := []byte{1, byte(len(s)), byte(len(s) >> 8), ^byte(len(s)), ^byte(len(s) >> 8)}
	return append(out, s...)
}

func gzipped(s string) []byte {
	out := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, deflated(s)...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(s)))
	return binary.LittleEndian.AppendUint32(out, uint32(len(s)))
}

func zlibbed(s string) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{0x78, 0x01}, deflated(s)...), adler32.Checksum([]byte(s)))
}

func decompressed(s string, open func(io.Reader) (io.Reader, error)) string {
	b, ok := decode64(s)
	if !ok {
		return ""
	}
	r, err := open(bytes.NewReader(b))
	if err != nil {
		return ""
	}
	out, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil || len(out) > maxText || !utf8.Valid(out) {
		return ""
	}
	return string(out)
}

func mapLabels(s string, f func(string) string) string {
	labels := strings.Split(s, ".")
	for i, l := range labels {
		labels[i] = f(l)
	}
	return strings.Join(labels, ".")
}

// Punycode, RFC 3492.

const (
	punyBase = 36
	punyMin  = 1
	punyMax  = 26
)

func punyAdapt(delta, n int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	delta += delta / n
	k := 0
	for delta > (punyBase-punyMin)*punyMax/2 {
		delta /= punyBase - punyMin
		k += punyBase
	}
	return k + (punyBase-punyMin+1)*delta/(delta+38)
}

func punyThreshold(k, bias int) int { return min(max(k-bias, punyMin), punyMax) }

func punyEncode(s string) string {
	in := []rune(s)
	var out []byte
	for _, r := range in {
		if r < 0x80 {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	digit := func(d int) byte {
		if d < 26 {
			return byte('a' + d)
		}
		return byte('0' + d - 26)
	}
	n, delta, bias := rune(0x80), 0, 72
	for done < len(in) {
		next := rune(utf8.MaxRune + 1)
		for _, r := range in {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range in {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := punyBase; ; k += punyBase {
				t := punyThreshold(k, bias)
				if q < t {
					break
				}
				out = append(out, digit(t+(q-t)%(punyBase-t)))
				q = (q - t) / (punyBase - t)
			}
			out = append(out, digit(q))
			bias = punyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return string(out)
}

func punyDecode(s string) (string, bool) {
	if len(s) > 4096 || !isASCII(s) {
		return "", false
	}
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out = []rune(s[:i])
		s = s[i+1:]
	}
	n, at, bias := 0x80, 0, 72
	for len(s) > 0 {
		old, w := at, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return "", false
			}
			c := s[0] | 0x20
			s = s[1:]
			var d int
			switch {
			case c >= 'a' && c <= 'z':
				d = int(c - 'a')
			case c >= '0' && c <= '9':
				d = int(c-'0') + 26
			default:
				return "", false
			}
			if at += d * w; at > 1<<40 {
				return "", false
			}
			t := punyThreshold(k, bias)
			if d < t {
				break
			}
			if w *= punyBase - t; w > 1<<40 {
				return "", false
			}
		}
		bias = punyAdapt(at-old, len(out)+1, old == 0)
		n += at / (len(out) + 1)
		at %= len(out) + 1
		if n > utf8.MaxRune {
			return "", false
		}
		out = append(out[:at], append([]rune{rune(n)}, out[at:]...)...)
		at++
	}
	return string(out), true
}
