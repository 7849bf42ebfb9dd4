package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A peer is another program and the command with which its users do the like. Words in braces are filled in: {json}, {evtx},
// {rules} and {words}, a file of literals that rules look for.
type peer struct {
	name, what string
	args       []string
}

var peerCommands = []peer{
	{"rg", "counts the lines with one of the literals of a thousand rules", []string{"-c", "-i", "-F", "-f", "{words}", "{json}"}},
	{"evtx_dump", "reads EVTX, writes JSON lines", []string{"-t", "1", "-o", "jsonl", "{evtx}"}},
	{"hayabusa", "Sigma over EVTX", []string{"csv-timeline", "-d", "{evtx}", "-r", "{rules}", "-o", "{out}", "-w", "-q", "-C"}},
	{"chainsaw", "Sigma over EVTX", []string{"hunt", "{evtx}", "-s", "{rules}", "--mapping", "{mapping}", "--jsonl", "-o", "{out}"}},
	{"zircolite", "Sigma over JSON lines", []string{"--events", "{json}", "--jsononly", "--ruleset", "{rules}", "-o", "{out}"}},
	{"velociraptor", "reads EVTX, writes JSON lines", []string{"query", "SELECT * FROM parse_evtx(filename='{evtx}')", "--format", "jsonl"}},
	{"duckdb", "reads JSON lines, one condition", []string{"-c", "SELECT count(*) FROM read_json_auto('{json}', union_by_name=true, ignore_errors=true) WHERE CommandLine ILIKE '%mimikatz%'"}},
	{"clickhouse", "reads JSON lines, one condition", []string{"local", "-q", "SELECT count() FROM file('{json}', JSONEachRow, 'CommandLine Nullable(String)') WHERE CommandLine ILIKE '%mimikatz%' SETTINGS input_format_skip_unknown_fields=1"}},
	{"jq", "reads JSON lines, one condition", []string{"-c", "select((.CommandLine // \"\") | ascii_downcase | contains(\"mimikatz\"))", "{json}"}},
}

// peers runs other programs as their users do, when they are on PATH.
func (b *bench) peers() error {
	words := filepath.Join(b.dir, "words.txt")
	if err := os.WriteFile(words, []byte(strings.Join(b.words(1000), "\n")+"\n"), 0o644); err != nil {
		return err
	}
	fill := strings.NewReplacer("{json}", b.mixed.path, "{evtx}", b.evtx, "{rules}", b.rules[0], "{words}", words, "{out}", filepath.Join(b.dir, "peer.out"),
		"{mapping}", os.Getenv("CHAINSAW_MAPPING"))
	b.head("program", "does", "CPU-s", "wall s", "peak MB")
	var absent []string
	for _, p := range peerCommands {
		path, err := exec.LookPath(p.name)
		if err != nil {
			absent = append(absent, p.name)
			continue
		}
		args := make([]string, len(p.args))
		skip := ""
		for i, a := range p.args {
			if a == "{evtx}" && b.evtx == "" {
				skip = "needs -evtx"
			}
			if a == "{mapping}" && os.Getenv("CHAINSAW_MAPPING") == "" {
				skip = "needs CHAINSAW_MAPPING"
			}
			args[i] = fill.Replace(a)
		}
		if skip != "" {
			b.row(p.name, p.what, skip, "", "")
			continue
		}
		c, _, err := run([]string{"RAYON_NUM_THREADS=1"}, path, args...)
		if err != nil {
			b.row(p.name, p.what, "failed: "+strings.ReplaceAll(err.Error(), "|", "/"), "", "")
			continue
		}
		b.row(p.name, p.what, seconds(c), fmt.Sprintf("%.2f", c.wall.Seconds()), mega(c.peak))
	}
	if len(absent) > 0 {
		fmt.Fprintf(b.out, "\nNot on PATH, skipped: %s.\n", strings.Join(absent, ", "))
	}
	return nil
}

// words returns up to n literals of the first rules: what stands in quotes or behind a dash in their files.
func (b *bench) words(n int) []string {
	seen := map[string]bool{}
	var out []string
	filepath.Walk(b.rules[0], func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || len(out) >= n {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for line := range strings.Lines(string(data)) {
			w, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
			w = strings.Trim(w, `'"*`)
			if ok && len(w) >= 4 && len(w) < 60 && !strings.HasPrefix(w, "http") && !seen[w] && len(out) < n {
				seen[w] = true
				out = append(out, w)
			}
		}
		return nil
	})
	if len(out) == 0 {
		out = []string{"mimikatz"}
	}
	return out
}
