package textline

import "testing"

// TestVendor recognises the forms of products, and what only looks like them not.
func TestVendor(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"2 123397614277 eni-0b0f9f261f45e6489 10.0.1.30 10.0.1.1 47254 22 17 2 98 1697608042 1697608070 ACCEPT OK", true},
		{"2 1233 eni-0b0f 10.0.1.30", false},
		{"2023-11-07\t16:58:21\tIAD55-P5\t921\t192.0.2.55\tGET\tx.example.net\t/\t200", true},
		{"2023-11-07\t16:58\tIAD55-P5", false},
		{"577 <14>1 2024-02-22T12:33:50-05:00 FW1.EXAMPLE - - - - 1,2024/02/22 12:33:50,01,TRAFFIC,end", true},
		{"577 bottles", false},
		{"SESSION|05/14/2024 17:36:21.859|[HTTPS:169:anonymous:10.0.1.30] READ: *POST /x HTTP/1.1*", true},
		{"session|05/14/2024 17:36:21|x", false},
		{"12:18:18.691725165: Notice A shell was spawned (evt_type=execve user=root)", true},
		{"12:18:18 Notice", false},
		{"Audit:[timestamp=01-25-2023 22:08:54.818, user=admin]", true},
		{"", false},
	} {
		if _, ok := parseVendor([]byte(c.in), 0); ok != c.want {
			t.Errorf("%q: %v", c.in, ok)
		}
	}
}
