// Package conformance judges an engine by black-box cases: input, a query, and the answer of the query's home platform. Cases
// come as JSON lines in four forms, told apart by their keys: SPL cases, KQL cases, KQL syntax verdicts, and verdicts over the
// queries of a rule corpus. The package knows how to read cases and compare answers; an [Engine] runs the queries.
package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/harrier-detect/harrier/internal/event"
)

// A Result is what a query gave.
type Result struct {
	Columns []string
	Types   []string // KQL types by column; nil for SPL
	Rows    [][]event.Value
}

// An Engine runs the queries of cases. An error of type *Unsupported says that the engine knows the construct and refuses it.
type Engine interface {
	SPL(c *SPLCase) (*Result, error)
	KQL(query string) (*Result, error)
	// KQLSyntax says whether a query is accepted: by the parser alone or, with bind, by the binder too, to which the tables T, U,
	// V and W with any columns exist. That something legal is not supported is no refusal.
	KQLSyntax(query string, bind bool) error
}

// SPLCase is one SPL case.
type SPLCase struct {
	ID, Topic  string
	Confidence string
	Events     []json.RawMessage
	Lookups    map[string]string
	Transforms map[string]Transform
	Macros     map[string]Macro
	SPL        string
	Expect     struct {
		Columns []string
		Rows    []json.RawMessage
		Ordered bool
		Error   bool
		OrError bool `json:"or_error"`
	}
}

// Transform is a lookup definition of a case.
type Transform struct {
	Filename      string
	MatchType     string `json:"match_type"`
	CaseSensitive *bool  `json:"case_sensitive_match"`
	MaxMatches    int    `json:"max_matches"`
	MinMatches    int    `json:"min_matches"`
	DefaultMatch  string `json:"default_match"`
}

// Macro is a macro of a case: plain text, or text with named arguments.
type Macro struct {
	Args       []string
	Definition string
}

// UnmarshalJSON accepts both forms of a macro.
func (m *Macro) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte{'"'}) {
		return json.Unmarshal(data, &m.Definition)
	}
	type plain Macro
	return json.Unmarshal(data, (*plain)(m))
}

// KQLCase is one KQL case with the text of the expected cells.
type KQLCase struct {
	ID      string
	Query   string
	Columns []struct{ Name, Type string }
	Rows    [][]string
	Ordered bool
	Arrays  bool `json:"unordered_arrays"`
	Flags   []string
}

// syntaxCase is a verdict on a query: accepted, or refused at a stage.
type syntaxCase struct {
	Query string
	OK    bool
	Stage string
}

// Verdict is the outcome of one case.
type Verdict struct {
	ID      string
	Pass    bool
	Skipped bool
	Reason  string
}

// Run judges the engine by every case of a file, in order. name is the file's path, by which corpus verdicts find their corpus.
func Run(name string, r io.Reader, e Engine, report func(Verdict)) error {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<20)
	corpus := newCorpus(filepath.Dir(name))
	for line := 1; sc.Scan(); line++ {
		data := bytes.TrimSpace(sc.Bytes())
		if len(data) == 0 {
			continue
		}
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(data, &keys); err != nil {
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
		v, err := runLine(data, keys, e, corpus)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
		if v.ID == "" {
			v.ID = fmt.Sprintf("%s:%d", filepath.Base(name), line)
		}
		report(v)
	}
	return sc.Err()
}

func runLine(data []byte, keys map[string]json.RawMessage, e Engine, corpus *corpus) (Verdict, error) {
	has := func(k string) bool { _, ok := keys[k]; return ok }
	switch {
	case has("spl"):
		var c SPLCase
		if err := json.Unmarshal(data, &c); err != nil {
			return Verdict{}, err
		}
		return guard(c.ID, func() string { return judgeSPL(&c, e) }), nil
	case has("query") && has("columns"):
		var c KQLCase
		if err := json.Unmarshal(data, &c); err != nil {
			return Verdict{}, err
		}
		for _, f := range c.Flags {
			if len(f) >= 11 && f[:11] == "abbreviated" {
				return Verdict{ID: c.ID, Pass: true, Skipped: true, Reason: f}, nil
			}
		}
		return guard(c.ID, func() string { return judgeKQL(&c, e) }), nil
	case has("query") && has("ok"):
		var c syntaxCase
		if err := json.Unmarshal(data, &c); err != nil {
			return Verdict{}, err
		}
		return guard("", func() string { return judgeSyntax(c.Query, c.OK, c.Stage == "bind", e) }), nil
	case has("file") && has("ok"):
		var c struct {
			File        string
			Index, Part int
			OK          bool
		}
		if err := json.Unmarshal(data, &c); err != nil {
			return Verdict{}, err
		}
		id := fmt.Sprintf("%s#%d.%d", c.File, c.Index, c.Part)
		query, found, err := corpus.query(c.File, c.Index, c.Part)
		if err != nil {
			return Verdict{}, err
		}
		if !found {
			return guard(id, func() string {
				if c.OK {
					return "the loader finds no such query"
				}
				return ""
			}), nil
		}
		return guard(id, func() string { return judgeSyntax(query, c.OK, false, e) }), nil
	}
	return Verdict{}, fmt.Errorf("no form of case has these keys")
}

// guard turns a panic of the engine into a failed case: one bad case must not end the run.
func guard(id string, judge func() string) (v Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = Verdict{ID: id, Reason: fmt.Sprintf("panic: %v", p)}
		}
	}()
	reason := judge()
	return Verdict{ID: id, Pass: reason == "", Reason: reason}
}

func judgeSyntax(query string, ok, bind bool, e Engine) string {
	err := e.KQLSyntax(query, bind)
	switch {
	case ok && err != nil:
		return "refused: " + err.Error()
	case !ok && err == nil:
		return "accepted, must be refused"
	}
	return ""
}
