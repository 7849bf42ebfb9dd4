package query

import (
	"context"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/spl"
)

// maxInfer bounds the batches from which the columns of a user table are told; a table of the user's is rarely larger.
const maxInfer = 256

// inferTables reads the user's tables to learn their columns.
func (e *Engine) inferTables() (map[string][]schema.Column, error) {
	out := map[string][]schema.Column{}
	for name, p := range e.settings.Tables {
		var seen []*event.Batch
		opt := source.Options{Dicts: event.NewDicts(0), Files: new(event.Files), Classes: new(event.Classes), InOrder: true,
			Need: func(f string) bool { return f != event.RawField }}
		err := source.Scan(context.Background(), []string{p}, opt, func(b *event.Batch) error {
			if seen = append(seen, b); len(seen) >= maxInfer {
				return source.ErrStop
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		out[name] = schema.Infer(seen)
	}
	e.tables = out
	return out, nil
}

// addTables makes the user's tables part of an input.
func (e *Engine) addTables(in *Input) {
	for name, p := range e.settings.Tables {
		if !slices.Contains(in.Paths, p) {
			in.Paths = append(in.Paths, p)
		}
		clean := filepath.ToSlash(filepath.Clean(p))
		e.registry.AddTable("kql:"+name, e.tables[name], func(file uint32) bool {
			f := filepath.ToSlash(in.Options.Files.Name(file))
			rest, ok := strings.CutPrefix(f, clean)
			return ok && (rest == "" || rest[0] == '!' || rest[0] == '/')
		})
	}
}

func kqlOptions(s Settings, tables map[string][]schema.Column) kql.Options {
	saved := map[string]*kql.Function{}
	for _, f := range s.Functions {
		k := &kql.Function{Name: f.Name, Body: f.Body}
		for _, p := range f.Params {
			// The files of parsers write the default of a text parameter without quotes.
			if d := p.Default; strings.EqualFold(p.Type, "string") && d != "" && !strings.ContainsAny(d[:1], `"'@h`) {
				p.Default = "'" + strings.ReplaceAll(d, "'", `\'`) + "'"
			}
			k.Params = append(k.Params, kql.Param(p))
		}
		saved[f.Name] = k
	}
	return kql.Options{
		Detached: s.Detached,
		Table: func(name string) (kql.Table, bool) {
			cols, ok := tables[name]
			if !ok {
				if cols, ok = schema.Table(name); !ok {
					return kql.Table{}, false
				}
			}
			return kql.Table{Columns: kqlColumns(cols)}, true
		},
		TableNames: func() []string {
			names := schema.Tables()
			for n := range tables {
				names = append(names, n)
			}
			return names
		},
		Function: func(name string) (*kql.Function, bool) { f, ok := saved[name]; return f, ok },
		FunctionNames: func() []string {
			var names []string
			for n := range saved {
				names = append(names, n)
			}
			return names
		},
		Watchlist: func(alias string) (*event.Batch, bool) { return watchlist(s.LookupDirs, alias) },
		External:  func(uri string) ([]byte, bool) { return external(s.LookupDirs, uri) },
	}
}

func kqlColumns(cols []schema.Column) []kql.Column {
	out := make([]kql.Column, len(cols))
	for i, c := range cols {
		t, ok := types.Parse(string(c.Type))
		if !ok {
			t = types.Dynamic
		}
		out[i] = kql.Column{Name: c.Name, Type: t}
	}
	return out
}

// watchlist reads a watchlist from a CSV of its alias in one of the folders.
func watchlist(dirs []string, alias string) (*event.Batch, bool) {
	if alias != filepath.Base(alias) {
		return nil, false
	}
	for _, dir := range dirs {
		f, err := os.Open(filepath.Join(dir, alias+".csv"))
		if err != nil {
			continue
		}
		columns, rows, err := spl.ReadTable(f)
		f.Close()
		if err != nil {
			continue
		}
		b := event.NewBatch(len(rows))
		for i, c := range columns {
			vals := make([]event.Value, len(rows))
			for j, r := range rows {
				vals[j] = event.StringOf(r[i])
			}
			b.Set(c, event.NewColumn(vals))
		}
		return b, true
	}
	return nil, false
}

// external answers for an address of externaldata with a file of the address's last part in one of the folders. Nothing is ever
// fetched.
func external(dirs []string, uri string) ([]byte, bool) {
	name := uri
	if u, err := url.Parse(uri); err == nil && u.Path != "" {
		name = path.Base(u.Path)
	}
	if name != filepath.Base(name) || name == "." || name == "/" {
		return nil, false
	}
	for _, dir := range dirs {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return data, true
		}
	}
	return nil, false
}
