package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/harrier-detect/harrier/internal/sigma/pipeline"
	"github.com/harrier-detect/harrier/internal/text"
)

// loadPipelines reads the processing pipelines at the paths, files or folders of YAML files; nil for none. A pipeline that is wrong is an
// error like that of a rule.
func loadPipelines(paths []string) (*pipeline.Pipeline, error) {
	var srcs []*text.Source
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read pipeline: %w", err)
		}
		files := []string{path}
		if info.IsDir() {
			entries, err := os.ReadDir(path)
			if err != nil {
				return nil, fmt.Errorf("read pipeline: %w", err)
			}
			files = nil
			for _, e := range entries {
				if ext := strings.ToLower(filepath.Ext(e.Name())); !e.IsDir() && (ext == ".yml" || ext == ".yaml") {
					files = append(files, filepath.Join(path, e.Name()))
				}
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("read pipeline: there is no YAML file in %s", path)
			}
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				return nil, fmt.Errorf("read pipeline: %w", err)
			}
			srcs = append(srcs, text.NewSource(f, strings.TrimPrefix(string(data), "\ufeff")))
		}
	}
	if len(srcs) == 0 {
		return nil, nil
	}
	p, ds := pipeline.Load(srcs)
	if err := ds.Err(); err != nil {
		return nil, &exitError{ExitRules, err}
	}
	return p, nil
}
