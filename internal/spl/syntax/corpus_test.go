package syntax

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/text"
)

const shared = "../../../../shared"

// corpusRules returns the searches of the public rule collections by file.
func corpusRules(t testing.TB) map[string]string {
	root := filepath.Join(shared, "corpus/spl")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the rule corpora are not beside the checkout")
	}
	rules := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r struct {
			Search string `yaml:"search"`
			Logic  string `yaml:"logic"`
			Format string `yaml:"logic_format"`
		}
		if err := yaml.Unmarshal(data, &r); err != nil {
			return nil // not a rule
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case r.Search != "":
			rules[name] = r.Search
		case strings.EqualFold(r.Format, "splunk"):
			rules[name] = r.Logic
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// corpusMacros returns the macros that come with the collections and stand-ins for those that they assume.
func corpusMacros(t testing.TB) Macros {
	set := Macros{
		"drop_dm_object_name(1)": {Args: []string{"x"}, Definition: `rename "$x$.*" as "*"`},
		"group_events(2)":        {Args: []string{"f", "s"}, Definition: `| bin _time span=$s$ | stats values(*) as *, count as event_count by _time, $f$`},
		"hec_collect":            {},
		"add_fields_eoi":         {},
		"ut_shannon(1)":          {Args: []string{"f"}, Definition: `eval ut_shannon=len($f$)`},
		"ut_parse_extended(2)":   {Args: []string{"f", "l"}, Definition: `eval ut_domain=$f$`},
		"get_asset(1)":           {Args: []string{"f"}, Definition: `eval asset=$f$`},
		"add_enrichment_rule(1)": {Args: []string{"f"}},
		"apply_al(1)":            {Args: []string{"f"}, Definition: "*"},
	}
	files, _ := filepath.Glob(filepath.Join(shared, "corpus/spl/escu/macros/*.yml"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Name       string   `yaml:"name"`
			Definition string   `yaml:"definition"`
			Arguments  []string `yaml:"arguments"`
		}
		if err := yaml.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		set[macroName(m.Name, len(m.Arguments))] = Macro{Args: m.Arguments, Definition: m.Definition}
	}
	return set
}

type looseMacros struct{ Macros }

// Macro supplies what no collection defines: the filter of each rule and the sources that the rules' users define.
func (m looseMacros) Macro(name string, args int) (Macro, bool) {
	d, ok := m.Macros.Macro(name, args)
	if !ok && args == 0 {
		switch {
		case strings.HasSuffix(name, "_filter"):
			return Macro{Definition: "search *"}, true
		case strings.HasPrefix(name, "get_"), strings.HasPrefix(name, "fltr_"):
			return Macro{Definition: "index=* OR source=" + name}, true
		}
	}
	return d, ok
}

// refused are the rules of the sample that cannot be read, with the place and the reason. Splunk refuses them too.
var refused = map[string]string{
	"certificate_enumeration-windows-splunk-edr.yml":                              "1:269 SPL1004 unbalanced parentheses: unexpected ')'",
	"certificate_enumeration-windows-splunk-sysmon.yml":                           "1:309 SPL1004 unbalanced parentheses: unexpected ')'",
	"clear_windows_event_logs-splunk-powershell.yml":                              "1:67 SPL1003 unbalanced parentheses: this '(' is never closed",
	"defender_registry_values_modified-splunk-powershell.yml":                     "1:468 SPL1004 unbalanced parentheses: unexpected ')'",
	"domain_trust_discovery_commands-windows-splunk-sysmon.yml":                   "1:48 SPL1003 unbalanced parentheses: this '(' is never closed",
	"iso_image_mounted-windows-splunk-powershell.yml":                             "1:139 SPL1003 unbalanced parentheses: this '(' is never closed",
	"possible_credential_dumping_via_windows_network_providers-splunk-sysmon.yml": "1:48 SPL1003 unbalanced parentheses: this '(' is never closed",
	"potential_cve-2023-2640_or_cve-2023-32629-overlay-splunk-unix.yml":           "1:93 SPL1004 unbalanced parentheses: unexpected ')'",
	"potential_lightwire_web_shell-splunk-waf.yml":                                "1:35 SPL1003 unbalanced parentheses: this '(' is never closed",
	"remote_wmic_query-splunk-sysmon.yml":                                         "1:48 SPL1003 unbalanced parentheses: this '(' is never closed",
	"suspicious_cupsd_child_process-nix-splunk-edr.yml":                           "1:45 SPL1003 unbalanced parentheses: this '(' is never closed",
	"visual_studio_code_tunnel_execution-splunk-powershell.yml":                   "1:288 SPL1003 unbalanced parentheses: this '(' is never closed",
}

func TestCorpus(t *testing.T) {
	rules, macros := corpusRules(t), looseMacros{corpusMacros(t)}
	repaired := 0
	for name, rule := range rules {
		src := text.NewSource(filepath.Base(name), rule)
		plain, diags := Parse(src)
		if n := diags.HasErrors(); !n {
			checkFixedPoint(t, name, plain)
		}
		full, more := Expand(src, macros, nil)
		if err := more.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		q, expanded := Parse(full.Source)
		switch err := expanded.Err(); {
		case err != nil && refused[filepath.Base(name)] == "":
			t.Errorf("refused: %q: `%s`,\n%s", filepath.Base(name), err, expanded[len(expanded)-1].Excerpt())
		case err != nil:
			if got := firstError(expanded); got != refused[filepath.Base(name)] {
				t.Errorf("%s: %s, want %s", name, got, refused[filepath.Base(name)])
			}
		case refused[filepath.Base(name)] != "":
			t.Errorf("%s: accepted, want %s", name, refused[filepath.Base(name)])
		case diags.HasErrors():
			t.Errorf("%s: unexpanded: %v", name, diags.Err())
		default:
			checkFixedPoint(t, name, q)
			Walk(q, func(n Node) bool {
				if m, ok := n.(*MacroCall); ok {
					t.Errorf("%s: macro call left: %s", name, m.Raw)
				}
				return true
			})
		}
		if len(expanded)+len(more) > 0 {
			repaired++
			if testing.Verbose() {
				for _, d := range append(more, expanded...) {
					t.Log(d)
				}
			}
		}
	}
	t.Logf("%d rules, %d with remarks, %d refused", len(rules), repaired, len(refused))
}

func firstError(diags text.Diagnostics) string {
	for _, d := range diags {
		if d.Severity == text.Error {
			p := d.Source.Position(d.Span.Start)
			return fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, d.ID, d.Message)
		}
	}
	return ""
}

// TestConformanceQueries reads every query of the conformance cases.
func TestConformanceQueries(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared, "conformance/spl/*.jsonl"))
	if len(files) == 0 {
		t.Skip("the conformance cases are not beside the checkout")
	}
	for _, f := range files {
		data, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		lines := bufio.NewScanner(data)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var c struct {
				ID     string
				SPL    string
				Macros map[string]json.RawMessage
				Expect struct{ Error bool }
			}
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			set := Macros{}
			for name, raw := range c.Macros {
				var m Macro
				var long struct {
					Args       []string
					Definition string
				}
				if json.Unmarshal(raw, &m.Definition) != nil {
					if err := json.Unmarshal(raw, &long); err != nil {
						t.Fatal(err)
					}
					m = Macro{Args: long.Args, Definition: long.Definition}
				}
				set[name] = m
			}
			src := text.NewSource(c.ID, c.SPL)
			plain, diags := Parse(src)
			full, expanding := Expand(src, set, nil)
			q, parsing := Parse(full.Source)
			all := append(expanding, parsing...)
			if c.Expect.Error {
				if testing.Verbose() {
					t.Log(c.ID, all.Err())
				}
				continue
			}
			if err := all.Err(); err != nil || diags.HasErrors() {
				t.Errorf("%s: %s\n%v %v", c.ID, c.SPL, err, diags.Err())
				continue
			}
			if len(all) > 0 {
				t.Errorf("%s: %s\n%v", c.ID, c.SPL, all)
			}
			checkFixedPoint(t, c.ID, plain)
			checkFixedPoint(t, c.ID, q)
		}
	}
}
