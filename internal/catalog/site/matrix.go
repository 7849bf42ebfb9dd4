package site

import (
	"fmt"

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
	for _, col := range s.c.Matrix() {
		c := tacticColumn{Name: col.Name}
		for _, id := range col.Techniques {
			cell := techniqueCell{ID: id, Name: catalog.TechniqueName(id), Group: s.c.Group(catalog.ByTechnique, id)}
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
}

func (s *site) attack() any {
	p := attackPage{page: s.page("", "attack", "ATT&CK matrix"), Matrix: s.matrix(), Foot: catalog.AttackVersion()}
	covered, all := 0, 0
	for _, c := range p.Matrix {
		covered, all = covered+c.Covered, all+len(c.Cells)
	}
	p.Lead = fmt.Sprintf("%d of %d techniques have rules; a technique counts with its sub-techniques, and once under each of its tactics.", covered, all)
	for i, n := range []string{"none", "1–2", "3–6", "7–20", "21–60", "more"} {
		p.Legend = append(p.Legend, tally{Name: n, Count: i})
	}
	return p
}
