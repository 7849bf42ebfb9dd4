package coverage

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/analyze"
	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/text"
)

// A Report says how far rules see in some data.
type Report struct {
	Rules []*Rule
	// Gains are what the data lack, that of the most rules first.
	Gains  []*Gain
	Attack Attack
}

// A Rule is one rule's sight.
type Rule struct {
	Rule  *rule.Rule
	State State
	// Missing says what is missing, for Partly and Blind, and Hints what was not seen and could be: values of fields.
	Missing, Hints []Missing
	Diagnostics    text.Diagnostics

	explained *query.Explained
}

// A Gain is an event, or fields of one, that the data lack, with the rules that would see more with it.
type Gain struct {
	Event  analyze.Event
	Fields []string
	// Setting is what makes a host write it, or "".
	Setting string
	// Rules are blind without it and could fire with it; More could fire anyway and would see more.
	Rules, More []*Rule
	// Techniques are the ATT&CK techniques of Rules that no rule that can fire has.
	Techniques []string
}

// Attack counts techniques and sub-techniques of ATT&CK that are not retired.
type Attack struct {
	Total, Named, Firing int
	Tactics              []Tactic
}

// Tactic counts the techniques of a tactic, sub-techniques with those above them.
type Tactic struct {
	attack.Tactic
	Total, Named, Firing int
}

// Look compiles the rules of a pack, surveys the input for what they read, and tells what each can see.
func Look(ctx context.Context, e *query.Engine, p *rule.Pack, in *query.Input, report func(text.Diagnostic)) (*Report, error) {
	r := &Report{}
	var queries []*query.Explained
	for _, x := range p.Rules {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		y := &Rule{Rule: x, explained: e.Explain(x.Language, x.Query)}
		y.Diagnostics = y.explained.Diagnostics
		queries = append(queries, y.explained)
		r.Rules = append(r.Rules, y)
	}
	survey, err := Take(ctx, e, queries, in, report)
	if err != nil {
		return nil, err
	}
	j := newJudge()
	// Rules over findings see something when another rule can fire.
	for _, j.fed = range []bool{false, true} {
		for _, x := range r.Rules {
			if x.explained.Compiled == nil {
				x.State = Refused
			} else if !j.fed || x.State == Blind || x.State == Partly {
				x.settle(x.look(j, survey))
			}
		}
		if n := r.Count(); n[Fires]+n[Partly] == 0 {
			break
		}
	}
	r.gains(j, survey)
	for _, x := range p.Refused {
		y := &Rule{Rule: x, State: Refused}
		for _, d := range p.Diagnostics {
			if d.Source != nil && (d.Source == x.Source || d.Source.Name == x.File) {
				y.Diagnostics = append(y.Diagnostics, d)
			}
		}
		r.Rules = append(r.Rules, y)
	}
	r.attack()
	for _, x := range r.Rules {
		x.explained = nil
	}
	return r, nil
}

func (x *Rule) look(j *judge, s *Survey) sight {
	w := &walker{judge: j, survey: s, events: x.explained.Events, bound: map[string]sight{}}
	return w.look(x.explained.Optimised)
}

func (x *Rule) settle(s sight) {
	x.State, x.Missing, x.Hints = s.state, distinct(s.missing), distinct(s.hints)
	switch x.State {
	case Fires:
		x.Missing = nil
	case Blind:
		x.Hints = nil
	}
}

// distinct leaves out what says the same again.
func distinct(list []Missing) []Missing {
	var out []Missing
	seen := map[string]bool{}
	for _, m := range list {
		if s := m.String(); !seen[s] {
			seen[s] = true
			out = append(out, m)
		}
	}
	return out
}

// assume returns the class that the schema makes of a Windows event in a view; nil when it makes none.
func assume(view string, e analyze.Event) *Class {
	info, ok := schema.Describe(view)
	if !ok {
		return nil
	}
	c := &Class{Class: event.Class{Shape: "windows", Provider: e.Provider, ID: e.ID}, Log: e.Log, Rows: 1, Assumed: true, All: info.Open, Fields: map[string]*Field{}}
	number := []event.Value{event.StringOf(e.ID)}
	if n, err := strconv.Atoi(e.ID); err == nil {
		number = append(number, event.IntOf(int64(n)))
	}
	found := info.Open
	for _, f := range info.Feeds {
		if f.Kind != "windows" || !feeds(f, e) {
			continue
		}
		found = true
		c.All = c.All || f.Same
		for _, name := range f.Columns {
			c.Fields[name] = &Field{Filled: 1, Many: true}
		}
	}
	if !found {
		return nil
	}
	for _, col := range info.Columns {
		if analyze.Numbers(col.Name) && c.field(col.Name) != nil {
			c.Fields[col.Name] = &Field{Filled: 1, Values: number}
		}
	}
	for _, name := range []string{"EventID", "EventCode", "signature_id", "event_id"} {
		if c.All {
			c.Fields[name] = &Field{Filled: 1, Values: number}
		}
	}
	return c
}

func feeds(f schema.Feed, e analyze.Event) bool {
	if len(f.Events) == 0 {
		return true
	}
	for _, spec := range f.Events {
		log, ids, _ := strings.Cut(strings.TrimPrefix(spec, "sigma_"), " ")
		if (log == "*" || log == e.Log || strings.Contains(log, ":")) && (ids == "" || slices.Contains(strings.Split(strings.ReplaceAll(ids, " ", ""), ","), e.ID)) {
			return true
		}
	}
	return false
}

// gains finds out which events and fields would let rules see more.
func (r *Report) gains(j *judge, s *Survey) {
	by := map[string]*Gain{}
	gain := func(e analyze.Event, fields []string) *Gain {
		field, set := "", ""
		if len(fields) > 0 {
			field = fields[0]
		}
		setting := settingFor(e.Log, e.ID, field)
		if field != "" { // one setting fills fields by several names, in as many views
			set = cmp.Or(setting, strings.Join(fields, ","))
		}
		key := e.Log + " " + e.ID + " " + set
		g := by[key]
		if g == nil {
			g = &Gain{Event: analyze.Event{Log: e.Log, Provider: e.Provider, ID: e.ID, Title: e.Title}, Setting: setting}
			by[key] = g
		}
		for _, f := range fields {
			if !slices.Contains(g.Fields, f) {
				g.Fields = append(g.Fields, f)
				slices.Sort(g.Fields)
			}
		}
		return g
	}
	assumed := map[string]*Class{}
	for _, x := range r.Rules {
		if x.State != Blind && x.State != Partly {
			continue
		}
		for _, e := range x.explained.Events {
			if e.Title == "" || present(s, e) {
				continue
			}
			with := &Survey{Views: map[string]*View{}}
			for name, v := range s.Views {
				with.Views[name] = v
			}
			for _, view := range e.Views {
				key := view + " " + e.Log + " " + e.ID
				c, ok := assumed[key]
				if !ok {
					c = assume(view, e)
					assumed[key] = c
				}
				if v := s.Views[view]; v != nil && c != nil {
					with.Views[view] = &View{Name: view, Rows: v.Rows + 1, Asked: v.Asked, Classes: append(slices.Clone(v.Classes), c)}
				}
			}
			switch y := x.look(j, with); {
			case x.State == Blind && y.state != Blind:
				g := gain(e, nil)
				g.Rules = append(g.Rules, x)
			case x.State == Partly && (y.state == Fires || len(distinct(y.missing)) < len(x.Missing)):
				g := gain(e, nil)
				g.More = append(g.More, x)
			}
		}
		// Fields that would do by themselves: all that is missing are fields of one kind of event.
		var fields []string
		var class *Class
		for _, m := range x.Missing {
			if m.Kind != NoField || class != nil && m.Class != class {
				fields = nil
				break
			}
			class = m.Class
			fields = append(fields, m.Field)
		}
		if len(fields) == 0 || class == nil || analyze.Selects(fields[0]) {
			continue
		}
		slices.Sort(fields)
		fields = slices.Compact(fields)
		if !offered(x.Missing, class, fields) {
			continue
		}
		provider, title, ok := analyze.Title(class.Log, class.ID)
		e := analyze.Event{Log: class.Log, Provider: provider, ID: class.ID, Title: title}
		if !ok {
			e.Provider = strings.TrimSuffix(class.Event(), " "+class.ID)
		}
		g := gain(e, fields)
		if x.State == Blind {
			g.Rules = append(g.Rules, x)
		} else {
			g.More = append(g.More, x)
		}
	}
	seen := r.firing()
	for _, g := range by {
		for _, x := range g.Rules {
			for _, t := range x.Rule.Techniques {
				if t = strings.ToUpper(t); attack.IsID(t) && !seen[t] && !slices.Contains(g.Techniques, t) {
					g.Techniques = append(g.Techniques, t)
				}
			}
		}
		slices.Sort(g.Techniques)
		r.Gains = append(r.Gains, g)
	}
	slices.SortFunc(r.Gains, func(a, b *Gain) int {
		return cmp.Or(cmp.Compare(len(b.Rules), len(a.Rules)), cmp.Compare(len(b.More), len(a.More)), cmp.Compare(a.Event.Log, b.Event.Log),
			cmp.Compare(a.Event.Provider, b.Event.Provider), cmp.Compare(a.Event.ID, b.Event.ID), slices.Compare(a.Fields, b.Fields))
	})
}

// offered reports whether such an event could have the fields: those that no mapping fills are no matter of settings.
func offered(missing []Missing, class *Class, fields []string) bool {
	e := analyze.Event{Log: class.Log, Provider: class.Provider, ID: class.ID}
	for _, f := range fields {
		if settingFor(class.Log, class.ID, f) != "" {
			continue
		}
		i := slices.IndexFunc(missing, func(m Missing) bool { return m.Field == f })
		c := assume(missing[i].View, e)
		if c == nil || c.Fields[f] == nil {
			return false
		}
	}
	return true
}

// present reports whether an event is in the data.
func present(s *Survey, e analyze.Event) bool {
	for _, view := range e.Views {
		if v := s.Views[view]; v != nil && slices.ContainsFunc(v.Classes, func(c *Class) bool { return c.ID == e.ID && e.Is(c.Provider, c.Channel) }) {
			return true
		}
	}
	return false
}

// firing returns the techniques of rules that can fire, and of those above them.
func (r *Report) firing() map[string]bool {
	out := map[string]bool{}
	for _, x := range r.Rules {
		if x.State == Fires || x.State == Partly {
			for _, t := range x.Rule.Techniques {
				t = strings.ToUpper(t)
				out[t], out[attack.Parent(t)] = true, true
			}
		}
	}
	return out
}

func (r *Report) attack() {
	firing, named := r.firing(), map[string]bool{}
	for _, x := range r.Rules {
		for _, t := range x.Rule.Techniques {
			t = strings.ToUpper(t)
			named[t], named[attack.Parent(t)] = true, true
		}
	}
	for _, t := range attack.Tactics() {
		r.Attack.Tactics = append(r.Attack.Tactics, Tactic{Tactic: t})
	}
	add := func(total, names, fires *int, id string) {
		*total++
		if named[id] {
			*names++
		}
		if firing[id] {
			*fires++
		}
	}
	for _, t := range attack.Techniques() {
		if t.Retired {
			continue
		}
		add(&r.Attack.Total, &r.Attack.Named, &r.Attack.Firing, t.ID)
		if attack.Parent(t.ID) != t.ID {
			continue
		}
		for _, name := range t.Tactics {
			if tac, ok := attack.FindTactic(name); ok {
				c := &r.Attack.Tactics[tac.Order]
				add(&c.Total, &c.Named, &c.Firing, t.ID)
			}
		}
	}
}

// Count returns how many rules are in each state.
func (r *Report) Count() map[State]int {
	out := map[State]int{}
	for _, x := range r.Rules {
		out[x.State]++
	}
	return out
}

// Layer returns a layer for ATT&CK Navigator: for each technique that a rule names, the share of its rules that can fire, in per cent.
func (r *Report) Layer(name string) ([]byte, error) {
	type share struct{ can, all int }
	shares := map[string]share{}
	for _, x := range r.Rules {
		for _, t := range x.Rule.Techniques {
			s := shares[strings.ToUpper(t)]
			s.all++
			if x.State == Fires || x.State == Partly {
				s.can++
			}
			shares[strings.ToUpper(t)] = s
		}
	}
	l := attack.Layer{Name: name, Description: "Share of the rules of each technique that can fire on the data, in per cent.", Max: 100, Colors: []string{"#d9604c", "#f2d58f", "#58a273"}}
	for id, s := range shares {
		l.Scores = append(l.Scores, attack.Score{ID: id, Score: 100 * s.can / s.all, Comment: strconv.Itoa(s.can) + " of " + strconv.Itoa(s.all) + " rules can fire"})
	}
	return l.JSON()
}
