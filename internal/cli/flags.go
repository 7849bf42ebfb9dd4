package cli

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/cost"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// runFlags are the options of every verb that runs queries.
type runFlags struct {
	now     string
	memory  string
	temp    string
	workers int
	macros  []string
	lookups []string
	// writeLookups is the folder for outputlookup, of the verbs that may write tables.
	writeLookups string
	tables       []string
	geoip        string
	// pipelines are files of processing pipelines for Sigma rules.
	pipelines []string
	profile   *cost.Profile // of hunt --profile
}

func (f *runFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.now, "now", "newest", "what queries take as the present: newest (event of the input), wall, or a `TIME`")
	c.Flags().StringVar(&f.memory, "memory", "", "bound on the memory of the process, as `SIZE` such as 512M or 2G (default half of the machine's, or GOMEMLIMIT); rows beyond it go to a temporary file")
	c.Flags().StringVar(&f.temp, "temp", "", "folder `DIR` for temporary files (default $TMPDIR or the system's)")
	c.Flags().IntVar(&f.workers, "workers", 0, "how many goroutines read and select (default one a processor)")
	c.Flags().StringArrayVar(&f.macros, "macros", nil, "SPL macros: a YAML file or folder, or a macros.conf `PATH`; they go before the supplied ones")
	c.Flags().StringArrayVar(&f.lookups, "lookups", nil, "folder `DIR` with lookup tables and definitions")
	c.Flags().StringArrayVar(&f.tables, "table", nil, "make the data at a path a KQL table: `NAME=PATH`")
	c.Flags().StringVar(&f.geoip, "geoip", "", "GeoIP database `FILE` in MaxMind's format, for iplocation and geo_info_from_ip_address")
	c.Flags().StringArrayVarP(&f.pipelines, "pipeline", "p", nil, "processing pipeline for Sigma rules: a pySigma YAML `FILE`, an old configuration with fieldmappings, a mapping file of Chainsaw, or a folder of them")
}

// load loads the rules of paths, of which there must be some, and makes the engine for them. What is wrong with files is in the pack.
func (f *runFlags) load(paths []string) (*rule.Pack, *query.Engine, error) {
	pack, err := rule.Load(paths)
	if err != nil {
		return nil, nil, err
	}
	if len(pack.Rules)+len(pack.Refused) == 0 {
		return nil, nil, fmt.Errorf("there is no rule in %s", strings.Join(paths, ", "))
	}
	e, err := f.engine(pack)
	return pack, e, err
}

// addWriteLookups adds the option of verbs whose searches may write lookup tables.
func (f *runFlags) addWriteLookups(c *cobra.Command) {
	c.Flags().StringVar(&f.writeLookups, "write-lookups", "", "let outputlookup write tables into folder `DIR`, which is made when it is not there; later runs with it find them there first")
}

// engine makes an engine from the flags and what came with the rules (which may be nil).
func (f *runFlags) engine(p *rule.Pack) (*query.Engine, error) {
	s := query.Settings{Now: f.now, Workers: f.workers, GeoIP: f.geoip, Profile: f.profile, Tables: map[string]string{}}
	if p != nil {
		s.UsePack(p)
	}
	for _, path := range f.macros {
		ms, ds, err := rule.LoadMacros(path)
		if err != nil {
			return nil, err
		}
		if err := ds.Err(); err != nil {
			return nil, err
		}
		s.Macros = append(s.Macros, ms...)
	}
	for _, dir := range f.lookups {
		defs, err := rule.LoadLookups(dir)
		if err != nil {
			return nil, err
		}
		s.Lookups = append(s.Lookups, defs...)
		s.LookupDirs = append([]string{dir}, s.LookupDirs...)
	}
	if s.WriteLookups = f.writeLookups; s.WriteLookups != "" {
		if err := os.MkdirAll(s.WriteLookups, 0o755); err != nil {
			return nil, fmt.Errorf("--write-lookups: %w", err)
		}
	}
	for _, t := range f.tables {
		name, path, ok := strings.Cut(t, "=")
		if !ok || name == "" || path == "" {
			return nil, fmt.Errorf("--table takes NAME=PATH, not %q", t)
		}
		s.Tables[name] = path
	}
	var err error
	if s.Pipeline, err = loadPipelines(f.pipelines); err != nil {
		return nil, err
	}
	if s.Memory, err = parseSize(f.memory); err != nil {
		return nil, err
	}
	s.Memory = limitMemory(s.Memory)
	if s.Temp = f.temp; s.Temp != "" {
		if info, err := os.Stat(s.Temp); err != nil {
			return nil, fmt.Errorf("--temp: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("--temp: %s is not a folder", s.Temp)
		}
	}
	if os.Getenv("GOGC") == "" {
		// Dictionaries and memos live for the whole run: to look at them half as often saves a tenth of the time and more.
		debug.SetGCPercent(gcPercent)
	}
	if f.workers < 0 || f.workers > 64*runtime.NumCPU() {
		return nil, fmt.Errorf("--workers %d makes no sense on this machine", f.workers)
	}
	return query.New(s)
}

// gcPercent is how much may be left over from reading, in percent of what is in use, before the collector runs. --memory and
// GOMEMLIMIT bound the sum.
const gcPercent = 200

// leastMemory is what the collector may count on, however little queries may hold: rules and dictionaries need it.
const leastMemory = 256 << 20

// limitMemory makes the collector keep to the bound that the user asked for, and returns the bound that counts: GOMEMLIMIT, when that is
// lower. What operators hold is bounded by the engine; what is left over from reading, which would double it, by the collector.
func limitMemory(asked int64) int64 {
	env := debug.SetMemoryLimit(-1)
	if env < math.MaxInt64 && (asked == 0 || env < asked) {
		return env
	}
	if asked > 0 {
		debug.SetMemoryLimit(max(asked, leastMemory))
	}
	return asked
}

// parseSize reads a number of bytes with an optional unit K, M, G or T (powers of 1024), optionally followed by B or iB.
func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	t := strings.ToUpper(strings.TrimSpace(s))
	t = strings.TrimSuffix(strings.TrimSuffix(t, "B"), "I")
	shift := 0
	if t != "" {
		if i := strings.IndexByte("KMGT", t[len(t)-1]); i >= 0 {
			shift, t = 10*(i+1), t[:len(t)-1]
		}
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || n <= 0 || n*float64(int64(1)<<shift) > 1<<62 {
		return 0, fmt.Errorf("a size is a number with K, M or G, such as 512M, not %q", s)
	}
	return int64(n * float64(int64(1)<<shift)), nil
}

// outputFlags are the options of every verb that prints rows.
type outputFlags struct {
	format string
	file   string
}

func (f *outputFlags) add(c *cobra.Command, formats string, file bool) {
	c.Flags().StringVarP(&f.format, "format", "f", "", "output `FORMAT`: "+formats)
	if file {
		c.Flags().StringVarP(&f.file, "output", "o", "", "write to `FILE` instead of standard output")
	}
}
