package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/bench/workload"
)

// bench is a run of all measurements.
type bench struct {
	out   io.Writer
	dir   string // for what is made on the way
	bin   string
	rules []string
	evtx  string
	times int

	mixed, process input
}

// input is a file of JSON lines and what is in it.
type input struct {
	path   string
	bytes  int64
	events int
}

// table prints the tables of docs/performance.md.
func table(args []string) error {
	f := flag.NewFlagSet("table", flag.ExitOnError)
	b := &bench{out: os.Stdout}
	size := f.String("size", "500M", "how many bytes of mixed logs")
	sample := f.String("sample", "100M", "how much of the recordings is repeated")
	data := f.String("data", "", "recordings to repeat, as JSON lines, `PATH`s separated by commas (default: the simulator)")
	rules := f.String("rules", "", "rules, `PATH`s separated by commas; the first is the one of the ratios (default: those of the demonstration)")
	f.StringVar(&b.evtx, "evtx", "", "folder `DIR` of EVTX files")
	f.IntVar(&b.times, "times", 3, "how often each measurement is made; the best counts")
	only := f.String("only", "", "print only the tables whose names match `REGEX`")
	keep := f.String("dir", "", "keep what is made in `DIR` (default: a temporary folder, removed in the end)")
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: bench [table] [options]\n\nMeasures this tree on this machine, beside a naive engine and the peers that are on PATH.")
		f.PrintDefaults()
	}
	f.Parse(args)
	match, err := regexp.Compile("(?i)" + *only)
	if err != nil {
		return err
	}
	if b.dir = *keep; b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "harrier-bench-*"); err != nil {
			return err
		}
		defer os.RemoveAll(b.dir)
	}
	if b.bin, err = build(b.dir); err != nil {
		return err
	}
	if b.rules = list(*rules); len(b.rules) == 0 {
		if b.rules, err = demoRules(b.dir); err != nil {
			return err
		}
	}
	if err := b.workloads(list(*data), *size, *sample); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%s/%s, %d processors, %s; mixed logs: %s, %d events; process events: %s, %d events; best of %d\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), mega(b.mixed.bytes), b.mixed.events, mega(b.process.bytes), b.process.events, b.times)
	for _, t := range []struct {
		name string
		f    func() error
	}{
		{"Reading", b.reading}, {"Rules", b.hunts}, {"Naive engine", b.naive}, {"Scaling", b.scaling}, {"Memory", b.memory}, {"Peers", b.peers},
	} {
		if !match.MatchString(t.name) {
			continue
		}
		fmt.Fprintf(b.out, "\n## %s\n\n", t.name)
		if err := t.f(); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(t.name), err)
		}
	}
	return nil
}

func list(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(p string) bool { return p == "" })
}

// workloads makes the inputs.
func (b *bench) workloads(paths []string, size, sample string) error {
	n, err := bytesOf(size)
	if err != nil {
		return err
	}
	limit, err := bytesOf(sample)
	if err != nil {
		return err
	}
	s, err := readSample(paths, limit, 50_000)
	if err != nil {
		return err
	}
	if b.mixed, err = b.write("mixed.jsonl", s, n); err != nil {
		return err
	}
	p := s.Only(isProcess)
	if p.Lines() == 0 {
		return errors.New("there is no event of a process that begins in the recordings")
	}
	b.process, err = b.write("process.jsonl", p, n/2)
	return err
}

var processID = regexp.MustCompile(`"EventID":\s?(?:1|4688)[,}]`)

// isProcess reports whether a line tells of a process that begins.
func isProcess(line []byte) bool { return processID.Match(line) }

func (b *bench) write(name string, s *workload.Sample, size int64) (input, error) {
	in := input{path: filepath.Join(b.dir, name)}
	f, err := os.Create(in.path)
	if err != nil {
		return in, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	in.events, err = s.Write(w, size)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return in, err
	}
	info, err := os.Stat(in.path)
	if err != nil {
		return in, err
	}
	in.bytes = info.Size()
	return in, nil
}

// row prints a line of a table; the first of a table is its head.
func (b *bench) row(cells ...string) { fmt.Fprintf(b.out, "| %s |\n", strings.Join(cells, " | ")) }

func (b *bench) head(cells ...string) {
	b.row(cells...)
	fmt.Fprintln(b.out, strings.Repeat("|---", len(cells))+"|")
}

func mega(n int64) string           { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
func seconds(c cost) string         { return fmt.Sprintf("%.2f", c.cpu.Seconds()) }
func rate(n float64, c cost) string { return short(n / max(c.cpu.Seconds(), 1e-9)) }

// short writes a number with three digits and a unit.
func short(x float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= u.size {
			return strconv.FormatFloat(x/u.size, 'g', 3, 64) + u.name
		}
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// hunt measures a hunt of the whole process on one worker, one processor.
func (b *bench) hunt(rules []string, in string, more ...string) (cost, int, error) {
	return b.huntOn(1, rules, in, more...)
}

var ranPattern = regexp.MustCompile(`(\d+) rules: (\d+) ran`)

func (b *bench) huntOn(cores int, rules []string, in string, more ...string) (cost, int, error) {
	ran := 0
	c, err := best(b.times, func() (cost, error) {
		args := []string{"hunt", "-f", "jsonl", "-o", os.DevNull, "--workers", strconv.Itoa(cores)}
		for _, r := range rules {
			args = append(args, "-r", r)
		}
		c, errs, err := run([]string{"GOMAXPROCS=" + strconv.Itoa(cores)}, b.bin, append(append(args, more...), in)...)
		if m := ranPattern.FindStringSubmatch(errs); m != nil {
			ran, _ = strconv.Atoi(m[2])
		}
		return c, err
	})
	return c, ran, err
}

// empty is an input without events: what remains of a hunt over it is the start.
func (b *bench) empty() (string, error) {
	path := filepath.Join(b.dir, "empty.jsonl")
	return path, os.WriteFile(path, []byte("{}\n"), 0o644)
}

// tenth copies every tenth rule file of a folder.
func (b *bench) tenth(rules string) (string, error) {
	dir := filepath.Join(b.dir, "tenth")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	i := 0
	err := filepath.WalkDir(rules, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".yml", ".yaml", ".spl", ".kql", ".md", ".txt", ".json":
		default:
			return nil
		}
		if i++; i%10 != 0 {
			return nil
		}
		rel, err := filepath.Rel(rules, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
	if i < 10 {
		return "", err
	}
	return dir, err
}
