package check

import (
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// detection checks searches and conditions.
func (c *checker) detection(d *syntax.Detection, filter bool) {
	used := map[string]bool{}
	var names []string
	for _, s := range d.Searches {
		names = append(names, s.Name)
	}
	for _, cond := range d.Conditions {
		if cond.Pipe != nil {
			c.warn("SIG5301", cond.Pipe.Span, "aggregations in conditions are no longer of Sigma: write a correlation")
			if cond.Pipe.Near != nil {
				c.uses(cond.Pipe.Near, names, used)
			}
		}
		if cond.Expr == nil {
			continue
		}
		c.uses(cond.Expr, names, used)
		if !filter && !positive(cond.Expr) {
			c.warn("SIG5302", cond.Span, "the condition says only what is not looked for: every other event fits")
		}
		if dead(cond.Expr) {
			c.warn("SIG5303", cond.Span, "the condition demands a search and its contrary: it can never hold")
		}
		c.named(cond.Expr, false)
	}
	if d.Timeframe != "" && !slices.ContainsFunc(d.Conditions, func(cond *syntax.Condition) bool { return cond.Pipe != nil }) {
		c.warn("SIG5301", d.TimeSpan, "a timeframe without an aggregation means nothing")
	}
	for _, s := range d.Searches {
		if !used[s.Name] && !slices.ContainsFunc(d.Conditions, func(cond *syntax.Condition) bool { return cond.Expr == nil }) {
			c.warn("SIG5304", s.Span, "no condition uses the search %s", s.Name)
		}
		c.node(s.Body)
	}
	for i, s := range d.Searches {
		for _, before := range d.Searches[:i] {
			if sameNode(s.Body, before.Body) {
				c.warn("SIG5305", s.Span, "the search %s is the search %s again", s.Name, before.Name)
				break
			}
		}
	}
	if !filter {
		c.generic(d)
	}
}

// uses marks the searches that a condition names, and looks at its quantifiers.
func (c *checker) uses(cond syntax.Cond, names []string, used map[string]bool) {
	switch n := cond.(type) {
	case *syntax.And:
		for _, a := range n.Args {
			c.uses(a, names, used)
		}
	case *syntax.Or:
		for _, a := range n.Args {
			c.uses(a, names, used)
		}
	case *syntax.Not:
		c.uses(n.Arg, names, used)
	case *syntax.Ref:
		used[n.Name] = true
	case *syntax.Of:
		var hit []string
		for _, name := range names {
			if n.Takes(name) {
				used[name] = true
				hit = append(hit, name)
			}
		}
		switch filters := slices.ContainsFunc(hit, func(s string) bool { return strings.HasPrefix(strings.ToLower(s), "filter") }); {
		case n.Pattern == "" && filters:
			c.warn("SIG5306", n.Span, "them takes in the filters too: name the selections, as in all of selection_*")
		case n.Pattern == "" && n.Count == 0 && len(names) > 1:
			c.note("SIG5306", n.Span, "all of them takes in whatever search is added later: all of selection_* says which are meant")
		case n.Count > len(hit) && len(hit) > 0:
			c.warn("SIG5307", n.Span, "%d searches are demanded and there are %d", n.Count, len(hit))
		case n.Pattern != "" && !strings.Contains(n.Pattern, "*"):
			c.note("SIG5307", n.Span, "%s is the name of one search: of is for names with *", n.Pattern)
		}
	}
}

// positive reports whether a condition can only hold when some search does.
func positive(cond syntax.Cond) bool {
	switch n := cond.(type) {
	case *syntax.And:
		return slices.ContainsFunc(n.Args, positive)
	case *syntax.Or:
		return !slices.ContainsFunc(n.Args, func(a syntax.Cond) bool { return !positive(a) })
	case *syntax.Not:
		_, twice := n.Arg.(*syntax.Not)
		return twice
	}
	return true
}

// dead finds an and of a search and its negation.
func dead(cond syntax.Cond) bool {
	switch n := cond.(type) {
	case *syntax.And:
		var yes, no []string
		for _, a := range n.Args {
			switch a := a.(type) {
			case *syntax.Ref:
				yes = append(yes, a.Name)
			case *syntax.Not:
				if r, ok := a.Arg.(*syntax.Ref); ok {
					no = append(no, r.Name)
				}
			}
		}
		return slices.ContainsFunc(yes, func(s string) bool { return has(no, s) }) || slices.ContainsFunc(n.Args, dead)
	case *syntax.Or:
		return slices.ContainsFunc(n.Args, dead)
	}
	return false
}

// named looks whether what a rule leaves out is called filter, as SigmaHQ has it.
func (c *checker) named(cond syntax.Cond, negated bool) {
	check := func(name string, span text.Span) {
		switch {
		case negated && !strings.HasPrefix(strings.ToLower(name), "filter") && name != "":
			c.note("SIG5209", span, "what a rule leaves out is named filter_main_… or filter_optional_…, not %s", name)
		case !negated && strings.HasPrefix(strings.ToLower(name), "filter"):
			c.note("SIG5209", span, "%s is named like what a rule leaves out, and is demanded here", name)
		}
	}
	switch n := cond.(type) {
	case *syntax.And:
		for _, a := range n.Args {
			c.named(a, negated)
		}
	case *syntax.Or:
		for _, a := range n.Args {
			c.named(a, negated)
		}
	case *syntax.Not:
		c.named(n.Arg, !negated)
	case *syntax.Ref:
		check(n.Name, n.Span)
	case *syntax.Of:
		check(n.Pattern, n.Span)
	}
}

func (c *checker) node(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.All:
		for _, t := range n.Tests {
			c.node(t)
		}
	case *syntax.Any:
		for i, t := range n.Tests {
			c.node(t)
			for _, before := range n.Tests[:i] {
				if sameNode(t, before) {
					if it := firstItem(t); it != nil {
						c.warn("SIG5305", it.Span, "this alternative stands in the list already")
					}
				}
			}
		}
	case *syntax.Item:
		c.item(n)
	}
}

func firstItem(n syntax.Node) *syntax.Item {
	switch n := n.(type) {
	case *syntax.Item:
		return n
	case *syntax.All:
		if len(n.Tests) > 0 {
			return firstItem(n.Tests[0])
		}
	case *syntax.Any:
		if len(n.Tests) > 0 {
			return firstItem(n.Tests[0])
		}
	}
	return nil
}

func sameNode(a, b syntax.Node) bool {
	list := func(x, y []syntax.Node) bool {
		return slices.EqualFunc(x, y, func(p, q syntax.Node) bool { return sameNode(p, q) })
	}
	switch a := a.(type) {
	case *syntax.All:
		b, ok := b.(*syntax.All)
		return ok && list(a.Tests, b.Tests)
	case *syntax.Any:
		b, ok := b.(*syntax.Any)
		return ok && list(a.Tests, b.Tests)
	case *syntax.Item:
		b, ok := b.(*syntax.Item)
		return ok && a.Field == b.Field && slices.EqualFunc(a.Modifiers, b.Modifiers, func(x, y syntax.Modifier) bool { return strings.EqualFold(x.Name, y.Name) }) &&
			slices.EqualFunc(a.Values, b.Values, func(x, y syntax.Value) bool { return x.Kind == y.Kind && x.Text == y.Text })
	}
	return false
}

// generic looks for rules that read one log where a category reads all that tell the same: service sysmon with an EventID, which is the
// category of that event; and for Sysmon's log without any.
func (c *checker) generic(d *syntax.Detection) {
	l := c.rule.LogSource
	var ids []syntax.Value
	var walk func(syntax.Node)
	walk = func(n syntax.Node) {
		switch n := n.(type) {
		case *syntax.All:
			for _, t := range n.Tests {
				walk(t)
			}
		case *syntax.Any:
			for _, t := range n.Tests {
				walk(t)
			}
		case *syntax.Item:
			if n.Field == "EventID" {
				ids = append(ids, n.Values...)
			}
		}
	}
	for _, s := range d.Searches {
		walk(s.Body)
	}
	if strings.EqualFold(l.Product, "windows") && l.Category == "" && strings.EqualFold(l.Service, "sysmon") {
		if len(ids) == 0 {
			c.note("SIG5308", l.Span, "a rule over all of Sysmon's log says which EventID it means")
		}
		for _, v := range ids {
			if cat := sysmonCategories[v.Text]; cat != "" {
				c.warn("SIG5308", v.Span, "EventID %s of Sysmon is the category %s, which other logs tell of too", v.Text, cat)
			}
		}
	}
	if l.Category != "" && l.Service == "" {
		for _, v := range ids {
			if strings.EqualFold(sysmonCategories[v.Text], l.Category) {
				c.note("SIG5308", v.Span, "the category %s says that already, and leaves other logs in that have another EventID", l.Category)
			}
		}
	}
	if src := schema.FindSigma(l.Product, l.Category, l.Service); src.Fields != nil {
		c.spelling(d, src.Fields)
	}
}

// sysmonCategories are the categories of Sysmon's events.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
var sysmonCategories = map[string]string{"1": "process_creation", "2": "file_change", "3": "network_connection", "4": "sysmon_status", "5": "process_termination", "6": "driver_load",
	"7": "image_load", "8": "create_remote_thread", "9": "raw_access_thread", "10": "process_access", "11": "file_event", "13": "registry_set", "14": "registry_rename",
	"15": "create_stream_hash", "17": "pipe_created", "18": "pipe_created", "19": "wmi_event", "20": "wmi_event", "21": "wmi_event", "22": "dns_query", "23": "file_delete",
	"24": "clipboard_capture", "25": "process_tampering", "26": "file_delete_detected", "27": "file_block_executable", "28": "file_block_shredding", "29": "file_executable_detected", "255": "sysmon_error"}

// spelling finds fields that differ from those of the log source in nothing but the case of letters: backends look for exactly that name.
func (c *checker) spelling(d *syntax.Detection, fields []string) {
	var walk func(syntax.Node)
	walk = func(n syntax.Node) {
		switch n := n.(type) {
		case *syntax.All:
			for _, t := range n.Tests {
				walk(t)
			}
		case *syntax.Any:
			for _, t := range n.Tests {
				walk(t)
			}
		case *syntax.Item:
			if n.Field == "" || has(fields, n.Field) {
				return
			}
			for _, f := range fields {
				if strings.EqualFold(f, n.Field) {
					c.warn("SIG5309", n.Span, "the field is written %s, not %s", f, n.Field)
					return
				}
			}
		}
	}
	for _, s := range d.Searches {
		walk(s.Body)
	}
}
