package spl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

func init() {
	addCommands(
		&Command{Name: "foreach", See: "foreach", Syntax: "foreach <field-list> [mode=multifield|multivalue|json_array|auto_collections] [<pipeline with tokens>]",
			Doc:   "Runs a pipeline for each of some fields, or for each value of one. <<FIELD>>, <<MATCHSTR>> and <<MATCHSEG1>> stand for the field and what its stars matched; <<ITEM>> and <<ITER>> for a value and its number.",
			Note:  "Over names with stars, rows are collected first when their columns are known only when the search runs.",
			lower: on((*lowerer).foreach)},
		&Command{Name: "map", See: "map", Syntax: `map search="<search>" [maxsearches=<n>] | map [<search>] [maxsearches=<n>]`,
			Doc:   "Runs a search for each row, by default for ten, with $field$ replaced by the row's values.",
			lower: on((*lowerer).mapRows)},
	)
}

// maxForeach bounds how often foreach runs its template.
const maxForeach = 1000

func (l *lowerer) foreach(c *syntax.Foreach) {
	o := l.options(c, c.Options)
	mode := o.word("mode", "multifield", "multifield", "multivalue", "json_array", "auto_collections")
	// A search may choose its own tokens, which stand without angle brackets then.
	tokens := map[string]string{}
	for option, token := range map[string]string{"fieldstr": "<<FIELD>>", "matchstr": "<<MATCHSTR>>", "matchseg1": "<<MATCHSEG1>>", "matchseg2": "<<MATCHSEG2>>",
		"matchseg3": "<<MATCHSEG3>>", "itemstr": "<<ITEM>>", "iterstr": "<<ITER>>"} {
		if own := o.text(option, ""); own != "" {
			tokens[own] = token
		}
	}
	o.done()
	if c.Template == nil {
		return
	}
	body := c.Template.Text
	for own, token := range tokens {
		body = strings.ReplaceAll(body, own, token)
	}
	f := &each{place: c.Template, body: body}
	switch mode {
	case "multivalue", "json_array", "auto_collections":
		if len(c.Fields) != 1 {
			l.wrong(c, "foreach in mode %s takes one field", mode)
			return
		}
		f.values(l, c.Fields[0].Value, mode)
		return
	}
	wild := false
	for _, w := range c.Fields {
		wild = wild || w.Wild()
	}
	if !wild {
		f.fields(l, c.Fields)
		return
	}
	l.closed("foreach "+join(values(c.Fields)), func(l *lowerer) { f.fields(l, c.Fields) })
}

// each is a foreach under way.
type each struct {
	place place
	body  string
}

// run lowers the template with its tokens replaced.
func (f *each) run(l *lowerer, pairs ...string) {
	t := strings.NewReplacer(pairs...).Replace(f.body)
	src := text.NewSource("<foreach>", t)
	q, diags := syntax.Parse(text.NewSource("<foreach>", "| "+strings.TrimPrefix(strings.TrimSpace(t), "|")))
	if err := firstError(diags); err != nil {
		l.wrong(f.place, "the template makes %q, which cannot be read: %v", t, err)
		return
	}
	in := *l
	in.src = src
	in.compilation = &compilation{opt: l.opt, names: l.names}
	for _, s := range q.Stages {
		in.lower(s)
	}
	l.names = in.names
	for _, d := range in.diags {
		// Places in the template's text are not places in the search.
		d.Source, d.Span = l.src, f.place.Span()
		d.Message = fmt.Sprintf("in foreach, %s: %s", t, d.Message)
		l.diags = append(l.diags, d)
	}
	l.node = in.node
}

// fields runs the template for each column that matches.
func (f *each) fields(l *lowerer, words []*syntax.Word) {
	names := l.shape().Names
	done := map[string]bool{}
	visit := func(name string, parts []string) {
		if done[name] || len(done) > maxForeach || l.diags.HasErrors() {
			return
		}
		done[name] = true
		pairs := []string{"<<FIELD>>", name, "<<MATCHSTR>>", strings.Join(parts, "")}
		for i := range 3 {
			seg := ""
			if i < len(parts) {
				seg = parts[i]
			}
			pairs = append(pairs, "<<MATCHSEG"+strconv.Itoa(i+1)+">>", seg)
		}
		f.run(l, pairs...)
	}
	for _, w := range words {
		if !w.Wild() {
			visit(w.Value, nil)
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(name, "_") && !strings.HasPrefix(w.Value, "_") {
				continue
			}
			if parts, ok := event.MatchWildcards(w.Value, name); ok {
				visit(name, parts)
			}
		}
	}
}

// values runs the template for each value of a multivalue field, or each element of a JSON array. How often is known when
// the rows are there. A row takes part as often as it has values.
// In mode auto_collections a field that holds a JSON array is one, and any other is multivalue.
func (f *each) values(l *lowerer, field, mode string) {
	item, count := l.fresh("item"), l.fresh("count")
	all := expr.Expr(expr.C(field))
	if mode != "multivalue" {
		all = expr.F(function.Lookup("json_array_to_mv"), all)
	}
	if mode == "auto_collections" {
		all = expr.F(function.Lookup("coalesce"), all, expr.C(field))
	}
	round := func(l *lowerer, i int) {
		elem := expr.F(function.Lookup("mvindex"), all, number(i))
		n := expr.F(function.Lookup("mvcount"), all)
		l.extend(plan.Named{Name: item, Expr: elem}, plan.Named{Name: count, Expr: n})
		f.round(l, item, count, i)
		l.drop(item, count)
	}
	trial := *l
	trial.compilation = &compilation{opt: l.opt}
	round(&trial, 0)
	if l.diags = append(l.diags, trial.diags...); l.diags.HasErrors() {
		return
	}
	at := *l
	l.node = &plan.Dynamic{Label: "foreach " + field, Deps: []plan.Node{l.node}, Build: func(results []*event.Batch) (plan.Node, error) {
		rows := results[0]
		in := &lowerer{compilation: &compilation{opt: at.opt, names: at.names + 1000}, src: at.src, node: &plan.Values{Label: "foreach", Rows: rows}, depth: at.depth + 1}
		most := 0
		if col := rows.Column(field); col != nil {
			for r := range rows.Len() {
				most = max(most, lengthOf(col.Value(r), mode))
			}
		}
		if most > maxForeach {
			return nil, fmt.Errorf("field %s has %d values; foreach takes at most %d", field, most, maxForeach)
		}
		for i := range most {
			round(in, i)
			if err := firstError(in.diags); err != nil {
				return nil, err
			}
		}
		return in.node, nil
	}}
}

// lengthOf returns how many values or elements there are at most.
func lengthOf(v event.Value, mode string) int {
	var one [1]event.Value
	list := function.Values(v, &one)
	if mode == "multivalue" || mode == "auto_collections" && len(list) > 1 {
		return len(list)
	}
	return strings.Count(function.Text(v), ",") + 1
}

// withItem puts a column in the place of <<ITEM>>; within a string, which is text around the item then, a concatenation.
func withItem(body, item string) string {
	var b strings.Builder
	for i := 0; i < len(body); {
		if body[i] != '"' {
			b.WriteByte(body[i])
			i++
			continue
		}
		end := i + 1
		for end < len(body) && body[end] != '"' {
			if body[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(body))
		switch s := body[i:end]; {
		case s == `"<<ITEM>>"`:
			b.WriteString(item)
		case strings.Contains(s, "<<ITEM>>"):
			b.WriteString("(" + strings.ReplaceAll(s, "<<ITEM>>", `".`+item+`."`) + ")")
		default:
			b.WriteString(s)
		}
		i = end
	}
	return strings.ReplaceAll(b.String(), "<<ITEM>>", item)
}

// round lowers one turn over the values: assignments hold only in rows that have as many.
func (f *each) round(l *lowerer, item, count string, i int) {
	t := strings.ReplaceAll(withItem(f.body, item), "<<ITER>>", strconv.Itoa(i))
	q, diags := syntax.Parse(text.NewSource("<foreach>", "| "+t))
	if err := firstError(diags); err != nil {
		l.wrong(f.place, "the template makes %q, which cannot be read: %v", t, err)
		return
	}
	for _, s := range q.Stages {
		c, ok := s.Command.(*syntax.Eval)
		if !ok || c.Name() != "eval" {
			l.unsupported(f.place, "foreach over values with another command than eval")
			return
		}
		for _, a := range c.Assignments {
			x := l.value(a.X)
			has := expr.F(function.Operator("spl_gt"), expr.C(count), number(i))
			l.extend(plan.Named{Name: a.Field.Value, Expr: &expr.Case{Whens: []expr.When{{Cond: has, Then: x}}, Else: expr.C(a.Field.Value)}})
		}
	}
}

// defaultSearches is how many rows map takes when maxsearches is not given.
const defaultSearches = 10

func (l *lowerer) mapRows(c *syntax.Map) {
	o := l.options(c, c.Options)
	most := o.number("maxsearches", defaultSearches, 0)
	search := o.get("search")
	o.done()
	// A trial with the tokens as they stand finds mistakes before the run.
	var template string
	trial := &compilation{opt: l.opt}
	switch {
	case c.Template != nil:
		template = "| " + strings.TrimPrefix(strings.TrimSpace(c.Template.Text), "|")
		trial.query(l.src, c.Template.Query, nil, l.depth+1)
	case search != nil:
		template = search.Value.Value
		trial.search(syntax.Embedded(l.src, search.Value), l.depth+1)
	default:
		l.unsupported(c, "map with a saved search")
		return
	}
	if l.diags = append(l.diags, trial.diags...); trial.diags.HasErrors() {
		return
	}
	outer := *l
	l.node = &plan.Dynamic{Label: "map", Deps: []plan.Node{&plan.Limit{Input: l.node, N: max(most, 1)}}, Build: func(results []*event.Batch) (plan.Node, error) {
		rows := results[0]
		u := &plan.Union{}
		for r := range rows.Len() {
			if most > 0 && r >= most {
				break
			}
			c := &compilation{opt: outer.opt, names: outer.names + 1000*(r+1)}
			n := c.search(text.NewSource("<map>", fillTokens(template, rows, r)), outer.depth+1)
			if err := firstError(c.diags); err != nil {
				return nil, err
			}
			u.Sources = append(u.Sources, n)
		}
		switch len(u.Sources) {
		case 0:
			return nothing, nil
		case 1:
			return u.Sources[0], nil
		}
		return u, nil
	}}
}

// search compiles a search that stands within another one.
func (c *compilation) search(src *text.Source, depth int) plan.Node {
	macros := c.opt.Macros
	if macros == nil {
		macros = syntax.Macros{}
	}
	full, diags := syntax.Expand(src, macros, evaluate)
	ast, more := syntax.Parse(full.Source)
	if c.diags = append(append(c.diags, diags...), more...); c.diags.HasErrors() {
		return nothing
	}
	return c.query(full.Source, ast, nil, depth)
}

// fillTokens puts the values of a row in the place of $field$ tokens. Within quotes they are escaped; outside, a value that
// is not one word is quoted.
func fillTokens(s string, rows *event.Batch, r int) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == '$':
			if n := strings.IndexByte(s[i+1:], '$'); n > 0 {
				if v, ok := tokenValue(s[i+1:i+1+n], rows, r); ok {
					if e := syntax.Quote(v); quoted {
						v = e[1 : len(e)-1]
					} else if strings.ContainsAny(v, " \t\n\"()[]|,=<>`\\") || v == "" {
						v = e
					}
					b.WriteString(v)
					i += n + 1
					continue
				}
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func tokenValue(name string, rows *event.Batch, r int) (string, bool) {
	if name == "_serial_id" {
		return strconv.Itoa(r + 1), true
	}
	col := rows.Column(name)
	if col == nil {
		return "", false
	}
	v := col.Value(r)
	if l := v.List(); len(l) > 0 {
		v = l[0]
	}
	return function.Text(v), !v.IsNull()
}
