package transpile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma/function"
	"github.com/harrier-detect/harrier/internal/sigma/syntax"
)

// A class is a kind of events: those of one log with one id, or all of a log or a kind when id or log are "".
type class struct {
	kind, log, id string
	channel       string // which of the log's channels, where that is asked for; else ""
}

func (c class) String() string { return strings.TrimSpace(c.kind + " " + c.log + " " + c.id) }

// A piece is what the rule says of one class of events: the condition, with what its columns are made of.
type piece struct {
	class class
	cond  cond
}

// A place is a part of the converted rule: a table, or all events, and the condition over its columns.
type place struct {
	table string // the view without its prefix; "" for all events
	// only tells the events of the classes among those of the table.
	only cond
	cond cond
}

// place finds where the target has what the selection is about.
func (c *converter) place(s *selection) []place {
	pieces := c.pieces(s)
	if pieces == nil {
		return nil
	}
	if c.target.Over == "raw" {
		return c.placeRaw(s.view, pieces)
	}
	// A log source that names the target's own tables says best how to ask them.
	kind := map[string]string{"defender": "mde", "sentinel": "sentinel"}[c.target.Over]
	own := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.class.kind != kind })
	if strings.HasPrefix(s.view, "sigma:") && len(own) > 0 {
		try := &converter{src: c.src, target: c.target}
		if out := try.placeTables(s, own); out != nil {
			c.ds = append(c.ds, try.ds...)
			if kind == "mde" && (strings.HasPrefix(s.view, "sigma:linux/") || strings.HasPrefix(s.view, "sigma:macos/")) {
				c.note([]string{"logsource"}, "tables of Defender hold devices of all systems: the rule is about one of them")
			}
			return out
		}
	}
	windows := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.class.kind == "mde" || p.class.kind == "sentinel" })
	if len(windows) == 0 {
		windows = pieces
	}
	return c.placeTables(s, windows)
}

// absent decides the tests of columns that the events do not have.
func absent(of cond) cond {
	return rewrite(of, func(t *test) cond {
		if t.missing {
			return known(t.kind == isNull)
		}
		return t
	})
}

// pieces divides the selection into classes of events and says for each what the columns are made of.
func (c *converter) pieces(s *selection) []piece {
	var out []piece
	ids := eventIDs(s.cond)
	add := func(kind, log string, arm func(id string) func(col string) expr.Expr, armIDs []string, and expr.Expr) {
		split := armIDs
		if split == nil && kind == "windows" && len(ids) > 0 {
			other := rewrite(s.cond, func(t *test) cond {
				if isID(t.col) {
					return decideOr(t, "none")
				}
				return t
			})
			if other == known(false) { // the rule names the events that it is about
				split = ids
			}
		}
		if split == nil {
			split = []string{""}
		}
		for _, id := range split {
			cl := class{kind: kind, log: log, id: id}
			cond := conj(c.settle(cl, s.cond, arm(id)), when(cl, and))
			if absent(cond) != known(false) {
				out = append(out, piece{cl, cond})
			}
		}
	}
	if s.view == "spl:events" {
		for _, a := range c.targetArms() {
			add(a.Kind, a.Log, func(id string) func(string) expr.Expr {
				return func(col string) expr.Expr {
					e, _ := schema.EventColumn(a.Kind, a.Log, id, col)
					return e
				}
			}, a.IDs, nil)
		}
	} else {
		arms := schema.Arms(s.view)
		var fields []string
		if parts := strings.SplitN(strings.TrimPrefix(s.view, "sigma:"), "/", 3); len(parts) == 3 {
			fields = schema.FindSigma(parts[0], parts[1], parts[2]).Fields
		}
		for i, a := range arms {
			if a.Log == "*" && a.Kind == "windows" {
				continue
			}
			add(a.Kind, a.Log, func(id string) func(string) expr.Expr {
				return func(col string) expr.Expr {
					e := a.Column(col, id)
					// A field of the log source's own log that another log is not mapped to is none of that.
					if own, ok := e.(*expr.Col); ok && i > 0 && a.Kind == "windows" && own.Name == col && slices.Contains(fields, col) && a.Own(col) && !schema.Mentions(a.Kind, a.Log, id, col) {
						return nil
					}
					return e
				}
			}, a.IDs, a.When)
		}
	}
	out = slices.CompactFunc(out, func(a, b piece) bool { return a.class == b.class && a.cond.String() == b.cond.String() })
	if len(out) == 0 {
		c.fail("TRA3002", nil, "no events that the rule reads are known by their logs")
		return nil
	}
	return out
}

func isID(col string) bool { return col == "EventID" || col == "EventCode" || col == "signature_id" }

// eventIDs returns the event ids that a condition asks for.
func eventIDs(c cond) []string {
	var out []string
	for _, t := range tests(c) {
		if !isID(t.col) {
			continue
		}
		id := t.text
		if t.kind == isLike {
			id, _ = t.pattern.Plain()
		}
		if _, err := strconv.Atoi(id); err == nil && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func decideOr(t *test, value string) cond {
	if yes, ok := t.decide(value); ok {
		return known(yes)
	}
	return t
}

// settle says what a condition's columns are made of for a class, and decides the tests whose outcome is the same for all of it.
func (c *converter) settle(cl class, of cond, column func(string) expr.Expr) cond {
	return rewrite(of, func(t *test) cond {
		e := column(t.col)
		if e == nil {
			out := *t
			out.missing = true
			return &out
		}
		if v, ok := constant(cl, e); ok {
			return decideOr(t, v)
		}
		out := *t
		out.of = e
		if t.kind == isSame {
			o, ok := column(t.text).(*expr.Col)
			if !ok { // made of several fields
				out.kind = "schema"
				return &out
			}
			out.text = o.Name
		}
		return &out
	})
}

// constant returns the value that an expression has for all events of a class.
func constant(cl class, e expr.Expr) (string, bool) {
	switch e := e.(type) {
	case *expr.Lit:
		if e.Value.Kind() == event.String || e.Value.Kind() == event.Int {
			return function.Text(e.Value), true
		}
	case *expr.Col:
		if cl.kind != "windows" {
			return "", false
		}
		providers, channels := schema.LogNames(cl.log)
		switch {
		case e.Name == "EventID" && cl.id != "":
			return cl.id, true
		case e.Name == "Provider" && len(providers) == 1 && len(channels) <= 1:
			return providers[0], true
		case e.Name == "Channel" && cl.channel != "":
			return cl.channel, true
		case e.Name == "Channel" && len(channels) == 1:
			return channels[0], true
		}
	case *expr.Case:
		for _, w := range e.Whens {
			switch when(cl, w.Cond) {
			case known(true):
				return constant(cl, w.Then)
			case known(false):
			default:
				return "", false
			}
		}
		if e.Else != nil {
			return constant(cl, e.Else)
		}
	case *expr.Call:
		switch e.Fn.Name {
		case "concat":
			var b strings.Builder
			for _, a := range e.Args {
				s, ok := constant(cl, a)
				if !ok {
					return "", false
				}
				b.WriteString(s)
			}
			return b.String(), true
		case "coalesce": // a name that the source may have of its own, else the usual one
			if len(e.Args) == 2 {
				if l, ok := e.Args[1].(*expr.Lit); ok {
					return constant(cl, l)
				}
			}
		case "text", "int", "given":
			return constant(cl, e.Args[0])
		}
	}
	return "", false
}

// when reads the condition of an arm: comparisons of fields with texts.
func when(cl class, e expr.Expr) cond {
	switch e := e.(type) {
	case nil:
		return known(true)
	case *expr.Logic:
		var args []cond
		for _, a := range e.Args {
			args = append(args, when(cl, a))
		}
		if e.Op == expr.And {
			return conj(args...)
		}
		return disj(args...)
	case *expr.Not:
		return negate(when(cl, e.Arg))
	case *expr.Call:
		if len(e.Args) == 0 {
			break
		}
		of := e.Args[0]
		col := strings.Join(expr.Columns(of), " ")
		switch e.Fn.Name {
		case "exists":
			var args []cond
			for _, a := range e.Args {
				args = append(args, not{&test{col: strings.Join(expr.Columns(a), " "), kind: isNull, of: a}})
			}
			return conj(args...)
		case "same", "among":
			l, ok := e.Args[len(e.Args)-1].(*expr.Lit)
			if !ok {
				break
			}
			var any []cond
			for _, v := range listOf(l.Value) {
				t := &test{col: col, kind: isLike, pattern: plain(v), of: of}
				if s, ok := constant(cl, of); ok {
					any = append(any, decideOr(t, s))
					continue
				}
				any = append(any, t)
			}
			return disj(any...)
		}
	}
	return &test{col: expr.Print(e), kind: "schema", of: e} // no table has a column that is made of this
}

func listOf(v event.Value) []string {
	if v.Kind() != event.List {
		return []string{function.Text(v)}
	}
	var out []string
	for _, e := range v.List() {
		out = append(out, function.Text(e))
	}
	return out
}

// targetArms returns the arms of all tables of the target.
func (c *converter) targetArms() []schema.Arm {
	var out []schema.Arm
	for _, view := range c.tables() {
		for _, a := range schema.Arms(view) {
			if a.Kind == "windows" && a.Log != "*" && a.Log != "" {
				out = append(out, a)
			}
		}
	}
	return out
}

// tables lists the views that the target has.
func (c *converter) tables() []string {
	var out []string
	for _, view := range schema.Views() {
		switch c.target.Over {
		case "cim":
			if strings.HasPrefix(view, "cim:") {
				out = append(out, view)
			}
		case "defender", "sentinel":
			if !strings.HasPrefix(view, "kql:") || strings.HasPrefix(view, "kql:ASim") || view == "kql:Event" {
				continue
			}
			info, _ := schema.Describe(view)
			if (info.Time == "Timestamp") == (c.target.Over == "defender") {
				out = append(out, view)
			}
		}
	}
	return out
}

// peel takes away what changes a value's form only.
func peel(e expr.Expr) expr.Expr {
	for {
		call, ok := e.(*expr.Call)
		if !ok || len(call.Args) != 1 {
			return e
		}
		switch call.Fn.Name {
		case "given", "text", "int", "lower", "guid":
			e = call.Args[0]
		default:
			return e
		}
	}
}

// made returns how the making of a column is compared.
func made(e expr.Expr) string { return expr.Print(peel(e)) }

// refuse says that the target has no column for a test.
func (c *converter) refuse(t *test, where string) {
	c.fail("TRA3001", []string{t.col}, "%s has nothing that is made of what %s is", where, t.col)
}

// mergeClasses puts pieces with the same condition together.
func mergeClasses(pieces []piece) (conds []cond, classes [][]class) {
	at := map[string]int{}
	for _, p := range pieces {
		k := p.cond.String()
		i, ok := at[k]
		if !ok {
			i = len(conds)
			at[k] = i
			conds = append(conds, p.cond)
			classes = append(classes, nil)
		}
		if !slices.Contains(classes[i], p.class) {
			classes[i] = append(classes[i], p.class)
		}
	}
	return conds, classes
}

// equals makes the test that a column is one of some texts.
func equals(col string, values []string) cond {
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b string) int {
		x, err1 := strconv.Atoi(a)
		y, err2 := strconv.Atoi(b)
		if err1 == nil && err2 == nil {
			return cmp.Compare(x, y)
		}
		return strings.Compare(a, b)
	})
	values = slices.Compact(values)
	var out []cond
	for _, v := range values {
		if _, err := strconv.Atoi(v); err == nil {
			out = append(out, &test{col: col, kind: isNumber, text: v})
			continue
		}
		out = append(out, &test{col: col, kind: isLike, pattern: syntax.Pattern{{Text: v}}})
	}
	return disj(out...)
}
