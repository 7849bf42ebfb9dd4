package transpile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/schema"
	"github.com/harrier-detect/harrier/internal/sigma/function"
)

// An option is a way to say a piece over a table: the arm of the table that reads the events, and the condition over its columns.
type option struct {
	table string
	arm   schema.Arm
	class class
	cond  cond
}

// placeTables writes conditions over the tables of the target that are made of the same events. All pieces go to the table that can say
// most of them, the first one before all; what is left goes to others where queries can be united, and is told of where they cannot.
func (c *converter) placeTables(s *selection, pieces []piece) []place {
	var bad *test
	var options [][]option
	firstNames := map[string]map[string]string{} // by table: what the first piece calls the rule's columns
	for _, p := range pieces {
		var of []option
		for _, view := range c.tables() {
			for _, a := range schema.Arms(view) {
				if !a.Takes(p.class.kind, p.class.log, p.class.id) || !c.armFits(a, p) {
					continue
				}
				names := firstNames[view]
				if names == nil {
					names = map[string]string{}
				}
				cond, missing := c.tableNames(view, a, p, names)
				if missing == nil {
					firstNames[view] = names
				}
				if missing != nil {
					if bad == nil {
						bad = missing
					}
					continue
				}
				of = append(of, option{strings.SplitN(view, ":", 2)[1], a, p.class, cond})
			}
		}
		options = append(options, of)
	}
	first := slices.IndexFunc(options, func(of []option) bool { return len(of) > 0 })
	if first > 0 && bad != nil && strings.HasPrefix(s.view, "sigma:") {
		first = -1 // what a log source is mainly about comes first: without it the rule would be another
	}
	if first < 0 {
		if bad != nil {
			c.refuse(bad, c.noun())
		} else {
			c.fail("TRA3002", []string{"logsource", s.view}, "%s has no table of these events", c.noun())
		}
		return nil
	}
	// The best table says most pieces.
	count := func(table string) int {
		n := 0
		for _, of := range options {
			if slices.ContainsFunc(of, func(o option) bool { return o.table == table }) {
				n++
			}
		}
		return n
	}
	var out []place
	left := make([]bool, len(pieces))
	for i := range left {
		left[i] = len(options[i]) > 0
	}
	for i := first; i < len(pieces); i++ {
		if !left[i] {
			continue
		}
		best := ""
		for _, o := range options[i] {
			if best == "" || count(o.table) > count(best) {
				best = o.table
			}
		}
		var chosen []option
		for j := i; j < len(pieces); j++ {
			if k := slices.IndexFunc(options[j], func(o option) bool { return o.table == best }); left[j] && k >= 0 {
				chosen = append(chosen, options[j][k])
				left[j] = false
			}
		}
		ps, ok := c.tablePlaces(best, chosen)
		if !ok {
			c.fail("TRA3002", []string{"logsource", s.view}, "%s has nothing that tells these events from others of %s", c.noun(), best)
			return nil
		}
		out = append(out, ps...)
		if c.target.Language == "spl" { // searches over data models are one each
			break
		}
	}
	for i, p := range pieces {
		if (len(options[i]) == 0 || left[i]) && p.class.kind == "windows" {
			c.note(nil, "events of %s are left out: %s has not what the rule looks for in them", p.class, c.noun())
		}
	}
	return out
}

func (c *converter) noun() string {
	return map[string]string{"cim": "the Common Information Model", "defender": "Defender", "sentinel": "Sentinel"}[c.target.Over]
}

// armFits reports whether the condition of a table's arm holds for all events of a piece: there is none, or the piece has it too.
func (c *converter) armFits(a schema.Arm, p piece) bool {
	w := when(p.class, a.When)
	if w == known(true) {
		return true
	}
	have, ok := p.cond.(all)
	if !ok {
		have = all{p.cond}
	}
	return slices.ContainsFunc(have, func(x cond) bool { return sameMaking(x, w) })
}

// sameMaking compares conditions by what their columns are made of.
func sameMaking(a, b cond) bool {
	name := func(c cond) string {
		return rewrite(c, func(t *test) cond {
			n := *t
			if t.of != nil {
				n.col = expr.Print(t.of)
			}
			return &n
		}).String()
	}
	return name(a) == name(b)
}

// tableNames gives the tests of a piece the names of columns of a table; the second result is a test that the table has nothing for.
//
// names are those that an earlier piece has given the rule's columns: a column that the events of this piece do not have keeps its name
// where the table has nothing under it for them either, so that one condition holds for both.
func (c *converter) tableNames(view string, a schema.Arm, p piece, names map[string]string) (cond, *test) {
	info, _ := schema.Describe(view)
	own := a.Kind == "mde" || a.Kind == "sentinel"
	var bad *test
	like := "" // the column that the rule asks for, whose name goes before others that are made of the same
	find := func(e expr.Expr) string {
		want, found := made(e), ""
		for _, col := range info.Columns {
			if x := a.Column(col.Name, p.class.id); x != nil && made(x) == want {
				if col.Name == like {
					return c.columnText(col)
				}
				if found == "" || strings.HasSuffix(found, "_exec") {
					found = c.columnText(col)
				}
			}
		}
		if found != "" {
			return found
		}
		if col, ok := e.(*expr.Col); ok {
			for _, t := range info.Columns {
				if x := a.Column(t.Name, p.class.id); x != nil && schema.DataObject(x) && !slices.Contains(notData, col.Name) {
					return member(t.Name, col.Name)
				}
			}
		}
		return ""
	}
	has := func(name string) bool {
		return slices.ContainsFunc(info.Columns, func(col schema.Column) bool { return col.Name == name })
	}
	out := rewrite(p.cond, func(t *test) cond {
		n := *t
		n.of = nil
		if t.missing {
			name, ok := names[t.col]
			if i := slices.IndexFunc(info.Columns, func(col schema.Column) bool { return c.columnText(col) == name }); ok && i >= 0 && a.Column(info.Columns[i].Name, p.class.id) == nil {
				n.col, n.missing = name, false
				return &n
			}
			return known(t.kind == isNull)
		}
		if t.of == nil {
			return &n
		}
		name := ""
		like = t.col
		if m := mapped(t); m != nil {
			return rewrite(m, func(t *test) cond {
				n := *t
				if n.of = nil; own {
					n.col = c.ownText(info, has, t.of)
				} else {
					n.col = find(t.of)
				}
				if n.col == "" {
					bad = t
				}
				return &n
			})
		}
		switch {
		case t.kind == "schema":
		case own:
			name = c.ownText(info, has, t.of)
		default:
			name = find(t.of)
		}
		if name == "" && c.target.Language == "kql" {
			name = c.derived(find, t.of)
		}
		if name == "" {
			if h := c.hash(find, t); h != nil {
				return h
			}
			bad = t
			return t
		}
		if own && t.col == "Hashes" {
			return ownHash(t, has, &bad)
		}
		n.col = name
		names[t.col] = name
		if name == "RegistryValueData" && c.target.Language == "kql" {
			if h := registryData(&n); h != nil {
				return h
			}
			bad = t
			return t
		}
		if hexed(info, name, &n) {
			return &n
		}
		if t.kind == isSame {
			if n.text = find(expr.C(t.text)); n.text == "" {
				bad = t
			}
		}
		if col := slices.IndexFunc(info.Columns, func(col schema.Column) bool { return col.Name == name }); col >= 0 && info.Columns[col].Default != "" && t.kind == isNull {
			return &test{col: name, kind: isLike, pattern: plain(info.Columns[col].Default)}
		}
		return &n
	})
	return out, bad
}

// mapped turns a test of a value that a table gives, map(X, {k: v}, X), into tests of X; nil when the column is not made so.
func mapped(t *test) cond {
	call, ok := t.of.(*expr.Call)
	if !ok || call.Fn.Name != "map" || len(call.Args) < 2 {
		return nil
	}
	lit, ok := call.Args[1].(*expr.Lit)
	if !ok {
		return nil
	}
	col := strings.Join(expr.Columns(call.Args[0]), " ")
	var hit, all []cond
	for _, f := range lit.Value.Bag() {
		is := &test{col: col, kind: isLike, pattern: plain(f.Name), of: call.Args[0]}
		all = append(all, is)
		yes, ok := t.decide(function.Text(f.Value))
		if !ok {
			return nil
		}
		if yes {
			hit = append(hit, is)
		}
	}
	if len(hit) == 0 && len(call.Args) == 3 && expr.Print(call.Args[2]) == expr.Print(call.Args[0]) {
		same := *t
		same.of = call.Args[0]
		hit = append(hit, conj(&same, negate(disj(all...))))
	}
	return disj(hit...)
}

// ownHash turns a test of Sysmon's Hashes for one hash into a test of the table's column of that hash.
func ownHash(t *test, has func(string) bool, bad **test) cond {
	var text string
	for _, p := range t.pattern {
		text += p.Text
	}
	algo, value, ok := strings.Cut(text, "=")
	if algo = strings.ToUpper(algo); !ok || t.kind != isLike || !has(algo) || len(value) < 32 {
		*bad = t
		return t
	}
	return &test{col: algo, kind: isLike, pattern: plain(value)}
}

var sysmonNumber = regexp.MustCompile(`(?i)^[DQ]WORD \(0x([0-9a-f]{1,16})\)$`)

// registryData turns Sysmon's way to write a number of the registry into Defender's, which is decimal; nil when a pattern is about a part
// of it.
func registryData(t *test) cond {
	var text string
	for _, p := range t.pattern {
		text += p.Text
	}
	m := sysmonNumber.FindStringSubmatch(text)
	if s, ok := t.pattern.Plain(); ok && m != nil && s == text {
		n, err := strconv.ParseUint(m[1], 16, 64)
		if err != nil {
			return nil
		}
		return &test{col: t.col, kind: isLike, pattern: plain(strconv.FormatUint(n, 10))}
	}
	if up := strings.ToUpper(text + t.text); strings.Contains(up, "WORD") || strings.Contains(up, "0X0") || strings.Contains(up, "BINARY DATA") {
		return nil
	}
	return t
}

// hexed turns a test for a hexadecimal text into one for the number, where a column holds numbers.
func hexed(info schema.ViewInfo, name string, t *test) bool {
	inner := strings.TrimSuffix(strings.TrimPrefix(name, "tostring("), ")")
	i := slices.IndexFunc(info.Columns, func(col schema.Column) bool { return col.Name == inner })
	s, ok := t.pattern.Plain()
	if i < 0 || !ok || t.kind != isLike || info.Columns[i].Type != schema.Long && info.Columns[i].Type != schema.Int || !strings.HasPrefix(s, "0x") {
		return false
	}
	n, err := strconv.ParseUint(s[2:], 16, 64)
	if err != nil {
		return false
	}
	t.pattern = plain(strconv.FormatUint(n, 10))
	return true
}

// notData are the fields of Windows events that stand beside their data.
var notData = []string{"Provider", "ProviderGuid", "EventSourceName", "EventID", "Qualifiers", "Version", "Level", "Task", "Opcode", "Keywords", "TimeCreated", "EventRecordID",
	"ActivityID", "RelatedActivityID", "ExecutionProcessID", "ExecutionThreadID", "Channel", "Computer", "UserID", "Message", "_raw"}

var plainMember = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func member(bag, name string) string {
	if name == "Data" { // items without names are a list of texts
		return "iff(gettype(" + bag + `.Data) == "array", strcat_array(` + bag + `.Data, "\n"), tostring(` + bag + ".Data))"
	}
	if plainMember.MatchString(name) {
		return "tostring(" + bag + "." + name + ")"
	}
	return "tostring(" + bag + "[" + kqlQuote(name) + "])"
}

// columnText writes a column; in KQL one that holds no text becomes text, so that a test of it is false where it has no value.
func (c *converter) columnText(col schema.Column) string {
	if c.target.Language == "kql" {
		name := col.Name
		if !plainMember.MatchString(name) {
			name = "['" + name + "']"
		}
		if col.Type != schema.String && col.Type != schema.Any && !numericColumn[name] {
			return "tostring(" + name + ")"
		}
		return name
	}
	return col.Name
}

// ownText writes what a log source is made of in a table of the target's own, or returns "".
func (c *converter) ownText(info schema.ViewInfo, has func(string) bool, e expr.Expr) string {
	switch e := e.(type) {
	case *expr.Col:
		root, rest, dotted := strings.Cut(e.Name, ".")
		for _, col := range info.Columns {
			if col.Name == e.Name {
				return c.columnText(col)
			}
			if dotted && col.Name == root && col.Type == schema.Dynamic {
				return "tostring(" + root + "." + rest + ")"
			}
		}
	case *expr.Lit:
		return kqlQuote(function.Text(e.Value))
	case *expr.Call:
		var args []string
		for _, a := range e.Args {
			s := c.ownText(info, has, a)
			if s == "" {
				if e.Fn.Name == "coalesce" { // of what the table has
					continue
				}
				return ""
			}
			args = append(args, s)
		}
		if len(args) == 0 {
			return ""
		}
		switch e.Fn.Name {
		case "given", "text", "int":
			return args[0]
		case "lower":
			return "tolower(" + args[0] + ")"
		case "coalesce":
			if len(args) == 1 {
				return args[0]
			}
			return "coalesce(" + strings.Join(args, ", ") + ")"
		case "concat":
			return "strcat(" + strings.Join(args, ", ") + ")"
		case "account":
			return `strcat(` + args[0] + `, @"\", ` + args[1] + `)`
		case "short_hive":
			s := args[0]
			for _, hive := range [][2]string{{"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_USERS", "HKU"}, {"HKEY_CLASSES_ROOT", "HKCR"}} {
				s = "replace_string(" + s + `, "` + hive[0] + `", "` + hive[1] + `")`
			}
			return s
		}
	case *expr.Case:
		return c.ownCase(info, has, e)
	}
	return ""
}

// ownCase writes if(exists(given(X)), '\', ”) and the like.
func (c *converter) ownCase(info schema.ViewInfo, has func(string) bool, e *expr.Case) string {
	if len(e.Whens) != 1 || e.Else == nil {
		return ""
	}
	then, other := c.ownText(info, has, e.Whens[0].Then), c.ownText(info, has, e.Else)
	w := when(class{}, e.Whens[0].Cond)
	ok := then != "" && other != ""
	w = rewrite(w, func(t *test) cond {
		n := *t
		if n.col, n.of = c.ownText(info, has, t.of), nil; n.col == "" || t.kind == "schema" {
			ok = false
		}
		return &n
	})
	if !ok {
		return ""
	}
	return "iff(" + kqlCond(w, 0) + ", " + then + ", " + other + ")"
}

// derived writes an expression that is made of columns: DOMAIN\name of the two halves of an account.
func (c *converter) derived(find func(expr.Expr) string, e expr.Expr) string {
	switch e := peel(e).(type) {
	case *expr.Col:
		domain, name := find(schema.Call("account_domain", e)), find(schema.Call("account_name", e))
		if domain != "" && name != "" {
			return `strcat(` + domain + `, @"\", ` + name + `)`
		}
	case *expr.Call:
		if e.Fn.Name != "account" && e.Fn.Name != "concat" {
			return ""
		}
		var args []string
		for _, a := range e.Args {
			if l, ok := a.(*expr.Lit); ok {
				args = append(args, kqlQuote(function.Text(l.Value)))
				continue
			}
			s := find(a)
			if s == "" {
				return ""
			}
			args = append(args, s)
		}
		if e.Fn.Name == "account" {
			return `strcat(` + args[0] + `, @"\", ` + args[1] + `)`
		}
		return "strcat(" + strings.Join(args, ", ") + ")"
	}
	return ""
}

// hash turns a test of Sysmon's Hashes for one hash, MD5=…, into a test of the column of that hash.
func (c *converter) hash(find func(expr.Expr) string, t *test) cond {
	col, ok := t.of.(*expr.Col)
	if !ok || col.Name != "Hashes" || t.kind != isLike {
		return nil
	}
	var text string
	for _, p := range t.pattern {
		if p.Wild == '?' || p.Text != "" && text != "" {
			return nil
		}
		text += p.Text
	}
	algo, value, ok := strings.Cut(text, "=")
	if !ok || len(value) < 32 {
		return nil
	}
	for _, wrapped := range []func(expr.Expr) expr.Expr{func(e expr.Expr) expr.Expr { return e }, func(e expr.Expr) expr.Expr { return schema.Call("lower", e) }} {
		if name := find(wrapped(schema.Call("hash", col, expr.Str(strings.ToUpper(algo))))); name != "" {
			return &test{col: name, kind: isLike, pattern: plain(value)}
		}
	}
	return nil
}

// tablePlaces joins the options of one table that say the same, with what tells their events from the others of the table.
func (c *converter) tablePlaces(table string, chosen []option) ([]place, bool) {
	var order []string
	groups := map[string][]option{}
	for _, o := range chosen {
		k := o.cond.String()
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], o)
	}
	var whole []cond
	for _, k := range order {
		only, ok := c.tell(table, groups[k], chosen)
		if !ok {
			return nil, false
		}
		whole = append(whole, conj(only, groups[k][0].cond))
	}
	return []place{{table: table, only: known(true), cond: disj(whole...)}}, true
}

// tell returns the condition by which the events of some arms are told from the others that a table holds.
func (c *converter) tell(table string, in, chosen []option) (cond, bool) {
	prefix := "kql:"
	if c.target.Language == "spl" {
		prefix = "cim:"
	}
	info, _ := schema.Describe(prefix + table)
	own := in[0].arm.Kind == "mde" || in[0].arm.Kind == "sentinel"
	if own { // rows of the table itself; the log source's own condition is part of the rule's
		return known(true), true
	}
	inside := func(cl class) bool {
		return slices.ContainsFunc(in, func(o option) bool {
			return o.class == cl || o.class.log == cl.log && o.class.id == "" || sameLog(o.class, cl)
		})
	}
	var others []struct {
		arm schema.Arm
		cl  class
	}
	any := false
	for _, a := range schema.Arms(prefix + table) {
		if a.Kind != "windows" {
			continue
		}
		if a.Log == "*" {
			any = true
			continue
		}
		ids := a.IDs
		if ids == nil {
			ids = []string{""}
		}
		for _, id := range ids {
			if cl := (class{kind: a.Kind, log: a.Log, id: id}); !inside(cl) {
				others = append(others, struct {
					arm schema.Arm
					cl  class
				}{a, cl})
			}
		}
	}
	values := func(col string) []string {
		var out []string
		for _, o := range in {
			v, ok := constantOf(o.arm, o.class, col)
			if !ok {
				return nil
			}
			out = append(out, v)
		}
		return out
	}
	if any { // a table of any event: its provider or channel, and its number
		var parts []cond
		for _, col := range []string{"Channel", "Provider", "EventSourceName", "Source"} {
			if hasColumn(info, col) {
				if vs := values(col); vs != nil {
					parts = append(parts, equals(col, vs))
					break
				}
			}
		}
		if len(parts) == 0 {
			return nil, false
		}
		if vs := values("EventID"); vs != nil && hasColumn(info, "EventID") {
			parts = append(parts, equals("EventID", vs))
		}
		return conj(parts...), true
	}
	var parts []cond
	for len(others) > 0 {
		best, kept := "", len(others)
		for _, col := range info.Columns {
			vs := values(col.Name)
			if vs == nil {
				continue
			}
			n := 0
			for _, o := range others {
				if !told(in, o.arm, o.cl, col.Name, vs) {
					n++
				}
			}
			if n < kept {
				best, kept = col.Name, n
			}
		}
		if best == "" {
			// What remains may be the same action as another log tells of it, which the table makes no difference between.
			acts := values("ActionType")
			for _, o := range others {
				of := o.cl
				of.id = in[0].class.id
				// Another event of the same log is another event, whatever the table calls both.
				if v, ok := constantOf(o.arm, o.cl, "ActionType"); acts == nil || !ok || !slices.Contains(acts, v) || of.log == in[0].class.log || sameLog(of, in[0].class) {
					return nil, false
				}
			}
			c.note(nil, "in %s events of %s are one with what other logs tell of the same", table, in[0].class)
			return conj(append(parts, equals("ActionType", acts))...), true
		}
		vs := values(best)
		parts = append(parts, equals(best, vs))
		others = slices.DeleteFunc(others, func(o struct {
			arm schema.Arm
			cl  class
		}) bool {
			return told(in, o.arm, o.cl, best, vs)
		})
	}
	return conj(parts...), true
}

// told reports whether values of a column leave out the events of a class.
func told(in []option, a schema.Arm, cl class, col string, values []string) bool {
	if v, ok := constantOf(a, cl, col); ok {
		return !slices.Contains(values, v)
	}
	// Events of the same log with whatever id: the id tells them.
	number, ok := a.Column(col, cl.id).(*expr.Col)
	return ok && number.Name == "EventID" && slices.ContainsFunc(in, func(o option) bool {
		of := o.class
		of.id = cl.id
		return of.log == cl.log || sameLog(of, cl)
	})
}

func sameLog(a, b class) bool {
	if a.id != b.id || a.kind != b.kind {
		return false
	}
	p1, c1 := schema.LogNames(a.log)
	p2, c2 := schema.LogNames(b.log)
	return len(p1) > 0 && len(p2) > 0 && strings.EqualFold(p1[0], p2[0]) || len(c1) > 0 && len(c2) > 0 && strings.EqualFold(c1[0], c2[0])
}

func constantOf(a schema.Arm, cl class, col string) (string, bool) {
	e := a.Column(col, cl.id)
	if e == nil {
		return "", false
	}
	return constant(cl, e)
}

func hasColumn(info schema.ViewInfo, name string) bool {
	return slices.ContainsFunc(info.Columns, func(c schema.Column) bool { return c.Name == name })
}
