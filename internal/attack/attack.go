// Package attack knows the Enterprise matrix of MITRE ATT&CK: the names of tactics and techniques, which technique belongs to
// which tactics, which are retired, and what phase of the kill chain a tactic belongs to.
package attack

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed enterprise.tsv
var enterprise string

// A Tactic is a column of the matrix.
type Tactic struct {
	ID    string // TA0008
	Short string // lateral-movement
	Name  string // Lateral Movement
	// Phase is that of the Lockheed Martin kill chain.
	Phase string
	// Order is the tactic's place in the matrix, from 0.
	Order int
}

// A Technique is a technique or a sub-technique.
type Technique struct {
	ID   string // T1021.002
	Name string // SMB/Windows Admin Shares
	// Tactics are the short names of its tactics, in the order of the matrix.
	Tactics []string
	// Retired says that ATT&CK has given it up; Successor is the technique in its place, or "" when there is no single one.
	Retired   bool
	Successor string

	parent string // its name
}

type matrix struct {
	version    string
	tactics    []Tactic
	techniques []*Technique
	byTactic   map[string]*Tactic // by id, short name, name
	byID       map[string]*Technique
	byName     map[string]*Technique // by name, and by "parent: name"
}

var load = sync.OnceValue(func() *matrix {
	m := &matrix{byTactic: map[string]*Tactic{}, byID: map[string]*Technique{}, byName: map[string]*Technique{}}
	for line := range strings.Lines(enterprise) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case f[0] == "# version":
			m.version = f[1]
		case strings.HasPrefix(f[0], "#"):
		case strings.HasPrefix(f[0], "TA"):
			m.tactics = append(m.tactics, Tactic{ID: f[0], Short: f[1], Name: f[2], Phase: f[3], Order: len(m.tactics)})
		default:
			t := &Technique{ID: f[0], Name: f[1], Tactics: strings.Split(f[2], ",")}
			if len(f) > 3 {
				t.Retired = true
				t.Successor, _ = strings.CutPrefix(f[3], "->")
				if f[3] == "deprecated" {
					t.Successor = ""
				}
			}
			m.techniques = append(m.techniques, t)
			m.byID[t.ID] = t
		}
	}
	for i := range m.tactics {
		t := &m.tactics[i]
		for _, k := range []string{t.ID, t.Short, t.Name} {
			m.byTactic[key(k)] = t
		}
	}
	// Until version 19 these two were one tactic, and rules go on calling it by its old name.
	m.byTactic["defenseevasion"] = m.byTactic["stealth"]
	for _, t := range m.techniques {
		if p := m.byID[Parent(t.ID)]; p != nil && p != t {
			t.parent = p.Name
		}
		for _, name := range []string{t.Name, t.FullName()} {
			if old := m.byName[key(name)]; old == nil || old.Retired && !t.Retired {
				m.byName[key(name)] = t
			}
		}
	}
	return m
})

// key makes the spellings of a name one: Command and Control, command-and-control, command_and_control.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '\t':
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// Version is the version of ATT&CK that the data is of.
func Version() string { return load().version }

// Tactics returns all tactics in the order of the matrix. The slice is the caller's.
func Tactics() []Tactic { return slices.Clone(load().tactics) }

// Techniques returns all techniques and sub-techniques by id, retired ones too. They must not be changed.
func Techniques() []*Technique { return slices.Clone(load().techniques) }

// FindTactic returns a tactic by its id, its name or its short name, in any spelling.
func FindTactic(s string) (Tactic, bool) {
	if t := load().byTactic[key(s)]; t != nil {
		return *t, true
	}
	return Tactic{}, false
}

// Lookup returns a technique by its id, in any case, or nil.
func Lookup(id string) *Technique { return load().byID[strings.ToUpper(strings.TrimSpace(id))] }

// ByName returns a technique by its name, or by that of its parent and its own ("System Services: Service Execution"), or nil.
func ByName(name string) *Technique {
	parent, own, ok := strings.Cut(name, ":")
	if ok {
		name = key(parent) + ":" + key(own)
	}
	return load().byName[key(name)]
}

// Parent returns the id of the technique that an id is a sub-technique of, or the id itself.
func Parent(id string) string {
	id, _, _ = strings.Cut(id, ".")
	return id
}

// IsID reports whether s has the form of a technique's id, known or not.
func IsID(s string) bool {
	s = strings.ToUpper(s)
	digits := func(s string, n int) bool {
		return len(s) == n && strings.Trim(s, "0123456789") == ""
	}
	if !strings.HasPrefix(s, "T") {
		return false
	}
	id, sub, ok := strings.Cut(s[1:], ".")
	return digits(id, 4) && (!ok || digits(sub, 3))
}

// FullName is the name with that of the parent before it, as the matrix shows sub-techniques.
func (t *Technique) FullName() string {
	if t.parent != "" {
		return t.parent + ": " + t.Name
	}
	return t.Name
}

// URL is the page of the technique.
func (t *Technique) URL() string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(t.ID, ".", "/") + "/"
}

// URL is the page of the tactic.
func (t Tactic) URL() string { return "https://attack.mitre.org/tactics/" + t.ID + "/" }

// Phases returns the phases of the kill chain that techniques belong to through their tactics, in alphabetical order as
// contentctl gives them. Unknown ids belong to none.
// https://github.com/splunk/contentctl/blob/main/contentctl/objects/constants.py
func Phases(ids []string) []string {
	var out []string
	for _, id := range ids {
		t := Lookup(id)
		if t == nil {
			continue
		}
		for _, name := range t.Tactics {
			if tac, ok := FindTactic(name); ok && !slices.Contains(out, tac.Phase) {
				out = append(out, tac.Phase)
			}
		}
	}
	slices.Sort(out)
	return out
}
