package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/harrier-detect/harrier/internal/demo"
	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

// demoRules writes the rules of the demonstration, for a machine that has no others.
func demoRules(dir string) ([]string, error) {
	files, err := demo.Write(filepath.Join(dir, "demo"))
	if err != nil {
		return nil, err
	}
	return []string{files.Rules}, nil
}

// processFields are fields of process events that rules read most.
var processFields = event.Fields("Channel", "EventID", "Hostname", "Computer", "SourceName", "EventTime", "TimeCreated", "UtcTime", "@timestamp", "Image", "CommandLine",
	"ParentImage", "ParentCommandLine", "User", "OriginalFileName", "Hashes", "TargetFilename", "TargetObject", "Details", "ImageLoaded", "DestinationIp", "DestinationPort",
	"QueryName", "PipeName", "ServiceName", "ScriptBlockText", "TargetImage", "SourceImage", "GrantedAccess", "CallTrace", "NewProcessName", "ParentProcessName")

// reading measures decoding into columns, in this process: the fields that rules read, and all.
func (b *bench) reading() error {
	b.head("input", "fields", "CPU-s", "MB/s", "events/s")
	inputs := []struct{ name, path string }{{"JSON lines", b.mixed.path}}
	if b.evtx != "" {
		inputs = append(inputs, struct{ name, path string }{"EVTX", b.evtx})
	}
	for _, in := range inputs {
		for _, what := range []struct {
			name string
			need func(string) bool
		}{{"those that rules read", processFields.Has}, {"all but raw text", func(f string) bool { return f != event.RawField }}} {
			var p *source.Progress
			c, err := best(b.times, func() (cost, error) {
				p = new(source.Progress)
				opt := source.Options{Dicts: event.NewDicts(0), Files: new(event.Files), Classes: new(event.Classes), Workers: 1, Need: what.need, Progress: p}
				before, began := cpuTime(), time.Now()
				err := source.Scan(context.Background(), []string{in.path}, opt, func(*event.Batch) error { return nil })
				return cost{cpu: cpuTime() - before, wall: time.Since(began)}, err
			})
			if err != nil {
				return err
			}
			b.row(in.name, what.name, seconds(c), rate(float64(p.Bytes.Load())/1e6, c), rate(float64(p.Events.Load()), c))
		}
	}
	return nil
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hunts measures whole processes: rules and data in, findings out.
func (b *bench) hunts() error {
	b.head("rules", "input", "rules that ran", "CPU-s", "of it start", "MB/s", "events/s", "rule × event pairs/s", "peak MB")
	nothing, err := b.empty()
	if err != nil {
		return err
	}
	sets := [][]string{}
	for _, r := range b.rules {
		sets = append(sets, []string{r})
	}
	if len(b.rules) > 1 {
		sets = append(sets, b.rules)
	}
	for _, rules := range sets {
		name := "all of them"
		if len(rules) == 1 {
			name = filepath.Base(rules[0])
		}
		start, _, err := b.hunt(rules, nothing)
		if err != nil {
			return err
		}
		for _, in := range []struct {
			name string
			input
		}{{"mixed", b.mixed}, {"process events", b.process}} {
			c, ran, err := b.hunt(rules, in.path)
			if err != nil {
				return err
			}
			pairs := float64(ran) * float64(in.events)
			b.row(name, in.name, fmt.Sprint(ran), seconds(c), seconds(start), rate(float64(in.bytes)/1e6, c), rate(float64(in.events), c), rate(pairs, c), mega(c.peak))
		}
	}
	return nil
}

// naive measures the engine without what makes many rules cheap, over a part of the process events: every rule by itself in a pass of
// its own, and all in one pass with nothing shared between them.
func (b *bench) naive() error {
	const most = 4 << 20
	part := filepath.Join(b.dir, "part.jsonl")
	events, size, err := firstLines(b.process.path, part, most)
	if err != nil {
		return err
	}
	pack, err := rule.Load(b.rules[:1])
	if err != nil {
		return err
	}
	runs := func(s query.Settings, every int) (cost, int, error) {
		runtime.GC()
		e, err := engine(s, pack)
		if err != nil {
			return cost{}, 0, err
		}
		items := detect.Compile(e, pack)
		in := e.NewInput([]string{part}, func(text.Diagnostic) {}, new(source.Progress))
		defer in.Close()
		groups := [][]*detect.Item{items}
		if every > 0 {
			groups = nil
			for i := 0; i < len(items); i += every {
				groups = append(groups, items[i:i+1])
			}
		}
		n := 0
		before := cpuTime()
		for _, g := range groups {
			for _, it := range g {
				if it.State() != detect.Refused {
					n++
				}
			}
			if err := detect.Run(context.Background(), e, g, in, func(*detect.Item, *event.Batch) {}, func(text.Diagnostic) {}); err != nil {
				return cost{}, 0, err
			}
		}
		return cost{cpu: cpuTime() - before}, n, nil
	}
	b.head("engine", "rules", "CPU-s", "rule × event pairs/s", "times the shared engine's")
	plain := query.Settings{Detached: true, Plain: true, Unshared: true, Workers: 1}
	shared, n, err := runs(query.Settings{Detached: true, Workers: 1}, 0)
	if err != nil {
		return err
	}
	per := shared.cpu.Seconds() / float64(max(n, 1))
	for _, x := range []struct {
		name  string
		s     query.Settings
		every int
	}{
		{"all rules in one pass, nothing shared, no optimiser", plain, 0},
		{"rule by rule, a pass each, no optimiser (every 50th rule)", plain, 50},
		{"rule by rule, a pass each (every 50th rule)", query.Settings{Detached: true, Workers: 1}, 50},
	} {
		c, n, err := runs(x.s, x.every)
		if err != nil {
			return err
		}
		b.row(x.name, fmt.Sprint(n), seconds(c), rate(float64(n*events), c), fmt.Sprintf("%.1f", c.cpu.Seconds()/float64(max(n, 1))/per))
	}
	b.row("this one", fmt.Sprint(n), seconds(shared), rate(float64(n*events), shared), "1")
	fmt.Fprintf(b.out, "\nOver the first %s of the process events (%d), rules compiled before; times are per rule.\n", mega(size), events)
	return nil
}

func engine(s query.Settings, p *rule.Pack) (*query.Engine, error) {
	s.Macros, s.Lookups, s.LookupDirs, s.Functions, s.Sigma = p.Macros, p.Lookups, p.LookupDirs, p.Functions, p.Sigma
	return query.New(s)
}

// firstLines copies the first lines of a file.
func firstLines(from, to string, most int) (lines int, size int64, err error) {
	data := make([]byte, most)
	f, err := os.Open(from)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	n, err := f.Read(data)
	if err != nil {
		return 0, 0, err
	}
	text := string(data[:n])
	text = text[:strings.LastIndexByte(text, '\n')+1]
	return strings.Count(text, "\n"), int64(len(text)), os.WriteFile(to, []byte(text), 0o644)
}
