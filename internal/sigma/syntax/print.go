package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// Print writes a rule as YAML that [Parse] reads back to the same rule, but for places.
func Print(r *Rule) string {
	var b strings.Builder
	scalar := func(key, s string) {
		if s != "" {
			b.WriteString(key + ": " + quote(s) + "\n")
		}
	}
	scalar("title", r.Title)
	scalar("id", r.ID)
	scalar("name", r.Name)
	if l := r.LogSource; l.Product+l.Category+l.Service != "" {
		b.WriteString("logsource:\n")
		scalar("  product", l.Product)
		scalar("  category", l.Category)
		scalar("  service", l.Service)
	}
	if r.Detection != nil {
		b.WriteString("detection:\n")
		printDetection(&b, r.Detection, "  ")
	}
	if r.Correlation != nil {
		printCorrelation(&b, r.Correlation)
	}
	if f := r.Filter; f != nil {
		b.WriteString("filter:\n")
		if f.Any {
			b.WriteString("  rules: any\n")
		} else if len(f.Rules) > 0 {
			b.WriteString("  rules: " + quoteList(plainNames(f.Rules)) + "\n")
		}
		printDetection(&b, f.Detection, "  ")
	}
	if len(r.Fields) > 0 {
		b.WriteString("fields: " + quoteList(r.Fields) + "\n")
	}
	return b.String()
}

// quote writes a text as a YAML scalar in double quotes, which can hold anything.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r >= 0x7f && r <= 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteList(ss []string) string {
	q := make([]string, len(ss))
	for i, s := range ss {
		q[i] = quote(s)
	}
	return "[" + strings.Join(q, ", ") + "]"
}

func printDetection(b *strings.Builder, d *Detection, indent string) {
	for _, s := range d.Searches {
		b.WriteString(indent + quote(s.Name) + ": " + printNode(s.Body) + "\n")
	}
	if d.Timeframe != "" {
		b.WriteString(indent + "timeframe: " + quote(d.Timeframe) + "\n")
	}
	var cs []string
	for _, c := range d.Conditions {
		cs = append(cs, c.String())
	}
	if len(cs) == 1 {
		b.WriteString(indent + "condition: " + quote(cs[0]) + "\n")
	} else {
		b.WriteString(indent + "condition: " + quoteList(cs) + "\n")
	}
}

func printNode(n Node) string {
	switch n := n.(type) {
	case *All:
		var parts []string
		for _, t := range n.Tests {
			it := t.(*Item)
			key := it.Field
			for _, m := range it.Modifiers {
				key += "|" + m.Name
			}
			parts = append(parts, quote(key)+": "+printValues(it))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *Any:
		var parts []string
		for _, t := range n.Tests {
			if it, ok := t.(*Item); ok {
				for _, v := range it.Values {
					parts = append(parts, v.String())
				}
				continue
			}
			parts = append(parts, printNode(t))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *Item:
		return printValues(n)
	}
	return ""
}

func printValues(it *Item) string {
	if !it.Listed {
		return it.Values[0].String()
	}
	var parts []string
	for _, v := range it.Values {
		parts = append(parts, v.String())
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// String writes the value as YAML.
func (v Value) String() string {
	switch v.Kind {
	case Null:
		return "null"
	case Number, Bool:
		return v.Text
	}
	return quote(v.Text)
}

// String writes the condition.
func (c *Condition) String() string {
	if c.Draft != "" {
		return c.Draft
	}
	s := printCond(c.Expr, 0)
	if c.Pipe == nil {
		return s
	}
	p := c.Pipe
	if p.Near != nil {
		return s + " | near " + printCond(p.Near, 0)
	}
	s += " | " + p.Func + "(" + p.Field + ")"
	if len(p.By) > 0 {
		s += " by " + strings.Join(p.By, ", ")
	}
	return s + " " + map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}[p.Op] + " " + strconv.FormatFloat(p.Value, 'g', -1, 64)
}

// printCond writes a condition; level is the binding of what surrounds it: 0 or, 1 and, 2 not.
func printCond(c Cond, level int) string {
	join := func(args []Cond, op string, own int) string {
		var parts []string
		for _, a := range args {
			parts = append(parts, printCond(a, own+1))
		}
		s := strings.Join(parts, " "+op+" ")
		if level > own {
			return "(" + s + ")"
		}
		return s
	}
	switch c := c.(type) {
	case *Or:
		return join(c.Args, "or", 0)
	case *And:
		return join(c.Args, "and", 1)
	case *Not:
		return "not " + printCond(c.Arg, 2)
	case *Ref:
		return c.Name
	case *Of:
		n, name := "all", "them"
		if c.Count > 0 {
			n = strconv.Itoa(c.Count)
		}
		if c.Pattern != "" {
			name = c.Pattern
		}
		return n + " of " + name
	}
	return ""
}

func printCorrelation(b *strings.Builder, c *Correlation) {
	// generate is printed always, so that the mapping is never empty.
	fmt.Fprintf(b, "correlation:\n  generate: %v\n", c.Generate)
	if c.Type != "" {
		b.WriteString("  type: " + quote(c.Type) + "\n")
	}
	if len(c.Rules) > 0 {
		b.WriteString("  rules: " + quoteList(plainNames(c.Rules)) + "\n")
	}
	if len(c.GroupBy) > 0 {
		b.WriteString("  group-by: " + quoteList(c.GroupBy) + "\n")
	}
	if c.Timespan != "" {
		b.WriteString("  timespan: " + quote(c.Timespan) + "\n")
	}
	if len(c.Aliases) > 0 {
		b.WriteString("  aliases:\n")
		for _, a := range c.Aliases {
			var parts []string
			for _, f := range a.Fields {
				parts = append(parts, quote(f.Rule)+": "+quote(f.Field))
			}
			b.WriteString("    " + quote(a.Name) + ": {" + strings.Join(parts, ", ") + "}\n")
		}
	}
	switch {
	case c.Extended != nil:
		b.WriteString("  condition: " + quote(c.Extended.String()) + "\n")
	case len(c.Limits)+len(c.Field) > 0:
		b.WriteString("  condition:\n")
		if len(c.Field) > 0 {
			b.WriteString("    field: " + quoteList(c.Field) + "\n")
		}
		if c.Percentile != 0 {
			b.WriteString("    percentile: " + strconv.FormatFloat(c.Percentile, 'g', -1, 64) + "\n")
		}
		for _, l := range c.Limits {
			b.WriteString("    " + l.Op + ": " + strconv.FormatFloat(l.Value, 'g', -1, 64) + "\n")
		}
	}
}
