package reference

import (
	"bytes"
	"encoding/json"
)

// A Capability is what the support matrix says of one entry.
type Capability struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	Refused string   `json:"refused,omitempty"`
	// Options, and the least and greatest number of arguments as the syntax shows them.
	Options []Option `json:"options,omitempty"`
	Syntax  []string `json:"syntax,omitempty"`
}

// Capabilities returns the support matrix of all languages as JSON: language → kind → what it has. A golden file of it makes
// every change of what can be run visible.
func Capabilities() []byte {
	all := map[string]map[string][]Capability{}
	for _, l := range Languages() {
		all[l.Name] = map[string][]Capability{}
		for _, g := range l.Groups {
			for _, e := range g.Entries {
				c := Capability{Name: e.Name, Aliases: e.Aliases, Refused: e.Refused, Options: e.Options}
				if !e.Tabular && e.Refused == "" {
					c.Syntax = e.Syntax
				}
				all[l.Name][g.Kind] = append(all[l.Name][g.Kind], c)
			}
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		panic(err) // strings and lists only
	}
	return compact(b.Bytes())
}

// compact puts each entry on one line, so that a change of an entry is one line of a difference.
func compact(indented []byte) []byte {
	var out bytes.Buffer
	depth := 0
	for _, line := range bytes.Split(bytes.TrimSpace(indented), []byte("\n")) {
		trimmed := bytes.TrimLeft(line, " ")
		depth = len(line) - len(trimmed)
		switch {
		case depth <= 6:
			if depth == 6 && bytes.HasPrefix(trimmed, []byte("}")) {
				out.Write(trimmed)
				out.WriteByte('\n')
				continue
			}
			out.Write(line)
			if depth == 6 && !bytes.HasSuffix(trimmed, []byte("}")) && !bytes.HasSuffix(trimmed, []byte(",")) {
				continue
			}
			out.WriteByte('\n')
		default:
			out.Write(trimmed)
			if bytes.HasSuffix(trimmed, []byte(",")) {
				out.WriteByte(' ')
			}
		}
	}
	return out.Bytes()
}
