package kql

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// A source says where in a record the value of a column is.
type source struct {
	path     []string // steps into a JSON record; nil for none
	ordinal  int      // the field of a record of fields; below 0 for none
	constant string
}

// of takes a column's value out of a JSON record.
func (s source) of(record any) event.Value {
	if s.path == nil {
		if s.constant == "" {
			return event.NullValue
		}
		return event.StringOf(s.constant)
	}
	for _, step := range s.path {
		switch x := record.(type) {
		case map[string]any:
			record = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return event.NullValue
			}
			record = x[i]
		default:
			return event.NullValue
		}
	}
	return fromJSON(record)
}

// ingestionMapping reads the mapping of an externaldata: JSON text that names the place of each column. Columns that it leaves out
// stay empty. Both forms that have been documented are known: properties of their own object, and beside the name.
// https://learn.microsoft.com/kusto/management/mappings
func (c *ctx) ingestionMapping(p *syntax.Param) map[string]source {
	v := c.scalar(p.Value())
	if v.bad {
		return nil
	}
	if !v.known || v.typ != types.String {
		c.bad("KQL4001", p, "the mapping must be a constant string")
		return nil
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(v.val().Str()), &list); err != nil {
		c.bad("KQL4002", p, "the mapping is no list of columns in JSON: %v", err)
		return nil
	}
	out := map[string]source{}
	for _, entry := range list {
		flat := map[string]string{}
		var flatten func(m map[string]any)
		flatten = func(m map[string]any) {
			for k, x := range m {
				if inner, ok := x.(map[string]any); ok {
					flatten(inner)
				} else if s, ok := x.(string); ok {
					flat[strings.ToLower(k)] = s
				} else if n, ok := x.(float64); ok {
					flat[strings.ToLower(k)] = strconv.Itoa(int(n))
				}
			}
		}
		flatten(entry)
		name := flat["column"]
		if name == "" {
			name = flat["name"]
		}
		if name == "" {
			c.bad("KQL4002", p, "an entry of the mapping names no column")
			return nil
		}
		if t := flat["transform"]; t != "" && t != "None" {
			c.unsupported(p, "the transformation %s of an ingestion mapping is not supported", t)
			return nil
		}
		s := source{ordinal: -1, constant: flat["constvalue"]}
		if n, err := strconv.Atoi(flat["ordinal"]); err == nil {
			s.ordinal = n
		}
		if path, ok := flat["path"]; ok {
			if s.path = jsonPath(path); s.path == nil {
				c.bad("KQL4002", p, "%q is no path into a record", path)
				return nil
			}
		}
		out[name] = s
	}
	return out
}

// jsonPath splits a path such as $.a.b[0]['c d'] into its steps; nil means that it is none. "$" alone is the whole record.
func jsonPath(path string) []string {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil
	}
	steps := []string{}
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
			end := strings.Index(rest[2:], rest[1:2]+"]")
			if end < 0 {
				return nil
			}
			steps, rest = append(steps, rest[2:2+end]), rest[2+end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil
			}
			steps, rest = append(steps, rest[1:end]), rest[end+1:]
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			steps, rest = append(steps, rest[1:1+end]), rest[1+end:]
		default:
			return nil
		}
	}
	return steps
}
