package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/event"
)

// tableWriter lays rows out in columns as wide as their longest cell. It keeps all rows until Close, as a table must.
type tableWriter struct {
	w       io.Writer
	opt     Options
	batches []*event.Batch
}

func (t *tableWriter) Write(b *event.Batch) error {
	if t.opt.Columns == nil {
		t.opt.Columns = b.Names()
	}
	t.batches = append(t.batches, b)
	return nil
}

const (
	minCell = 6
	gap     = "  "
)

func (t *tableWriter) Close() error {
	names := t.opt.Columns
	if len(names) == 0 {
		return nil
	}
	var rows [][][]string // row, column, line
	widths := make([]int, len(names))
	for i, n := range names {
		widths[i] = utf8.RuneCountInString(n)
	}
	for _, b := range t.batches {
		_, cols := t.opt.columns(b)
		for r := range b.Len() {
			cells := make([][]string, len(names))
			for i, c := range cols {
				cells[i] = strings.Split(strings.ReplaceAll(Printable(Text(valueAt(c, r), true)), "\t", "    "), "\n")
				for _, line := range cells[i] {
					widths[i] = max(widths[i], utf8.RuneCountInString(line))
				}
			}
			rows = append(rows, cells)
		}
	}
	t.fit(widths)
	bw := bufio.NewWriter(t.w)
	head := make([][]string, len(names))
	rule := make([][]string, len(names))
	for i, n := range names {
		head[i] = []string{Printable(n)}
		rule[i] = []string{strings.Repeat("─", min(widths[i], max(utf8.RuneCountInString(n), 3)))}
	}
	printRow(bw, head, widths)
	printRow(bw, rule, widths)
	for _, r := range rows {
		printRow(bw, r, widths)
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// fit narrows the widest columns until the table fits the terminal.
func (t *tableWriter) fit(widths []int) {
	if t.opt.Width <= 0 {
		return
	}
	for {
		total, widest := len(gap)*(len(widths)-1), 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		over := total - t.opt.Width
		if over <= 0 || widths[widest] <= minCell {
			return
		}
		// Down to the next widest column at a time, so that all wide ones share the loss.
		next := minCell
		for i, w := range widths {
			if i != widest && w < widths[widest] {
				next = max(next, w)
			}
		}
		widths[widest] = max(next, widths[widest]-over, minCell)
		if widths[widest] == next && over > 0 {
			widths[widest] = max(minCell, next-1)
		}
	}
}

func printRow(w *bufio.Writer, cells [][]string, widths []int) {
	var wrapped [][]string
	height := 1
	for i, lines := range cells {
		var out []string
		for _, l := range lines {
			out = append(out, wrap(l, widths[i])...)
		}
		wrapped = append(wrapped, out)
		height = max(height, len(out))
	}
	for h := range height {
		pad := 0
		for i, lines := range wrapped {
			if i > 0 {
				pad += len(gap)
			}
			text := ""
			if h < len(lines) {
				text = lines[h]
			}
			if text != "" {
				w.WriteString(strings.Repeat(" ", pad))
				pad = 0
				w.WriteString(text)
			}
			pad += widths[i] - utf8.RuneCountInString(text)
		}
		w.WriteByte('\n')
	}
}

// wrap cuts a line into pieces of at most width characters; every cell is printed whole.
func wrap(s string, width int) []string {
	if utf8.RuneCountInString(s) <= width {
		return []string{s}
	}
	var out []string
	r := []rune(s)
	for len(r) > width {
		out = append(out, string(r[:width]))
		r = r[width:]
	}
	return append(out, string(r))
}
