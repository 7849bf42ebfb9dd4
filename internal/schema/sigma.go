package schema

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Log sources of Sigma rules are views named "sigma:product/category/service". Their columns are open: a column that no mapping makes is
// the source's field of that name.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md

const sigmaPrefix = "sigma:"

// A SigmaSource is what is known of a log source.
type SigmaSource struct {
	// View is the name of the view that holds its events.
	View string
	// Known says that the taxonomy has the log source; what it has not is looked for among events that no other source claims.
	Known bool
	// Fields are the fields that its events have, the names of other taxonomies included, nil when that depends on the data.
	Fields []string
	// Shows are fields that tell the reader most, for the columns of a result.
	Shows []string
}

// sigmaDef is one log source of the taxonomy: the events that have the given product, category and service ("" for any).
type sigmaDef struct {
	product, category, service string
	fields, shows              []string
	spaced                     bool
	maps                       []*mapDef
	where                      string
}

type yamlSigma struct {
	Logs map[string]struct{ Provider, Channel strList }
	// Common columns of all sources by kind of event.
	Common  map[string]pairs
	Sources []struct {
		Product, Category, Service strList
		Fields, Shows              []string
		// Channel and Provider are short for a log of its own in From.
		Channel, Provider strList
		// Spaced: fields of the events have blanks between words that rules leave out.
		Spaced bool
		From   []yaml.Node
	}
	Fragments map[string]pairs
	// Aliases are names that other taxonomies have for the columns of this one, by the kind of events that are brought to this one: name
	// of theirs to name of ours.
	Aliases map[string]map[string]string
}

func (l *library) loadSigma(fsys fs.FS, _ string, names []string) error {
	fragments := map[string]pairs{}
	ys := make([]yamlSigma, len(names))
	common := map[string]pairs{}
	for i, name := range names {
		if err := decode(fsys, name, &ys[i]); err != nil {
			return err
		}
		for f, ps := range ys[i].Fragments {
			fragments[f] = ps
		}
		for kind, ps := range ys[i].Common {
			common[kind] = ps
		}
		for kind, names := range ys[i].Aliases {
			if l.sigmaAlias == nil {
				l.sigmaAlias = map[string]map[string]string{}
			}
			l.sigmaAlias[kind] = names
		}
		for log, d := range ys[i].Logs {
			l.logs[log] = newLogDef(d.Provider, d.Channel)
		}
	}
	for i, name := range names {
		for _, s := range ys[i].Sources {
			var maps []*mapDef
			for j := range s.From {
				m, err := readMap(name, merged(&s.From[j]), fragments)
				if err != nil {
					return err
				}
				maps = append(maps, m)
			}
			key := strings.Join(slices.Concat(s.Product, s.Category, s.Service), "/")
			if len(s.Channel)+len(s.Provider) > 0 {
				log := sigmaPrefix + key
				l.logs[log] = newLogDef(s.Provider, s.Channel)
				maps = append(maps, &mapDef{kind: "windows", events: []eventSpec{{log: log}}, byName: map[string]expr.Expr{}, where: name})
			}
			for _, m := range maps {
				m.same = true
				for _, p := range common[m.kind] {
					if m.byName[p.key] == nil {
						e, err := p.parse(name)
						if err != nil {
							return err
						}
						m.byName[p.key] = e
						m.columns = append(m.columns, colDef{p.key, e})
					}
				}
			}
			or := func(list strList) []string {
				if len(list) == 0 {
					return []string{""}
				}
				return list
			}
			for _, p := range or(s.Product) {
				for _, c := range or(s.Category) {
					for _, v := range or(s.Service) {
						l.sigma = append(l.sigma, &sigmaDef{p, c, v, s.Fields, s.Shows, s.Spaced, maps, name + " " + key})
					}
				}
			}
		}
	}
	return nil
}

// merged returns a mapping with what it merges (<<) among its own keys, which win.
func merged(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 || n.Content[0].Value != "<<" {
		return n
	}
	out := *n
	out.Content = slices.Clone(n.Content[2:])
	base := merged(n.Content[1])
	for i := 0; i+1 < len(base.Content); i += 2 {
		own := false
		for j := 2; j+1 < len(n.Content); j += 2 {
			own = own || n.Content[j].Value == base.Content[i].Value
		}
		if !own {
			out.Content = append(out.Content, base.Content[i], base.Content[i+1])
		}
	}
	return &out
}

// findSigma returns the definition of a log source that says most of it: a rule with a category and a service is of the category.
func (l *library) findSigma(product, category, service string) (def *sigmaDef, exact bool) {
	best := -1
	for _, d := range l.sigma {
		score := 0
		for i, pair := range [][2]string{{d.product, product}, {d.category, category}, {d.service, service}} {
			switch {
			case pair[0] == "":
			case !strings.EqualFold(pair[0], pair[1]):
				score = -100
			default:
				score += []int{1, 4, 2}[i]
			}
		}
		if score > best {
			best, def = score, d
			// A product that is one log is known with all of its services; of an operating system only what the taxonomy lists is.
			whole := d.product != "" && d.product != "windows" && d.product != "linux" && d.product != "macos"
			exact = whole || d.category != "" || strings.EqualFold(d.service, service) && category == "" && (d.product != "" || d.service != "")
		}
	}
	return def, exact
}

// FindSigma tells what is known of a log source.
func FindSigma(product, category, service string) SigmaSource {
	s := SigmaSource{View: sigmaPrefix + product + "/" + category + "/" + service}
	d, exact := lib().findSigma(product, category, service)
	s.Known, s.Fields, s.Shows = exact, d.fields, d.shows
	if d.fields != nil && d.product == "windows" {
		s.Fields = slices.Clone(d.fields)
		for other, own := range lib().sigmaAlias["windows"] {
			if slices.Contains(d.fields, own) {
				s.Fields = append(s.Fields, other)
			}
		}
	}
	return s
}

// describeSigma tells what a log source's view offers. A feed that is a log of the source's own is named after it.
func (l *library) describeSigma(name string) (ViewInfo, bool) {
	parts := strings.SplitN(strings.TrimPrefix(name, sigmaPrefix), "/", 3)
	if !strings.HasPrefix(name, sigmaPrefix) || len(parts) != 3 {
		return ViewInfo{}, false
	}
	def, _ := l.findSigma(parts[0], parts[1], parts[2])
	info := ViewInfo{Name: name, Time: timeColumn, Open: true}
	for _, f := range def.fields {
		info.Columns = append(info.Columns, Column{Name: f, Type: Any})
	}
	for _, m := range def.maps {
		info.Feeds = append(info.Feeds, m.feed())
	}
	return info, true
}

// bindSigma opens the view of a log source.
func (r *Registry) bindSigma(name string, need event.FieldSet, env *fn.Env) (View, error) {
	parts := strings.SplitN(strings.TrimPrefix(name, sigmaPrefix), "/", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("there is no view %s: the views of log sources are sigma:product/category/service", name)
	}
	if !need.Closed() {
		return nil, fmt.Errorf("the view %s cannot list its columns", name)
	}
	src, _ := r.lib.findSigma(parts[0], parts[1], parts[2])
	def := &viewDef{name: name, index: map[string]int{}, late: map[string]string{}, calc: map[string]expr.Expr{}, maps: src.maps, time: timeColumn}
	for i, n := range need.Names() {
		def.columns = append(def.columns, Column{Name: n, Type: Any})
		def.index[n] = i
	}
	def.maps = nil
	for _, m := range src.maps {
		def.maps = append(def.maps, r.lib.sigmaNames(m, need.Names(), src.spaced))
	}
	return newTableView(r, def, need, env)
}

// sigmaNames returns the mapping with columns for names that it has not: those of other taxonomies, which pipelines map rules to, and those
// of fields with blanks between words.
func (l *library) sigmaNames(m *mapDef, names []string, spaced bool) *mapDef {
	more := map[string]expr.Expr{}
	for _, n := range names {
		if m.byName[n] != nil {
			continue
		}
		if s := spacedName(n); spaced && s != n {
			more[n] = expr.F(functions["coalesce"], expr.C(n), expr.C(s))
			continue
		}
		own := l.sigmaAlias[m.kind][n]
		for _, prefix := range []string{"winlog.event_data.", "winlog.user_data.", "Event.EventData.", "Event.UserData.", "Event.System."} {
			if rest, ok := strings.CutPrefix(n, prefix); ok && own == "" && m.kind == "windows" {
				own = rest
			}
		}
		if own == "" {
			continue
		}
		e := m.byName[own]
		if e == nil {
			e = expr.C(own)
		}
		more[n] = expr.F(functions["coalesce"], expr.C(n), e)
	}
	if len(more) == 0 {
		return m
	}
	c := *m
	c.byName = maps.Clone(m.byName)
	maps.Copy(c.byName, more)
	return &c
}

const timeColumn = "_time"

// spacedName puts blanks before the capitals inside a name: ThreatName is the Threat Name of Defender's events.
func spacedName(s string) string {
	var b strings.Builder
	prev := rune(0)
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

// sigmaTime returns what computes the time of events of a class, as "spl:events" knows it.
func (l *library) sigmaTime(kind string, c *event.Class) expr.Expr {
	if kind == "windows" {
		return expr.C("TimeCreated")
	}
	if e := l.layered1(kind, c, timeColumn); e != nil {
		return expr.F(functions["time"], e)
	}
	return expr.F(functions["time"], expr.F(functions["coalesce"], expr.C(timeColumn), expr.C("time"), expr.C("timestamp"), expr.C("@timestamp"), expr.C("Timestamp"), expr.C("TimeGenerated")))
}

// sigmaTimes returns everything that the time of a kind of events may be computed from.
func (l *library) sigmaTimes(kind string) []expr.Expr {
	out := []expr.Expr{l.sigmaTime(kind, &event.Class{})}
	for _, m := range l.layers {
		if e := m.byName[timeColumn]; e != nil && m.kind == kind {
			out = append(out, e)
			if m.when != nil {
				out = append(out, m.when)
			}
		}
	}
	return out
}

func sameValue(v event.Value) event.Value { return v }
