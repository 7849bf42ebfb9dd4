// Queries writes what the referee needs to judge Harrier's front end: one JSON line with the columns of all tables, then one for each
// KQL query of the given rule files, with Harrier's own verdicts. See the README beside this folder.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/text"
)

// verdict is what Harrier says of one query: the first error of its parser and of its binder, empty when there is none.
type verdict struct {
	File  string `json:"file"`
	ID    string `json:"id"`
	Query string `json:"query"`
	Parse string `json:"parse"`
	Bind  string `json:"bind"`
	// Kind is the diagnostic's id of Bind.
	Kind string `json:"kind"`
	// Open: names were taken to be tables with any column, so that the binder says little.
	Open bool `json:"open"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./test/referee/queries RULES…")
		os.Exit(3)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "queries:", err)
		os.Exit(3)
	}
}

func run(paths []string) error {
	pack, err := rule.Load(paths)
	if err != nil {
		return err
	}
	engine, err := query.New(query.Settings{Detached: true, Now: "newest", Functions: pack.Functions})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	enc := json.NewEncoder(out)
	tables := map[string]map[string]string{}
	for _, name := range schema.Tables() {
		cols, _ := schema.Table(name)
		tables[name] = map[string]string{}
		for _, c := range cols {
			tables[name][c.Name] = string(c.Type)
		}
	}
	if err := enc.Encode(map[string]any{"tables": tables}); err != nil {
		return err
	}
	for _, r := range pack.Rules {
		if r.Language != rule.KQL {
			continue
		}
		file := r.File
		if rel, err := filepath.Rel(paths[0], r.File); err == nil {
			file = filepath.ToSlash(rel)
		}
		v := verdict{File: file, ID: r.ID, Query: r.Query.Text}
		if _, ds := syntax.Parse(text.NewSource(r.File, r.Query.Text)); ds.HasErrors() {
			v.Parse, _ = first(ds)
		} else {
			_, ds := engine.Compile(rule.KQL, text.NewSource(r.File, r.Query.Text))
			v.Bind, v.Kind = first(ds)
			for _, d := range ds {
				v.Open = v.Open || d.ID == "KQL5003"
			}
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

func first(ds text.Diagnostics) (message, id string) {
	for _, d := range ds {
		if d.Severity == text.Error {
			return d.Message, d.ID
		}
	}
	return "", ""
}
