package schema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/harrier-detect/harrier/internal/event"
)

// notRecognised are the data sources whose example is not what the description says it is, and why.
var notRecognised = map[string]string{
	"GitHub":                           "the example is JSON that is cut off in the middle of a text",
	"PingID":                           "the description names the source type of Windows events",
	"Powershell Installed IIS Modules": "the example is a single attribute",
	"Splunk Stream IP":                 "the example is a line of nginx",
	"Windows Active Directory Admon":   "the example is an event 4688",
	"Windows Event Log Security 5141":  "the example is XML whose tags do not pair",
}

// TestDataSources reads the example events of ESCU's descriptions of data sources. All are recognised but for those whose examples are
// something else. It counts how many of the fields that they list come out; the share may only grow.
func TestDataSources(t *testing.T) {
	dir := shared(t, "corpus/spl/escu/data_sources")[0]
	files, _ := filepath.Glob(filepath.Join(dir, "*.yml"))
	if len(files) == 0 {
		t.Skip("needs ESCU's data sources")
	}
	// What Splunk adds to every event for its own use.
	ours := func(f string) bool {
		return strings.HasPrefix(f, "date_") || strings.HasPrefix(f, "tag::") || slices.Contains([]string{"linecount", "punct", "splunk_server", "splunk_server_group", "timeendpos",
			"timestartpos", "tag", "eventtype", "_raw", "_indextime", "_sourcetype", "_si", "_serial", "_cd", "_bkt", "unix_category", "unix_group", "EventData_Xml", "System_Props_Xml", "RenderingInfo_Xml", "UserData_Xml"}, f)
	}
	listed, found, known, total := 0, 0, 0, 0
	worst := map[string]int{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var y struct {
			Name, Source, Sourcetype string
			Fields                   []string
			Example                  string `yaml:"example_log"`
		}
		if err := yaml.Unmarshal(b, &y); err != nil || y.Example == "" {
			continue
		}
		if strings.HasPrefix(y.Example, "<Event") && !strings.HasSuffix(strings.TrimSpace(y.Example), "</Event>") || len(y.Example) < 30 {
			continue // the example is cut
		}
		total++
		got := map[string]bool{}
		st := ""
		for _, r := range rows(t, eventsView, event.AllFields, writeFile(t, "example.log", strings.TrimSpace(y.Example)+"\n")) {
			for name, v := range r {
				if !v.IsNull() {
					got[name] = true
				}
			}
			st = str(r["sourcetype"])
		}
		if strings.EqualFold(st, y.Sourcetype) || strings.EqualFold(st, "xmlwineventlog") && strings.Contains(strings.ToLower(y.Sourcetype), "wineventlog") {
			known++
		} else if notRecognised[y.Name] == "" {
			t.Errorf("%s: the example is taken for %q, want %q", y.Name, st, y.Sourcetype)
		}
		n, ok := 0, 0
		var missing []string
		for _, f := range y.Fields {
			if ours(f) {
				continue
			}
			n++
			if got[f] {
				ok++
			} else {
				missing = append(missing, f)
				worst[f]++
			}
		}
		listed, found = listed+n, found+ok
		if testing.Verbose() {
			t.Logf("%-60s %3d of %3d %-30s %v", y.Name, ok, n, st, missing)
		}
	}
	share := 100 * float64(found) / float64(listed)
	t.Logf("%d of %d sources recognised; %d of %d fields (%.1f %%)", known, total, found, listed, share)
	if share < 93.6 {
		t.Errorf("%.1f %% of the fields come out; it was 93.6 %%", share)
	}
	if testing.Verbose() {
		var names []string
		for f := range worst {
			names = append(names, f)
		}
		slices.SortFunc(names, func(a, b string) int { return worst[b] - worst[a] })
		for _, f := range names[:min(60, len(names))] {
			t.Log(worst[f], f)
		}
	}
}
