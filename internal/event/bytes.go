package event

import (
	"strings"
	"unsafe"
)

func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func cloneString(s string) string { return strings.Clone(s) }
