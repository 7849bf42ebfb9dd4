package rule

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// unreadOf are the keys of public rules that nothing is made of, with the reason.
var unreadOf = map[string]string{
	"enrichment":                       "names a pipeline of one company, in a file that Sigma gave up",
	"datamodel":                        "what the data model was before searches named it; left over in a few old files",
	"tags.dataset":                     "the same",
	"tags.supported_tas":               "one file names an add-on, which its data source names too",
	"tags.automated_detection_testing": "one file says that its tests passed",
}

// publicRules is the folder of the public rules, without which the test is skipped, or fails where they are required.
func publicRules(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("HARRIER_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skip("the public rules are not beside the checkout")
	}
	return root
}

// TestNoKeyUnread: whatever public rules say of themselves is in the envelope, or is left out for a reason.
func TestNoKeyUnread(t *testing.T) {
	root := publicRules(t)
	p, err := Load([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	example := map[string]string{}
	for _, r := range p.Rules {
		for _, k := range r.Unread {
			n[k]++
			example[k] = r.File
		}
	}
	for _, k := range slices.Sorted(maps.Keys(n)) {
		if unreadOf[k] == "" {
			t.Errorf("%s is read by nothing: %d rules, such as %s", k, n[k], example[k])
		}
	}
}

// TestRiskScores: the score that a rule gets is the one that its file states, but for six files that state another than their impact
// and confidence make.
func TestRiskScores(t *testing.T) {
	root := filepath.Join(publicRules(t), "spl", "escu")
	p, err := Load([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	differ, stated := 0, 0
	for _, r := range p.Rules {
		if r.Score == 0 {
			continue
		}
		stated++
		if r.RiskScore() != r.Score {
			differ++
			t.Logf("%s: %d, file says %d", r.Name, r.RiskScore(), r.Score)
		}
	}
	if stated < 900 || differ > 6 {
		t.Errorf("%d of %d scores differ from the file's", differ, stated)
	}
}

func TestMarks(t *testing.T) {
	r := &Rule{}
	r.readMarks("Finds x. Threat Actor Association: APT28 (aka.Fancy Bear, STRONTIUM), FIN7 Software Association: LockBit, Vice Society - Atomics T1569.002 Test#1 Atomics T1543.003 Test #2 -- #TrendingThreat CVE-2023-47246")
	for _, c := range []struct {
		got  []string
		want []string
	}{
		{r.Actors, []string{"APT28 (aka.Fancy Bear, STRONTIUM)", "FIN7"}},
		{r.Software, []string{"LockBit", "Vice Society"}},
		{r.Atomics, []string{"T1569.002#1", "T1543.003#2"}},
		{r.Tags, []string{"TrendingThreat"}},
		{r.CVE, []string{"CVE-2023-47246"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
