package catalog

import (
	"encoding/json"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/rule"
)

// The JSON of a catalogue; docs/catalog.md describes it. Texts are as they were published: what shows them escapes them.

// countsJSON are numbers of rules by language.
type countsJSON struct {
	SPL   int `json:"spl"`
	KQL   int `json:"kql"`
	Sigma int `json:"sigma"`
}

// MarshalJSON implements json.Marshaler.
func (c Counts) MarshalJSON() ([]byte, error) { return json.Marshal(countsJSON{c[0], c[1], c[2]}) }

type ruleJSON struct {
	Page           string               `json:"page"`
	ID             string               `json:"id"`
	Name           string               `json:"name"`
	File           string               `json:"file"`
	Language       string               `json:"language"`
	Format         string               `json:"format"`
	State          string               `json:"state"`
	Diagnostics    []diagnosticJSON     `json:"diagnostics"`
	Description    string               `json:"description"`
	Authors        []string             `json:"authors"`
	Date           string               `json:"date,omitempty"`
	Version        string               `json:"version,omitempty"`
	Status         string               `json:"status,omitempty"`
	Type           string               `json:"type,omitempty"`
	Level          string               `json:"level"`
	RiskScore      int                  `json:"risk_score"`
	Impact         int                  `json:"impact,omitempty"`
	Confidence     int                  `json:"confidence,omitempty"`
	Message        string               `json:"message,omitempty"`
	Tactics        []string             `json:"tactics"`
	Techniques     []string             `json:"techniques"`
	KillChain      []string             `json:"kill_chain,omitempty"`
	NIST           []string             `json:"nist,omitempty"`
	CIS            []string             `json:"cis,omitempty"`
	CVE            []string             `json:"cve,omitempty"`
	Stories        []string             `json:"stories,omitempty"`
	Tags           []string             `json:"tags,omitempty"`
	References     []string             `json:"references"`
	FalsePositives string               `json:"false_positives,omitempty"`
	Implement      string               `json:"how_to_implement,omitempty"`
	Observables    []rule.Observable    `json:"observables,omitempty"`
	Entities       []rule.EntityMapping `json:"entities,omitempty"`
	Schedule       *rule.Schedule       `json:"schedule,omitempty"`
	Throttle       *rule.Throttle       `json:"throttle,omitempty"`
	Tests          []rule.Test          `json:"tests,omitempty"`
	Drilldowns     []rule.Drilldown     `json:"drilldowns,omitempty"`
	Domain         string               `json:"security_domain,omitempty"`
	Asset          string               `json:"asset,omitempty"`
	Products       []string             `json:"products,omitempty"`
	Actors         []string             `json:"threat_actors,omitempty"`
	Software       []string             `json:"software,omitempty"`
	Atomics        []string             `json:"atomics,omitempty"`
	Related        []rule.Related       `json:"related,omitempty"`
	DataSources    []string             `json:"data_sources"`
	Declared       []string             `json:"declared_fields,omitempty"`
	Text           string               `json:"text"`
	Query          *analyze.Query       `json:"query"`
	Indicators     []indicatorJSON      `json:"indicators"`
	Exclusions     []indicatorJSON      `json:"exclusions"`
	Reads          []analyze.Read       `json:"reads"`
	Events         []analyze.Event      `json:"events"`
	Output         []string             `json:"output_fields"`
	OutputOpen     bool                 `json:"other_output_fields"`
	Similar        []similarJSON        `json:"similar"`
	Findings       *foundJSON           `json:"findings,omitempty"`
	Together       []togetherJSON       `json:"same_events,omitempty"`
}

type diagnosticJSON struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
}

type indicatorJSON struct {
	Field   string      `json:"field"`
	Concept string      `json:"concept"`
	Kind    string      `json:"kind"`
	Stages  []string    `json:"stages"`
	Values  []valueJSON `json:"values"`
}

type valueJSON struct {
	Value  string  `json:"value"`
	Corpus *Counts `json:"corpus,omitempty"`
}

type similarJSON struct {
	Page   string  `json:"page"`
	Score  float64 `json:"score"`
	Common int     `json:"common"`
}

type togetherJSON struct {
	Page   string `json:"page"`
	Both   int    `json:"both"`
	Theirs int    `json:"theirs"`
}

type foundJSON struct {
	Count int               `json:"count"`
	First []json.RawMessage `json:"first"`
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// JSON returns the form of an entry in json/rules.jsonl.
func (e *Entry) JSON() any {
	r := e.Rule
	x := ruleJSON{Page: e.Page, ID: e.ID, Name: e.Name, File: e.File, Language: string(e.Language), Format: r.Format, State: e.State,
		Diagnostics: []diagnosticJSON{}, Description: strings.TrimSpace(r.Description), Authors: orEmpty(e.Authors), Date: r.Date, Version: r.Version, Status: r.Status,
		Type: r.Type, Level: r.Level(), RiskScore: r.RiskScore(), Impact: r.Impact, Confidence: r.Confidence, Message: r.Message, Tactics: orEmpty(e.Tactics),
		Techniques: orEmpty(e.Techniques), KillChain: r.KillChain, NIST: r.NIST, CIS: r.CIS, CVE: r.CVE, Stories: r.Stories, Tags: r.Tags,
		References: orEmpty(r.References), FalsePositives: r.FalsePositives, Implement: r.Implement, Observables: r.Observables, Entities: r.Entities,
		Schedule: r.Schedule, Throttle: r.Throttle, Tests: r.Tests, Drilldowns: r.Drilldowns, Domain: r.Domain, Asset: r.Asset,
		Products: r.Products, Actors: r.Actors, Software: r.Software, Atomics: r.Atomics, Related: r.Related, DataSources: orEmpty(e.Sources), Declared: r.Required, Query: e.Query,
		Indicators: indicatorsJSON(e.Indicators), Exclusions: indicatorsJSON(e.Exclusions), Reads: orEmpty(e.Reads), Events: orEmpty(e.Events),
		Output: orEmpty(e.Output), OutputOpen: e.OutputOpen, Similar: []similarJSON{}}
	if r.Query != nil {
		x.Text = r.Query.Text
	}
	for _, d := range e.Diagnostics {
		j := diagnosticJSON{ID: d.ID, Severity: d.Severity.String(), Message: d.Message}
		if d.Source != nil {
			at := d.Source.Position(d.Span.Start)
			j.Line, j.Column = at.Line, at.Column
		}
		x.Diagnostics = append(x.Diagnostics, j)
	}
	for _, s := range e.Similar {
		x.Similar = append(x.Similar, similarJSON{s.Entry.Page, float64(int(s.Score*1000+0.5)) / 1000, s.CommonCount})
	}
	for _, t := range e.Together {
		x.Together = append(x.Together, togetherJSON{t.Entry.Page, t.Both, t.Theirs})
	}
	if e.Found != nil {
		x.Findings = &foundJSON{Count: e.Found.Count, First: []json.RawMessage{}}
		for _, f := range e.Found.Shown {
			x.Findings.First = append(x.Findings.First, f.AppendJSON(nil))
		}
	}
	return x
}

func indicatorsJSON(list []Indicator) []indicatorJSON {
	out := []indicatorJSON{}
	for _, i := range list {
		x := indicatorJSON{Field: i.Field, Concept: i.Concept, Kind: string(i.Kind), Stages: i.Stages, Values: []valueJSON{}}
		for _, v := range i.Values {
			j := valueJSON{Value: v.Text}
			if v.Shared != nil {
				j.Corpus = &v.Shared.Counts
			}
			x.Values = append(x.Values, j)
		}
		out = append(out, x)
	}
	return out
}

type sharedJSON struct {
	Page    string   `json:"page,omitempty"`
	Concept string   `json:"concept"`
	Kind    string   `json:"kind"`
	Value   string   `json:"value"`
	Fields  []string `json:"fields"`
	Counts  Counts   `json:"corpus"`
	Rules   []string `json:"rules"`
}

// JSON returns the form of an indicator in json/indicators.jsonl.
func (s *Shared) JSON() any {
	return sharedJSON{s.Page, s.Concept, string(s.Kind), s.Value, s.Fields, s.Counts, pages(s.Rules)}
}

type groupJSON struct {
	Kind   string   `json:"kind"`
	Key    string   `json:"key"`
	Title  string   `json:"title"`
	Label  string   `json:"label,omitempty"`
	Page   string   `json:"page"`
	Counts Counts   `json:"corpus"`
	Rules  []string `json:"rules"`
	Also   []string `json:"read_by,omitempty"`
}

// JSON returns the form of a group in json/groups.jsonl.
func (g *Group) JSON() any {
	return groupJSON{string(g.Kind), g.Key, g.Title, g.Label, g.Page, g.Counts, pages(g.Rules), pages(g.Also)}
}

func pages(list []*Entry) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Page
	}
	return out
}

type summaryJSON struct {
	Title    string         `json:"title"`
	Rules    Counts         `json:"rules"`
	States   map[string]int `json:"states"`
	Groups   map[string]int `json:"groups"`
	Distinct int            `json:"indicators"`
	Data     *Data          `json:"data,omitempty"`
}

// JSON returns the form of the catalogue as a whole in json/catalog.json.
func (c *Catalog) JSON() any {
	x := summaryJSON{Title: c.Title, States: map[string]int{}, Groups: map[string]int{}, Distinct: len(c.Shared), Data: c.Data}
	for _, e := range c.Entries {
		x.Rules.Add(e.Language)
		x.States[e.State]++
	}
	for _, g := range c.Groups {
		x.Groups[string(g.Kind)]++
	}
	return x
}
