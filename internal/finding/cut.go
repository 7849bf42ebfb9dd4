package finding

import (
	"fmt"
	"unicode/utf8"
)

// Cut shortens a text to about n bytes, at a character, and marks that it has been cut and how long it was.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	at := n
	for at > 0 && at > n-utf8.UTFMax && !utf8.RuneStart(s[at]) {
		at--
	}
	return fmt.Sprintf("%s… [cut: %d bytes in all]", s[:at], len(s))
}
