//go:build !unix

package source

import "time"

var started = time.Now()

// cpuSeconds stands in for processor time.
func cpuSeconds() float64 { return time.Since(started).Seconds() }
