package kql

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/function"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() {
	plugins["ipv4_lookup"] = ipLookup
	plugins["ipv6_lookup"] = ipLookup
}

// ipLookup joins rows with a table of networks. The table becomes a list parameter of rows, and a row's networks are found in it by
// prefix.
// https://learn.microsoft.com/kusto/query/ipv4-lookup-plugin
func ipLookup(c *ctx, in *rows, op *syntax.Evaluate) *rows {
	args, named := pluginArgs(op.Plugin)
	name := op.Plugin.Func.Name
	if len(args) < 3 {
		c.bad("KQL4002", op.Plugin.Func, "%s takes a table, an address and a network", name)
		return nil
	}
	right := c.rightSide(args[0])
	if right == nil {
		return nil
	}
	ip := c.scalar(args[1])
	if ip.bad {
		return nil
	}
	keep := named["return_unmatched"]
	var extra []string
	for _, x := range args[3:] {
		if l, ok := x.(*syntax.Literal); ok && l.Kind == syntax.LitBool {
			keep = l
			continue
		}
		id, ok := x.(*syntax.Ident)
		if !ok || !in.open && !in.has(id.Name) || !right.open && !right.has(id.Name) {
			c.bad("KQL4005", x, "a further key is a column of both tables")
			return nil
		}
		extra = append(extra, id.Name)
	}
	unmatched := false
	if keep != nil {
		v := c.scalar(keep)
		if v.bad {
			return nil
		}
		if !v.known || v.typ != types.Bool {
			c.bad("KQL4001", keep, "a constant of type bool is expected")
			return nil
		}
		unmatched = v.val().IsTrue()
	}
	network, ok := args[2].(*syntax.Ident)
	if !ok {
		c.bad("KQL4005", args[2], "a column of the table is expected")
		return nil
	}
	if !right.open && !right.has(network.Name) {
		c.bad("KQL3001", network, "the name %q does not refer to any known column%s", network.Name, near(network.Name, right.names()))
		return nil
	}
	look := lookup{plugin: name, ip: c.cast(ip, "string").e, network: network.Name, extra: extra, unmatched: unmatched, line: c.hidden("line"), found: c.hidden("found")}
	if right.open {
		// Which columns the table has is known when its rows are there.
		out := in.with(&plan.Dynamic{Label: name, Deps: []plan.Node{right.node}, Build: func(results []*event.Batch) (plan.Node, error) {
			known := &rows{node: &plan.Values{Label: name, Rows: results[0]}}
			for _, n := range results[0].Names() {
				known.cols = append(known.cols, Column{Name: n})
			}
			table := expr.L(event.ListOf(nil))
			if !slices.ContainsFunc(append(extra, network.Name), func(key string) bool { return !known.has(key) }) {
				list := make([]event.Value, results[0].Len())
				for i := range list {
					list[i] = event.ListOf(rowOf(results[0], i))
				}
				table = expr.L(event.ListOf(list))
			}
			return look.join(in, known, table).node, nil
		}})
		out.open, out.serial = true, false
		for _, col := range right.cols {
			if !in.has(col.Name) && !contains(extra, col.Name) {
				out.cols = set(out.cols, col)
			}
		}
		return out
	}
	// One list a row of the table.
	cells := make([]expr.Expr, len(right.cols))
	for i, col := range right.cols {
		cells[i] = expr.C(col.Name)
	}
	lines := &plan.Project{Input: right.node, Items: []plan.Named{{Name: look.line, Expr: expr.F(packRow(len(cells)), cells...)}}}
	return look.join(in, right, &expr.Param{Name: c.bind(plan.BindList, "networks", lines)})
}

// A lookup says how rows are joined with networks.
type lookup struct {
	plugin      string
	ip          expr.Expr
	network     string
	extra       []string // further keys, columns of both tables
	unmatched   bool
	line, found string // hidden names
}

// join adds the columns of the table; table is the list of its rows, each a list of cells.
func (l *lookup) join(in, right *rows, table expr.Expr) *rows {
	at := slices.IndexFunc(right.cols, func(col Column) bool { return col.Name == l.network })
	keyAt := make([]int, len(l.extra))
	find := []expr.Expr{l.ip, table}
	for k, name := range l.extra {
		keyAt[k] = slices.IndexFunc(right.cols, func(col Column) bool { return col.Name == name })
		find = append(find, expr.C(name))
	}
	node := &plan.Expand{Input: in.node, KeepEmpty: l.unmatched, Columns: []plan.ExpandColumn{{Name: l.found, Expr: expr.F(findNetwork(l.plugin, at, keyAt), find...)}}}
	out := in.with(node)
	taken := newNamer(in.cols)
	var items []plan.Named
	var ts []types.Type
	for i, col := range right.cols {
		if contains(l.extra, col.Name) {
			continue
		}
		e := expr.Expr(expr.F(elementOf, expr.C(l.found), expr.L(event.IntOf(int64(i)))))
		if col.Type == types.String {
			e = expr.F(orEmpty, e)
		}
		items = append(items, plan.Named{Name: taken.unique(col.Name), Expr: e})
		ts = append(ts, col.Type)
	}
	out.serial = false
	return out.extend(items, ts).drop(l.found)
}

// rowOf lists the cells of one row.
func rowOf(b *event.Batch, i int) []event.Value {
	out := make([]event.Value, len(b.Names()))
	for j := range out {
		if out[j] = b.ColumnAt(j).Value(i); out[j].IsMissing() {
			out[j] = event.NullValue
		}
	}
	return out
}

func packRow(n int) *fn.Func {
	return &fn.Func{Name: "row", Min: n, Max: n, Null: fn.SeesNull, Doc: "Makes a list of the cells of a row.", Row: func(args []event.Value) event.Value {
		out := slices.Clone(args)
		for i, v := range out {
			if v.IsMissing() {
				out[i] = event.NullValue
			}
		}
		return event.ListOf(out)
	}}
}

// findNetwork finds the rows whose network holds an address. Arguments are the address, the rows, and further keys.
func findNetwork(name string, at int, keyAt []int) *fn.Func {
	build := func(table event.Value) *networks {
		n := &networks{byPrefix: map[netip.Prefix][]event.Value{}}
		for _, row := range table.List() {
			if at >= len(row.List()) {
				continue
			}
			if p, ok := parseNetwork(row.List()[at].Str()); ok {
				n.byPrefix[p] = append(n.byPrefix[p], row)
				if !slices.Contains(n.lengths, p.Bits()) {
					n.lengths = append(n.lengths, p.Bits())
				}
			}
		}
		slices.Sort(n.lengths)
		slices.Reverse(n.lengths)
		return n
	}
	row := func(n *networks, args []event.Value) event.Value {
		addr, ok := parseNetwork(args[0].Str())
		if !ok {
			return event.NullValue
		}
		var out []event.Value
		for _, bits := range n.lengths {
			if bits > addr.Bits() {
				continue
			}
			p, err := addr.Addr().Prefix(bits)
			if err != nil {
				continue
			}
			for _, row := range n.byPrefix[p] {
				same := true
				for k, i := range keyAt {
					same = same && event.Equal(row.List()[i], args[2+k])
				}
				if same {
					out = append(out, row)
				}
			}
		}
		if out == nil {
			return event.NullValue
		}
		return event.ListOf(out)
	}
	return &fn.Func{Name: name, Min: 2, Max: -1, Null: fn.SeesNull, Doc: "Finds the rows whose network holds an address.",
		Bind: func(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
			if args[1].Const {
				n := build(args[1].Value)
				return func(args []event.Value) event.Value { return row(n, args) }, nil
			}
			return func(args []event.Value) event.Value { return row(build(args[1]), args) }, nil
		}}
}

type networks struct {
	byPrefix map[netip.Prefix][]event.Value
	lengths  []int // descending
}

// parseNetwork reads an address or a network; IPv4 counts as IPv6 mapped, so that both meet.
func parseNetwork(s string) (netip.Prefix, bool) {
	s = strings.TrimSpace(s)
	addr, bits, slash := strings.Cut(s, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, false
	}
	n := a.BitLen()
	if slash {
		v := function.Cast(event.StringOf(bits), types.Long)
		if v.Kind() != event.Int || v.Int() < 0 || v.Int() > int64(n) {
			return netip.Prefix{}, false
		}
		n = int(v.Int())
	}
	if a.Is4() {
		a, n = netip.AddrFrom16(a.As16()), n+96
	}
	p, err := a.WithZone("").Prefix(n)
	return p, err == nil
}
