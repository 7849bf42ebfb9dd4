package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/export"
)

// A page is text in sections, for a terminal or as Markdown.
type page struct {
	title    string
	sections []pageSection
}

type pageSection struct {
	title   string
	body    string
	code    bool
	columns []string   // of a table; a list has none
	rows    [][]string // of a table, or a list of labels and texts
}

func (p *page) text(title, body string) {
	p.sections = append(p.sections, pageSection{title: title, body: body})
}

func (p *page) code(title, body string) {
	if body != "" {
		p.sections = append(p.sections, pageSection{title: title, body: strings.TrimRight(body, "\n"), code: true})
	}
}

func (p *page) table(title string, columns []string, rows [][]string) {
	if len(rows) > 0 {
		p.sections = append(p.sections, pageSection{title: title, columns: columns, rows: rows})
	}
}

func (p *page) list(title string, rows [][]string) {
	if len(rows) > 0 {
		p.sections = append(p.sections, pageSection{title: title, rows: rows})
	}
}

// facts lists what has a value.
func (p *page) facts(title string, pairs [][2]string) {
	var rows [][]string
	for _, f := range pairs {
		if f[1] != "" {
			rows = append(rows, []string{f[0], strings.Join(strings.Fields(f[1]), " ")})
		}
	}
	p.list(title, rows)
}

func (p *page) write(w io.Writer, markdown bool) {
	if markdown {
		p.writeMarkdown(w)
		return
	}
	fmt.Fprintln(w, export.Printable(p.title))
	for _, s := range p.sections {
		if s.title != "" {
			fmt.Fprintf(w, "\n%s\n", export.Printable(s.title))
		}
		if s.body != "" {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(export.Printable(s.body), "\n", "\n  "))
		}
		writeAligned(w, s.columns, s.rows)
	}
}

// lineEnds makes one line of several.
var lineEnds = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// writeAligned writes rows with all columns but the last padded, up to a bound that keeps one long value from pushing the rest
// out of sight.
func writeAligned(w io.Writer, columns []string, rows [][]string) {
	const widest = 48
	if len(columns) > 0 {
		rows = append([][]string{columns}, rows...)
	}
	var widths []int
	clean := make([][]string, len(rows))
	for i, r := range rows {
		for j, cell := range r {
			cell = strings.ReplaceAll(export.Printable(cell), "\n", "\n  ")
			if len(columns) > 0 {
				cell = lineEnds.Replace(cell)
			}
			clean[i] = append(clean[i], cell)
			if j >= len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], min(widest, utf8.RuneCountInString(cell)))
		}
	}
	for _, r := range clean {
		var b strings.Builder
		for j, cell := range r {
			b.WriteString(cell)
			if j < len(r)-1 {
				b.WriteString(strings.Repeat(" ", max(0, widths[j]-utf8.RuneCountInString(cell))+2))
			}
		}
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(b.String(), " "))
	}
}

func (p *page) writeMarkdown(w io.Writer) {
	fmt.Fprintf(w, "# %s\n", cellText(p.title))
	for _, s := range p.sections {
		fmt.Fprintln(w)
		if s.title != "" {
			fmt.Fprintf(w, "## %s\n\n", cellText(s.title))
		}
		switch {
		case s.code:
			fence := fenceFor(s.body)
			fmt.Fprintf(w, "%s\n%s\n%s\n", fence, export.Printable(s.body), fence)
		case s.body != "":
			fmt.Fprintln(w, cellText(s.body))
		case len(s.columns) > 0:
			fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(s.columns, " | "), strings.Repeat("---|", len(s.columns)))
			for _, r := range s.rows {
				cells := make([]string, len(r))
				for i, c := range r {
					cells[i] = cellText(c)
				}
				fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
			}
		default:
			for _, r := range s.rows {
				fmt.Fprintf(w, "- **%s** %s\n", cellText(r[0]), codeText(r[1], s.title != ""))
			}
		}
	}
}

// cellText makes text safe inside Markdown: what a rule or an event says must not become markup.
func cellText(s string) string {
	s = strings.Join(strings.Fields(export.Printable(s)), " ")
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", ">", "&gt;", "[", `\[`).Replace(s)
}

func codeText(s string, code bool) string {
	if !code {
		return cellText(s)
	}
	s = strings.Join(strings.Fields(export.Printable(s)), " ")
	ticks := "`"
	for strings.Contains(s, ticks) {
		ticks += "`"
	}
	if len(ticks) > 1 {
		return ticks + " " + s + " " + ticks
	}
	return ticks + s + ticks
}

func fenceFor(s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence
}
