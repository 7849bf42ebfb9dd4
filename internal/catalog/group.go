package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
)

// GroupKind says by what rules are put together.
type GroupKind string

// The kinds of groups, by the names of their folders.
const (
	ByTechnique GroupKind = "techniques"
	BySource    GroupKind = "sources"
	ByEvent     GroupKind = "events"
	ByField     GroupKind = "fields"
	ByIndicator GroupKind = "indicators"
	ByAuthor    GroupKind = "authors"
	ByStory     GroupKind = "stories"
)

// GroupKinds lists all kinds in the order in which they are shown.
var GroupKinds = []GroupKind{ByTechnique, BySource, ByEvent, ByField, ByIndicator, ByAuthor, ByStory}

// A Group is the rules that have something in common.
type Group struct {
	Kind GroupKind
	// Key identifies the group among those of its kind, Title names it for people, Label is the short form in lists.
	Key, Title, Label string
	Page              string
	Rules             []*Entry
	Counts            Counts
	// Also are rules that only read the field, for groups by field.
	Also []*Entry
	// Shared is set for groups by indicator.
	Shared *Shared
	// Event is set for groups by event.
	Event analyze.Event
	// Parent and Children are techniques above and below.
	Parent   *Group
	Children []*Group
}

// group puts rules together by everything.
func (c *Catalog) group() {
	c.groups = map[GroupKind]map[string]*Group{}
	for _, k := range GroupKinds {
		c.groups[k] = map[string]*Group{}
	}
	for _, e := range c.Entries {
		for _, t := range e.Techniques {
			c.join(ByTechnique, t, e)
		}
		for _, s := range e.Sources {
			c.join(BySource, s, e)
		}
		for _, ev := range e.Events {
			if g := c.join(ByEvent, EventKey(ev), e); g.Event.ID == "" {
				g.Event = ev
			}
		}
		tested := map[string]bool{}
		for _, list := range [][]Indicator{e.Indicators, e.Exclusions} {
			for _, i := range list {
				if i.Field != "" && i.Kind != analyze.Test {
					tested[FieldKey(i.Field)] = true
					c.join(ByField, FieldKey(i.Field), e)
				}
			}
		}
		for _, r := range e.Reads {
			for _, f := range r.Fields {
				if f = FieldKey(f); !tested[f] && !strings.ContainsAny(f, "*") && !plumbing(f) {
					tested[f] = true
					g := c.at(ByField, f)
					g.Also = append(g.Also, e)
				}
			}
		}
		for _, a := range e.Authors {
			c.join(ByAuthor, a, e)
		}
		for _, s := range e.Rule.Stories {
			c.join(ByStory, s, e)
		}
	}
	for _, s := range c.Indicators() {
		if s.Page == "" {
			continue
		}
		g := &Group{Kind: ByIndicator, Key: s.Page, Shared: s, Rules: s.Rules, Counts: s.Counts, Page: s.Page}
		c.groups[ByIndicator][g.Key] = g
	}
	c.nest()
	c.settle()
}

// at returns the group of a kind by key, made when there is none.
func (c *Catalog) at(kind GroupKind, key string) *Group {
	g := c.groups[kind][key]
	if g == nil {
		g = &Group{Kind: kind, Key: key}
		c.groups[kind][key] = g
	}
	return g
}

func (c *Catalog) join(kind GroupKind, key string, e *Entry) *Group {
	g := c.at(kind, key)
	if n := len(g.Rules); n == 0 || g.Rules[n-1] != e {
		g.Rules = append(g.Rules, e)
		g.Counts.Add(e.Language)
	}
	return g
}

// nest puts sub-techniques under their techniques, which are there whether or not a rule names them.
func (c *Catalog) nest() {
	for id := range c.groups[ByTechnique] {
		if parent, _, ok := strings.Cut(id, "."); ok {
			c.at(ByTechnique, parent)
		}
	}
	for id, g := range c.groups[ByTechnique] {
		if parent, _, ok := strings.Cut(id, "."); ok {
			g.Parent = c.groups[ByTechnique][parent]
			g.Parent.Children = append(g.Parent.Children, g)
		}
	}
	for _, g := range c.groups[ByTechnique] {
		slices.SortFunc(g.Children, func(a, b *Group) int { return cmp.Compare(a.Key, b.Key) })
	}
}

// settle names the groups and puts them in order.
func (c *Catalog) settle() {
	c.Groups = nil
	for _, kind := range GroupKinds {
		var list []*Group
		for _, g := range c.groups[kind] {
			list = append(list, g)
		}
		slices.SortFunc(list, func(a, b *Group) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.Key), strings.ToLower(b.Key)), cmp.Compare(a.Key, b.Key))
		})
		names := map[string]bool{"index": true} // the list of the groups
		for _, g := range list {
			g.Title, g.Label = groupTitle(g)
			if g.Page == "" {
				g.Page = uniqueName(names, slug(g.Key, 60))
			}
		}
		c.Groups = append(c.Groups, list...)
	}
}

func groupTitle(g *Group) (title, label string) {
	switch g.Kind {
	case ByTechnique:
		if name := TechniqueName(g.Key); name != "" {
			return g.Key + " " + name, name
		}
	case ByEvent:
		title = strings.TrimSpace(g.Event.Provider + " " + g.Event.ID)
		return title, g.Event.Title
	case ByIndicator:
		return g.Shared.Value, ConceptTitle(g.Shared.Concept)
	case ByField:
		if concept := ConceptTitle(g.Key); concept != g.Key {
			return g.Key, concept
		}
		if concept, _ := conceptOf(g.Key, nil); concept != g.Key {
			return g.Key, ConceptTitle(concept)
		}
	}
	return g.Key, ""
}

// EventKey identifies an event among the groups by event: its provider and number.
func EventKey(e analyze.Event) string {
	p := e.Provider
	if p == "" {
		p = e.Log
	}
	return strings.TrimSpace(p + " " + e.ID)
}

// Group returns a group by kind and key, or nil.
func (c *Catalog) Group(kind GroupKind, key string) *Group { return c.groups[kind][key] }

// Of lists the groups of a kind.
func (c *Catalog) Of(kind GroupKind) []*Group {
	var out []*Group
	for _, g := range c.Groups {
		if g.Kind == kind {
			out = append(out, g)
		}
	}
	return out
}

// All returns the rules of a technique and of those below it, in the order of the catalogue.
func (g *Group) All() []*Entry {
	if len(g.Children) == 0 {
		return g.Rules
	}
	seen := map[*Entry]bool{}
	var out []*Entry
	for _, h := range append([]*Group{g}, g.Children...) {
		for _, e := range h.Rules {
			if !seen[e] {
				seen[e] = true
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Entry) int { return cmp.Compare(a.number, b.number) })
	return out
}
