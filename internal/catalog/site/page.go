package site

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/catalog"
)

type site struct {
	c   *catalog.Catalog
	nav []navItem
}

type navItem struct{ Key, Text, Href string }

// page is what all templates read.
type page struct {
	Root    string // leads from the page to the site's folder
	Title   string
	Section string
	Class   string
	Catalog *catalog.Catalog
	Nav     []navItem
}

func newSite(c *catalog.Catalog) *site {
	s := &site{c: c, nav: []navItem{{"rules", "Rules", "rules.html"}, {"attack", "ATT&CK", "attack.html"}}}
	for _, k := range []catalog.GroupKind{catalog.BySource, catalog.ByEvent, catalog.ByField, catalog.ByIndicator, catalog.ByStory, catalog.ByAuthor} {
		if len(c.Of(k)) > 0 {
			s.nav = append(s.nav, navItem{string(k), kinds[k].short, string(k) + "/index.html"})
		}
	}
	return s
}

func (s *site) page(root, section, title string) page {
	return page{Root: root, Title: title, Section: section, Class: section, Catalog: s.c, Nav: s.nav}
}

// kinds are the groups in words: how their list is called, in full and in the bar on top, what it says, and what heads its first column.
var kinds = map[catalog.GroupKind]struct{ name, short, says, column string }{
	catalog.ByTechnique: {"Techniques", "Techniques", "ATT&CK techniques that rules name; those of sub-techniques count for the technique above as well.", "Technique"},
	catalog.BySource:    {"Data sources", "Sources", "What rules say they need, and the tables and data models that they read.", "Data source"},
	catalog.ByEvent:     {"Events", "Events", "Events that rules can be answered from, by provider.", "Event"},
	catalog.ByField:     {"Fields", "Fields", "Fields that rules test or read.", "Field"},
	catalog.ByIndicator: {"Indicators", "Indicators", "Values that more than one rule looks for. Names of one thing in different languages count as one.", "Value"},
	catalog.ByAuthor:    {"Authors", "Authors", "Who wrote the rules.", "Author"},
	catalog.ByStory:     {"Stories", "Stories", "Analytic stories that rules belong to.", "Story"},
}

// Rules and groups on one page.
const (
	perPage   = 400
	alsoShown = 200
)

// jobs lists the files of the site.
func (s *site) jobs() ([]job, error) {
	var out []job
	add := func(name string, make func(w *worker) ([]byte, error)) { out = append(out, job{name, make}) }
	show := func(name, tmpl string, data any) {
		add(name, func(w *worker) ([]byte, error) { return w.render(tmpl, data) })
	}
	for _, a := range []string{"app.css", "app.js", "theme.js"} {
		data, err := files.ReadFile("assets/" + a)
		if err != nil {
			return nil, fmt.Errorf("make catalogue: %w", err)
		}
		add("assets/"+a, func(*worker) ([]byte, error) { return data, nil })
	}
	show("index.html", "index", s.index())
	show("rules.html", "browse", s.browse())
	show("attack.html", "attack", s.attack())
	show("data.html", "data", s.data())
	for i, lang := range catalog.Languages {
		s.allPages(i, string(lang), show)
	}
	for _, k := range catalog.GroupKinds {
		s.listPages(k, show)
	}
	for _, g := range s.c.Groups {
		s.groupPages(g, add)
	}
	for _, e := range s.c.Entries {
		add("rules/"+e.Page+".html", func(w *worker) ([]byte, error) { return w.render("rule", s.rulePage(e)) })
	}
	if err := s.dataJobs(add); err != nil {
		return nil, err
	}
	shards, names := index(s.c).shards()
	for _, name := range slices.Sorted(maps.Keys(shards)) {
		add(name, func(*worker) ([]byte, error) { return shards[name], nil })
	}
	add("search/rules.js", func(*worker) ([]byte, error) { return summary(s.c, names), nil })
	return out, nil
}

// groupPage is a page of a group's rules.
type groupPage struct {
	page
	paged
	Group     *catalog.Group
	Note      string
	KindName  string
	Rules     []*catalog.Entry
	Tally     []tally
	Around    []ranking
	Also      []*catalog.Entry
	AlsoTotal int
}

type tally struct {
	Name, Class, Href string
	Count             int
}

// A ranking is a short list with numbers.
type ranking struct {
	ID, Title, Href string
	Items           []ranked
}

type ranked struct {
	Text, Note, Href string
	Code             bool
	Count            int
}

// paged tells which part of a list a page has.
type paged struct {
	Pages, From, To, Total int
	Pager                  []pageLink
}

type pageLink struct {
	Text, Href string
	Here       bool
}

// paginate returns the parts of a list of n things, with the names of their pages: base.html, base_2.html, … (other names have no underscores)
func paginate(base string, n int) (parts []paged, names []string) {
	total := max(1, (n+perPage-1)/perPage)
	for i := range total {
		name := base + ".html"
		if i > 0 {
			name = fmt.Sprintf("%s_%d.html", base, i+1)
		}
		names = append(names, name)
	}
	for i := range total {
		p := paged{Pages: total, From: i*perPage + 1, To: min(n, (i+1)*perPage), Total: n}
		for j, name := range names {
			p.Pager = append(p.Pager, pageLink{fmt.Sprint(j + 1), path.Base(name), i == j})
		}
		parts = append(parts, p)
	}
	return parts, names
}

func (s *site) groupPages(g *catalog.Group, add func(string, func(*worker) ([]byte, error))) {
	all := g.All()
	parts, names := paginate(string(g.Kind)+"/"+g.Page, len(all))
	for i, part := range parts {
		add(names[i], func(w *worker) ([]byte, error) {
			p := groupPage{page: s.page("../", string(g.Kind), g.Title), paged: part, Group: g, KindName: kinds[g.Kind].name, Rules: all[max(part.From-1, 0):part.To]}
			if g.Kind == catalog.ByTechnique {
				p.Note = techniqueNote(g.Key)
			}
			var counts catalog.Counts
			for _, e := range all {
				counts.Add(e.Language)
			}
			for j, l := range catalog.Languages {
				if counts[j] > 0 {
					p.Tally = append(p.Tally, tally{Name: langName(l), Class: string(l), Count: counts[j]})
				}
			}
			if i == 0 {
				p.Around = s.around(g, all)
				p.AlsoTotal = len(g.Also)
				p.Also = g.Also[:min(len(g.Also), alsoShown)]
			}
			return w.render("group", p)
		})
	}
}

// techniqueNote says which tactics a technique is of, or what became of it.
func techniqueNote(id string) string {
	t := attack.Lookup(id)
	if t == nil {
		return "Not of the Enterprise matrix."
	}
	if t.Retired {
		s := retired(t)
		return strings.ToUpper(s[:1]) + s[1:] + "."
	}
	var names []string
	for _, short := range t.Tactics {
		if tac, ok := attack.FindTactic(short); ok {
			names = append(names, tac.Name)
		}
	}
	return strings.Join(names, ", ")
}

// around lists what the rules of a group have most: indicators, events, techniques, fields, as far as that says something beside
// what the group is.
func (s *site) around(g *catalog.Group, rules []*catalog.Entry) []ranking {
	if len(rules) < 2 {
		return nil
	}
	const most = 10
	techniques, events, indicators := map[string]int{}, map[string]int{}, map[*catalog.Shared]int{}
	for _, e := range rules {
		for _, t := range e.Techniques {
			techniques[t]++
		}
		for _, ev := range e.Events {
			events[catalog.EventKey(ev)]++
		}
		seen := map[*catalog.Shared]bool{}
		for _, i := range e.Indicators {
			if g.Kind == catalog.ByField && catalog.FieldKey(i.Field) != g.Key {
				continue
			}
			for _, v := range i.Values {
				if v.Key.Literal() && !seen[v.Shared] && v.Shared != g.Shared {
					seen[v.Shared] = true
					indicators[v.Shared]++
				}
			}
		}
	}
	var out []ranking
	r := ranking{ID: "h-top", Title: "Looks for"}
	if g.Kind == catalog.ByField {
		r.Title = "Values"
	}
	for _, x := range top(indicators, most, func(s *catalog.Shared) string { return s.Value + "\x00" + s.Concept + "\x00" + string(s.Kind) }) {
		item := ranked{Text: short(x.Value), Count: indicators[x]}
		if x.Page != "" {
			item.Href = "indicators/" + x.Page + ".html"
		}
		r.Items = append(r.Items, item)
	}
	out = appendRanking(out, r)
	r = ranking{ID: "h-tech", Title: "Techniques"}
	if g.Kind != catalog.ByTechnique {
		for _, t := range top(techniques, most, strings.Clone) {
			r.Items = append(r.Items, ranked{Text: strings.TrimSpace(t + " " + catalog.TechniqueName(t)), Href: s.ref("techniques", t), Count: techniques[t]})
		}
	}
	out = appendRanking(out, r)
	r = ranking{ID: "h-ev", Title: "Events"}
	if g.Kind != catalog.ByEvent {
		for _, k := range top(events, most, strings.Clone) {
			item := ranked{Text: k, Href: s.ref("events", k), Count: events[k]}
			if h := s.c.Group(catalog.ByEvent, k); h != nil && h.Event.Title != "" {
				item.Text += " " + h.Event.Title
			}
			r.Items = append(r.Items, item)
		}
	}
	return appendRanking(out, r)
}

func appendRanking(out []ranking, r ranking) []ranking {
	if len(r.Items) == 0 {
		return out
	}
	return append(out, r)
}

// top returns the keys of the largest counts; equal ones in the order of their names.
func top[K comparable](counts map[K]int, most int, name func(K) string) []K {
	keys := slices.Collect(maps.Keys(counts))
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(name(a), name(b)))
	})
	return keys[:min(most, len(keys))]
}

// groupsPage lists the groups of a kind.
type groupsPage struct {
	page
	paged
	KindName, Says, Column string
	Groups                 []*catalog.Group
}

func (s *site) listPages(k catalog.GroupKind, show func(name, tmpl string, data any)) {
	list := slices.Clone(s.c.Of(k))
	slices.SortStableFunc(list, func(a, b *catalog.Group) int { return cmp.Compare(len(b.All()), len(a.All())) })
	if k == catalog.ByTechnique {
		list = s.c.Of(k)
	}
	parts, names := paginate(string(k)+"/index", len(list))
	for i, part := range parts {
		x := kinds[k]
		show(names[i], "groups", groupsPage{page: s.page("../", string(k), x.name), paged: part, KindName: x.name, Says: x.says, Column: x.column,
			Groups: list[max(part.From-1, 0):part.To]})
	}
}

type allPage struct {
	page
	paged
	Rules []*catalog.Entry
}

func (s *site) allPages(i int, lang string, show func(name, tmpl string, data any)) {
	var rules []*catalog.Entry
	for _, e := range s.c.Entries {
		if e.Language == catalog.Languages[i] {
			rules = append(rules, e)
		}
	}
	parts, names := paginate("all-"+lang, len(rules))
	for j, part := range parts {
		show(names[j], "all", allPage{page: s.page("", "rules", "Rules in "+langName(lang)), paged: part, Rules: rules[max(part.From-1, 0):part.To]})
	}
}
