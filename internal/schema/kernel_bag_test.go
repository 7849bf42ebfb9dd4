package schema

import "testing"

func TestKeyValues(t *testing.T) {
	// auditd writes a group separator before the names that it looked up.
	bag := keyValues("type=X msg='op=a res=success'\x1dUID=\"root\" AUID=joe\x1dID=7", 0)
	for k, want := range map[string]string{"type": "X", "op": "a", "res": "success", "UID": "root", "AUID": "joe", "ID": "7"} {
		if v, _ := bag.Get(k); v.Str() != want {
			t.Errorf("%s is %q, want %q", k, v.Str(), want)
		}
	}
}
