// Package query is the environment in which queries of all languages are compiled and run: views, macros, lookups, saved
// functions, user tables, the present, memory.
package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma/pipeline"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/spill"
	"github.com/harrier-detect/harrier/internal/text"
)

// Settings are what the user chose for a run.
type Settings struct {
	// Now is the present: "newest" (of the input's events; the default), "wall", or a time.
	Now string
	// Macros, Lookups, LookupDirs and Functions come from content repositories and from the user; of macros of one name and
	// number of arguments the last one counts, and all of them go before the supplied ones.
	Macros     []rule.Macro
	Lookups    []rule.LookupDef
	LookupDirs []string
	// WriteLookups is the folder that searches may write lookup tables into; it is the first one that they are looked for in. "" is for
	// none.
	WriteLookups string
	Functions    []rule.Function
	// Sigma is what Sigma rules refer to beside themselves.
	Sigma rule.SigmaContent
	// Pipeline changes Sigma rules before they are compiled; nil for none.
	Pipeline *pipeline.Pipeline
	// LookupFiles are lookup tables given as text, by file name.
	LookupFiles map[string]string
	// Tables are user tables of KQL by name: paths of data.
	Tables map[string]string
	// Detached takes tables, watchlists and external data that are not here to be empty, with a warning, as rules want that come
	// from elsewhere; a query typed at a prompt is told of them as errors.
	Detached bool
	// GeoIP is the path of a database in MaxMind's format, for the functions that tell where an address is; "" for none.
	GeoIP string
	// Memory bounds the process, in bytes: what operators hold, dictionaries and what is left over from reading. What has no room goes
	// to a temporary file. 0 means half of the machine's, which nothing but the operators then keeps to.
	Memory int64
	// Temp is the folder for temporary files; "" is the system's.
	Temp string
	// Workers and BatchRows vary how the work is cut up; 0 means the defaults. Plain leaves plans unoptimised; Unshared evaluates
	// the predicates of each rule by themselves. None of them changes an answer.
	Workers, BatchRows int
	Plain, Unshared    bool
	// Profile measures what runs spend their time on; nil when nobody asks.
	Profile *cost.Profile
}

// UsePack makes the settings those for the rules of a pack: with what their repositories have beside them, and as rules from
// elsewhere are run.
func (s *Settings) UsePack(p *rule.Pack) {
	s.Detached = true
	s.Macros, s.Lookups, s.LookupDirs, s.Functions, s.Sigma = p.Macros, p.Lookups, p.LookupDirs, p.Functions, p.Sigma
}

// An Engine compiles queries and runs them over inputs. Compile may be called concurrently; runs may not.
type Engine struct {
	settings Settings
	registry *schema.Registry
	started  time.Time
	geo      func(ip string) (event.Bag, bool)
	tables   map[string][]schema.Column // columns of user tables
	languages
}

// Compiled is a query that is ready to run.
type Compiled struct {
	Language rule.Language
	Plan     plan.Node
	// Columns are the names of the result in order, and Types their KQL types, when they are known before the run.
	Columns, Types []string
	// Open says that the result may have other columns beside Columns, which are known when the query has run.
	Open bool
	// Chart is the kind of chart that the query asks for (KQL: render), or "".
	Chart string
}

// Rows returns what a collector has gathered of the query's result, with the columns that the query promises, as one batch. The
// rows must have room in memory.
func (c *Compiled) Rows(got *exec.Collector) (*event.Batch, error) {
	b, err := got.Rows()
	if err != nil {
		return nil, err
	}
	return c.Promised(b), nil
}

// Names returns the columns of the result that a collector has gathered.
func (c *Compiled) Names(got *exec.Collector) []string {
	if c.Open {
		return got.Names()
	}
	return c.Columns
}

// Each calls f with what a collector has gathered, batch after batch, each with the columns of Names.
func (c *Compiled) Each(got *exec.Collector, f func(*event.Batch) error) error {
	return got.Each(func(b *event.Batch) error { return f(c.Promised(b)) })
}

// Promised returns a batch of the result with the columns that the query promises, when these are known before the run.
func (c *Compiled) Promised(b *event.Batch) *event.Batch {
	if c.Open || slices.Equal(b.Names(), c.Columns) {
		return b
	}
	out := b.Derive()
	for _, n := range c.Columns {
		col := b.Column(n)
		if col == nil {
			col = event.NewConstant(event.NullValue, b.Len())
		}
		out.Set(n, col)
	}
	return out
}

// New returns an engine. The error says that a setting cannot be used.
func New(s Settings) (*Engine, error) {
	e := &Engine{settings: s, registry: schema.NewRegistry(), started: time.Now()}
	if _, err := e.clock(nil); err != nil {
		return nil, err
	}
	if s.GeoIP != "" {
		var err error
		if e.geo, err = openGeoIP(s.GeoIP); err != nil {
			return nil, err
		}
	}
	if err := e.prepareLanguages(); err != nil {
		return nil, err
	}
	return e, nil
}

// maxQuery bounds the text of a query in bytes. Nobody writes that much, and Kusto takes no more than two million characters:
// https://learn.microsoft.com/kusto/concepts/query-limits
const maxQuery = 1 << 20

// Compile compiles a query. Without errors among the diagnostics the query can run.
func (e *Engine) Compile(lang rule.Language, src *text.Source) (*Compiled, text.Diagnostics) {
	if len(src.Text) > maxQuery {
		return nil, text.Diagnostics{text.Errorf("RUL1004", src, text.Span{}, "the query has %d bytes, more than the %d that are read", len(src.Text), maxQuery)}
	}
	c, ds := e.compile(lang, src)
	if c == nil || ds.HasErrors() {
		return nil, ds
	}
	if e.hasRecordings() {
		c.Plan = perRecording(c.Plan)
	}
	if !e.settings.Plain {
		c.Plan = opt.Optimize(c.Plan)
	}
	return c, ds
}

// NewInput returns an input that fits the engine's settings. report takes problems with the data.
func (e *Engine) NewInput(paths []string, report func(text.Diagnostic), progress *source.Progress) *Input {
	in := &Input{Paths: slices.Clone(paths), Temp: e.settings.Temp, Options: source.Options{Dicts: event.NewDicts(e.settings.Memory / dictShare), Files: new(event.Files),
		Classes: new(event.Classes), Workers: e.settings.Workers, BatchRows: e.settings.BatchRows, Report: report, Progress: progress}}
	if m := e.settings.Memory; m > 0 {
		in.Options.UnitBytes = int(max(min(m/unitShare, source.DefaultUnitBytes), 1<<20))
	}
	e.addTables(in)
	return in
}

// Shares of the memory that the user allows: what operators hold, the dictionaries with all that is derived from them, and a unit of
// reading, of which there are several a worker. The rest is for rules, for what is on its way, and for the collector to work.
const (
	operatorShare = 3
	dictShare     = 6
	unitShare     = 128
)

// hasRecordings reports whether rules are run as of the end of each recording: rules from elsewhere, without a present given.
func (e *Engine) hasRecordings() bool {
	now := strings.ToLower(strings.TrimSpace(e.settings.Now))
	return e.settings.Detached && (now == "" || now == "newest")
}

// Run runs jobs over the input; see exec.Run.
func (e *Engine) Run(ctx context.Context, jobs []*exec.Job, in *Input, report func(text.Diagnostic)) error {
	// Looking for the newest events costs a pass over the input, which is made once, when somebody asks.
	survey := sync.OnceValue(func() *recordings {
		r, err := e.survey(ctx, in)
		if err != nil { // whatever is wrong with the input, the pass that follows meets it too
			return &recordings{}
		}
		return r
	})
	env := &fn.Env{Geo: e.geo, Memos: new(fn.Memos), Profile: e.settings.Profile}
	var err error
	if env.Clock, err = e.clock(survey); err != nil {
		return err
	}
	if e.hasRecordings() {
		env.ClockOf = func(n int64) time.Time {
			if t := survey().end(n); !t.IsZero() {
				return t
			}
			return e.started
		}
	}
	var input exec.Input
	var disk *spill.Disk
	var dicts *event.Dicts
	if in != nil {
		input, disk, dicts = in, in.rows(), in.Options.Dicts
	}
	o := exec.Options{Env: env, Views: views{e.registry, survey}, Input: input, Memory: e.settings.Memory / operatorShare, Ceiling: e.settings.Memory, Disk: disk, Dicts: dicts, BatchRows: e.settings.BatchRows,
		Workers: e.settings.Workers, Unshared: e.settings.Unshared, Report: report}
	if !e.settings.Plain {
		o.Rewrite = func(n plan.Node) plan.Node { return opt.Optimize(n) }
	}
	return exec.Run(ctx, jobs, o)
}

// clock returns the present that the settings ask for.
func (e *Engine) clock(survey func() *recordings) (func() time.Time, error) {
	switch now := strings.TrimSpace(e.settings.Now); strings.ToLower(now) {
	case "", "newest":
		return func() time.Time {
			if t := survey().newest; !t.IsZero() {
				return t
			}
			return e.started
		}, nil
	case "wall":
		return func() time.Time { return e.started }, nil
	default:
		t, err := ParseTime(now)
		if err != nil {
			return nil, fmt.Errorf("--now takes newest, wall or a time such as 2024-05-01T12:00:00Z, not %q", now)
		}
		return func() time.Time { return t }, nil
	}
}

// ParseTime reads a time as options take it: RFC 3339, the same without a zone, which is UTC, without seconds or without a time of day,
// or seconds since 1970.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	var sec float64
	if n, err := fmt.Sscanf(s, "%g", &sec); n == 1 && err == nil && sec > 1e8 {
		return time.UnixMicro(int64(sec * 1e6)).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("a time is one such as 2024-05-01T12:00:00Z, not %q", s)
}
