package fn

// BareGUID reports whether s is a GUID as event dumpers write values of that type: in capitals, without the braces that Windows
// puts around them. A GUID in small letters is a text of its event's own, such as the id of a script block, and has none.
func BareGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c < '0' || c > 'F' || c > '9' && c < 'A':
			return false
		}
	}
	return true
}
