package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A cost is what a process took.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes resident at most
}

// run runs a command and measures it. Exit codes that only tell of findings and refused rules are no failure.
func run(env []string, name string, args ...string) (cost, string, error) {
	c := exec.Command(name, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	c.Env = append(os.Environ(), env...)
	began := time.Now()
	err := c.Run()
	wall := time.Since(began)
	if c.ProcessState == nil {
		return cost{}, "", err
	}
	out := cost{cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), wall: wall, peak: peakOf(c.ProcessState)}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 2 || err != nil && exit == nil {
		return out, errs.String(), fmt.Errorf("%s: %w: %s", name, err, lastLine(errs.String()))
	}
	return out, errs.String(), nil
}

// peakOf returns the most memory that a process had resident: kilobytes on Linux.
func peakOf(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// best runs f several times and returns what took the least CPU: the machine may be shared, and what is over the least is noise.
func best(times int, f func() (cost, error)) (cost, error) {
	var out cost
	for i := range times {
		c, err := f()
		if err != nil {
			return c, err
		}
		if i == 0 {
			out = c
		}
		out.cpu, out.wall, out.peak = min(out.cpu, c.cpu), min(out.wall, c.wall), max(out.peak, c.peak)
	}
	return out, nil
}

// build builds the harrier of this tree in dir.
func build(dir string) (string, error) {
	bin := filepath.Join(dir, "harrier")
	c := exec.Command("go", "build", "-o", bin, "github.com/harrier-detect/harrier/cmd/harrier")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build harrier: %w: %s", err, out)
	}
	return bin, nil
}
