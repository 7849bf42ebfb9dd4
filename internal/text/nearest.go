package text

import (
	"slices"
	"strings"
)

// Nearest returns up to three of the names that are most like name, best first, for messages about unknown names. Case does
// not count. What is too different is left out, and so is what is less like it than the best.
func Nearest(name string, among []string) []string {
	type scored struct {
		name string
		d    int
	}
	low := strings.ToLower(name)
	limit := 2 + len(name)/4 // a letter of a short name, more of a long one
	var near []scored
	for _, n := range among {
		if d := editDistance(low, strings.ToLower(n), limit); d < limit && n != name {
			near = append(near, scored{n, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int {
		if a.d != b.d {
			return a.d - b.d
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, s := range near[:min(3, len(near))] {
		if s.d == near[0].d {
			out = append(out, s.name)
		}
	}
	return out
}

// editDistance counts the insertions, deletions and replacements between a and b; limit when they are that many or more.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return min(row[len(b)], limit)
}
