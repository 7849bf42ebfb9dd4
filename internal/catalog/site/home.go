package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/catalog"
)

type indexPage struct {
	page
	Lead        string
	Tally       []tally
	Bars        []bar
	Split       string
	Hot         []*catalog.Entry
	Matrix      []tacticColumn
	CoveredText string
	Around      []ranking
}

func runText(n int) string {
	if n == 1 {
		return "1 runs"
	}
	return count(n) + " run"
}

// bar is a part of a bar of a thousand.
type bar struct {
	Class     string
	At, Share int
}

// shown bounds the short lists of the first page.
const shown = 12

func (s *site) index() any {
	c := s.c
	p := indexPage{page: s.page("", "index", "Catalogue"), Matrix: s.matrix()}
	p.Title = "Overview"
	var counts catalog.Counts
	refused := 0
	for _, e := range c.Entries {
		counts.Add(e.Language)
		if e.State == "refused" {
			refused++
		}
		if e.Found != nil {
			p.Hot = append(p.Hot, e)
		}
	}
	p.Lead = fmt.Sprintf("%s, by what they look for. Of these, %s as published.", number(len(c.Entries), "detection rule"), runText(len(c.Entries)-refused))
	at := 0
	var split []string
	for i, l := range catalog.Languages {
		p.Tally = append(p.Tally, tally{Name: langName(l), Class: string(l), Href: "rules.html#lang=" + fmt.Sprint(i), Count: counts[i]})
		share := 1000 * counts[i] / max(1, counts.Total())
		p.Bars = append(p.Bars, bar{string(l), at, share})
		at += share
		split = append(split, fmt.Sprintf("%s %d", langName(l), counts[i]))
	}
	p.Split = "Rules by language: " + strings.Join(split, ", ")
	for _, k := range []catalog.GroupKind{catalog.ByTechnique, catalog.ByEvent, catalog.ByIndicator} {
		p.Tally = append(p.Tally, tally{Name: strings.ToLower(kinds[k].short), Href: string(k) + "/index.html", Count: len(c.Of(k))})
	}
	slices.SortStableFunc(p.Hot, func(a, b *catalog.Entry) int {
		return cmp.Or(cmp.Compare(b.Rule.RiskScore(), a.Rule.RiskScore()), cmp.Compare(b.Found.Count, a.Found.Count))
	})
	p.Hot = p.Hot[:min(len(p.Hot), 2*shown)]
	covered, all := 0, 0
	for _, col := range p.Matrix {
		covered, all = covered+col.Covered, all+len(col.Cells)
	}
	p.CoveredText = fmt.Sprintf("rules for %d of %d techniques", covered, all)
	for _, k := range []catalog.GroupKind{catalog.ByIndicator, catalog.BySource, catalog.ByEvent, catalog.ByTechnique, catalog.ByStory, catalog.ByAuthor} {
		p.Around = appendRanking(p.Around, s.largest(k))
	}
	return p
}

// largest ranks the groups of a kind.
func (s *site) largest(k catalog.GroupKind) ranking {
	r := ranking{ID: "h-" + string(k), Title: kinds[k].name, Href: string(k) + "/index.html"}
	if k == catalog.ByIndicator {
		r.Title = "Most shared indicators"
	}
	list := slices.Clone(s.c.Of(k))
	slices.SortStableFunc(list, func(a, b *catalog.Group) int { return cmp.Compare(len(b.All()), len(a.All())) })
	for _, g := range list {
		if len(r.Items) == shown {
			break
		}
		if g.Shared != nil && g.Shared.Selects() {
			continue
		}
		item := ranked{Text: short(g.Title), Note: g.Label, Href: string(k) + "/" + g.Page + ".html", Count: len(g.All())}
		switch k {
		case catalog.ByIndicator:
			item.Code = true
		case catalog.ByTechnique:
			item.Note = ""
		}
		r.Items = append(r.Items, item)
	}
	return r
}

type browsePage struct {
	page
	Lists []ranked
}

func (s *site) browse() any {
	p := browsePage{page: s.page("", "rules", "Rules")}
	for _, l := range catalog.Languages {
		p.Lists = append(p.Lists, ranked{Text: langName(l), Href: "all-" + string(l) + ".html"})
	}
	return p
}
