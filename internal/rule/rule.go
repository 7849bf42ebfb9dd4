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

	Schedule *Schedule
	Tests    []Test

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

// Test names data a rule should find something in.
type Test struct {
	Name string
	Data []TestData
}

// TestData is one dataset of a Test.
type TestData struct{ URL, Source, Sourcetype string }

// RiskScore returns the rule's risk score: the stated one, or impact × confidence / 100 rounded to the nearest integer
// (https://docs.splunk.com/Documentation/ESSOC/latest/user/Riskscoring), or 0 when the format knows no risk.
func (r *Rule) RiskScore() int {
	if r.Impact > 0 && r.Confidence > 0 {
		return (r.Impact*r.Confidence + 50) / 100
	}
	return r.Score
}

// Level returns the rule's severity in lower case: the published one, or, as contentctl derives it, one step for each twenty
// points of risk; "medium" for formats that state neither.
func (r *Rule) Level() string {
	if r.Severity != "" {
		return r.Severity
	}
	score := r.RiskScore()
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
