package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/expr"
)

// shownShared is how many atoms and selections of a view are listed for people.
const shownShared = 10

// printSharing prints what a hunt with these rules evaluates once for all: as JSON lines everything, for people what most rules share.
func printSharing(w io.Writer, shared []*detect.Sharing, format string) error {
	for _, s := range shared {
		if format == "jsonl" {
			line, err := json.Marshal(sharingLine(s))
			if err != nil {
				return fmt.Errorf("print plan: %w", err)
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return fmt.Errorf("print plan: %w", err)
			}
			continue
		}
		columns := fmt.Sprintf("%d columns", s.Columns)
		if s.Open {
			columns += " and any other"
		}
		fmt.Fprintf(w, "%s: %d scans of %d rules, %d different selections, %s\n", s.View, s.Scans, s.Rules, s.Selections, columns)
		fmt.Fprintf(w, "  %d atoms in %d places, %d of them looked for together by their texts\n", len(s.Atoms), s.Uses(), s.Guarded())
		for i, a := range s.Atoms {
			if a.Uses < 2 || i == shownShared {
				break
			}
			fmt.Fprintf(w, "  %6d × %s\n", a.Uses, shortened(export.Printable(expr.Print(a.Expr))))
		}
		for i, r := range s.Repeated {
			if i == shownShared {
				break
			}
			fmt.Fprintf(w, "  %6d × %s\n", r.Times, shortened(export.Printable(r.Scan.Head())))
		}
	}
	return nil
}

type sharedJSON struct {
	What string `json:"what"`
	Uses int    `json:"uses"`
}

type sharingJSON struct {
	View       string       `json:"view"`
	Scans      int          `json:"scans"`
	Rules      int          `json:"rules"`
	Selections int          `json:"selections"`
	Columns    int          `json:"columns"`
	Open       bool         `json:"open"`
	Atoms      int          `json:"atoms"`
	AtomUses   int          `json:"atom_uses"`
	Guarded    int          `json:"guarded"`
	Shared     []sharedJSON `json:"shared_atoms"`
	Repeated   []sharedJSON `json:"shared_selections"`
}

func sharingLine(s *detect.Sharing) sharingJSON {
	out := sharingJSON{View: s.View, Scans: s.Scans, Rules: s.Rules, Selections: s.Selections, Columns: s.Columns, Open: s.Open,
		Atoms: len(s.Atoms), AtomUses: s.Uses(), Guarded: s.Guarded(), Shared: []sharedJSON{}, Repeated: []sharedJSON{}}
	for _, a := range s.Atoms {
		if a.Uses > 1 {
			out.Shared = append(out.Shared, sharedJSON{expr.Print(a.Expr), a.Uses})
		}
	}
	for _, r := range s.Repeated {
		out.Repeated = append(out.Repeated, sharedJSON{r.Scan.Head(), r.Times})
	}
	return out
}
