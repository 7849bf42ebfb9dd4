package exec

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// A scope holds the names that a Let or Tee has bound, and leads to those of the scopes around it.
type scope struct {
	outer *scope
	name  string
	bound *binding
}

// A binding is a name's value, or what waits for it.
type binding struct {
	kind  plan.BindKind
	known bool
	value event.Value // of a scalar or list
	// gates are operators that wait for the value.
	gates []*gate
	table *multicast
}

func (s *scope) with(name string, b *binding) *scope { return &scope{s, name, b} }

// find returns the innermost binding of a name that is (or is not) a table.
func (s *scope) find(name string, table bool) *binding {
	for ; s != nil; s = s.outer {
		if s.bound != nil && s.name == name && (s.bound.kind == plan.BindTable) == table {
			return s.bound
		}
	}
	return nil
}

// unknown returns the bindings of the named parameters that have no value yet.
func (s *scope) unknown(params []string) []*binding {
	var out []*binding
	for _, p := range params {
		if b := s.find(p, false); b != nil && !b.known && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// env returns base with the values that are known.
func (s *scope) env(base *fn.Env) *fn.Env {
	var params map[string]event.Value
	for ; s != nil; s = s.outer {
		if s.bound == nil || s.bound.kind == plan.BindTable || !s.bound.known {
			continue
		}
		if params == nil {
			params = map[string]event.Value{}
		}
		if _, inner := params[s.name]; !inner {
			params[s.name] = s.bound.value
		}
	}
	if params == nil {
		return base
	}
	for k, v := range base.Params {
		if _, inner := params[k]; !inner {
			params[k] = v
		}
	}
	e := *base
	e.Params = params
	return &e
}
