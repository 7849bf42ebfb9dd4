package transpile

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/schema"
)

// placeRaw writes conditions over all events: fields under the names that a search has for them, and beside them what tells the class.
// What other platforms export is not among the events of this one, unless the rule is about nothing else.
func (c *converter) placeRaw(view string, pieces []piece) []place {
	others := []string{"mde", "sentinel", "ecs", "crowdstrike", "carbonblack", "generic", "tagged"}
	kinds := map[string]bool{}
	for _, p := range pieces {
		kinds[p.class.kind] = true
	}
	if !isKnown(view) || len(kinds) > 12 { // what has no form of its own is looked for in every form
		others = nil
		pieces = slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.class.kind != "generic" })
	}
	own := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return slices.Contains(others, p.class.kind) })
	if len(own) == 0 {
		own = slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.class.kind != "generic" })
	}
	if len(own) == 0 {
		c.fail("TRA3002", []string{"logsource"}, "the rule is about tables of other platforms only")
		return nil
	}
	if own[0].class.kind == "generic" {
		words := slices.ContainsFunc(tests(own[0].cond), func(t *test) bool { return t.kind == isRaw })
		if system := strings.HasPrefix(view, "sigma:linux/") || strings.HasPrefix(view, "sigma:macos/"); words || system {
			c.fail("TRA3002", []string{"logsource"}, "nothing tells the events of this log source from others in a search: a pipeline with add_condition does")
			return nil
		}
		c.note([]string{"logsource"}, "the search reads all events: add the index or source type that this log source has at your site")
	}
	var named []piece
	for i, p := range own {
		cond, bad := rawNames(p)
		if bad != nil {
			if i == 0 {
				c.refuse(bad, "a search over "+p.class.String())
				return nil
			}
			c.note([]string{bad.col}, "events of %s are left out: a search has nothing there that is made of what %s is", p.class, bad.col)
			continue
		}
		named = append(named, piece{p.class, cond})
	}
	conds, classes := mergeClasses(named)
	var out []place
	for i, cond := range conds {
		var only []cond_
		for _, cl := range classes[i] {
			only = append(only, rawClass(cl))
		}
		out = append(out, place{only: unite(only), cond: cond})
	}
	return out
}

// isKnown reports whether a view is one whose events the schema knows.
func isKnown(view string) bool {
	parts := strings.SplitN(strings.TrimPrefix(view, "sigma:"), "/", 3)
	return !strings.HasPrefix(view, "sigma:") || len(parts) != 3 || schema.FindSigma(parts[0], parts[1], parts[2]).Known
}

// rawNames gives the tests of a piece the names of fields in a search.
func rawNames(p piece) (cond, *test) {
	var bad *test
	out := rewrite(absent(p.cond), func(t *test) cond {
		n := *t
		name, ok := rawName(p.class, t.of)
		if !ok {
			if t.kind == isNumber || t.kind == isOrder || t.kind == "schema" {
				bad = t
				return t
			}
			if s, can := splExpr(p.class, t.of); can {
				n.col, n.of = s, t.of
				return &n
			}
			bad = t
			return t
		}
		n.col, n.of = name, nil
		return &n
	})
	return out, bad
}

// rawName returns the field of a search that has what an expression over the fields of an event gives.
func rawName(cl class, e expr.Expr) (string, bool) {
	if col, ok := e.(*expr.Col); ok {
		name := col.Name
		if cl.kind == "windows" {
			name = schema.FieldName(name)
		}
		if now, layered := schema.EventColumn(cl.kind, cl.log, cl.id, name); !layered || made(now) == made(e) {
			return name, true
		}
	}
	want := expr.Print(e)
	for _, name := range schema.EventColumns(cl.kind, cl.log, cl.id) {
		if now, _ := schema.EventColumn(cl.kind, cl.log, cl.id, name); expr.Print(now) == want {
			return name, true
		}
	}
	return "", false
}

// A cond_ tells a class: a source and the codes of its events.
type cond_ struct {
	source cond
	code   string
}

// rawClass returns what tells the events of a class in a search.
func rawClass(cl class) cond_ {
	if cl.kind != "windows" {
		for _, name := range []string{"sourcetype", "source"} {
			e, layered := schema.EventColumn(cl.kind, cl.log, cl.id, name)
			if v, ok := constant(cl, e); ok && layered && cl.kind != "generic" {
				return cond_{source: equals(name, []string{v})}
			}
		}
		return cond_{source: known(true)}
	}
	if cl.log == "" || cl.log == "*" {
		return cond_{known(true), cl.id}
	}
	providers, channels := schema.LogNames(cl.log)
	var any []cond
	for _, ch := range channels {
		of := cl
		of.channel = ch
		e, _ := schema.EventColumn("windows", cl.log, cl.id, "source")
		if v, ok := constant(of, e); ok {
			any = append(any, equals("source", []string{v}))
		}
	}
	if len(any) == 0 {
		any = append(any, equals("SourceName", providers))
	}
	return cond_{disj(any...), cl.id}
}

// unite joins classes of one source with the list of their codes.
func unite(list []cond_) cond {
	var out []cond
	done := map[string]bool{}
	for _, a := range list {
		key := a.source.String()
		if done[key] {
			continue
		}
		done[key] = true
		var codes []string
		every := false
		for _, b := range list {
			if b.source.String() == key {
				codes = append(codes, b.code)
				every = every || b.code == ""
			}
		}
		if every {
			out = append(out, a.source)
			continue
		}
		out = append(out, conj(a.source, equals("EventCode", codes)))
	}
	return disj(out...)
}
