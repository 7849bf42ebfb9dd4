// Package site writes a catalogue as static pages: they work from the file system, ask for nothing over the network, and need no
// script but for searching.
//
// Texts of rules and logs are hostile. html/template escapes them by where they stand; what it lets through since it is no markup
// (characters that turn text around or hide) is spelt out in the bytes of the finished page, and in scripts and JSON it is escaped.
// Links lead to http and https only. A content policy in each page keeps even a mistake from running anything.
package site

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"runtime"
	"slices"
	"sync"

	"github.com/harrier-detect/harrier/internal/catalog"
)

//go:embed assets/* templates/*
var files embed.FS

// Options say how a site is written.
type Options struct {
	// Force writes into a folder that holds other files, which stay.
	Force bool
	// Workers is how many goroutines write; 0 means one a processor.
	Workers int
}

// Result tells what was written.
type Result struct {
	Files int
	Bytes int64
}

// A job makes one file.
type job struct {
	name string
	make func(w *worker) ([]byte, error)
}

// worker holds what one goroutine reuses.
type worker struct {
	tmpl *template.Template
	buf  bytes.Buffer
}

// render executes a template and returns the page, which is the caller's.
func (w *worker) render(name string, data any) ([]byte, error) {
	w.buf.Reset()
	if err := w.tmpl.ExecuteTemplate(&w.buf, name, data); err != nil {
		return nil, fmt.Errorf("make page: %w", err)
	}
	return bytes.Clone(visible(w.buf.Bytes())), nil
}

// Write writes the site of a catalogue into a folder.
func Write(ctx context.Context, c *catalog.Catalog, dir string, o Options) (Result, error) {
	out, err := openOutput(dir, o.Force)
	if err != nil {
		return Result{}, err
	}
	defer out.close()
	s := newSite(c)
	tmpl, err := template.New("site").Funcs(s.funcs()).ParseFS(files, "templates/*.tmpl")
	if err != nil {
		return Result{}, fmt.Errorf("make page: %w", err)
	}
	jobs, err := s.jobs()
	if err != nil {
		return Result{}, err
	}
	names := make([]string, len(jobs))
	for i, j := range jobs {
		names[i] = j.name
	}
	slices.Sort(names)
	if err := out.plan(names); err != nil {
		return Result{}, err
	}
	if err := run(ctx, jobs, tmpl, out, o.Workers); err != nil {
		return Result{}, err
	}
	return Result{len(out.files), out.bytes}, nil
}

func run(ctx context.Context, jobs []job, tmpl *template.Template, out *output, workers int) error {
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan job)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := &worker{tmpl: tmpl}
			for j := range queue {
				data, err := j.make(w)
				if err == nil {
					err = out.write(j.name, data)
				}
				if err != nil {
					cancel(fmt.Errorf("%s: %w", j.name, err))
				}
			}
		})
	}
	for _, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		queue <- j
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}
