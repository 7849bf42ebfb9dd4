package text

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// A SARIFRule describes an id for SARIF.
type SARIFRule struct {
	ID          string
	Short, Full string
	Severity    Severity
}

// The parts of SARIF 2.1.0 that are written: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Short   sarifText   `json:"shortDescription"`
		Full    *sarifText  `json:"fullDescription,omitempty"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
)

// WriteSARIF writes diagnostics as a SARIF log of one run of a tool. Every id of the diagnostics should be among the rules; those
// that are not are added by their id alone.
func WriteSARIF(w io.Writer, tool string, rules []SARIFRule, ds Diagnostics) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: tool, Rules: []sarifRule{}}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	index := map[string]int{}
	add := func(r SARIFRule) {
		index[r.ID] = len(run.Tool.Driver.Rules)
		out := sarifRule{ID: r.ID, Short: sarifText{r.Short}, Default: sarifConfig{r.Severity.String()}}
		if r.Short == "" {
			out.Short.Text = r.ID
		}
		if r.Full != "" {
			out.Full = &sarifText{r.Full}
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, out)
	}
	for _, r := range rules {
		add(r)
	}
	for _, d := range ds {
		if _, ok := index[d.ID]; !ok {
			add(SARIFRule{ID: d.ID, Severity: d.Severity})
		}
		res := sarifResult{RuleID: d.ID, RuleIndex: index[d.ID], Level: d.Severity.String(), Message: sarifText{d.Message}}
		if d.Source != nil {
			res.Locations = []sarifLocation{{Physical: physical(d)}}
		}
		for _, r := range d.Related {
			if r.Source != nil {
				res.Related = append(res.Related, sarifLocation{Physical: physical(r), Message: &sarifText{r.Message}})
			}
		}
		if fix, ok := sarifFixOf(d); ok {
			res.Fixes = []sarifFix{fix}
		}
		run.Results = append(run.Results, res)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	return nil
}

func physical(d Diagnostic) sarifPhysical {
	from, to := d.Source.Position(d.Span.Start), d.Source.Position(d.Span.End)
	if to.Line < from.Line || to.Line == from.Line && to.Column <= from.Column {
		to = Position{from.Line, from.Column + 1}
	}
	return sarifPhysical{sarifArtifact{fileURI(d.Source.Name)}, &sarifRegion{from.Line, from.Column, to.Line, to.Column}}
}

// fileURI writes a path as a URI reference, relative as the path is.
func fileURI(path string) string {
	p := filepath.ToSlash(path)
	if filepath.IsAbs(path) {
		if !strings.HasPrefix(p, "/") {
			p = "/" + p
		}
		return (&url.URL{Scheme: "file", Path: p}).String()
	}
	return strings.TrimPrefix((&url.URL{Path: "./" + strings.TrimPrefix(p, "./")}).String(), "./")
}

func sarifFixOf(d Diagnostic) (sarifFix, bool) {
	if len(d.Fix) == 0 {
		return sarifFix{}, false
	}
	whole := NewSource(d.Source.Name, d.Source.File())
	change := sarifChange{Artifact: sarifArtifact{fileURI(d.Source.Name)}}
	for _, e := range d.Fix {
		at, ok := d.Source.FileSpan(e.Span)
		if !ok {
			return sarifFix{}, false
		}
		from, to := whole.Position(at.Start), whole.Position(at.End)
		change.Replacements = append(change.Replacements, sarifReplacement{sarifRegion{from.Line, from.Column, to.Line, to.Column}, sarifText{e.New}})
	}
	return sarifFix{Description: sarifText{d.Message}, Changes: []sarifChange{change}}, true
}

// Apply makes edits of a text. Of edits that overlap, the first one by place is made.
func Apply(s string, edits []Edit) string {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Span.Start - b.Span.Start })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.Span.Start < at || e.Span.End > len(s) {
			continue
		}
		b.WriteString(s[at:e.Span.Start])
		b.WriteString(e.New)
		at = e.Span.End
	}
	b.WriteString(s[at:])
	return b.String()
}
