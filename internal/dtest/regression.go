package dtest

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// regression adds the tests that a Sigma rule's regression_tests_path names: an info.yml that lists recordings of events. All
// paths count from the root of the repository; here that is the nearest folder above from which the path leads to a file. As for
// SigmaHQ's own runner, a test passes when the rule finds something, whatever its match_count.
// https://github.com/SigmaHQ/sigma/tree/master/regression_data
func (s *Suite) regression(r *rule.Rule, n *yaml.Node) {
	where := nodeSpan(r.Source, n)
	info, root := climb(filepath.Dir(r.File), n.Value)
	if info == "" {
		s.Cases = append(s.Cases, &Case{Rule: r, Origin: "sigma", Source: r.Source, Span: where, Expect: Expect{AtLeast: 1, AtMost: -1},
			Data: []Dataset{{Ref: n.Value, Missing: "it is in no folder above the rule"}}})
		return
	}
	data, err := readText(info)
	src := text.NewSource(info, data)
	if err != nil {
		s.problem(text.Errorf(idBroken, src, text.Span{}, "the tests cannot be read: %v", err))
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(data), &doc); err != nil {
		s.problem(text.Errorf(idBroken, src, errorSpan(src, err), "not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: ")))
		return
	}
	p := &parser{suite: s, src: src}
	list := get(resolve(&doc), "regression_tests_info")
	if list == nil {
		s.problem(text.Errorf(idForm, src, text.Span{}, "there is no list regression_tests_info"))
		return
	}
	for _, t := range p.items(list, "regression_tests_info") {
		p.bad = false
		c := &Case{Rule: r, Origin: "sigma", Source: src, Span: nodeSpan(src, t), Expect: Expect{AtLeast: 1, AtMost: -1}}
		path := ""
		ignore := func(*yaml.Node) {}
		p.each(t, "a regression test", map[string]func(*yaml.Node){
			"name":        func(n *yaml.Node) { c.Name = p.str(n, "the name") },
			"path":        func(n *yaml.Node) { path, c.Span = p.str(n, "the path"), nodeSpan(src, n) },
			"match_count": func(n *yaml.Node) { v := p.num(n, "match_count"); c.Expect.Stated = &v },
			"type":        ignore, "provider": ignore, "description": ignore,
		})
		if path == "" && !p.bad {
			p.fail(t, "the test has no path")
		}
		if p.bad {
			continue
		}
		d := Dataset{Ref: path, span: c.Span}
		for _, try := range []string{filepath.Join(root, filepath.FromSlash(path)), filepath.Join(filepath.Dir(info), filepath.Base(filepath.FromSlash(path)))} {
			if st, err := os.Stat(try); err == nil && st.Mode().IsRegular() {
				d.Path = try
				break
			}
		}
		c.Data = []Dataset{d}
		s.Cases = append(s.Cases, c)
	}
}

// climb looks for a relative path in dir and the folders above it, and returns the file and the folder that it was found from.
func climb(dir, path string) (file, root string) {
	path = filepath.FromSlash(path)
	if !filepath.IsLocal(path) {
		return "", ""
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", ""
	}
	for {
		f := filepath.Join(dir, path)
		if st, err := os.Stat(f); err == nil && st.Mode().IsRegular() {
			return filepath.Clean(f), filepath.Clean(dir)
		}
		up := filepath.Dir(abs)
		if up == abs {
			return "", ""
		}
		abs, dir = up, filepath.Join(dir, "..")
	}
}
