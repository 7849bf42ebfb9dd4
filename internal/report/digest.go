package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/risk"
	"github.com/harrier-detect/harrier/internal/rule"
)

// A digest is what findings come to, for those who read a report from the top.
type digest struct {
	First, Last time.Time
	Levels      []count // critical first, those that occur
	Entities    []*entity
	Tactics     []tactic
	Rules       []*group
	Episodes    []*episode
}

type count struct {
	Name string
	N    int
}

// An entity is who or what findings speak of, with what they add up to.
type entity struct {
	Kind, Value string
	// Attacker says that rules name it as the means of an attack, and not as its victim.
	Attacker    bool
	Score       int
	Findings    int
	Rules       int
	Tactics     []string // names, in the order of the matrix
	Level       string   // the highest
	First, Last time.Time

	rules map[*rule.Rule]bool
}

// A tactic is a column of the matrix with the techniques found.
type tactic struct {
	attack.Tactic
	N          int
	Techniques []technique
}

type technique struct {
	ID, Name, URL string
	N             int
	Sub           bool
	Retired       bool
	Heat          int // 1 to 4
}

// A group is the findings of one rule.
type group struct {
	Rule        *rule.Rule
	Level       string
	N           int
	Risk        int
	First, Last time.Time
	Hosts       []string
	hosts       map[string]bool
	index       int
}

// An episode is a time without long gaps in which there were findings.
type episode struct {
	First, Last time.Time
	N           int
	Level       string
	Hosts       []string
	hosts       map[string]bool
}

const (
	shownEntities = 200
	shownEpisodes = 100
	// episodeGap is how long a pause ends an episode.
	episodeGap = 24 * time.Hour
)

// Strip says of each tactic, in the order of the matrix, whether the entity's findings belong to it.
func (e *entity) Strip() []bool {
	all := attack.Tactics()
	out := make([]bool, len(all))
	for i, t := range all {
		out[i] = slices.Contains(e.Tactics, t.Name)
	}
	return out
}

func digestOf(items []*Item) *digest {
	d := &digest{}
	levels := map[string]int{}
	entities := map[[2]string]*entity{}
	groups := map[*rule.Rule]*group{}
	for _, it := range items {
		levels[it.Level]++
		first, last := it.Times()
		widen(&d.First, &d.Last, first, last)
		g := groups[it.Rule]
		if g == nil {
			g = &group{Rule: it.Rule, hosts: map[string]bool{}, index: len(d.Rules)}
			groups[it.Rule] = g
			d.Rules = append(d.Rules, g)
		}
		g.N++
		g.Risk = max(g.Risk, it.RiskScore)
		g.Level = higher(g.Level, it.Level)
		widen(&g.First, &g.Last, first, last)
		for _, e := range it.Entities {
			if e.Kind == "host" && !g.hosts[e.Value] {
				g.hosts[e.Value] = true
				g.Hosts = append(g.Hosts, e.Value)
			}
		}
		addEntities(entities, it, first, last)
	}
	for l, n := range levels {
		d.Levels = append(d.Levels, count{l, n})
	}
	slices.SortFunc(d.Levels, func(a, b count) int {
		return cmp.Or(cmp.Compare(rule.LevelOrder(b.Name), rule.LevelOrder(a.Name)), cmp.Compare(a.Name, b.Name))
	})
	for _, e := range entities {
		e.Rules = len(e.rules)
		slices.SortFunc(e.Tactics, byMatrix)
		d.Entities = append(d.Entities, e)
	}
	slices.SortFunc(d.Entities, func(a, b *entity) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	slices.SortStableFunc(d.Rules, func(a, b *group) int {
		return cmp.Or(cmp.Compare(rule.LevelOrder(b.Level), rule.LevelOrder(a.Level)), cmp.Compare(b.Risk, a.Risk), cmp.Compare(a.N, b.N), cmp.Compare(a.Rule.Name, b.Rule.Name))
	})
	d.Tactics = matrix(items)
	d.Episodes = episodes(items)
	return d
}

// addEntities adds a finding to what its entities add up to.
func addEntities(to map[[2]string]*entity, it *Item, first, last time.Time) {
	seen := map[[2]string]bool{}
	risks := map[string]int{} // what the finding adds to the risk of its objects; what is a threat has none
	for _, m := range risk.Modifiers([]*finding.Finding{it.Finding}) {
		risks[m.Object] = m.Score
	}
	for _, x := range it.Entities {
		k := [2]string{x.Kind, x.Value}
		if seen[k] {
			continue
		}
		seen[k] = true
		e := to[k]
		if e == nil {
			e = &entity{Kind: x.Kind, Value: x.Value, Attacker: x.Role == "attacker", rules: map[*rule.Rule]bool{}}
			to[k] = e
		}
		e.Attacker = e.Attacker && x.Role == "attacker"
		if x.Role != "attacker" {
			e.Score += risks[x.Value]
		}
		e.Findings++
		e.Level = higher(e.Level, it.Level)
		widen(&e.First, &e.Last, first, last)
		if !e.rules[it.Rule] {
			e.rules[it.Rule] = true
			for _, t := range tacticsOf(it.Finding) {
				if !slices.Contains(e.Tactics, t.Name) {
					e.Tactics = append(e.Tactics, t.Name)
				}
			}
		}
	}
}

// tacticsOf returns the tactics that a finding's rule names, or else those of its techniques, in the order of the matrix.
func tacticsOf(f *finding.Finding) []attack.Tactic {
	var out []attack.Tactic
	add := func(names []string) {
		for _, n := range names {
			if t, ok := attack.FindTactic(n); ok && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	add(f.Tactics())
	if len(out) == 0 {
		for _, id := range f.Rule.Techniques {
			if t := attack.Lookup(id); t != nil {
				add(t.Tactics)
			}
		}
	}
	slices.SortFunc(out, func(a, b attack.Tactic) int { return cmp.Compare(a.Order, b.Order) })
	return out
}

// matrix puts the techniques that were found into the columns of ATT&CK: a technique is in all columns that ATT&CK has it in, and of
// those, when its rule names tactics, in the ones that the rule names.
func matrix(items []*Item) []tactic {
	all := attack.Tactics()
	out := make([]tactic, len(all))
	cells := make([]map[string]int, len(all))
	for i := range all {
		out[i].Tactic = all[i]
		cells[i] = map[string]int{}
	}
	type placing struct {
		column int
		id     string
	}
	places := map[*rule.Rule][]placing{}
	columns := map[*rule.Rule][]int{}
	for _, it := range items {
		r := it.Rule
		if _, known := places[r]; !known {
			named := tacticsOf(it.Finding)
			for _, t := range named {
				columns[r] = append(columns[r], t.Order)
			}
			places[r] = []placing{}
			for _, id := range r.Techniques {
				t := attack.Lookup(id)
				if t == nil {
					continue
				}
				var its, both []int
				for _, n := range t.Tactics {
					if x, ok := attack.FindTactic(n); ok {
						its = append(its, x.Order)
						if slices.Contains(columns[r], x.Order) {
							both = append(both, x.Order)
						}
					}
				}
				if len(both) == 0 {
					both = its
				}
				for _, c := range both {
					places[r] = append(places[r], placing{c, t.ID})
					if !slices.Contains(columns[r], c) {
						columns[r] = append(columns[r], c)
					}
				}
			}
		}
		for _, c := range columns[r] {
			out[c].N++
		}
		for _, p := range places[r] {
			cells[p.column][p.id]++
		}
	}
	most := 1
	for _, c := range cells {
		for _, n := range c {
			most = max(most, n)
		}
	}
	for i := range out {
		for id, n := range cells[i] {
			t := attack.Lookup(id)
			out[i].Techniques = append(out[i].Techniques, technique{ID: id, Name: t.Name, URL: t.URL(), N: n, Sub: attack.Parent(id) != id, Retired: t.Retired, Heat: heat(n, most)})
		}
		slices.SortFunc(out[i].Techniques, func(a, b technique) int { return cmp.Compare(a.ID, b.ID) })
	}
	return out
}

// heat puts a count into one of four steps, each several times the one before.
func heat(n, most int) int {
	step := 1
	for limit := 1; step < 4; step++ {
		if limit *= 4; n < limit {
			break
		}
	}
	if n == most {
		return max(step, 2)
	}
	return step
}

// episodes finds the times with findings. Findings without a time are in none.
func episodes(items []*Item) []*episode {
	type at struct {
		first, last time.Time
		it          *Item
	}
	var list []at
	for _, it := range items {
		if first, last := it.Times(); !first.IsZero() {
			list = append(list, at{first, last, it})
		}
	}
	slices.SortStableFunc(list, func(a, b at) int { return a.first.Compare(b.first) })
	var out []*episode
	for _, x := range list {
		var e *episode
		if len(out) > 0 {
			e = out[len(out)-1]
		}
		if e == nil || x.first.Sub(e.Last) > episodeGap {
			e = &episode{First: x.first, Last: x.last, hosts: map[string]bool{}}
			out = append(out, e)
		}
		e.N++
		e.Level = higher(e.Level, x.it.Level)
		widen(&e.First, &e.Last, x.first, x.last)
		for _, v := range x.it.Entities {
			if v.Kind == "host" && !e.hosts[v.Value] {
				e.hosts[v.Value] = true
				e.Hosts = append(e.Hosts, v.Value)
			}
		}
	}
	return out
}

func widen(first, last *time.Time, a, b time.Time) {
	if a.IsZero() {
		return
	}
	if first.IsZero() || a.Before(*first) {
		*first = a
	}
	if b.After(*last) {
		*last = b
	}
}

func higher(a, b string) string {
	if a == "" || rule.LevelOrder(b) > rule.LevelOrder(a) {
		return b
	}
	return a
}

func byMatrix(a, b string) int {
	order := func(name string) int {
		t, ok := attack.FindTactic(name)
		if !ok {
			return len(attack.Tactics())
		}
		return t.Order
	}
	return cmp.Compare(order(a), order(b))
}
