package attack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Layer is a layer for ATT&CK Navigator: techniques with scores, in shades between two colours.
// https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
type Layer struct {
	Name, Description string
	Scores            []Score
	// Colors go from the score 0 to the highest; nil means from nearly white to dark orange.
	Colors []string
	// Max is the score of the last colour; 0 means the highest score.
	Max int
}

// Score is a technique of a layer.
type Score struct {
	ID      string
	Score   int
	Comment string
}

type layerJSON struct {
	Name     string `json:"name"`
	Versions struct {
		Attack    string `json:"attack"`
		Navigator string `json:"navigator"`
		Layer     string `json:"layer"`
	} `json:"versions"`
	Domain      string      `json:"domain"`
	Description string      `json:"description"`
	Sorting     int         `json:"sorting"`
	Techniques  []scoreJSON `json:"techniques"`
	Gradient    struct {
		Colors   []string `json:"colors"`
		MinValue int      `json:"minValue"`
		MaxValue int      `json:"maxValue"`
	} `json:"gradient"`
}

type scoreJSON struct {
	ID      string `json:"techniqueID"`
	Score   int    `json:"score"`
	Comment string `json:"comment,omitempty"`
	Enabled bool   `json:"enabled"`
	Show    bool   `json:"showSubtechniques"`
}

// JSON returns the layer in Navigator's format 4.5, techniques by id. Ids that are none are left out, and scores of one technique are
// added.
func (l Layer) JSON() ([]byte, error) {
	var out layerJSON
	out.Name, out.Description, out.Domain, out.Sorting = l.Name, l.Description, "enterprise-attack", 3 // by score, descending
	out.Versions.Attack, out.Versions.Navigator, out.Versions.Layer = Version(), "5.1.0", "4.5"
	scores := slices.Clone(l.Scores)
	for i := range scores {
		scores[i].ID = strings.ToUpper(strings.TrimSpace(scores[i].ID))
	}
	scores = slices.DeleteFunc(scores, func(s Score) bool { return !IsID(s.ID) })
	slices.SortStableFunc(scores, func(a, b Score) int { return cmp.Compare(a.ID, b.ID) })
	out.Techniques = []scoreJSON{}
	most := 0
	for _, s := range scores {
		n := len(out.Techniques)
		if n > 0 && out.Techniques[n-1].ID == s.ID {
			out.Techniques[n-1].Score += s.Score
			n--
		} else {
			out.Techniques = append(out.Techniques, scoreJSON{ID: s.ID, Score: s.Score, Comment: s.Comment, Enabled: true})
		}
		most = max(most, out.Techniques[n].Score)
	}
	for i := range out.Techniques {
		id := out.Techniques[i].ID + "."
		out.Techniques[i].Show = slices.ContainsFunc(out.Techniques, func(s scoreJSON) bool { return strings.HasPrefix(s.ID, id) })
	}
	out.Gradient.Colors, out.Gradient.MaxValue = l.Colors, cmp.Or(l.Max, max(most, 1))
	if out.Gradient.Colors == nil {
		out.Gradient.Colors = []string{"#fdf1e3", "#e79f66", "#832f0b"}
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	return append(b, '\n'), nil
}
