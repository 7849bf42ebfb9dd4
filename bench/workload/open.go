package workload

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/harrier-detect/harrier/internal/simulate"
)

// Open opens the lines of JSON under paths: files and folders, with zip and gzip around them. Files come in the order of their names.
func Open(paths ...string) (io.ReadCloser, error) {
	var files []string
	for _, p := range paths {
		err := filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("open a sample: %w", err)
		}
	}
	slices.Sort(files)
	r, w := io.Pipe()
	go func() {
		for _, f := range files {
			if err := pour(w, f); err != nil {
				w.CloseWithError(fmt.Errorf("open a sample: %s: %w", f, err))
				return
			}
		}
		w.Close()
	}()
	return r, nil
}

func pour(w io.Writer, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		for _, m := range z.File {
			if strings.Contains(m.Name, "__MACOSX") || !strings.HasSuffix(m.Name, ".json") && !strings.HasSuffix(m.Name, ".jsonl") {
				continue
			}
			f, err := m.Open()
			if err != nil {
				return err
			}
			_, err = io.Copy(w, f)
			f.Close()
			if err != nil {
				return err
			}
			w.Write([]byte("\n"))
		}
		return nil
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		g, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		_, err = io.Copy(w, g)
		return err
	case strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".jsonl"):
		_, err := w.Write(append(data, '\n'))
		return err
	}
	return nil
}

// Simulated returns a sample of the simulator's domain: a day with the intruder in it.
func Simulated(events int) (*Sample, error) {
	var buf bytes.Buffer
	day := simulate.Run(simulate.Options{Seed: 1, Start: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), Length: 12 * time.Hour, Events: events, Intrusion: true})
	if err := simulate.WriteJSON(&buf, day); err != nil {
		return nil, err
	}
	return Read(&buf, 0)
}

// Create opens a file for a workload; its name tells how it is compressed (.gz, .zst), "-" is standard output.
func Create(path string) (io.WriteCloser, error) {
	if path == "-" {
		return os.Stdout, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write a workload: %w", err)
	}
	switch {
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		return &both{z, f}, err
	case strings.HasSuffix(path, ".gz"):
		return &both{gzip.NewWriter(f), f}, nil
	}
	return f, nil
}

// both closes a compressor and then the file below it.
type both struct {
	io.WriteCloser
	file *os.File
}

func (b *both) Close() error {
	if err := b.WriteCloser.Close(); err != nil {
		b.file.Close()
		return err
	}
	return b.file.Close()
}
