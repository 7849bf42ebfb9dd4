package site

import (
	"fmt"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/catalog"
)

// tacticColumn is a column of the ATT&CK matrix.
type tacticColumn struct {
	Name    string
	Covered int // cells with rules
	Cells   []techniqueCell
}

// techniqueCell is a technique with the rules of it and of those below it.
type techniqueCell struct {
	ID, Name string
	Group    *catalog.Group // nil where no rule names it
	Count    int
	Counts   catalog.Counts
	Subs     int // sub-techniques that rules name
}

// matrix lays the techniques out by tactic.
func (s *site) matrix() []tacticColumn {
	var out []tacticColumn
	for _, col := range catalog.Matrix() {
		c := tacticColumn{Name: col.Name}
		for _, t := range col.Techniques {
			cell := techniqueCell{ID: t.ID, Name: t.Name, Group: s.c.Group(catalog.ByTechnique, t.ID)}
			if cell.Group != nil {
				for _, e := range cell.Group.All() {
					cell.Counts.Add(e.Language)
				}
				cell.Count = cell.Counts.Total()
				for _, sub := range cell.Group.Children {
					if len(sub.Rules) > 0 {
						cell.Subs++
					}
				}
			}
			if cell.Count > 0 {
				c.Covered++
			} else {
				cell.Group = nil
			}
			c.Cells = append(c.Cells, cell)
		}
		out = append(out, c)
	}
	return out
}

type attackPage struct {
	page
	Lead, Foot string
	Matrix     []tacticColumn
	Legend     []tally
	// Odd are techniques that rules name and that the matrix has not, or no longer.
	Odd []ranked
}

// retired says what became of a technique that ATT&CK has given up.
func retired(t *attack.Technique) string {
	if next := attack.Lookup(t.Successor); next != nil {
		return "retired for " + next.ID + " " + next.FullName()
	}
	return "retired"
}

func (s *site) attack() any {
	p := attackPage{page: s.page("", "attack", "ATT&CK matrix"), Matrix: s.matrix(), Foot: "ATT&CK " + attack.Version() + ", Enterprise. ATT&CK is a trademark of The MITRE Corporation."}
	covered, all := 0, 0
	for _, c := range p.Matrix {
		covered, all = covered+c.Covered, all+len(c.Cells)
	}
	for _, g := range s.c.Of(catalog.ByTechnique) {
		switch t := attack.Lookup(g.Key); {
		case len(g.Rules) == 0:
		case t == nil:
			p.Odd = append(p.Odd, ranked{Text: g.Key, Note: "not of the Enterprise matrix", Href: "techniques/" + g.Page + ".html", Count: len(g.Rules)})
		case t.Retired:
			p.Odd = append(p.Odd, ranked{Text: g.Key + " " + t.FullName(), Note: retired(t), Href: "techniques/" + g.Page + ".html", Count: len(g.Rules)})
		}
	}
	p.Lead = fmt.Sprintf("%d of %d techniques have rules; a technique counts with its sub-techniques, and once under each of its tactics.", covered, all)
	for i, n := range []string{"none", "1–2", "3–6", "7–20", "21–60", "more"} {
		p.Legend = append(p.Legend, tally{Name: n, Count: i})
	}
	return p
}
