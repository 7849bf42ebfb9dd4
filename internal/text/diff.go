package text

import (
	"fmt"
	"strings"
)

// diffContext is how many equal lines a diff shows around changes, and maxDiffLines how many different ones are compared line by line;
// beyond that the whole stretch is replaced.
const (
	diffContext  = 3
	maxDiffLines = 3000
)

// Diff returns a unified diff of two versions of a file, or "" when they are equal.
func Diff(name, from, to string) string {
	if from == to {
		return ""
	}
	a, b := splitKeep(from), splitKeep(to)
	ops := diffLines(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
	for i := 0; i < len(ops); {
		if ops[i].kind == ' ' {
			i++
			continue
		}
		start := max(0, i-diffContext)
		end, quiet := i, 0
		for j := i; j < len(ops) && quiet <= 2*diffContext; j++ {
			if ops[j].kind == ' ' {
				quiet++
			} else {
				quiet, end = 0, j
			}
		}
		end = min(len(ops), end+1+diffContext)
		var lines strings.Builder
		na, nb := 0, 0
		for _, o := range ops[start:end] {
			if o.kind != '+' {
				na++
			}
			if o.kind != '-' {
				nb++
			}
			lines.WriteByte(o.kind)
			lines.WriteString(o.line)
			if !strings.HasSuffix(o.line, "\n") {
				lines.WriteString("\n\\ No newline at end of file\n")
			}
		}
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n%s", ops[start].a+1, na, ops[start].b+1, nb, lines.String())
		i = end
	}
	return out.String()
}

type diffOp struct {
	kind byte
	line string
	a, b int // numbers of the lines from 0
}

func splitKeep(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// diffLines finds a longest common subsequence of what is between the equal ends.
func diffLines(a, b []string) []diffOp {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var ops []diffOp
	for i := range head {
		ops = append(ops, diffOp{' ', a[i], i, i})
	}
	ma, mb := a[head:len(a)-tail], b[head:len(b)-tail]
	i, j := 0, 0
	if len(ma) <= maxDiffLines && len(mb) <= maxDiffLines {
		common := make([][]int32, len(ma)+1)
		for x := range common {
			common[x] = make([]int32, len(mb)+1)
		}
		for x := len(ma) - 1; x >= 0; x-- {
			for y := len(mb) - 1; y >= 0; y-- {
				if ma[x] == mb[y] {
					common[x][y] = common[x+1][y+1] + 1
				} else {
					common[x][y] = max(common[x+1][y], common[x][y+1])
				}
			}
		}
		for i < len(ma) && j < len(mb) {
			switch {
			case ma[i] == mb[j]:
				ops = append(ops, diffOp{' ', ma[i], head + i, head + j})
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				ops = append(ops, diffOp{'-', ma[i], head + i, head + j})
				i++
			default:
				ops = append(ops, diffOp{'+', mb[j], head + i, head + j})
				j++
			}
		}
	}
	for ; i < len(ma); i++ {
		ops = append(ops, diffOp{'-', ma[i], head + i, head + j})
	}
	for ; j < len(mb); j++ {
		ops = append(ops, diffOp{'+', mb[j], head + i, head + j})
	}
	for k := range tail {
		ops = append(ops, diffOp{' ', a[len(a)-tail+k], len(a) - tail + k, len(b) - tail + k})
	}
	return ops
}
