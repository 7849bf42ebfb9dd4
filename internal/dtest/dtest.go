// Package dtest runs the tests of detections: what data a rule must find something in, what data it must leave alone, and what
// the findings must say.
//
// Tests come with content: ESCU's `tests:` with attack_data, the regression data that Sigma rules point to, and a small YAML of
// Harrier's own, inside a rule or in a file beside it. All of them become a [Case].
package dtest

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Case is one test of one rule.
type Case struct {
	Rule *rule.Rule
	Name string
	// Origin says where the test is written: "escu", "sigma" or "harrier".
	Origin string
	// Source and Span are the place of the test, for diagnostics.
	Source *text.Source
	Span   text.Span
	Data   []Dataset
	// Now is what the rule takes as the present: "" for the newest event of the data, or a time.
	Now    string
	Expect Expect
	// Skip is why the test is not to be run, or "".
	Skip string
}

// A Dataset is a part of the data of a test.
type Dataset struct {
	// Ref is how the test names it: a URL, a path, or "" for events that are written out in the test.
	Ref string
	// Path is the file that Ref stands for, when it was found.
	Path string
	// Member is the member of the archive Path that is meant, or "" for all of the file.
	Member string
	// Inline are events written out in the test.
	Inline string
	// Stamp holds host, source, sourcetype and index as far as the test states them.
	Stamp map[string]string
	// Missing is why there is no Path, or "".
	Missing string
	// Guess says that Path was found by the name of the file alone.
	Guess bool
	span  text.Span
}

// Expect is what must come out of a test.
type Expect struct {
	// AtLeast and AtMost bound the number of findings; AtMost < 0 means no bound.
	AtLeast, AtMost int
	// Stated is the number of findings that content tells and its own tools do not check; another is remarked, and fails the test
	// when the runner is strict.
	Stated *int
	// Rows must each be found in a finding of its own: every column with the value.
	Rows []Row
	// Entities must each be named by some finding.
	Entities []Entity
	// Risk, when not nil, is the risk score that every finding must have; Level and Message likewise.
	Risk    *int
	Level   string
	Message string
	// Filled are columns that should have a value in every finding, as the home platform's tool wants it of risk objects; one that
	// has none is remarked, and fails the test when the runner is strict.
	Filled []string
}

// Positive reports whether the test wants something to be found.
func (e Expect) Positive() bool { return e.AtLeast > 0 }

// A Row is what the columns of a finding must hold.
type Row struct {
	Columns []Column
	span    text.Span
}

// A Column is a column and the value that it must have. Value is nil for a column that must be empty.
type Column struct {
	Name  string
	Value *yaml.Node
}

// An Entity is what a finding must name. Empty Kind and Role fit every kind and role.
type Entity struct {
	Kind, Role, Value string
}

// Status is what became of a case.
type Status string

const (
	Pass Status = "pass"
	// Fail: the findings are not those that the test wants.
	Fail Status = "fail"
	// Refused: the rule cannot be run.
	Refused Status = "refused"
	// Broken: the test itself or its data cannot be read.
	Broken Status = "broken"
	// NoData: the data that the test names is not in the local mirror.
	NoData Status = "no data"
	// Skipped: the content says that the test is not to be run by a machine.
	Skipped Status = "skipped"
)

// Statuses lists all of them in the order in which they are counted.
var Statuses = []Status{Pass, Fail, Refused, Broken, NoData, Skipped}

// A Result is what came of a case.
type Result struct {
	*Case
	Status Status
	// Reasons say why the status is not Pass, one a line; Remarks are what else the reader should know.
	Reasons, Remarks []string
	Findings         []*finding.Finding
	// Events is the number of events that the data holds; Elapsed the time of the pass, shared by the cases of one pass.
	Events  int64
	Elapsed time.Duration
	// Shared is how many cases the pass served.
	Shared int
}

// A Suite is all tests that were found for a set of rules.
type Suite struct {
	Pack  *rule.Pack
	Cases []*Case
	// Diagnostics tell what is wrong with tests and the files around them.
	Diagnostics text.Diagnostics
}

// Untested lists the rules without a test, and those whose tests only say what must be found, in the order of the pack. A test that
// is not to be run counts as one.
func (s *Suite) Untested() (none, positive []*rule.Rule) {
	has := map[*rule.Rule]int{} // 1: a test, 2: a test that wants silence
	for _, c := range s.Cases {
		n := 1
		if !c.Expect.Positive() {
			n = 2
		}
		has[c.Rule] = max(has[c.Rule], n)
	}
	for _, r := range s.Pack.Rules {
		switch has[r] {
		case 0:
			none = append(none, r)
		case 1:
			positive = append(positive, r)
		}
	}
	return none, positive
}
