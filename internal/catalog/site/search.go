package site

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/harrier-detect/harrier/internal/attack"
	"github.com/harrier-detect/harrier/internal/catalog"
	"github.com/harrier-detect/harrier/internal/rule"
)

// The search index of the pages. A word of the index has a list of rules, each with the weight of the place where it stands; words
// that begin with the same two characters share a file, and a page loads the files of what its user types. Files are scripts, as a
// page from the file system may read no other kind of file.

// Weights of places: a rule's name, what identifies it and its indicators, its query and prose. The page's script knows them too.
const (
	inProse = iota
	inQuery
	inIndicators
	inName
)

// longestWord bounds the words of the index; longer ones are hashes and encoded text, which are found by their beginning.
const longestWord = 40

// words cuts text into what is searched for: runs of letters and digits in lower case.
func words(s string, yield func(string)) {
	start, n := -1, 0
	flush := func(end int) {
		if start >= 0 && n > 1 {
			w := strings.ToLower(s[start:end])
			if len(w) > longestWord {
				cut := longestWord
				for !utf8.RuneStart(w[cut]) {
					cut--
				}
				w = w[:cut]
			}
			yield(w)
		}
		start, n = -1, 0
	}
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			if start < 0 {
				start = i
			}
			n++
		} else {
			flush(i)
		}
	}
	flush(len(s))
}

// posting is a rule's number and the weight of a word in it: number × 4 + weight.
type postings map[string][]int

func (p postings) add(number int, weight int, s string) {
	words(s, func(w string) {
		list := p[w]
		if n := len(list); n > 0 && list[n-1]>>2 == number {
			list[n-1] = max(list[n-1], number<<2|weight)
			return
		}
		p[w] = append(list, number<<2|weight)
	})
}

// index reads the words of all rules.
func index(c *catalog.Catalog) postings {
	p := postings{}
	for i, e := range c.Entries {
		r := e.Rule
		p.add(i, inName, e.Name)
		p.add(i, inName, e.ID)
		for _, list := range [][]string{e.Techniques, r.Stories, r.CVE, e.Authors, e.Sources, r.Tags, r.Actors, r.Software} {
			for _, s := range list {
				p.add(i, inIndicators, s)
			}
		}
		for _, t := range e.Techniques {
			p.add(i, inIndicators, catalog.TechniqueName(t))
		}
		for _, list := range [][]catalog.Indicator{e.Indicators, e.Exclusions} {
			for _, ind := range list {
				p.add(i, inIndicators, ind.Field)
				for _, v := range ind.Values {
					p.add(i, inIndicators, v.Text)
				}
			}
		}
		for _, ev := range e.Events {
			if ev.Title != "" {
				p.add(i, inQuery, ev.ID)
			}
		}
		if r.Query != nil && r.Language != rule.Sigma { // a Sigma rule's query is its file, prose and all
			p.add(i, inQuery, r.Query.Text)
		}
		p.add(i, inProse, r.Description)
		p.add(i, inProse, r.FalsePositives)
		p.add(i, inProse, e.File)
	}
	return p
}

// shardOf names the file of a word: its first two characters.
func shardOf(word string) string {
	n := 0
	for i := range word {
		if n == 2 {
			return word[:i]
		}
		n++
	}
	return word
}

func shardFile(shard string) string { return "search/" + hex.EncodeToString([]byte(shard)) + ".js" }

// shards packs the index into files by name.
func (p postings) shards() (files map[string][]byte, names []string) {
	by := map[string][]string{}
	for w := range p {
		s := shardOf(w)
		by[s] = append(by[s], w)
	}
	files = map[string][]byte{}
	for s, ws := range by {
		slices.Sort(ws)
		var b strings.Builder
		fmt.Fprintf(&b, "H.shard(%s,{", jsText(s))
		for i, w := range ws {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(jsText(w) + `:"` + packed(p[w]) + `"`)
		}
		b.WriteString("})\n")
		files[shardFile(s)] = escaped([]byte(b.String()))
	}
	return files, slices.Sorted(maps.Keys(by))
}

// packed writes ascending numbers as their differences in base 36.
func packed(list []int) string {
	b := make([]byte, 0, 3*len(list))
	before := 0
	for i, n := range list {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(n-before), 36)
		before = n
	}
	return string(b)
}

// jsText returns a text as a literal of JavaScript that is safe inside a page as well.
func jsText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

// Levels and States are in the order in which the page's script counts them.
var (
	levels = []string{"informational", "low", "medium", "high", "critical"}
	states = []string{"runs", "notes", "refused"}
)

// summary is the list of all rules that the pages search in: names, pages and what they are filtered by.
func summary(c *catalog.Catalog, shardNames []string) []byte {
	var b strings.Builder
	formats := []string{}
	for _, e := range c.Entries {
		if !slices.Contains(formats, e.Rule.Format) {
			formats = append(formats, e.Rule.Format)
		}
	}
	slices.Sort(formats)
	var tactics []string
	for _, t := range attack.Tactics() {
		tactics = append(tactics, t.Name)
	}
	head := map[string]any{"languages": []string{"SPL", "KQL", "Sigma"}, "levels": levels, "states": states, "tactics": tactics, "formats": formats,
		"shards": strings.Join(shardNames, " "), "data": c.Data != nil}
	data, err := json.Marshal(head) // keys in order
	if err != nil {
		panic(err) // texts only
	}
	b.WriteString("H.rules(" + string(data) + ",[\n")
	for i, e := range c.Entries {
		mask := 0
		for _, t := range attack.Tactics() {
			if slices.Contains(e.Tactics, t.Short) {
				mask |= 1 << t.Order
			}
		}
		found := 0
		if e.Found != nil {
			found = e.Found.Count
		}
		techniques := e.Techniques
		if len(techniques) > 3 {
			techniques = append(slices.Clone(techniques[:3]), "…")
		}
		fmt.Fprintf(&b, "[%s,%s,%d,%d,%d,%d,%d,%d,%s,%d]", jsText(e.Name), jsText(e.Page), slices.Index(catalog.Languages, e.Language),
			max(slices.Index(levels, e.Rule.Level()), 0), slices.Index(states, e.State), mask, e.Rule.RiskScore(), slices.Index(formats, e.Rule.Format),
			jsText(strings.Join(techniques, " ")), found)
		if i < len(c.Entries)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("])\n")
	return escaped([]byte(b.String()))
}
