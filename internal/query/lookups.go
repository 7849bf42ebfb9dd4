package query

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/spl"
)

// lookups finds lookup tables: by definition first, then by the name of a file in one of the folders.
type lookups struct {
	defs  map[string]rule.LookupDef
	dirs  []string
	write string            // the folder that searches write tables into, or ""
	files map[string]string // tables given as text, by file name

	mu     sync.Mutex
	tables map[string]*spl.Table
}

func newLookups(s Settings) *lookups {
	l := &lookups{defs: map[string]rule.LookupDef{}, dirs: s.LookupDirs, write: s.WriteLookups, files: s.LookupFiles, tables: map[string]*spl.Table{}}
	for _, d := range s.Lookups {
		l.defs[d.Name] = d
	}
	return l
}

// Table implements spl.Lookups.
func (l *lookups) Table(name string) (*spl.Table, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.tables[name]; ok {
		return t, nil
	}
	t, err := l.load(name)
	if err != nil {
		return nil, err
	}
	l.tables[name] = t
	return t, nil
}

func (l *lookups) load(name string) (*spl.Table, error) {
	d, defined := l.defs[name]
	if !defined {
		d = rule.LookupDef{Name: name, Filename: name, CaseSensitive: true}
		for _, other := range l.defs { // the file of a definition can be read by its own name, which knows nothing of matching
			if other.Filename == name {
				d.File = other.File
			}
		}
	}
	t := &spl.Table{Name: name, FoldCase: !d.CaseSensitive, MaxMatches: d.MaxMatches, MinMatches: d.MinMatches, DefaultMatch: d.DefaultMatch}
	var err error
	if t.Match, err = spl.ParseMatchTypes(d.MatchType); err != nil {
		return nil, fmt.Errorf("lookup %s: %w", name, err)
	}
	if defined && d.Filename == "" {
		// A state table: what fills it is a search that runs now and then, so it is empty until the user gives a file.
		t.Columns = slices.Clone(d.Fields)
		if r, ok, err := l.open(name+".csv", d); ok || err != nil {
			return l.read(t, r, err)
		}
		return t, nil
	}
	r, ok, err := l.open(d.Filename, d)
	if !ok && err == nil {
		if defined {
			return nil, fmt.Errorf("lookup %s: its file %s is not in any lookup folder", name, d.Filename)
		}
		return nil, nil
	}
	return l.read(t, r, err)
}

func (l *lookups) read(t *spl.Table, r io.ReadCloser, err error) (*spl.Table, error) {
	if err != nil {
		return nil, fmt.Errorf("lookup %s: %w", t.Name, err)
	}
	defer r.Close()
	if f, ok := r.(*os.File); ok && l.write != "" && filepath.Dir(f.Name()) == filepath.Clean(l.write) {
		if info, err := f.Stat(); err == nil && info.Size() == 0 {
			return t, nil // a search without results has written it
		}
	}
	if t.Columns, t.Rows, err = spl.ReadTable(r); err != nil {
		return nil, fmt.Errorf("lookup %s: %w", t.Name, err)
	}
	return t, nil
}

// open finds a table's file: among those given as text, beside its definition, or in a lookup folder, also packed. A name never
// leads out of these folders.
func (l *lookups) open(file string, d rule.LookupDef) (io.ReadCloser, bool, error) {
	if text, ok := l.files[file]; ok {
		return io.NopCloser(strings.NewReader(text)), true, nil
	}
	if file == "" || file != filepath.Base(file) {
		return nil, false, nil
	}
	dirs := l.dirs
	if d.File != "" {
		dirs = append([]string{filepath.Dir(d.File)}, dirs...)
	}
	if l.write != "" { // what a search has written stands for what its author's repository had
		dirs = append([]string{l.write}, dirs...)
	}
	for _, dir := range dirs {
		for _, name := range []string{file, file + ".csv", file + ".gz", file + ".csv.gz"} {
			f, err := os.Open(filepath.Join(dir, name))
			switch {
			case err == nil:
				if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
					return f, true, nil
				}
				f.Close()
			case !os.IsNotExist(err):
				return nil, false, err
			}
		}
	}
	return nil, false, nil
}

// TableNames implements spl.Lookups.
func (l *lookups) TableNames() []string {
	var names []string
	for n := range l.defs {
		names = append(names, n)
	}
	for n := range l.files {
		names = append(names, n)
	}
	dirs := l.dirs
	if l.write != "" {
		dirs = append([]string{l.write}, dirs...)
	}
	for _, dir := range dirs {
		entries, err := fs.ReadDir(os.DirFS(dir), ".")
		if err != nil {
			continue
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".csv") || strings.HasSuffix(e.Name(), ".csv.gz") {
				names = append(names, e.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
