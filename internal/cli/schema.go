package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/text"
)

func schemaCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [TABLE|NODE]",
		Short: "Show the tables and data-model nodes, what fills them, and what nothing fills",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			w := bufio.NewWriter(s.out)
			if len(args) == 0 {
				for _, name := range schema.Views() {
					v, _ := schema.Describe(name)
					doc, _, _ := strings.Cut(v.Doc, "\n")
					fmt.Fprintf(w, "%-44s %3d columns, %2d feeds  %s\n", v.Name, len(v.Columns), len(v.Feeds), doc)
				}
				return w.Flush()
			}
			v, err := findView(args[0])
			if err != nil {
				return err
			}
			printView(w, v)
			return w.Flush()
		},
	}
}

// findView finds a view by its whole name or by the name a rule would use: DeviceProcessEvents, Endpoint.Processes, Processes.
// Log sources of Sigma are sigma:product/category/service, of which parts may be empty and the last ones left out.
func findView(name string) (schema.ViewInfo, error) {
	if strings.HasPrefix(name, "sigma:") {
		if v, ok := schema.Describe(name + strings.Repeat("/", max(0, 2-strings.Count(name, "/")))); ok {
			return v, nil
		}
	}
	var names []string
	for _, full := range schema.Views() {
		_, short, _ := strings.Cut(full, ":")
		_, node, _ := strings.Cut(short, ".")
		if strings.EqualFold(full, name) || strings.EqualFold(short, name) || strings.EqualFold(node, name) {
			v, _ := schema.Describe(full)
			return v, nil
		}
		names = append(names, short)
	}
	msg := fmt.Sprintf("there is no table or node %q", name)
	if near := text.Nearest(name, names); len(near) > 0 {
		msg += "; near are " + strings.Join(near, ", ")
	}
	return schema.ViewInfo{}, fmt.Errorf("%s", msg)
}

func printView(w *bufio.Writer, v schema.ViewInfo) {
	fmt.Fprintf(w, "%s\n", v.Name)
	if v.Doc != "" {
		fmt.Fprintf(w, "%s\n", strings.TrimSpace(v.Doc))
	}
	if v.Time != "" {
		fmt.Fprintf(w, "Its time is %s.\n", v.Time)
	}
	if v.Open {
		fmt.Fprintln(w, "Besides the columns below it has all fields of the source.")
	}
	filled := map[string][]string{}
	all := []string{}
	for _, f := range v.Feeds {
		kind := f.Kind
		if f.Same {
			all = append(all, kind)
		}
		for _, c := range f.Columns {
			if !slices.Contains(filled[c], kind) {
				filled[c] = append(filled[c], kind)
			}
		}
	}
	fmt.Fprintf(w, "\nFilled from\n")
	for _, f := range v.Feeds {
		events := strings.Join(f.Events, "; ")
		if events == "" {
			events = "all events"
		}
		fmt.Fprintf(w, "  %-14s %s", f.Kind, events)
		if f.When != "" {
			fmt.Fprintf(w, " where %s", f.When)
		}
		if f.Same {
			fmt.Fprint(w, " (columns of the same name)")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nColumns\n")
	var unmapped []string
	for _, c := range v.Columns {
		from := append(slices.Clone(filled[c.Name]), all...)
		slices.Sort(from)
		from = slices.Compact(from)
		if len(from) == 0 {
			unmapped = append(unmapped, c.Name)
		}
		late := ""
		if c.Late {
			late = " (from the process tree)"
		}
		fmt.Fprintf(w, "  %-44s %-9s %s%s", c.Name, c.Type, strings.Join(from, ", "), late)
		if c.Doc != "" {
			fmt.Fprintf(w, "  %s", c.Doc)
		}
		fmt.Fprintln(w)
	}
	if len(unmapped) > 0 {
		fmt.Fprintf(w, "\nFilled by nothing: %s\n", strings.Join(unmapped, ", "))
	}
}
