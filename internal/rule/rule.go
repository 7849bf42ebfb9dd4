// Package rule reads detection content as its repositories publish it: ESCU (contentctl) and Anvilogic YAML with SPL,
// Sigma, Microsoft Sentinel analytics and hunting YAML, Markdown with fenced KQL, and plain .spl and .kql files. Every format ends
// in one envelope, a [Rule]; what surrounds rules (macros, lookups, saved functions) is kept beside them in a [Pack].
package rule

import (
	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// Language names the language of a rule's query.
type Language string

const (
	SPL   Language = "spl"
	KQL   Language = "kql"
	Sigma Language = "sigma"
)

// A Rule is a detection with everything its file says of it. Rules are immutable once loaded.
type Rule struct {
	ID       string
	Name     string
	File     string
	Language Language
	// Format is the publishing form: "escu", "anvilogic", "sentinel-analytic", "sentinel-hunting", "markdown", "sigma", "plain".
	Format string
	// Query is the query's text; places in it are places in the rule's file.
	Query *text.Source
	// Index and Part tell apart the queries of one file: the number of the fenced block of a page, and the number of the
	// query in a file that holds several, both from 0.
	Index, Part int
	// Source is the whole file, for diagnostics about the rule rather than its query.
	Source *text.Source

	Description    string
	Author         string
	Date           string
	Version        string
	Status         string
	Type           string // ESCU: TTP, Anomaly, Hunting, Correlation
	Severity       string // as published, or ""; see Level
	References     []string
	FalsePositives string
	Implement      string // how to implement, in prose
	Tags           []string

	Tactics    []string // ATT&CK tactics as published
	Techniques []string // ATT&CK technique ids
	KillChain  []string
	NIST       []string
	CIS        []string
	CVE        []string
	Stories    []string

	// Impact and Confidence (0–100) give the risk score, impact × confidence / 100; Score is used when the rule states one
	// directly. All are zero for formats without risk.
	Impact, Confidence int
	Score              int
	// Message is a template with $field$ or {{column}} tokens.
	Message string

	Observables []Observable
	Entities    []EntityMapping
	Required    []string // fields or columns that the rule says it reads
	DataSources []string // sources, connectors or tables that the rule says it needs
	Connectors  []Connector

	Domain   string   // security domain: endpoint, network, threat, identity, access, audit
	Asset    string   // what is attacked: Endpoint, AWS Account, …
	Products []string // of which the rule is a part
	Actors   []string // threat actors and Software that are known for the behaviour
	Software []string
	Atomics  []string // tests of Atomic Red Team: their GUIDs, or "T1021.002#3"
	// Related are other rules by what they are to this one ("derived", "obsolete", …) and id.
	Related    []Related
	Drilldowns []Drilldown
	// Custom are columns of the result that an alert shows under names of its own.
	Custom   []CustomDetail
	Override *Override
	// Throttle says which results are not worth another alert; nil: none are.
	Throttle *Throttle
	// PerAlert says that all rows of a run make one alert (Sentinel's default), not one each.
	PerAlert bool
	Incident *Incident
	Disabled bool // published as switched off

	Schedule *Schedule
	Tests    []Test
	// ManualTest says why the rule cannot be tested automatically, or is "".
	ManualTest string
	// Unread are the keys of the rule's file, dotted, that none of the above is from.
	Unread []string

	sigmaName string // by which correlations may refer to a Sigma rule

	// Doc is the whole YAML document the rule came from, for what has no place above; nil for other formats.
	Doc *yaml.Node
}

// Observable is an ESCU observable, or a risk or threat object of the newer form.
type Observable struct {
	Field string
	Type  string // as published: Hostname, User, Process, …
	// Role is "victim" or "attacker".
	Role string
	// Score is the object's own risk score, or 0 for the rule's.
	Score int
}

// EntityMapping is a Sentinel entity: which result columns identify it.
type EntityMapping struct {
	Type   string // Account, Host, IP, …
	Fields []EntityField
}

// EntityField is one identifier of an EntityMapping.
type EntityField struct{ Identifier, Column string }

// Schedule is when a rule runs at home and when its result is an alert.
type Schedule struct {
	Frequency, Period string // as published: 1h, PT5H
	Operator          string // gt, lt, eq, ne
	Threshold         int
	Kind              string // Scheduled, NRT
}

// Connector is a Sentinel data connector and the tables that it fills.
type Connector struct {
	ID     string
	Tables []string
}

// Related is another rule.
type Related struct{ ID, Type string }

// Drilldown is a search for an analyst to go on with. Its offsets may be tokens ($info_min_time$).
type Drilldown struct{ Name, Search, Earliest, Latest string }

// CustomDetail names a column of the result that an alert shows.
type CustomDetail struct{ Name, Column string }

// Override takes parts of an alert from its result: formats with {{column}}, and columns.
type Override struct {
	Name, Description             string
	SeverityColumn, TacticsColumn string
	Properties                    []CustomDetail
}

// Throttle holds alerts back: further ones with the same Fields (none: any) within Period after one.
type Throttle struct {
	Fields []string
	Period string // as published: 30m, PT5H
}

// Incident says what becomes of alerts: whether they open an incident, and which alerts one incident takes.
type Incident struct {
	Create, Group, Reopen bool
	Lookback, Matching    string
	ByEntities            []string
	ByDetails, ByCustom   []string
}

// Test names data a rule should find something in.
type Test struct {
	Name string
	Data []TestData
}

// TestData is one dataset of a Test.
type TestData struct {
	URL, Source, Sourcetype string
	Host, Index             string
	// UpdateTime asks for the events to be moved to the present before they are sent anywhere.
	UpdateTime bool
}

// RiskScore returns the rule's risk score: impact × confidence / 100 rounded to the nearest integer
// (https://docs.splunk.com/Documentation/ESSOC/latest/user/Riskscoring), else the stated one, else that of its level.
func (r *Rule) RiskScore() int {
	switch {
	case r.Impact > 0 && r.Confidence > 0:
		return (r.Impact*r.Confidence + 50) / 100
	case r.Score > 0:
		return r.Score
	}
	return ScoreOf(r.Level())
}

// Level returns the rule's severity in lower case: the published one, or, as contentctl derives it, one step for each twenty
// points of risk; "medium" for formats that state neither.
func (r *Rule) Level() string {
	if r.Severity != "" {
		return r.Severity
	}
	score := r.Score
	if r.Impact > 0 && r.Confidence > 0 {
		score = (r.Impact*r.Confidence + 50) / 100
	}
	switch {
	case score == 0:
		return "medium"
	case score <= 20:
		return "informational"
	case score <= 40:
		return "low"
	case score <= 60:
		return "medium"
	case score <= 80:
		return "high"
	}
	return "critical"
}

// ScoreOf returns the risk that a level stands for where it is the only measure: the middle of its twenty points.
func ScoreOf(level string) int {
	switch level {
	case "informational", "info":
		return 10
	case "low":
		return 30
	case "medium":
		return 50
	case "high":
		return 70
	case "critical":
		return 90
	}
	return 0
}

// CallsAnalyst reports whether what the rule finds is an alert. Of ESCU's types, TTP and Correlation make notables, Anomaly makes risk
// only, and Hunting neither (https://github.com/splunk/contentctl/blob/main/contentctl/objects/enums.py). Hunting queries, as
// which pages of queries and files without any metadata count, wait for who runs them: https://learn.microsoft.com/azure/sentinel/hunting
func (r *Rule) CallsAnalyst() bool {
	switch r.Format {
	case "escu":
		return r.Type == "TTP" || r.Type == "Correlation"
	case "sentinel-hunting", "markdown", "plain":
		return false
	}
	return true
}

// AddsRisk reports whether what the rule finds adds to the risk of its objects.
func (r *Rule) AddsRisk() bool {
	return r.Format != "escu" || r.Type == "TTP" || r.Type == "Anomaly"
}

// Fires reports whether n rows are what the rule calls a result: any, unless its schedule has a threshold.
// https://learn.microsoft.com/azure/sentinel/scheduled-rules-overview
func (r *Rule) Fires(n int) bool {
	if n == 0 || r.Schedule == nil {
		return n > 0
	}
	switch r.Schedule.Operator {
	case "gt":
		return n > r.Schedule.Threshold
	case "lt":
		return n < r.Schedule.Threshold
	case "eq":
		return n == r.Schedule.Threshold
	case "ne":
		return n != r.Schedule.Threshold
	}
	return true
}

// A Macro is a macro definition of a content repository.
type Macro struct {
	Name       string
	Args       []string
	Definition string
	File       string
}

// A LookupDef is a lookup definition of a content repository.
type LookupDef struct {
	Name       string
	Filename   string // a CSV beside the definition; empty for a state table
	Collection string
	Fields     []string // columns of a state table
	MatchType  string   // "WILDCARD(col), CIDR(col)"
	// CaseSensitive defaults to true.
	CaseSensitive          bool
	DefaultMatch           string
	MinMatches, MaxMatches int
	File                   string
}

// A Function is a saved KQL function (a parser).
type Function struct {
	Name   string
	Params []FunctionParam
	Body   *text.Source
	File   string
}

// FunctionParam is a parameter of a saved function. Default is KQL text, or empty.
type FunctionParam struct{ Name, Type, Default string }

// A Pack is what was read from a set of paths.
type Pack struct {
	Rules     []*Rule
	Macros    []Macro
	Lookups   []LookupDef
	Functions []Function
	// Sigma is what Sigma documents refer to.
	Sigma SigmaContent
	// LookupDirs are folders in which lookup tables may be found by file name.
	LookupDirs []string
	// Refused are rule files from which no rule could be made; each has at least one error among Diagnostics.
	Refused []*Rule
	// Diagnostics tell what was wrong with files.
	Diagnostics text.Diagnostics
	// Others counts files that hold no rule, by what they are (story, baseline, data source, picture, …).
	Others map[string]int
}
