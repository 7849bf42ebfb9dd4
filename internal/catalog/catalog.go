// Package catalog makes an index of a corpus of rules: what each rule looks for, how many others look for the same, which rules are
// alike, and who covers which technique, event, field and story. What it makes can be written as JSON, as an ATT&CK Navigator layer
// and, by package site, as pages.
//
// A [Catalog] depends on nothing but the rules, the data and the options: two builds of the same input are equal.
package catalog

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// Languages are the languages of rules, in the order in which counts by language are given.
var Languages = []rule.Language{rule.SPL, rule.KQL, rule.Sigma}

// Options say how a catalogue is made.
type Options struct {
	// Title is what the catalogue is called.
	Title string
	// Roots are the paths that the rules were loaded from; files are named relative to them.
	Roots []string
	// Workers is how many goroutines analyse; 0 means one a processor.
	Workers int
}

// A Catalog is a corpus of rules with its indices. It is immutable once built.
type Catalog struct {
	Title string
	// Entries are the rules in the order of the pack; those that the loader refused come last.
	Entries []*Entry
	// Shared are the indicators of all rules, by concept, kind and value.
	Shared map[Key]*Shared
	Groups []*Group
	// Data tells what the findings are from; nil when no data was given.
	Data *Data

	byRule map[*rule.Rule]*Entry
	byID   map[string]*Entry
	groups map[GroupKind]map[string]*Group
}

// Data is what rules were run over.
type Data struct {
	Files    int64 `json:"files"`
	Events   int64 `json:"events"`
	Findings int   `json:"findings"`
	Rules    int   `json:"rules_with_findings"`
}

// Build analyses the rules of a pack. Findings are added by [Catalog.Found] and settled, with all indices, by [Catalog.Settle].
func Build(ctx context.Context, e *query.Engine, p *rule.Pack, o Options) (*Catalog, error) {
	c := &Catalog{Title: o.Title, Entries: make([]*Entry, len(p.Rules)), byRule: map[*rule.Rule]*Entry{}, byID: map[string]*Entry{}}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	var next sync.Mutex
	at := 0
	take := func() int {
		next.Lock()
		defer next.Unlock()
		at++
		return at - 1
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := take(); i < len(p.Rules) && ctx.Err() == nil; i = take() {
				c.Entries[i] = newEntry(p.Rules[i], e.Explain(p.Rules[i].Language, p.Rules[i].Query))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, r := range p.Refused {
		c.Entries = append(c.Entries, refusedEntry(r, p))
	}
	names := map[string]bool{}
	for i, x := range c.Entries {
		x.number = i
		x.Page = uniqueName(names, slug(x.Name, 60)+"-"+digest(string(x.Language), x.ID, x.Name))
		x.File = relative(x.File, o.Roots)
		c.byRule[x.Rule] = x
		if c.byID[x.ID] == nil {
			c.byID[x.ID] = x
		}
	}
	return c, nil
}

// ByID returns the first rule of an id, or nil.
func (c *Catalog) ByID(id string) *Entry { return c.byID[id] }

// Settle makes the indices, when all findings are there.
func (c *Catalog) Settle() {
	c.share()
	c.group()
	c.liken()
}

// relative names a file from the last folder of the root that it lies under, so that a catalogue does not depend on where the
// repository is checked out.
func relative(file string, roots []string) string {
	for _, root := range roots {
		rel, err := filepath.Rel(root, file)
		if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			continue
		}
		if rel == "." {
			return filepath.Base(file)
		}
		name := filepath.Base(root)
		if name == "." || name == ".." || name == string(filepath.Separator) {
			return filepath.ToSlash(rel)
		}
		return filepath.ToSlash(filepath.Join(name, rel))
	}
	return filepath.Base(file)
}
