package spl

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/function"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

func init() {
	addCommands(
		&Command{Name: "metadata", Generating: true, See: "metadata", Syntax: "metadata type=hosts|sources|sourcetypes [index=<name>]",
			Doc:   "For each host, source or source type the number of its events and the times of the first and last one.",
			Note:  "It counts the events of the input: recentTime, when the last one was indexed, is the time of the last one.",
			lower: general((*lowerer).metadata)},
		&Command{Name: "metasearch", Generating: true, See: "metasearch", Syntax: "metasearch [<search expression>]",
			Doc:   "Finds events as search does, and gives only what is known of them without looking into them: host, source, sourcetype, index and time.",
			lower: on((*lowerer).metasearch)},
		&Command{Name: "eventcount", Generating: true, See: "eventcount", Syntax: "eventcount [index=<name>] [summarize=<bool>]",
			Doc:   "The number of events, with summarize=false for each index.",
			lower: general((*lowerer).eventcount)},
	)
}

func (l *lowerer) metadata(c *syntax.General) {
	a := l.arguments(c)
	kind := a.word("type", "", "hosts", "sources", "sourcetypes")
	index := a.get("index")
	a.without("splunk_server", "splunk_server_group", "datatype")
	a.end()
	if kind == "" {
		l.wrong(c, "metadata needs type=hosts, type=sources or type=sourcetypes")
		return
	}
	l.scanIndex(index)
	field := strings.TrimSuffix(kind, "s")
	time := []expr.Expr{expr.C("_time")}
	l.node = &plan.Aggregate{Input: l.node, Group: groupBy([]string{field}, false), Sorted: true, Aggs: []plan.AggItem{
		{As: "firstTime", Fn: function.Aggregate("min"), Args: time}, {As: "lastTime", Fn: function.Aggregate("max"), Args: time},
		{As: "recentTime", Fn: function.Aggregate("max"), Args: time}, {As: "totalCount", Fn: function.Aggregate("count")}}}
	var items []plan.Named
	for _, name := range []string{"firstTime", field, "lastTime", "recentTime", "totalCount"} {
		items = append(items, plan.Named{Name: name, Expr: expr.C(name)})
	}
	l.node = &plan.Project{Input: l.node, Items: append(items, plan.Named{Name: "type", Expr: expr.Str(kind)})}
}

// scanIndex reads the events, of one index when it is given.
func (l *lowerer) scanIndex(index *syntax.Option) {
	l.node = &plan.Scan{View: eventsView, Fields: l.eventFields()}
	if index != nil {
		s := &searching{lowerer: l, column: plainColumn, base: true}
		field := &syntax.Word{Loc: index.Loc, Raw: "index", Value: "index"}
		l.filter(s.comparison(&syntax.Comparison{Loc: index.Loc, Op: "=", Field: field, Value: index.Value}))
	}
}

func (l *lowerer) metasearch(c *syntax.Search) {
	l.selectRows(c.Expr, "metasearch", true)
	l.node = &plan.Select{Input: l.node, Mode: plan.Table, Patterns: []string{"_time", "host", "index", "source", "sourcetype"}}
}

func (l *lowerer) eventcount(c *syntax.General) {
	a := l.arguments(c)
	index, sum := a.get("index"), a.boolean("summarize", true)
	a.without("report_size", "list_vix", "list_federated_remote")
	a.end()
	l.scanIndex(index)
	n := &plan.Aggregate{Input: l.node, Sorted: true, EmptyRow: sum, Aggs: []plan.AggItem{{As: "count", Fn: function.Aggregate("count")}}}
	if !sum {
		n.Group = groupBy([]string{"index"}, false)
		n.Group.DropNull = false
	}
	l.node = n
	if !sum {
		l.node = &plan.Project{Input: n, Items: []plan.Named{{Name: "count", Expr: expr.C("count")}, {Name: "index", Expr: expr.C("index")}}}
	}
}
