package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// slug makes a file name of a text: letters and digits of ASCII in lower case, dashes between them, at most so many bytes. It is
// safe on every file system; different texts may give one slug.
func slug(s string, most int) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		} else {
			dash = true
		}
		if b.Len() >= most {
			break
		}
	}
	if b.Len() == 0 || device.MatchString(b.String()) {
		return "x" + b.String()
	}
	return b.String()
}

// device are the names that Windows keeps for itself, whatever ending they have.
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
var device = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)

// digest is a short hash of texts, to tell apart what a slug does not.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p))))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// uniqueName returns name, or name with a number behind it, such that it was not given before.
func uniqueName(given map[string]bool, name string) string {
	out := name
	for n := 2; given[out]; n++ {
		out = name + "-" + strconv.Itoa(n)
	}
	given[out] = true
	return out
}
