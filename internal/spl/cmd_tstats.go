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
		&Command{Name: "tstats", Generating: true, See: "tstats", Syntax: "tstats [<option>…] <statistic> … [FROM datamodel=<model>[.<set>]] [WHERE <search expression>] [BY <field-list> [span=<span>]]",
			Doc:   "Statistics over a data model, or over the fields that every event has. Fields of a model are written with the data set in front, and result columns keep it.",
			Note:  "There are no summaries: summariesonly and its kin change nothing. Rows that lack a BY field are left out unless fillnull_value is given.",
			lower: on((*lowerer).tstats)},
		&Command{Name: "mstats", Generating: true, See: "mstats", Syntax: "mstats <statistic> … [WHERE <search expression>] [BY <field-list> [span=<span>]]",
			Doc:   "Statistics over metrics, rate_avg and rate_sum of counters among them.",
			Note:  "There is no store of metrics: events stand in for it whose fields are called like the metrics and hold their values.",
			lower: on((*lowerer).tstats)},
		&Command{Name: "datamodel", Generating: true, See: "datamodel", Syntax: "datamodel [<model> [<set> [search|flat]]] [strict_fields=<bool>]",
			Doc: "The events of a data set; with search its fields have the set's name in front, with flat they have not.", lower: general((*lowerer).datamodel)},
		&Command{Name: "from", Generating: true, See: "from", Syntax: "from datamodel:<model>[.<set>] | from inputlookup:<table>",
			Doc: "The events of a data set, fields without prefix, or the rows of a lookup.", lower: general((*lowerer).from)},
		&Command{Name: "pivot", See: "pivot", Refused: "its reports are defined with data models on a Splunk server; write tstats"},
		&Command{Name: "dbinspect", See: "dbinspect", Refused: "it reads the indexes of a Splunk server"},
		&Command{Name: "loadjob", See: "loadjob", Refused: "it reads the results of jobs of a Splunk server"},
		&Command{Name: "savedsearch", See: "savedsearch", Refused: "saved searches are on a Splunk server"},
	)
}

// dataSet finds a data set by "Model" or "Model.Set", and says so when there is none.
func (l *lowerer) dataSet(name string, at place) (*Model, *DataSet) {
	model, set, has := strings.Cut(name, ".")
	if l.opt.Models == nil {
		l.unknown(at, "data model", model, nil)
		return nil, nil
	}
	m := l.opt.Models.Model(model)
	if m == nil {
		l.unknown(at, "data model", model, l.opt.Models.ModelNames())
		return nil, nil
	}
	if !has {
		return m, &m.Sets[0]
	}
	// A child may be written with the sets above it: Authentication.Authentication.Failed_Authentication.
	s := m.set(set[strings.LastIndexByte(set, '.')+1:])
	if s == nil {
		var names []string
		for _, s := range m.Sets {
			names = append(names, s.Name)
		}
		l.unknown(at, "data set", name, names)
		return nil, nil
	}
	return m, s
}

// baseFields are those that have no prefix in a data model.
var baseFields = []string{"_time", "host", "source", "sourcetype", "index", "_raw", "tag", "eventtype", "nodename", "splunk_server", "linecount", "punct", "timestamp"}

// modelFields gives the columns that field names stand for in a search over a data set.
type modelFields struct {
	l     *lowerer
	model *Model
	set   *DataSet // nil: no data model
	asked bool     // the set was named; else the prefixes of fields tell it
}

// column strips the names of data sets off a field name.
func (f *modelFields) column(w *syntax.Word) (string, bool) {
	name := w.Value
	if f.set == nil {
		return name, true
	}
	rest := name
	for {
		prefix, after, ok := strings.Cut(rest, ".")
		if !ok || f.model.set(prefix) == nil {
			break
		}
		rest = after
	}
	if rest == name && !slices.Contains(baseFields, name) && !strings.Contains(name, "*") {
		f.l.warn(w, "field %s of data model %s is written without its data set, %s.%s; no event has it", name, f.model.Name, f.set.Name, name)
		return "__none", true
	}
	if !slices.Contains(baseFields, rest) && !slices.Contains(f.set.Fields, rest) && !strings.Contains(rest, "*") {
		if near := nearest(rest, f.set.Fields); near != "" || len(f.set.Fields) > 0 {
			f.l.warn(w, "data set %s has no field %s%s", f.set.Name, rest, near)
		}
	}
	return rest, true
}

// narrow goes over to the set that the fields of a search name, when only the model was named.
func (f *modelFields) narrow(nodes ...syntax.Node) {
	if f.set == nil || f.asked {
		return
	}
	best := f.set
	see := func(name string) {
		for rest := name; ; {
			prefix, after, ok := strings.Cut(rest, ".")
			s := f.model.set(prefix)
			if !ok || s == nil {
				return
			}
			if best == &f.model.Sets[0] || f.below(s, best) {
				best = s
			}
			rest = after
		}
	}
	for _, n := range nodes {
		syntax.Walk(n, func(n syntax.Node) bool {
			if w, ok := n.(*syntax.Word); ok {
				see(w.Value)
			}
			return true
		})
	}
	f.set = best
}

// below reports whether data set s is a descendant of t.
func (f *modelFields) below(s, t *DataSet) bool {
	for s != nil && s.Parent != "" {
		if s.Parent == t.Name {
			return true
		}
		s = f.model.set(s.Parent)
	}
	return false
}

func (l *lowerer) tstats(c *syntax.Tstats) {
	o := l.options(c, c.Options)
	metrics := c.Name() == "mstats"
	o.without("chunk_size", "include_reduced_buckets", "local")
	if metrics {
		o.without("backfill", "update_period")
	} else {
		o.without("summariesonly", "allow_old_summaries")
	}
	prestats := o.boolean("prestats", false)
	appending := o.boolean("append", false)
	fill := o.get("fillnull_value")
	span := o.get("span")
	o.done()

	fields := &modelFields{l: l}
	if c.From != nil && metrics {
		l.wrong(c.From, "mstats has no FROM")
	} else if c.From != nil {
		if !strings.EqualFold(c.From.Name, "datamodel") || c.From.Value == nil {
			l.unsupported(c.From, "tstats from %s", c.From.Name)
			return
		}
		name := c.From.Value.Value
		fields.model, fields.set = l.dataSet(name, c.From.Value)
		fields.asked = strings.Contains(name, ".")
		if fields.set == nil {
			l.node = nothing
			return
		}
		fields.narrow(c)
	}
	where := l.nodename(c.Where, fields)
	before := l.node
	scan := func(l *lowerer, pred expr.Expr) {
		view := eventsView
		if fields.set != nil {
			view = fields.set.View
		}
		l.node = &plan.Scan{View: view, Fields: l.eventFields()}
		if pred != yes {
			l.filter(pred)
		}
	}
	if where == nil {
		scan(l, yes)
	} else {
		l.withSubsearches(where, "tstats", func(l *lowerer, x syntax.SearchExpr) {
			pred := expr.Expr(yes)
			if x != nil {
				f := *fields
				f.l = l
				pred = (&searching{lowerer: l, column: f.column, base: true, raw: fields.set == nil}).test(x)
			}
			scan(l, pred)
		})
	}
	group := plan.Grouping{DropNull: true, SplitLists: true}
	if metrics && span != nil && !slices.ContainsFunc(c.By, func(w *syntax.Word) bool { return w.Value == "_time" }) {
		// mstats with a span gives a row a span without being asked for _time.
		if x, ok := l.binned(expr.C("_time"), "_time", span.Value); ok {
			group.By = append(group.By, plan.Named{Name: "_time", Expr: x})
		}
	}
	for _, w := range c.By {
		if prefix, ok := prefixOf(w.Value); ok && fields.set == nil {
			group.By = append(group.By, plan.Named{Name: prefix, Expr: expr.F(fnPrefixed, expr.C(event.RawField), expr.Str(prefix))})
			continue
		}
		if slices.ContainsFunc(group.By, func(n plan.Named) bool { return n.Name == w.Value }) {
			continue
		}
		name, ok := fields.column(w)
		if !ok {
			continue
		}
		x := key(name)
		switch {
		case name == "_time" && span != nil:
			if binned, ok := l.binned(expr.C(name), name, span.Value); ok {
				x = binned
			}
		case fill != nil && name != "_time":
			x = expr.F(function.Lookup("coalesce"), x, expr.L(literal(fill.Value.Value)))
		}
		group.By = append(group.By, plan.Named{Name: w.Value, Expr: x})
	}
	var aggs []plan.AggItem
	for _, a := range c.Aggs {
		if a.Eval != nil {
			l.wrong(a, "tstats takes no eval() in statistics")
			continue
		}
		if metrics {
			if item, ok := l.seriesRate(a); ok {
				aggs = append(aggs, item)
				continue
			}
		}
		item, ok := l.aggregation(a)
		if !ok {
			continue
		}
		if item.Over != "" && !metrics {
			l.wrong(a, "tstats takes no stars in statistics")
			continue
		}
		if a.Arg != nil && item.Over == "" {
			if prefix, ok := prefixOf(a.Arg.Value); ok && fields.set == nil {
				item.Args[0] = expr.F(fnPrefixed, expr.C(event.RawField), expr.Str(prefix))
			} else if name, ok := fields.column(a.Arg); ok {
				item.Args[0] = expr.C(name)
			} else {
				continue
			}
		}
		aggs = append(aggs, item)
	}
	if prestats {
		l.prestats(c, group, aggs)
	} else {
		l.node = &plan.Aggregate{Input: l.node, Group: group, Aggs: aggs, Sorted: true, EmptyRow: len(group.By) == 0}
	}
	if appending && before != nil {
		l.node = &plan.Union{Sources: []plan.Node{before, l.node}}
	}
}

// prestats gives what later statistics need to compute the same: a row an event, with the BY fields and the fields of the
// statistics under the names that they are written with. Where Splunk hands on partial results, that later commands put
// together, the events themselves are put together here.
func (l *lowerer) prestats(c *syntax.Tstats, group plan.Grouping, aggs []plan.AggItem) {
	items := slices.Clone(group.By)
	add := func(name string, x expr.Expr) {
		if !slices.ContainsFunc(items, func(n plan.Named) bool { return n.Name == name }) {
			items = append(items, plan.Named{Name: name, Expr: x})
		}
	}
	for i, a := range c.Aggs {
		if i < len(aggs) && a.Arg != nil && aggs[i].Over == "" {
			add(a.Arg.Value, aggs[i].Args[0])
		}
	}
	add("_time", expr.C("_time"))
	l.node = &plan.Project{Input: l.node, Items: items}
}

// prefixOf reads PREFIX(text=) of tstats.
func prefixOf(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "PREFIX(")
	if !ok || !strings.HasSuffix(rest, ")") {
		return "", false
	}
	return strings.Trim(strings.TrimSuffix(rest, ")"), `"`), true
}

// fnPrefixed gives what follows on a text in the tokens of raw text that begin with it, in small letters as they stand in an
// index. (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/tstats)
var fnPrefixed = &fn.Func{Name: "prefixed", Min: 2, Max: 2,
	Row: func(in []event.Value) event.Value {
		prefix := strings.ToLower(function.Text(in[1]))
		var out []event.Value
		for _, token := range function.Tokens(strings.ToLower(function.Text(in[0]))) {
			if rest, ok := strings.CutPrefix(token, prefix); ok && rest != "" {
				out = append(out, event.StringOf(rest))
			}
		}
		return function.List(out)
	}}

// nodename takes nodename=Set out of a where clause: it names the data set.
func (l *lowerer) nodename(x syntax.SearchExpr, fields *modelFields) syntax.SearchExpr {
	take := func(x syntax.SearchExpr) bool {
		c, ok := x.(*syntax.Comparison)
		if !ok || c.Op != "=" || c.Field.Value != "nodename" || fields.set == nil {
			return false
		}
		w, ok := c.Value.(*syntax.Word)
		if !ok {
			return false
		}
		if _, s := l.dataSet(fields.model.Name+"."+w.Value, w); s != nil {
			fields.set = s
		}
		return true
	}
	if x == nil || take(x) {
		return nil
	}
	if and, ok := x.(*syntax.And); ok && len(and.Items) > 0 {
		out := &syntax.And{Loc: and.Loc}
		for _, it := range and.Items {
			if !take(it) {
				out.Items = append(out.Items, it)
			}
		}
		switch len(out.Items) {
		case 0:
			return nil
		case 1:
			return out.Items[0]
		}
		return out
	}
	return x
}

func (l *lowerer) datamodel(c *syntax.General) {
	a := l.arguments(c)
	a.without("strict_fields", "allow_old_summaries", "summariesonly")
	if len(a.words) < 3 {
		l.defineModels(a)
		return
	}
	model := a.next("the name of a data model")
	set := a.next("the name of a data set")
	mode := ""
	if w := a.peek(); w != nil {
		a.at++
		if mode = strings.ToLower(w.Value); mode != "search" && mode != "flat" && mode != "acceleration_search" {
			l.unsupported(w, "datamodel in mode %s", w.Value)
		}
	}
	a.end()
	_, s := l.dataSet(model.Value+"."+set.Value, model)
	if s == nil {
		l.node = nothing
		return
	}
	l.readSet(s)
	if mode == "flat" {
		return
	}
	n := &plan.Rename{Input: l.node}
	for _, f := range s.Fields {
		if !slices.Contains(baseFields, f) {
			n.Pairs = append(n.Pairs, plan.RenamePair{From: f, To: s.Name + "." + f})
		}
	}
	l.node = n
}

// readSet reads the events of a data set, newest first.
func (l *lowerer) readSet(s *DataSet) {
	l.node = newestFirst(&plan.Scan{View: s.View, Fields: l.eventFields()})
}

func (l *lowerer) from(c *syntax.General) {
	a := l.arguments(c)
	w := a.next("a data set such as datamodel:Model.Set")
	if !strings.Contains(w.Value, ":") && a.peek() != nil {
		// "from datamodel Web.Web" is written too.
		next := a.next("a name")
		w = &syntax.Word{Loc: syntax.Loc{At: w.At.To(next.At)}, Value: w.Value + ":" + next.Value}
	} else if strings.HasSuffix(w.Value, ":") {
		next := a.next("a name")
		w = &syntax.Word{Loc: syntax.Loc{At: w.At.To(next.At)}, Value: w.Value + next.Value}
	}
	a.end()
	l.fromSet(w)
}

// fromSet reads kind:name.
func (l *lowerer) fromSet(w *syntax.Word) {
	kind, name, ok := strings.Cut(w.Value, ":")
	if !ok {
		l.wrong(w, "a data set is written kind:name, such as datamodel:Endpoint.Processes, not %q", w.Value)
		return
	}
	name = strings.Trim(name, `"`)
	switch strings.ToLower(kind) {
	case "datamodel":
		if _, s := l.dataSet(name, w); s != nil {
			l.readSet(s)
		}
	case "inputlookup", "lookup":
		l.readLookup(name, w)
	default:
		l.unsupported(w, "data sets of kind %s", kind)
	}
	if l.node == nil {
		l.node = nothing
	}
}
