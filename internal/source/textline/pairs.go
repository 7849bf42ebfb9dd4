package textline

import "bytes"

// maxKey bounds what is taken for a key.
const maxKey = 128

// nextPair finds the next key=value at or after p: the key is of letters, digits and _ . : -, and stands behind a blank or a
// separator; the value is in quotes, or ends at a blank, comma or semicolon. It is what automatic key-value extraction finds.
// https://docs.splunk.com/Documentation/Splunk/latest/Knowledge/Automatickey-valuefieldextractionsatsearch-time
func nextPair(b []byte, p int) (key, value []byte, next int, ok bool) {
	for p < len(b) {
		i := bytes.IndexByte(b[p:], '=')
		if i < 0 {
			break
		}
		eq := p + i
		from := eq
		for from > p && keyByte[b[from-1]] && eq-from <= maxKey {
			from--
		}
		next = eq + 1
		if from == eq || eq-from > maxKey || from > 0 && !separator[b[from-1]] || next < len(b) && b[next] == '=' {
			p = next
			for p < len(b) && b[p] == '=' {
				p++
			}
			continue
		}
		key = b[from:eq]
		if next < len(b) && (b[next] == '"' || b[next] == '\'') {
			if n := quoted(b[next:]); n > 0 {
				return key, b[next+1 : next+n-1], next + n, true
			}
		}
		end := next
		for end < len(b) && !ends[b[end]] {
			end++
		}
		return key, b[next:end], end, true
	}
	return nil, nil, len(b), false
}

// quoted returns the length of the quoted text that b begins with, quotes included; 0 when it has no end.
func quoted(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '\\' && b[0] == '"':
			i++
		case b[i] == b[0]:
			return i + 1
		}
	}
	return 0
}

var keyByte, separator, ends = func() (k, s, e [256]bool) {
	for c := range 256 {
		b := byte(c)
		k[c] = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b == '.' || b == ':' || b == '-'
	}
	for _, c := range []byte(" \t\x1d,;|&?([{\"'") {
		s[c] = true
	}
	for _, c := range []byte(" \t\r\n\x1d,;|&)]}\"") {
		e[c] = true
	}
	return
}()

// cleanKey appends the name of the field for a key: other characters than letters, digits and _ become _, and leading
// underscores and digits go, as CLEAN_KEYS of transforms.conf says. So no key can name _raw or _time.
func cleanKey(dst, key []byte) []byte {
	for _, c := range key {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || len(dst) > 0 && c >= '0' && c <= '9':
			dst = append(dst, c)
		case len(dst) > 0 && (c < '0' || c > '9'):
			dst = append(dst, '_')
		}
	}
	return dst
}
