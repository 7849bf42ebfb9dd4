package replay

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// manifest is a description of datasets as the attack_data repository keeps it beside them: in the form of today, and in that of
// before 2025 (`dataset`, with URLs, and `sourcetypes`).
type manifest struct {
	ID       string `yaml:"id"`
	Datasets []struct {
		Name       string `yaml:"name"`
		Path       string `yaml:"path"`
		Source     string `yaml:"source"`
		Sourcetype string `yaml:"sourcetype"`
	} `yaml:"datasets"`
	Dataset     []string `yaml:"dataset"`
	Sourcetypes []string `yaml:"sourcetypes"`
}

// Find lists the datasets that a path stands for: a file of events, a description of datasets (YAML), or a folder with such
// descriptions. The host of described datasets is the id of their description, as the platform's tool has it.
func Find(path string) ([]Dataset, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	case !info.IsDir() && (ext == ".yml" || ext == ".yaml"):
		return readManifest(path)
	case !info.IsDir():
		return []Dataset{{Name: filepath.Base(path), Path: path}}, nil
	}
	var out []Dataset
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ext := strings.ToLower(filepath.Ext(p))
		if e.IsDir() || ext != ".yml" && ext != ".yaml" {
			return nil
		}
		ds, err := readManifest(p)
		out = append(out, ds...)
		return err
	})
	if err == nil && out == nil {
		err = fmt.Errorf("there is no description of datasets (data.yml) below %s", path)
	}
	return out, err
}

func readManifest(file string) ([]Dataset, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := yaml.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []Dataset
	for _, d := range m.Datasets {
		if d.Path == "" {
			return nil, fmt.Errorf("%s: dataset %q has no path", file, d.Name)
		}
		p, err := locate(file, d.Path)
		if err != nil {
			return nil, err
		}
		out = append(out, Dataset{Name: d.Name, Path: p, Host: m.ID, Source: d.Source, Sourcetype: d.Sourcetype})
	}
	for i, ref := range m.Dataset {
		p, err := locate(file, ref)
		if err != nil {
			return nil, err
		}
		d := Dataset{Name: filepath.Base(p), Path: p, Host: m.ID}
		// A source and its sourcetype have one name there; with one for each file they belong together, a single one is for all.
		switch {
		case len(m.Sourcetypes) == len(m.Dataset):
			d.Sourcetype = m.Sourcetypes[i]
		case len(m.Sourcetypes) == 1:
			d.Sourcetype = m.Sourcetypes[0]
		}
		out = append(out, d)
	}
	if out == nil {
		return nil, fmt.Errorf("%s: it describes no datasets: it has neither datasets nor dataset", file)
	}
	return out, nil
}

// locate finds the file of a dataset: paths are relative to the description, those that begin with /datasets to the root of the
// repository, and of URLs the file beside the description is meant.
func locate(file, ref string) (string, error) {
	dir := filepath.Dir(file)
	if strings.Contains(ref, "://") {
		ref = ref[strings.LastIndexByte(ref, '/')+1:]
	}
	try := []string{filepath.Join(dir, filepath.FromSlash(ref))}
	if strings.HasPrefix(ref, "/") {
		if abs, err := filepath.Abs(dir); err == nil {
			for up := abs; ; up = filepath.Dir(up) {
				try = append(try, filepath.Join(up, filepath.FromSlash(ref)))
				if up == filepath.Dir(up) {
					break
				}
			}
		}
	}
	i := slices.IndexFunc(try, func(p string) bool {
		info, err := os.Stat(p)
		return err == nil && info.Mode().IsRegular()
	})
	if i < 0 {
		return "", fmt.Errorf("%s: there is no file %q", file, ref)
	}
	return try[i], nil
}
