package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/catalog"
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/rule"
)

// hostile is what somebody who wants to run something in a reader's browser writes into a rule or a log.
const hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'--></style></title><svg/onload=alert(3)>{{.}}`${x}`\u2028\u202etxt.exe\u200b\u0007&lt;b&gt; [x](javascript:alert(4)) =cmd|' /C calc'!A0"

// hostileRules has hostile text wherever a rule has text.
func hostileRules(t *testing.T) *rule.Pack {
	t.Helper()
	q, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	x := string(q) // JSON's texts are YAML's
	dir := filepath.Join(t.TempDir(), "rules")
	os.Mkdir(dir, 0o777)
	for name, text := range map[string]string{
		"a.yml": "name: " + x + "\nid: " + x + "\nauthor: " + x + "\ndate: " + x + "\nversion: " + x + "\nstatus: " + x + "\ntype: " + x + "\ndescription: " + x +
			"\nsearch: " + mustJSON("index=main \""+hostile+"\" user=\"<b>"+strings.ReplaceAll(hostile, `"`, `\"`)+"\" NOT x=\"</code>\" `m(<i>)` | where match(process, \"</pre><script>alert(9)</script>\") | table user \"<u>\"") +
			"\nhow_to_implement: " + x + "\nknown_false_positives: " + x + "\nreferences: [" + x + ", 'javascript:alert(5)', 'JaVaScRiPt:alert(6)', 'data:text/html,<script>alert(7)</script>', 'https://example.org/?a=\"><script>x</script>']\n" +
			"data_source: [" + x + "]\ntags: {mitre_attack_id: [" + x + ", T1059], analytic_story: [" + x + "], kill_chain_phases: [" + x + "], nist: [" + x + "], cis20: [" + x + "], cve: [" + x + "], message: " + x +
			", impact: 90, confidence: 70, required_fields: [" + x + "], observable: [{name: " + x + ", type: " + x + ", role: [" + x + "]}]}\n" +
			"tests: [{name: " + x + ", attack_data: [{data: 'javascript:alert(8)', source: " + x + ", sourcetype: " + x + "}]}]\n",
		"b.yml": "title: " + x + "\nid: b\nlevel: " + x + "\ntags: [" + x + "]\nlogsource: {category: " + x + ", product: windows}\ndetection: {s: {" + x + ": " + x + ", Image: " + x + "}, condition: s}\n",
		"c.yml": "name: " + x + "\nid: c\nquery: " + mustJSON("DeviceEvents | where ActionType == '"+strings.ReplaceAll(hostile, "'", `\'`)+"' | no_such "+hostile) +
			"\nentityMappings: [{entityType: " + x + ", fieldMappings: [{identifier: " + x + ", columnName: " + x + "}]}]\nqueryFrequency: " + x + "\nqueryPeriod: " + x + "\ntriggerOperator: " + x + "\nkind: " + x + "\n",
		"<b>'d&.kql": hostile,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := rule.Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func hostileCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	return catalogOf(t, hostileRules(t))
}

func catalogOf(t *testing.T, p *rule.Pack) *catalog.Catalog {
	t.Helper()
	e, err := query.New(query.Settings{Detached: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Build(context.Background(), e, p, catalog.Options{Title: "T " + hostile, Roots: []string{filepath.Dir(p.Rules[0].File)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rules {
		f := &finding.Finding{ID: "1", Rule: r, Level: "high", Message: hostile, Columns: []string{hostile}, Values: []event.Value{event.StringOf(hostile)},
			Entities: []finding.Entity{{Kind: "host", Value: hostile}}, Events: []finding.Event{{File: hostile, Record: 1}}}
		c.Found(r, []*finding.Finding{f})
	}
	c.Ran(1, 2)
	c.Settle()
	return c
}

// read returns the files of a folder.
func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	tag       = regexp.MustCompile(`<([a-zA-Z!/][^\s>]*)((?:\s+[^\s=>"']+(?:="[^"]*"|=[a-zA-Z0-9]+)?)*)\s*/?>`)
	attribute = regexp.MustCompile(`\s+([^\s=>"']+)(?:="([^"]*)"|=([a-zA-Z0-9]+))?`)
)

const (
	allowedTags = " html head meta title link script body a header svg path circle rect span form label input kbd div nav button main footer p h1 h2 h3 section table thead tbody tr th td ul ol li " +
		"dl dt dd details summary pre code i b em time noscript select option aside article br !doctype "
	allowedAttributes = " lang data-root charset name content http-equiv rel href src defer class id for action role type placeholder autocomplete spellcheck aria-hidden aria-label aria-labelledby aria-current " +
		"aria-expanded aria-controls aria-autocomplete aria-pressed aria-live hidden viewbox width height fill stroke stroke-width d cx cy r x preserveaspectratio scope colspan tabindex value html " +
		"data-h data-s data-k data-g data-by "
)

// TestHostileText writes a catalogue of rules and findings that are nothing but attacks, and looks for markup that the templates
// do not have.
func TestHostileText(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(context.Background(), hostileCatalog(t), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	pages := 0
	for name, data := range read(t, dir) {
		if !regexp.MustCompile(`^[a-z0-9./_-]+$`).MatchString(name) {
			t.Errorf("file name %q", name)
		}
		if strings.HasPrefix(name, "assets/") {
			continue
		}
		for _, r := range string(data) {
			if deceptive(r) {
				t.Errorf("%s holds U+%04X", name, r)
				break
			}
		}
		switch filepath.Ext(name) {
		case ".html":
			pages++
			checkMarkup(t, name, string(data))
		case ".js":
			if bytes.Contains(bytes.ToLower(data), []byte("</script")) || bytes.Contains(data, []byte("<!--")) {
				t.Errorf("%s could end the script that it is in", name)
			}
		case ".json", ".jsonl":
			for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
				if strings.HasSuffix(name, "l") && !json.Valid(line) {
					t.Errorf("%s: not JSON: %.80s", name, line)
				}
			}
			if bytes.ContainsAny(data, "<>") {
				t.Errorf("%s has angle brackets", name)
			}
		}
	}
	if pages < 20 {
		t.Errorf("only %d pages", pages)
	}
}

func checkMarkup(t *testing.T, name, page string) {
	t.Helper()
	rest := tag.ReplaceAllStringFunc(page, func(whole string) string {
		m := tag.FindStringSubmatch(whole)
		element := strings.ToLower(strings.TrimPrefix(m[1], "/"))
		if !strings.Contains(allowedTags, " "+element+" ") {
			t.Errorf("%s: element %q in %.120s", name, element, whole)
		}
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			key := strings.ToLower(a[1])
			if !strings.Contains(allowedAttributes, " "+key+" ") {
				t.Errorf("%s: attribute %q in %.120s", name, key, whole)
			}
			if key == "href" || key == "src" || key == "action" {
				v := strings.ToLower(a[2])
				if scheme, _, ok := strings.Cut(v, ":"); ok && !strings.ContainsAny(scheme, "/.#?") && scheme != "https" && scheme != "http" && !strings.HasPrefix(v, "data:image/svg+xml,") {
					t.Errorf("%s: %s leads to %.60s", name, key, v)
				}
			}
		}
		return ""
	})
	if i := strings.IndexByte(rest, '<'); i >= 0 {
		t.Errorf("%s: a bracket that is no tag: %.120s", name, rest[i:])
	}
	if !strings.Contains(page, "Content-Security-Policy") {
		t.Errorf("%s has no content policy", name)
	}
}

func TestBuildsAreEqual(t *testing.T) {
	p := hostileRules(t)
	var sites []map[string][]byte
	for _, workers := range []int{1, 4} {
		dir := t.TempDir()
		if _, err := Write(context.Background(), catalogOf(t, p), dir, Options{Workers: workers}); err != nil {
			t.Fatal(err)
		}
		sites = append(sites, read(t, dir))
	}
	if len(sites[0]) != len(sites[1]) {
		t.Errorf("%d files, then %d", len(sites[0]), len(sites[1]))
	}
	for name, data := range sites[0] {
		if !bytes.Equal(data, sites[1][name]) {
			a, b := data, sites[1][name]
			i := 0
			for i < len(a) && i < len(b) && a[i] == b[i] {
				i++
			}
			t.Errorf("%s differs:\n%.200s\n%.200s", name, a[max(0, i-80):], b[max(0, i-80):])
		}
	}
}

// TestLinksLeadSomewhere follows the links and scripts of every page.
func TestLinksLeadSomewhere(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(context.Background(), hostileCatalog(t), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	all := read(t, dir)
	link := regexp.MustCompile(`(?:href|src|action)="([^"#?:]+)[#?]?[^":]*"`)
	for name, data := range all {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, m := range link.FindAllSubmatch(data, -1) {
			to := filepath.ToSlash(filepath.Join(filepath.Dir(name), string(m[1])))
			if all[to] == nil {
				t.Errorf("%s leads to %s, which is not there", name, to)
			}
		}
	}
}

func TestFolders(t *testing.T) {
	c := hostileCatalog(t)
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "new", "site")
	if _, err := Write(ctx, c, dir, Options{}); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "rules", "gone.html")
	os.WriteFile(stale, nil, 0o666)
	m, _ := os.ReadFile(filepath.Join(dir, manifest))
	os.WriteFile(filepath.Join(dir, manifest), append(m, "rules/gone.html\n../../keep\n"...), 0o666)
	keep := filepath.Join(dir, "..", "..", "keep")
	os.WriteFile(keep, nil, 0o666)
	if _, err := Write(ctx, c, dir, Options{}); err != nil {
		t.Fatal("a second build:", err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("what an earlier build wrote is still there")
	}
	if _, err := os.Stat(keep); err != nil {
		t.Error("the manifest led out of the folder")
	}
	own := filepath.Join(dir, "notes.txt")
	os.WriteFile(own, []byte("mine"), 0o666)
	if _, err := Write(ctx, c, dir, Options{}); !errors.Is(err, ErrForeign) || !strings.Contains(fmt.Sprint(err), "notes.txt") {
		t.Error("a folder with other files:", err)
	}
	if _, err := Write(ctx, c, dir, Options{Force: true}); err != nil {
		t.Error("with force:", err)
	}
	if data, _ := os.ReadFile(own); string(data) != "mine" {
		t.Error("force took a file away")
	}
	outside := t.TempDir()
	linked := t.TempDir()
	if os.Symlink(outside, filepath.Join(linked, "rules")) != nil {
		t.Skip("no links here")
	}
	if _, err := Write(ctx, c, linked, Options{Force: true}); err == nil {
		t.Error("a link led out of the folder")
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Error("files were written outside")
	}
}

func TestWordsAndShards(t *testing.T) {
	p := postings{}
	p.add(0, inProse, "PsExec -accepteula T1021.002 ä x")
	p.add(1, inName, "psexec psexec")
	p.add(40, inQuery, "psexec")
	if got := packed(p["psexec"]); got != "0 7 4a" {
		t.Errorf("psexec: %q", got)
	}
	files, names := p.shards()
	if got := strings.Join(names, " "); got != "00 ac ps t1" {
		t.Error(got)
	}
	if got := string(files["search/7073.js"]); got != "H.shard(\"ps\",{\"psexec\":\"0 7 4a\"})\n" {
		t.Error(got)
	}
}

func TestDeceptiveCharacters(t *testing.T) {
	if got := string(visible([]byte("a\u202eb\r\nc\x00\U000e0041ä\u00a0"))); got != "a⟨U+202E⟩b\nc⟨U+0000⟩⟨U+E0041⟩ä\u00a0" {
		t.Errorf("%q", got)
	}
	if got := string(escaped([]byte("\"\u2028\U000e0041\""))); got != `"\u2028\udb40\udc41"` {
		t.Errorf("%q", got)
	}
	plain := []byte("nothing here")
	if got := visible(plain); &got[0] != &plain[0] {
		t.Error("copied for nothing")
	}
}
