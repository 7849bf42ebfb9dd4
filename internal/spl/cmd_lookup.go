package spl

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "lookup", See: "lookup", Syntax: "lookup <table> <column> [AS <field>] … [OUTPUT|OUTPUTNEW <column> [AS <field>] …]",
			Doc:   "Adds columns of a table where it has the row's values. OUTPUTNEW keeps values that are there; without either all other columns are added.",
			Note:  "dnslookup finds nothing: Harrier asks no name servers.",
			lower: on((*lowerer).lookup)},
		&Command{Name: "inputlookup", Generating: true, See: "inputlookup", Syntax: "inputlookup [append=<bool>] [start=<n>] [max=<n>] <table> [WHERE <search expression>]",
			Doc: "The rows of a table.", lower: on((*lowerer).inputlookup)},
		&Command{Name: "inputcsv", Generating: true, See: "inputcsv", Syntax: "inputcsv [append=<bool>] [start=<n>] [max=<n>] <file> [WHERE <search expression>]",
			Doc: "The rows of a CSV file.", Note: "The file is looked for in the lookup folders.", lower: on((*lowerer).inputlookup)},
		&Command{Name: "iplocation", See: "iplocation", Syntax: "iplocation [prefix=<text>] [allfields=<bool>] [lang=<code>] <field>",
			Doc:   "Adds City, Country, Region, lat and lon of an address, when a GeoIP database is given; nulls otherwise.",
			lower: general((*lowerer).iplocation)},
	)
}

// table finds a lookup table, and says so when there is none.
func (l *lowerer) table(w *syntax.Word) *Table {
	if w == nil {
		return nil
	}
	var names []string
	if l.opt.Lookups != nil {
		t, err := l.opt.Lookups.Table(w.Value)
		if err != nil {
			l.errorAt("SPL4003", w, "lookup %s cannot be read: %v", w.Value, err)
			return nil
		} else if t != nil {
			return t
		}
		names = l.opt.Lookups.TableNames()
	}
	t := supplied(w.Value)
	switch {
	case t == nil:
		l.unknown(w, "lookup", w.Value, names)
	case t.computed == nil:
		l.note(w, "lookup %s belongs to another app and is empty here; a table of that name in a lookup folder takes its place", w.Value)
	}
	return t
}

// dnsLookup is the lookup that Splunk has built in; it asks a name server.
const dnsLookup = "dnslookup"

func (l *lowerer) lookup(c *syntax.Lookup) {
	o := l.options(c, c.Options)
	o.without("local", "update", "event_time_field")
	o.done()
	if c.Table.Is(dnsLookup) && !l.hasTable(dnsLookup) {
		l.note(c.Table, "%s gives nothing: no name server is asked", dnsLookup)
		for _, a := range c.Outputs {
			if c.Mode == "OUTPUT" {
				l.extend(plan.Named{Name: target(a), Expr: null})
			}
		}
		return
	}
	t := l.table(c.Table)
	if t == nil {
		return
	}
	var inputs []string
	var args []expr.Expr
	for _, a := range c.Inputs {
		inputs = append(inputs, a.From.Value)
		args = append(args, expr.C(target(a)))
	}
	if t.TimeColumn != "" {
		args = append(args, expr.C("_time"))
	}
	outputs := c.Outputs
	if c.Mode == "" {
		for _, name := range t.Columns {
			if !slices.Contains(inputs, name) && name != t.TimeColumn && name != "" {
				outputs = append(outputs, &syntax.Alias{Loc: syntax.Loc{At: c.Table.At}, From: &syntax.Word{Value: name}})
			}
		}
	}
	var items []plan.Named
	for _, a := range outputs {
		f, err := t.lookupFunc(inputs, a.From.Value)
		if err != nil {
			l.wrong(a, "%v", err)
			return
		}
		x := expr.Expr(expr.F(f, args...))
		name := target(a)
		if c.Mode == "OUTPUTNEW" {
			x = expr.F(function.Lookup("coalesce"), expr.C(name), x)
		}
		items = append(items, plan.Named{Name: name, Expr: x})
	}
	l.extend(items...)
}

func (l *lowerer) hasTable(name string) bool {
	if l.opt.Lookups == nil {
		return false
	}
	t, err := l.opt.Lookups.Table(name)
	return t != nil && err == nil
}

// target is the event's field of a mapping.
func target(a *syntax.Alias) string {
	if a.To != nil {
		return a.To.Value
	}
	return a.From.Value
}

// readLookup makes the rows of a table the plan so far.
func (l *lowerer) readLookup(name string, at *syntax.Word) {
	w := *at
	w.Value = name
	if t := l.table(&w); t != nil {
		l.node = &plan.Values{Label: "lookup " + name, Rows: t.batch()}
	}
}

func (l *lowerer) inputlookup(c *syntax.Inputlookup) {
	o := l.options(c, c.Options)
	if c.Name() == "inputcsv" {
		o.without("dispatch", "events")
	} else {
		o.without("strict")
	}
	appending := o.boolean("append", false)
	start, most := o.number("start", 0, 0), o.number("max", 0, 0)
	o.done()
	before := l.node
	l.node = nothing
	if c.Table == nil {
		return
	}
	l.readLookup(c.Table.Value, c.Table)
	if v, ok := l.node.(*plan.Values); ok && start > 0 {
		l.node = &plan.Values{Label: v.Label, Rows: from(v.Rows, start)}
	}
	if c.Where != nil {
		l.withSubsearches(c.Where, "inputlookup", func(l *lowerer, x syntax.SearchExpr) {
			if x != nil {
				if pred := (&searching{lowerer: l, column: plainColumn}).test(x); pred != yes {
					l.filter(pred)
				}
			}
		})
	}
	l.node = l.limited(l.node, most)
	if appending && before != nil {
		l.node = &plan.Union{Sources: []plan.Node{before, l.node}}
	}
}

// from returns the rows of a batch from a number on.
func from(b *event.Batch, start int) *event.Batch {
	var rows []int32
	for i := start; i < b.Len(); i++ {
		rows = append(rows, int32(i))
	}
	return b.Gather(rows)
}

// geoFields are the fields of iplocation by their name in the database's answer.
var geoFields = []string{"City", "Country", "Region", "lat", "lon"}

var moreGeoFields = []string{"Continent", "MetroCode", "Timezone"}

func (l *lowerer) iplocation(c *syntax.General) {
	a := l.arguments(c)
	prefix := a.text("prefix", "")
	names := slices.Clone(geoFields)
	if a.boolean("allfields", false) {
		names = append(names, moreGeoFields...)
	}
	if lang := a.get("lang"); lang != nil && !strings.HasPrefix(lang.Value.Value, "en") {
		l.unsupported(lang, "names of places in another language than English")
	}
	field := a.next("the field with the address")
	a.end()
	var items []plan.Named
	for _, name := range names {
		items = append(items, plan.Named{Name: prefix + name, Expr: expr.F(fnGeo, expr.C(field.Value), expr.Str(name))})
	}
	l.extend(items...)
}

// fnGeo is one field of what the user's GeoIP database says of an address.
var fnGeo = &fn.Func{Name: "geo", Min: 2, Max: 2,
	Bind: func(env *fn.Env, args []fn.Arg) (fn.Row, error) {
		name := args[1].Value.Str()
		if env == nil || env.Geo == nil {
			return func([]event.Value) event.Value { return event.NullValue }, nil
		}
		return func(in []event.Value) event.Value {
			return perValue(in[0], func(v event.Value) event.Value {
				if place, ok := env.Geo(function.Text(v)); ok {
					if x, ok := place.Get(name); ok {
						return x
					}
				}
				return event.NullValue
			})
		}, nil
	}}
