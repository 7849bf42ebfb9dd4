package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/sigma/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

// show writes what a pipeline has made of a rule.
func show(r *syntax.Rule) string {
	var node func(syntax.Node) string
	list := func(ns []syntax.Node, sep string) string {
		var parts []string
		for _, n := range ns {
			parts = append(parts, node(n))
		}
		return strings.Join(parts, sep)
	}
	node = func(n syntax.Node) string {
		switch n := n.(type) {
		case *syntax.All:
			return "{" + list(n.Tests, ", ") + "}"
		case *syntax.Any:
			return "(" + list(n.Tests, " | ") + ")"
		case *syntax.Item:
			key := n.Field
			for _, m := range n.Modifiers {
				key += "|" + m.Name
			}
			var vals []string
			for _, v := range n.Values {
				vals = append(vals, v.String())
			}
			return key + "=" + strings.Join(vals, ";")
		}
		return ""
	}
	var out []string
	if l := r.LogSource; l.Product+l.Category+l.Service != "windows" {
		out = append(out, l.Product+"/"+l.Category+"/"+l.Service)
	}
	if c := r.Correlation; c != nil {
		return fmt.Sprint(c.GroupBy, c.Field, c.Aliases)
	}
	for _, s := range r.Detection.Searches {
		out = append(out, node(s.Body))
	}
	if c := r.Detection.Conditions[0].String(); c != "s" {
		out = append(out, c)
	}
	if len(r.Fields) > 0 {
		out = append(out, strings.Join(r.Fields, ","))
	}
	return strings.Join(out, " ")
}

func sources(files ...string) []*text.Source {
	var out []*text.Source
	for i, f := range files {
		out = append(out, text.NewSource(fmt.Sprintf("p%d.yml", i+1), f))
	}
	return out
}

// transform applies a pipeline whose transformations are given to a rule with one search, s.
func transform(t *testing.T, steps, search string) string {
	t.Helper()
	p, ds := Load(sources("name: t\nvars: {users: [adm, 'root*'], one: x}\ntransformations:\n" + steps))
	if p == nil {
		return ds[0].Error()
	}
	src := text.NewSource("r.yml", "title: T\nlevel: high\nstatus: test\ntags: [attack.t1003]\nlogsource: {product: windows}\nfields: [User]\ndetection:\n  s: "+search+"\n  condition: s\n")
	r, ds := syntax.Parse(src)
	if r == nil {
		t.Fatal(ds)
	}
	before := show(r)
	out, ds := p.Apply(src, src, r, nil)
	if after := show(r); after != before {
		t.Errorf("%s: the rule itself was changed: %s", steps, after)
	}
	if out == nil {
		return ds[0].Error()
	}
	s := show(out)
	for _, d := range ds {
		s += " " + d.ID
	}
	return strings.TrimSuffix(s, " User")
}

func TestTransformations(t *testing.T) {
	for _, c := range []struct{ steps, search, want string }{
		{"- {type: field_name_mapping, mapping: {A: x, B: [y, z], User: u}}", "{A|contains: 1, B: b, C: c}", `{x|contains=1, (y="b" | z="b"), C="c"} u`},
		{"- {type: field_name_mapping, mapping: {A: x}}", "{B|fieldref: A}", `{B|fieldref="x"}`},
		{"- {type: field_name_mapping, mapping: {null: Message}}", "[evil, bad]", `Message|contains="evil";"bad"`},
		{"- {type: field_name_mapping, mapping: {A: []}}", "{A: 1, B: 2}", `{B=2}`},
		{"- {type: field_name_prefix_mapping, mapping: {win.: 'w_', User: U}}", "{win.A: 1, B: 2}", `{w_A=1, B=2} U`},
		{"- {type: field_name_prefix, prefix: p.}", "{A: 1}", `{p.A=1} p.User`},
		{"- {type: field_name_suffix, suffix: .raw}", "{A: 1}", `{A.raw=1} User.raw`},
		{"- {type: field_name_prefix, prefix: p., field_name_conditions: [{type: include_fields, fields: [A]}]}", "{A: 1, B: 2}", `{p.A=1, B=2}`},
		{"- {type: field_name_prefix, prefix: p., field_name_conditions: [{type: exclude_fields, fields: ['A.*', Us], mode: re}]}", "{A1: 1, B: 2}", `{A1=1, p.B=2}`},
		{"- {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [A]}]}", "{A: 1, B: 2}", `{B=2}`},
		{"- {type: drop_detection_item}", "{A: 1}", "r.yml:9:14: error SIG2013: the pipeline leaves nothing of the condition"},
		{"- {type: drop_detection_item, detection_item_conditions: [{type: is_null, cond: all}]}", "{A: null, B: 2}", `{B=2}`},
		{"- {type: drop_detection_item, detection_item_conditions: [{type: match_string, cond: any, pattern: '.*evil'}]}", "{A|contains: evil, B: 2}", `{B=2}`},
		{"- {type: drop_detection_item, detection_item_conditions: [{type: match_string, cond: any, pattern: 'evil'}]}", "{A|contains: evil, B: 2}", `{A|contains="evil", B=2}`},
		{"- {type: drop_detection_item, detection_item_conditions: [{type: match_value, cond: any, value: 2}]}", "{A: '2', B: 2}", `{A="2"}`},
		{"- {type: drop_detection_item, detection_item_conditions: [{type: contains_wildcard, cond: any}]}", "{A: a, B: 'b*'}", `{A="a"}`},
		{"- {type: drop_detection_item, detection_item_cond_not: true, field_name_conditions: [{type: include_fields, fields: [A]}], detection_item_conditions: [{type: match_string, cond: all, pattern: x}]}", "{A: [x, y], B: 2}", `{B=2}`},
		{"- {type: add_condition, conditions: {EventID: [1, 2]}, name: n}", "{A: 1}", `{A=1} {EventID=1;2} n and s`},
		{"- {type: add_condition, conditions: {src: 'WinEventLog:$product'}, name: n, template: true, negated: true}", "{A: 1}", `{A=1} {src="WinEventLog:windows"} not n and s`},
		{"- {type: change_logsource, category: process_creation}", "{A: 1}", `/process_creation/ {A=1}`},
		{"- {type: add_field, field: Host}", "{A: 1}", `{A=1} User,Host`},
		{"- {type: remove_field, field: [User, No]}", "{A: 1}", `{A=1}`},
		{"- {type: set_field, fields: [X]}", "{A: 1}", `{A=1} X`},
		{`- {type: replace_string, regex: '^\*\\', replacement: ''}`, `{A|endswith: '\cmd.exe'}`, `{A="cmd.exe"}`},
		{`- {type: replace_string, regex: '([A-Z]):', replacement: 'drive \1 \g<0>'}`, `{A: 'C:\x\*'}`, `{A="drive C C:\\\\x\\*"}`},
		{`- {type: replace_string, regex: 'nothing', replacement: 'x'}`, `{A: 'C:\\*'}`, `{A="C:\\\\*"}`},
		{`- {type: replace_string, regex: 'x', replacement: 'y', skip_special: true}`, `{A|contains: 'x*x'}`, `{A="*y*y*"}`},
		{"- {type: map_string, mapping: {a: b, c: [d, e]}}", "{A: [a, c, f]}", `{A="b";"d";"e";"f"}`},
		{"- {type: map_string, mapping: {a: b}}", "{A|contains: a}", `{A|contains="a"}`},
		{"- {type: map_string, mapping: {'*a*': b}}", "{A|contains: a}", `{A="b"}`},
		{"- {type: set_value, value: 5}", "{A|contains: a}", `{A=5}`},
		{"- {type: set_value, value: 5, force_type: str}", "{A: a}", `{A="5"}`},
		{"- {type: convert_type, target_type: num}", "{A: '5'}", `{A=5}`},
		{"- {type: convert_type, target_type: num}", "{A: five}", "r.yml:8:10: error SIG2013"},
		{"- {type: convert_type, target_type: str}", "{A: 5, B: null}", `{A="5", B=null}`},
		{"- {type: case, method: upper}", "{A|startswith: abc}", `{A="ABC*"}`},
		{"- {type: case, method: snake_case}", "{A: FooBar}", `{A="foo_bar"}`},
		{"- {type: regex, method: plain}", "{A|contains: 'a.b'}", `{A|re|s="^.*a\\.b.*$"}`},
		{"- {type: regex, method: ignore_case_flag}", "{A: 'a?'}", `{A|re|s|i="^a.$"}`},
		{"- {type: regex}", "{A: a1}", `{A|re|s="^[aA]1$"}`},
		{"- {type: hashes_fields, valid_hash_algos: [MD5, SHA1], field_prefix: File, field_name_conditions: [{type: include_fields, fields: [Hashes]}]}",
			"{Hashes|contains: ['MD5=aa', 'SHA256=bb', 'SHA1=cc']}", `{(FileMD5="aa" | FileSHA1="cc")}`},
		{"- {type: value_placeholders}", "{A|expand: '%users%'}", `{A="adm";"root*"}`},
		{"- {type: value_placeholders}", "{A|expand: 'x%no%'}", "r.yml:8:17: error SIG3004: the pipelines have no variable no for the placeholder"},
		{"- {type: value_placeholders, include: [one]}\n- {type: wildcard_placeholders}", "{A|expand: 'a%one%b%other%'}", `{A="axb*"}`},
		{"- {type: query_expression_placeholders, expression: '{field} in list({id})', mapping: {adm: admins}}", "{A|expand: '%adm%'}", `{A|expand="%admins%"} User SIG5009`},
		{"- {type: rule_failure, message: no}", "{A: 1}", "r.yml:1:1: error SIG2012: the pipeline refuses the rule: no"},
		{"- {type: rule_failure, message: no, rule_conditions: [{type: logsource, product: linux}]}", "{A: 1}", `{A=1}`},
		{"- {type: detection_item_failure, message: no, field_name_conditions: [{type: include_fields, fields: [A]}]}", "{B: 1, A: 1}", "r.yml:8:13: error SIG2012"},
		{"- {type: strict_field_mapping_failure}", "{A: 1}", "r.yml:8:7: error SIG2012"},
		{"- {type: field_name_mapping, mapping: {A: a}}\n- {type: strict_field_mapping_failure}", "{A: 1}", "{a=1}"},
		{"- {type: set_state, key: k, val: v}\n- {type: add_field, field: F, rule_conditions: [{type: processing_state, key: k, val: v}]}\n- {type: add_field, field: G, rule_conditions: [{type: processing_state, key: k, val: w}]}", "{A: 1}", `{A=1} User,F`},
		{"- {id: one, type: add_field, field: F, rule_conditions: [{type: tag, tag: attack.t1003}]}\n- {type: add_field, field: G, rule_conditions: [{type: processing_item_applied, processing_item_id: one}]}", "{A: 1}", `{A=1} User,F,G`},
		{"- {id: m, type: field_name_mapping, mapping: {A: a}}\n- {type: drop_detection_item, detection_item_conditions: [{type: processing_item_applied, processing_item_id: m}]}", "{A: 1, B: 2}", `{B=2}`},
		{"- {id: m, type: field_name_mapping, mapping: {A: a}}\n- {type: field_name_prefix, prefix: p., field_name_cond_not: true, field_name_conditions: [{type: processing_item_applied, processing_item_id: m}]}", "{A: 1, B: 2}", `{a=1, p.B=2} p.User`},
		{"- {type: add_field, field: F, rule_conditions: [{type: rule_attribute, attribute: level, value: medium, op: gte}]}", "{A: 1}", `{A=1} User,F`},
		{"- {type: add_field, field: F, rule_conditions: [{type: rule_attribute, attribute: tags, value: attack.t1003, op: not_in}]}", "{A: 1}", `{A=1}`},
		{"- {type: set_custom_attribute, attribute: mine, value: 7}\n- {type: add_field, field: F, rule_conditions: [{type: rule_attribute, attribute: mine, value: 6, op: gt}]}", "{A: 1}", `{A=1} User,F`},
		{"- {type: add_field, field: F, rule_cond_op: or, rule_conditions: [{type: logsource, product: linux}, {type: contains_field, field: A}]}", "{A: 1}", `{A=1} User,F`},
		{"- type: add_field\n  field: F\n  rule_cond_expr: not (a or b) and c\n  rule_conditions: {a: {type: logsource, product: linux}, b: {type: is_sigma_correlation_rule}, c: {type: contains_detection_item, field: A, value: 1}}", "{A: 1}", `{A=1} User,F`},
		{"- {type: nest, rule_conditions: [{type: is_sigma_rule}], items: [{type: field_name_mapping, mapping: {A: a}}, {type: add_field, field: F}]}", "{A: 1}", `{a=1} User,F`},
		// What is wrong with a pipeline is said with its place.
		{"- {type: field_name_maping, mapping: {}}", "{A: 1}", `p1.yml:4:10: error SIG1022: there is no transformation "field_name_maping"; did you mean field_name_mapping?`},
		{"- {type: field_name_mapping}", "{A: 1}", "p1.yml:4:3: error SIG1022: mapping is missing"},
		{"- {type: add_field, field: F, colour: red}", "{A: 1}", "p1.yml:4:31: error SIG1022: add_field has no colour"},
		{"- {type: add_field, field: F, rule_conditions: [{type: logsorce}]}", "{A: 1}", `p1.yml:4:56: error SIG1022: there is no condition "logsorce" among rule_conditions; did you mean logsource?`},
		{"- {type: add_field, field: F, rule_cond_expr: a and b, rule_conditions: {a: {type: is_sigma_rule}}}", "{A: 1}", "p1.yml:4:47: error SIG1022: there is no condition b"},
		{"- {type: replace_string, regex: '(', replacement: x}", "{A: 1}", "p1.yml:4:33: error SIG1022: the regular expression is wrong"},
		{"- {type: field_name_transform}", "{A: 1}", "p1.yml:4:10: error SIG2011"},
		{"- 5", "{A: 1}", "p1.yml:4:3: error SIG1021: a transformation is a mapping"},
	} {
		got := strings.TrimSuffix(transform(t, c.steps, c.search), " User")
		if want := strings.TrimSuffix(c.want, " User"); got != want && !(strings.Contains(want, "error") && strings.HasPrefix(got, want)) {
			t.Errorf("%s\n  of %s gives %s\n  want %s", c.steps, c.search, got, want)
		}
	}
}

// TestOrder joins several files: the priorities count, and variables of later files go before those of earlier ones.
func TestOrder(t *testing.T) {
	step := func(prefix string) string {
		return "transformations: [{type: field_name_prefix, prefix: " + prefix + "}]\n"
	}
	p, ds := Load(sources("priority: 20\n"+step("late."), step("first."), "priority: 10\n"+step("mid.")+"vars: {a: x}", "vars: {a: [y, z]}"))
	if p == nil {
		t.Fatal(ds)
	}
	src := text.NewSource("r.yml", "title: T\nlogsource: {product: windows}\ndetection:\n  s: {A: 1}\n  condition: s\n")
	r, _ := syntax.Parse(src)
	out, ds := p.Apply(src, src, r, nil)
	if out == nil || show(out) != "{late.mid.first.A=1}" {
		t.Errorf("%v %v", out, ds)
	}
	if v, _ := p.Values("a"); strings.Join(v, " ") != "x" {
		t.Errorf("a is %v", v)
	}
}

func TestCorrelation(t *testing.T) {
	p, ds := Load(sources("transformations: [{type: field_name_mapping, mapping: {User: u, Host: [h1, h2], ip: x, Ip2: ip2}, rule_conditions: [{type: logsource, product: windows}]}]"))
	if p == nil {
		t.Fatal(ds)
	}
	base := text.NewSource("b.yml", "title: T\nlogsource: {product: windows}\ndetection:\n  s: {A: 1}\n  condition: s\n")
	related := func(string) *syntax.Rule { r, _ := syntax.Parse(base); return r }
	src := text.NewSource("r.yml", "title: T\ncorrelation: {type: value_count, rules: [b], group-by: [User, Host, ip], aliases: {ip: {b: Ip2}}, timespan: 5m, condition: {field: User, gte: 2}}\n")
	r, _ := syntax.Parse(src)
	out, ds := p.Apply(src, src, r, related)
	if out == nil || show(out) != "[u h1 h2 ip] [u] [{ip [{b ip2}]}]" {
		t.Errorf("%v %v", ds, show(out))
	}
}

// TestOtherForms reads configurations of the old converter and mapping files of Chainsaw.
func TestOtherForms(t *testing.T) {
	const rule = "title: T\nlogsource: {product: windows, service: sysmon}\ndetection:\n  s: {A: 1, EventID: 4688, B: b}\n  condition: s\n"
	for _, c := range []struct{ file, want string }{
		{"title: old\norder: 10\nbackends: [x]\nlogsources:\n  sys: {product: windows, service: sysmon, index: i, conditions: {Channel: Sysmon}}\n  other: {service: no, conditions: {X: 1}}\n" +
			"fieldmappings: {A: a, B: {service=sysmon: sb, default: db}}\ndefaultindex: logs\n", `windows//sysmon {a=1, EventID=4688, sb="b"} {Channel="Sysmon"} _sys and s`},
		{"fieldmappings: {B: {service=other: sb, EventID=4688: eb, default: db}}\n", `windows//sysmon {A=1, EventID=4688, eb="b"}`},
		{"fieldmappings: {B: {service=other: sb, default: [d1, d2]}}\n", `windows//sysmon {A=1, EventID=4688, (d1="b" | d2="b")}`},
		{"logsources: {r: {service: sysmon, rewrite: {product: windows, category: process_creation}}}\n", `windows/process_creation/ {A=1, EventID=4688, B="b"}`},
		{"---\nname: c\nkind: evtx\nrules: sigma\nexclusions: [Other]\nextensions:\n  preconditions:\n  - {for: {logsource.service: sysmon}, filter: {Provider: P}}\n  - {for: {logsource.service: x}, filter: {Provider: Q}}\n" +
			"groups:\n- name: g\n  filter: {int(EventID): 1}\n  fields: [{from: Provider, to: Event.System.Provider_attributes.Name}, {from: A, to: Event.EventData.A}, {name: Bee, from: B, to: Event.EventData.Bee}]\n",
			`windows//sysmon {A=1, EventID=4688, Bee="b"} {Provider_Name="P"} ({EventID=1}) _groups and (_precondition and s)`},
		{"kind: evtx\nrules: sigma\nexclusions: [T]\ngroups: []\n", "r.yml:1:1: error SIG2012"},
		{"kind: evtx\nrules: sigma\ngroups: [{name: g, filter: {condition: a, a: {b: c}}}]\n", "p1.yml:3:28: error SIG2011"},
		{"a: b\n", "p1.yml:1:1: error SIG1020"},
		{"transformations: []\npostprocessing: [{type: embed, prefix: x}]\n", "p1.yml:2:1: error SIG2011: postprocessing change the queries"},
		{"transformations: []\nfinalizers: [{type: concat}]\n", "p1.yml:2:1: error SIG2011"},
		{"transformations: []\nnme: x\n", "p1.yml:2:1: error SIG1021: a pipeline has no nme; did you mean name?"},
		{"- a\n", "p1.yml:1:1: error SIG1002"},
	} {
		p, ds := Load(sources(c.file))
		got := ""
		if p == nil {
			got = ds[0].Error()
		} else {
			src := text.NewSource("r.yml", rule)
			r, _ := syntax.Parse(src)
			out, ds := p.Apply(src, src, r, nil)
			if out == nil {
				got = ds[0].Error()
			} else {
				got = show(out)
			}
		}
		if got != c.want && !(strings.Contains(c.want, "error") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s\n  gives %s\n  want  %s", c.file, got, c.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{"transformations: [{type: nest, items: [{type: field_name_mapping, mapping: {A: [b]}}]}]", "fieldmappings: {A: {a=b: c}}", "kind: evtx\ngroups: [{filter: {int(A): 1}}]",
		"transformations: [{type: add_condition, conditions: {a: {b: c}}, rule_cond_expr: a, rule_conditions: {a: {type: tag, tag: x}}}]"} {
		f.Add(s)
	}
	src := text.NewSource("r.yml", "title: T\nlogsource: {product: windows}\ndetection:\n  s: {A|contains|expand: ['%x%', 2, null], B|re: x}\n  k: [a, {B|fieldref: A}]\n  condition: s or 1 of k*\n")
	f.Fuzz(func(t *testing.T, s string) {
		if p, _ := Load(sources(s)); p != nil {
			r, _ := syntax.Parse(src)
			p.Apply(src, src, r, nil)
		}
	})
}
