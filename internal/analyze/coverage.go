package analyze

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/schema"
)

// Event is a kind of event that a query can be answered from.
type Event struct {
	// Log is the name that the schema gives to where the event is, or the kind of source for what is not Windows.
	Log      string `json:"log"`
	Provider string `json:"provider"`
	ID       string `json:"id"`
	Title    string `json:"title"`
	// Views are the tables and nodes of the query that the event fills.
	Views []string `json:"views"`
}

type provider struct {
	Log      string            `yaml:"log"`
	Provider string            `yaml:"provider"`
	Marks    []string          `yaml:"marks"`
	Events   map[string]string `yaml:"events"`
}

//go:embed events.yml
var eventsYAML []byte

var providers = sync.OnceValue(func() []provider {
	var out []provider
	if err := yaml.Unmarshal(eventsYAML, &out); err != nil {
		panic(fmt.Sprintf("analyze: events.yml: %v", err)) // a test reads the file
	}
	return out
})

// Title returns what a Windows event of a log tells, with its provider; ok is false for one that is not among the common ones.
func Title(log, id string) (provider, title string, ok bool) {
	for _, p := range providers() {
		if p.Log != log {
			continue
		}
		if provider == "" {
			provider = p.Provider
		}
		if t, ok := p.Events[id]; ok {
			return p.Provider, t, true
		}
	}
	if provider == "" {
		provider = log
	}
	return provider, "", false
}

// idFields are the columns that hold a Windows event's number, and logFields those that tell its log.
var (
	idFields  = []string{"eventcode", "eventid", "event_id", "signature_id", "eventoriginid", "event.code"}
	logFields = []string{"source", "sourcetype", "channel", "provider", "providername", "provider_name", "logname", "sourcename", "eventsourcename", "eventlog"}
	// nameFields are those that name events of other sources.
	nameFields = []string{"eventname", "operation", "eventtype", "operationname", "methodname", "action_name"}
	idTerm     = regexp.MustCompile(`(?i)(?:EventCode|EventID)\s*[=>]\s*"?(\d{1,5})\b`)
)

const eventsView = "spl:events"

// wanted is what a query's own conditions say of events.
type wanted struct {
	ids  []string
	logs []string
	// others are sources that are no Windows logs, and names what their events are to be called.
	others, names []string
}

func (q *Query) wanted() wanted {
	var w wanted
	for _, s := range q.Stages {
		for _, p := range s.Predicates {
			if p.Negated || len(p.Values) == 0 {
				continue
			}
			field := lastName(p.Field)
			switch {
			case slices.Contains(idFields, field) && (p.Kind == Eq || p.Kind == In || p.Kind == Match || p.Kind == Contains):
				for _, v := range p.Values {
					if _, err := strconv.Atoi(v); err == nil {
						w.ids = append(w.ids, v)
					}
				}
			case slices.Contains(logFields, field):
				for _, v := range p.Values {
					logs := logsOf(v)
					w.logs = append(w.logs, logs...)
					if len(logs) == 0 && field == "sourcetype" && (p.Kind == Eq || p.Kind == In) {
						w.others = append(w.others, v)
					}
				}
			case slices.Contains(nameFields, field) && (p.Kind == Eq || p.Kind == In):
				w.names = append(w.names, p.Values...)
			}
		}
		for _, t := range s.Terms {
			if m := idTerm.FindStringSubmatch(t.Text); m != nil && !t.Negated {
				w.ids = append(w.ids, m[1])
			}
		}
	}
	w.ids, w.logs, w.others, w.names = distinct(w.ids), distinct(w.logs), distinct(w.others), distinct(w.names)
	return w
}

// logsOf tells the logs that a source's name speaks of.
func logsOf(name string) []string {
	name = strings.ToLower(name)
	var out []string
	for _, p := range providers() {
		for _, m := range p.Marks {
			// A mark without a separator names a whole log: "security" must not be found in "security-mitigations".
			if name == m || strings.ContainsAny(m, "-:/ ") && strings.Contains(name, m) || m == "sysmon" && strings.Contains(name, m) {
				out = append(out, p.Log)
				break
			}
		}
	}
	return out
}

// Coverage returns the events that the query can be answered from: those that fill the views it reads, narrowed by what its own
// conditions say of events, sorted.
func Coverage(q *Query, reads []Read) []Event {
	want := q.wanted()
	var out []Event
	at := map[[2]string]int{}
	var add func(log, id, view string)
	add = func(log, id, view string) {
		if log == "*" { // a view of all logs: those that are known to have the event
			for _, p := range providers() {
				if _, known := p.Events[id]; known {
					add(p.Log, id, view)
				}
			}
			return
		}
		key := [2]string{log, id}
		n, ok := at[key]
		if !ok {
			n = len(out)
			at[key] = n
			e := Event{Log: log, ID: id}
			e.Provider, e.Title, _ = Title(log, id)
			out = append(out, e)
		}
		if !slices.Contains(out[n].Views, view) {
			out[n].Views = append(out[n].Views, view)
		}
	}
	for _, r := range reads {
		info, ok := schema.Describe(r.View)
		if !ok {
			continue
		}
		all := r.View == eventsView // what fills it says nothing of this query
		for _, f := range info.Feeds {
			for _, e := range f.Events {
				if f.Kind != "windows" {
					if !all {
						add(f.Kind, e, r.View)
					}
					continue
				}
				log, list, _ := strings.Cut(strings.TrimPrefix(e, "sigma_"), " ") // Sigma's Sysmon is a log with a name of its own
				if _, service, ok := strings.Cut(log, ":"); ok {                  // a log of a Sigma source's own
					log = service[strings.LastIndexByte(service, '/')+1:]
					if known := logsOf(log); len(known) > 0 {
						log = known[0]
					}
				}
				var ids []string
				if list != "" {
					ids = strings.Split(list, ",")
				}
				switch {
				case all:
				case len(ids) == 0:
					for _, id := range want.ids {
						if _, _, known := Title(log, id); known || len(want.logs) > 0 {
							add(log, id, r.View)
						}
					}
					if len(want.ids) == 0 {
						add(log, "", r.View)
					}
				default:
					for _, id := range ids {
						id = strings.TrimSpace(id)
						if len(want.ids) == 0 || slices.Contains(want.ids, id) {
							add(log, id, r.View)
						}
					}
				}
			}
		}
		if !all {
			continue
		}
		for _, id := range want.ids {
			logs := want.logs
			if len(logs) == 0 {
				for _, p := range providers() {
					if _, known := p.Events[id]; known {
						logs = append(logs, p.Log)
					}
				}
			}
			for _, log := range distinct(logs) {
				if _, _, known := Title(log, id); known || len(logs) == 1 {
					add(log, id, r.View)
				}
			}
			if len(logs) == 0 {
				add("", id, r.View)
			}
		}
		for _, other := range want.others {
			for _, name := range want.names {
				add(other, name, r.View)
			}
			if len(want.names) == 0 {
				add(other, "", r.View)
			}
		}
		if len(want.ids) == 0 {
			for _, log := range want.logs {
				add(log, "", r.View)
			}
		}
		if len(out) == 0 && len(want.ids)+len(want.others) == 0 {
			for _, e := range q.offering(info) {
				add(e.Log, e.ID, r.View)
			}
		}
	}
	sortBy(out, func(e Event) string { return fmt.Sprintf("%s\x00%6s", e.Log, e.ID) })
	return out
}

// telemetryKinds are, for the telemetry that a search asks for in so many words, the logs and kinds of sources that it is of.
var telemetryKinds = map[string][]string{
	"sysmon": {"sysmon"}, "powershell": {"powershell", "powershell_classic"}, "unix": {"linux-audit", "linux-secure", "osquery"},
	"edr": {"sysmon", "security", "mde", "crowdstrike", "carbonblack", "ecs"},
}

// feedEvents lists the events of a feed of the search view, by log and number or, for what is not Windows, by kind and name.
func feedEvents(f schema.Feed) []Event {
	var out []Event
	for _, e := range f.Events {
		if f.Kind != "windows" {
			out = append(out, Event{Log: f.Kind, ID: e})
			continue
		}
		log, list, _ := strings.Cut(e, " ")
		for _, id := range strings.Split(list, ",") {
			out = append(out, Event{Log: log, ID: strings.TrimSpace(id)})
		}
	}
	return out
}

// offering returns the events that have all fields that the query's conditions need, for a search that says nothing else of the
// events it wants.
func (q *Query) offering(info schema.ViewInfo) []Event {
	var fields, either []string
	var kinds [][]string
	for _, s := range q.Stages {
		for _, p := range s.Predicates {
			switch {
			case p.Negated || s.Nested() || p.Kind == Test:
			case p.Field == "_telemetry":
				for _, v := range p.Values {
					if k := telemetryKinds[v]; k != nil {
						kinds = append(kinds, k)
					}
				}
			case slices.ContainsFunc(info.Feeds, func(f schema.Feed) bool { return slices.Contains(f.Columns, p.Field) }):
				if p.Either {
					either = append(either, p.Field)
				} else {
					fields = append(fields, p.Field)
				}
			}
		}
	}
	if fields = distinct(fields); len(fields) == 0 {
		return nil
	}
	// What fills an event's columns is said in several feeds: those of all events of a kind, of a log, and of the event itself.
	offered := map[[2]string]map[string]bool{}
	for _, f := range info.Feeds {
		for _, e := range feedEvents(f) {
			if e.ID == "" {
				continue
			}
			key := [2]string{e.Log, e.ID}
			if offered[key] == nil {
				offered[key] = map[string]bool{}
			}
			for _, c := range f.Columns {
				offered[key][c] = true
			}
		}
	}
	var out, likely []Event // likely are those that have a field of some alternative too
	for e, has := range offered {
		if slices.ContainsFunc(kinds, func(k []string) bool { return !slices.Contains(k, e[0]) }) {
			continue
		}
		if !slices.ContainsFunc(fields, func(f string) bool { return !has[f] }) {
			out = append(out, Event{Log: e[0], ID: e[1]})
			if slices.ContainsFunc(either, func(f string) bool { return has[f] }) {
				likely = append(likely, out[len(out)-1])
			}
		}
	}
	if len(likely) > 0 {
		out = likely
	}
	sortBy(out, func(e Event) string { return e.Log + " " + e.ID })
	return out
}

// lastName returns a field's name without the data set in front, in lower case.
func lastName(field string) string {
	field = strings.ToLower(field)
	if i := strings.LastIndexByte(field, '.'); i >= 0 && field != "event.code" {
		return field[i+1:]
	}
	return field
}

// Is reports whether an event of a provider and channel, as a source spells them, is in the event's log.
func (e Event) Is(provider, channel string) bool {
	return e.Log != "" && (slices.Contains(logsOf(provider), e.Log) || slices.Contains(logsOf(channel), e.Log))
}

// Log returns the name that the schema gives to the log of an event, from its provider and channel as a source spells them, or "".
func Log(provider, channel string) string {
	for _, name := range []string{channel, provider} {
		if logs := logsOf(name); len(logs) > 0 {
			return logs[0]
		}
	}
	return ""
}

// Selects reports whether a field tells which events a query is about: their number, their log, or their name.
func Selects(field string) bool {
	field = lastName(field)
	return field == "_telemetry" || slices.Contains(idFields, field) || slices.Contains(logFields, field) || slices.Contains(nameFields, field)
}

// TermEvent returns the number of the Windows event that a search term stands for, as TERM(EventCode=4688) and "<EventID>4688<" do.
func TermEvent(term string) (id string, ok bool) {
	m := idTerm.FindStringSubmatch(term)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Numbers reports whether a field holds the number of a Windows event.
func Numbers(field string) bool { return slices.Contains(idFields, lastName(field)) }
