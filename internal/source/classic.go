package source

// classicLen returns the length of the event in classic text that b begins with, 0 when it begins with none.
func classicLen(b []byte) (n int, whole bool) { return 0, false }

func (m *mixedDecoder) classic(sp span, record uint64) error { return nil }
