package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

// maxRuleFile bounds a rule file; nobody writes a rule of that size, and a log given by mistake must not be parsed as YAML.
const maxRuleFile = 16 << 20

// surroundings are the folders of a content repository that hold what its rules refer to.
var surroundings = []string{"macros", "lookups"}

// Load reads every rule file under the paths, files or folders, in the order given and sorted within a folder. For rules of a
// content repository it also reads the repository's macros and lookups from folders beside or above them. Problems of single
// files are in the pack's Diagnostics; the error says that a path cannot be read at all.
func Load(paths []string) (*Pack, error) {
	p := &Pack{Others: map[string]int{}}
	read := map[string]bool{}
	var dirs []string
	for _, root := range paths {
		info, err := os.Stat(root)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		if !info.IsDir() {
			dirs = append(dirs, filepath.Dir(root))
			p.loadFile(root, read, true)
			continue
		}
		dirs = append(dirs, root)
		err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				p.problem(path, "RUL6001", "cannot be read: %v", err)
			case e.IsDir() && path != root && strings.HasPrefix(e.Name(), "."):
				return filepath.SkipDir
			case e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0:
				p.loadFile(path, read, false)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
	}
	p.loadSurroundings(dirs, read)
	p.settleSigma()
	return p, nil
}

// LoadMacros reads macro definitions from a file or folder, in the YAML of content repositories or as a Splunk macros.conf.
func LoadMacros(path string) ([]Macro, text.Diagnostics, error) {
	p := &Pack{Others: map[string]int{}}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read macros: %w", err)
	}
	files := []string{path}
	if info.IsDir() {
		files = nil
		err := filepath.WalkDir(path, func(f string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				files = append(files, f)
			}
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read macros: %w", err)
		}
	}
	read := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, ".conf") {
			data, err := os.ReadFile(f)
			if err != nil {
				return nil, nil, fmt.Errorf("read macros: %w", err)
			}
			p.readConf(f, string(data))
			continue
		}
		p.loadFile(f, read, true)
	}
	return p.Macros, p.Diagnostics, nil
}

// LoadLookups reads the lookup definitions (YAML of content repositories) in a folder.
func LoadLookups(dir string) ([]LookupDef, error) {
	p := &Pack{Others: map[string]int{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read lookups: %w", err)
	}
	read := map[string]bool{}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".yml" || ext == ".yaml" {
			p.loadFile(filepath.Join(dir, e.Name()), read, false)
		}
	}
	return p.Lookups, p.Diagnostics.Err()
}

// loadSurroundings looks for macros and lookups in each rule folder and up to three folders above it, as a repository with
// detections/<category>/ rule.yml has them.
func (p *Pack) loadSurroundings(dirs []string, read map[string]bool) {
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err != nil {
			continue
		}
		for range 4 {
			for _, s := range surroundings {
				folder := filepath.Join(dir, s)
				if info, err := os.Stat(folder); err != nil || !info.IsDir() {
					continue
				}
				if s == "lookups" && !slices.Contains(p.LookupDirs, folder) {
					p.LookupDirs = append(p.LookupDirs, folder)
				}
				entries, _ := os.ReadDir(folder)
				for _, e := range entries {
					if ext := filepath.Ext(e.Name()); ext == ".yml" || ext == ".yaml" {
						p.loadFile(filepath.Join(folder, e.Name()), read, false)
					}
				}
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
}

// loadFile reads one file once. A file that the user named is a rule file whatever its name ends in.
func (p *Pack) loadFile(path string, read map[string]bool, named bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	if read[abs] {
		return
	}
	read[abs] = true
	ext := strings.ToLower(filepath.Ext(path))
	switch ext {
	case ".yml", ".yaml", ".md", ".kql", ".csl", ".kusto", ".spl", ".txt", ".json":
	default:
		if !named {
			p.Others["file that is no rule"]++
			return
		}
	}
	data, err := readBounded(path)
	if err != nil {
		p.problem(path, "RUL6001", "cannot be read: %v", err)
		return
	}
	src := strings.TrimPrefix(string(data), "\ufeff")
	switch ext {
	case ".md":
		readMarkdown(path, src, p)
	case ".kql", ".csl", ".kusto":
		readPlain(path, src, KQL, p)
	case ".spl":
		readPlain(path, src, SPL, p)
	case ".txt":
		if !named && !looksLikeKQL(src) {
			p.Others["text without a query"]++
			return
		}
		readPlain(path, src, KQL, p)
	default:
		p.readYAML(path, src, named)
	}
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRuleFile+1))
	if err == nil && len(data) > maxRuleFile {
		return nil, fmt.Errorf("larger than %d MiB, which no rule is", maxRuleFile>>20)
	}
	return data, err
}

func (p *Pack) readYAML(path, src string, named bool) {
	whole := text.NewSource(path, src)
	dec := yaml.NewDecoder(strings.NewReader(src))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil && !named && jsonStream(path, src) {
			p.Others["JSON that is no rule"]++
			return
		}
		if err != nil {
			p.refuseFile(path, text.Errorf("RUL1001", whole, yamlErrorSpan(src, err), "not valid YAML: %s", yamlErrorText(err)))
			return
		}
		m, ok := mappingOf(&n)
		if !ok {
			p.Others["YAML that is no rule"]++
			continue
		}
		m.read = map[*yaml.Node]bool{}
		p.readDocument(document{m, path, src, whole}, named)
	}
}

// jsonStream reports whether a file holds several JSON values behind each other: data, since no rule is published like that.
func jsonStream(path, src string) bool {
	if !strings.EqualFold(filepath.Ext(path), ".json") {
		return false
	}
	dec := json.NewDecoder(strings.NewReader(src))
	for n := 0; ; n++ {
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return errors.Is(err, io.EOF) && n > 1
		}
	}
}

func (p *Pack) readDocument(d document, named bool) {
	for _, f := range formats {
		if f.is(d.mapping) {
			if f.read == nil {
				p.Others[f.name]++
			} else {
				f.read(d, p)
			}
			return
		}
	}
	if named {
		p.refuseFile(d.file, text.Errorf("RUL1002", d.src, text.Span{}, "no rule format that Harrier knows has these keys: %s", strings.Join(d.keys(), ", ")))
		return
	}
	p.Others["YAML that is no rule"]++
}

func (m mapping) keys() []string {
	var out []string
	for i := 0; i+1 < len(m.node.Content) && i < 24; i += 2 {
		out = append(out, m.node.Content[i].Value)
	}
	return out
}

// addRule completes a rule read from a YAML document and adds it, or refuses it when it has no query.
func (p *Pack) addRule(d document, r *Rule) {
	r.File, r.Source, r.Doc = d.file, d.src, d.node
	if d.read != nil && r.Unread == nil {
		r.Unread = d.unread()
	}
	if r.Name == "" {
		r.Name = baseName(d.file)
	}
	if r.ID == "" {
		r.ID = baseName(d.file)
	}
	if strings.TrimSpace(r.Query.Text) == "" {
		p.refuse(d, r, "RUL1003", "query", "the rule has no query")
		return
	}
	if r.Language == KQL {
		p.Rules = append(p.Rules, split(r)...)
		return
	}
	p.Rules = append(p.Rules, r)
}

func (p *Pack) refuse(d document, r *Rule, id, key, format string, args ...any) {
	r.File, r.Source, r.Doc = d.file, d.src, d.node
	span := text.Span{}
	if n := d.get(key); n != nil {
		span.Start = offsetOf(d.text, n.Line, n.Column)
		span.End = span.Start + 1
	}
	p.Refused = append(p.Refused, r)
	p.Diagnostics = append(p.Diagnostics, text.Errorf(id, d.src, span, format, args...))
}

func (p *Pack) refuseFile(path string, d text.Diagnostic) {
	p.Refused = append(p.Refused, &Rule{ID: baseName(path), Name: baseName(path), File: path, Source: d.Source})
	p.Diagnostics = append(p.Diagnostics, d)
}

func (p *Pack) problem(path, id, format string, args ...any) {
	p.refuseFile(path, text.Errorf(id, text.NewSource(path, ""), text.Span{}, format, args...))
}

// readPlain makes a rule of a file that is nothing but a query; leading comment lines are its description.
func readPlain(path, src string, lang Language, p *Pack) {
	whole := text.NewSource(path, src)
	r := &Rule{ID: baseName(path), Name: strings.ReplaceAll(baseName(path), "_", " "), File: path, Language: lang, Format: "plain", Source: whole, Query: whole}
	var prose []string
	for _, l := range strings.Split(src, "\n") {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		comment, ok := strings.CutPrefix(l, "//")
		if !ok {
			break
		}
		prose = append(prose, strings.TrimSpace(strings.Trim(comment, "/")))
	}
	r.Description = strings.TrimSpace(strings.Join(prose, " "))
	r.Techniques = distinct(techniqueRef.FindAllString(strings.Join(prose, " "), -1))
	if strings.TrimSpace(src) == "" {
		p.refuseFile(path, text.Errorf("RUL1003", whole, text.Span{}, "the file is empty"))
		return
	}
	if lang == KQL {
		p.Rules = append(p.Rules, split(r)...)
		return
	}
	p.Rules = append(p.Rules, r)
}

// readConf reads stanzas of a Splunk macros.conf: [name(2)], definition, args, a backslash at the line's end to go on.
func (p *Pack) readConf(path, src string) {
	var cur *Macro
	done := func() {
		if cur != nil {
			p.Macros = append(p.Macros, *cur)
		}
		cur = nil
	}
	for _, line := range strings.Split(strings.ReplaceAll(src, "\\\n", "\n\x00"), "\n") {
		if cont, ok := strings.CutPrefix(line, "\x00"); ok {
			if cur != nil {
				cur.Definition += "\n" + cont
			}
			continue
		}
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			done()
			name, _, _ := strings.Cut(line[1:len(line)-1], "(")
			cur = &Macro{Name: name, File: path}
			continue
		}
		key, val, ok := strings.Cut(line, "=")
		if !ok || cur == nil || strings.HasPrefix(line, "#") {
			continue
		}
		switch val = strings.TrimSpace(val); strings.TrimSpace(key) {
		case "definition":
			cur.Definition = val
		case "args":
			for _, a := range strings.Split(val, ",") {
				cur.Args = append(cur.Args, strings.TrimSpace(a))
			}
		}
	}
	done()
}

func baseName(path string) string {
	b := filepath.Base(path)
	return strings.TrimSuffix(b, filepath.Ext(b))
}

// yamlErrorSpan finds the line that a YAML error speaks of.
func yamlErrorSpan(src string, err error) text.Span {
	var line int
	if i := strings.Index(err.Error(), "line "); i >= 0 {
		fmt.Sscanf(err.Error()[i:], "line %d", &line)
	}
	if line == 0 {
		return text.Span{}
	}
	at := offsetOf(src, line, 1)
	end := at + strings.IndexByte(src[at:]+"\n", '\n')
	return text.Span{Start: at, End: end}
}

func yamlErrorText(err error) string {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	return strings.ReplaceAll(s, "\n", " ")
}
