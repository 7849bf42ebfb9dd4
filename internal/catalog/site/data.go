package site

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/harrier-detect/harrier/internal/catalog"
)

// The files for programs.

type dataPage struct {
	page
	Files []ranked
}

func (s *site) data() any {
	return dataPage{s.page("", "data", "Data"), []ranked{
		{Text: "json/catalog.json", Href: "json/catalog.json", Note: "The catalogue as a whole: its title, how many rules, states, groups."},
		{Text: "json/rules.jsonl", Href: "json/rules.jsonl", Note: "One rule a line: what it says of itself, its query with stages and predicates, indicators with counts, events, similar rules, findings."},
		{Text: "json/indicators.jsonl", Href: "json/indicators.jsonl", Note: "One indicator a line: the concept that is tested, kind, value, the names of the field, rules by language."},
		{Text: "json/groups.jsonl", Href: "json/groups.jsonl", Note: "One group a line: technique, source, event, field, author or story, with the pages of its rules."},
		{Text: "attack-layer.json", Href: "attack-layer.json", Note: "Layer for ATT&CK Navigator: the score of a technique is its number of rules."},
	}}
}

func (s *site) dataJobs(add func(string, func(*worker) ([]byte, error))) error {
	add("json/catalog.json", func(*worker) ([]byte, error) {
		b, err := json.MarshalIndent(s.c.JSON(), "", "  ")
		if err != nil {
			return nil, fmt.Errorf("make JSON: %w", err)
		}
		return escaped(append(b, '\n')), nil
	})
	add("json/rules.jsonl", func(*worker) ([]byte, error) { return lines(s.c.Entries, (*catalog.Entry).JSON) })
	add("json/indicators.jsonl", func(*worker) ([]byte, error) { return lines(s.c.Indicators(), (*catalog.Shared).JSON) })
	add("json/groups.jsonl", func(*worker) ([]byte, error) { return lines(s.c.Groups, (*catalog.Group).JSON) })
	add("attack-layer.json", func(*worker) ([]byte, error) {
		b, err := s.c.Layer()
		return escaped(b), err
	})
	return nil
}

func lines[T any](list []T, form func(T) any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for _, x := range list {
		if err := enc.Encode(form(x)); err != nil {
			return nil, fmt.Errorf("make JSON: %w", err)
		}
	}
	return escaped(buf.Bytes()), nil
}
