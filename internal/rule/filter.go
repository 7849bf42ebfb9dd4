package rule

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/attack"
)

// levels are the levels of severity in ascending order. Every format that Harrier reads publishes these.
var levels = []string{"informational", "low", "medium", "high", "critical"}

// LevelOrder returns the place of a level in ascending order of severity, from 0, or -1 for a text that is no level.
func LevelOrder(level string) int {
	if level = strings.ToLower(level); level == "info" {
		level = levels[0]
	}
	return slices.Index(levels, level)
}

// A Filter chooses rules by what their files say of them. Within one list a rule needs to meet any entry, and it has to meet each
// list that is not empty. Entries are compared without regard to case, and may hold * and ?.
type Filter struct {
	// Level is the least level, or "". A rule whose level is none of the known ones is kept.
	Level string
	// Tags are tags as published, techniques (which stand for their sub-techniques too), tactics, stories and CVEs.
	Tags []string
	// IDs are ids or names of rules.
	IDs []string
	// Statuses are states of maturity as published: stable, test, experimental, production, deprecated.
	Statuses []string
	// Exclude holds ids, names, tags, and paths of files or of folders.
	Exclude []string
}

// Check returns an error that says which entry of the filter cannot be used.
func (f *Filter) Check() error {
	if f.Level != "" && LevelOrder(f.Level) < 0 {
		return fmt.Errorf("--level takes %s, not %q", strings.Join(levels, ", "), f.Level)
	}
	for _, l := range [][]string{f.Tags, f.IDs, f.Statuses, f.Exclude} {
		for _, p := range l {
			if strings.TrimSpace(p) == "" {
				return fmt.Errorf("a filter of rules is empty")
			}
			if _, err := path.Match(p, ""); err != nil {
				return fmt.Errorf("%q is no pattern: %v", p, err)
			}
		}
	}
	return nil
}

// Drops says which option leaves the rule out: "--level", "--tag", "--id", "--status" or "--exclude", or "" when the rule is kept.
func (f *Filter) Drops(r *Rule) string {
	if n := LevelOrder(r.Level()); f.Level != "" && n >= 0 && n < LevelOrder(f.Level) {
		return "--level"
	}
	if len(f.Tags) > 0 && !slices.ContainsFunc(f.Tags, r.tagged) {
		return "--tag"
	}
	if len(f.IDs) > 0 && !slices.ContainsFunc(f.IDs, r.called) {
		return "--id"
	}
	if len(f.Statuses) > 0 && !slices.ContainsFunc(f.Statuses, func(p string) bool { return like(p, r.Status) }) {
		return "--status"
	}
	if slices.ContainsFunc(f.Exclude, func(p string) bool { return r.called(p) || r.tagged(p) || r.within(p) }) {
		return "--exclude"
	}
	return ""
}

// Apply takes the rules that the filter drops out of the pack, those among them that were refused too, and returns how many each
// option has left out. What rules refer to stays: a correlation finds its rules though they are left out themselves.
func (f *Filter) Apply(p *Pack) map[string]int {
	dropped := map[string]int{}
	drop := func(r *Rule) bool {
		by := f.Drops(r)
		if by != "" {
			dropped[by]++
		}
		return by != ""
	}
	p.Rules, p.Refused = slices.DeleteFunc(p.Rules, drop), slices.DeleteFunc(p.Refused, drop)
	return dropped
}

func (r *Rule) called(p string) bool { return like(p, r.ID) || like(p, r.Name) }

// tagged reports whether a pattern names something that the rule is filed under.
func (r *Rule) tagged(p string) bool {
	for _, list := range [][]string{r.Tags, r.Stories, r.CVE} {
		if slices.ContainsFunc(list, func(t string) bool { return like(p, t) }) {
			return true
		}
	}
	bare := p
	if len(p) > 7 && strings.EqualFold(p[:7], "attack.") {
		bare = p[7:]
	}
	for _, t := range r.Techniques {
		if like(bare, t) || like(bare, attack.Parent(t)) {
			return true
		}
	}
	want, known := attack.FindTactic(bare)
	for _, t := range r.Tactics {
		if like(bare, t) {
			return true
		}
		if has, ok := attack.FindTactic(t); ok && known && has.ID == want.ID {
			return true
		}
	}
	return false
}

// within reports whether a pattern is the rule's file or a folder that it is in: one name, or several that follow each other anywhere in
// the path, as in a .gitignore.
func (r *Rule) within(p string) bool {
	names := func(s string) []string { return strings.Split(path.Clean(filepath.ToSlash(s)), "/") }
	file, want := names(r.File), names(p)
	for len(file) >= len(want) {
		if allLike(want, file) {
			return true
		}
		if want[0] == "" { // from the root
			return false
		}
		file = file[1:]
	}
	return false
}

func allLike(patterns, names []string) bool {
	for i, p := range patterns {
		if !like(p, names[i]) {
			return false
		}
	}
	return true
}

// like matches a text; what stands for any character stands for a slash too.
func like(pattern, s string) bool {
	slash := strings.NewReplacer("/", "\x01")
	ok, _ := path.Match(slash.Replace(strings.ToLower(pattern)), slash.Replace(strings.ToLower(s)))
	return ok
}
