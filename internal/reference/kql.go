package reference

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql"
	"github.com/harrier-detect/harrier/internal/kql/function"
)

// KQL returns the reference of KQL.
func KQL() *Language {
	l := &Language{Name: "kql", Title: "KQL"}
	operators := Group{Kind: "operator", Title: "Tabular operators", Doc: "Options that begin with hint. are accepted everywhere and change nothing; options that are not listed are refused."}
	for _, o := range kql.Operators() {
		operators.Entries = append(operators.Entries, tabular("operator", o))
	}
	plugins := Group{Kind: "plugin", Title: "Plugins of evaluate"}
	for _, o := range kql.Plugins() {
		plugins.Entries = append(plugins.Entries, tabular("plugin", o))
	}
	scalars := Group{Kind: "function", Title: "Scalar functions",
		Doc: "A parameter in brackets may be left out, … says that it may be repeated. `const` asks for a value that is the same in every row, `literal` for one that is written out."}
	for _, f := range function.Scalars() {
		e := scalarKQL("function", &f.Func, f.Sig, f.Replaced)
		if f.Replaced != "" && len(e.Examples) == 0 {
			e.Doc = "An old name of " + f.Replaced + "."
		}
		switch f.Special {
		case function.Refused:
			e.Refused = "it needs the service that the query was written for"
		case function.NotBuilt:
			e.Refused = "it is not built"
		}
		if e.Refused != "" {
			e.Examples = nil
			if strings.HasPrefix(e.Doc, "Needs a cluster") {
				e.Doc = ""
			}
		}
		scalars.Entries = append(scalars.Entries, e)
	}
	aggregates := Group{Kind: "aggregate", Title: "Aggregates", Doc: "Examples are taken over the rows x = 1, 2, 3, 4, 5 with s = \"a\", \"b\", \"a\", \"\", \"c\"."}
	for _, a := range function.Aggregates() {
		aggregates.Entries = append(aggregates.Entries, &Entry{Kind: "aggregate", Name: a.Name, Syntax: signatures(a.Name, a.Sig), Doc: a.Doc, Page: a.See, Note: a.Note,
			Replaced: a.Replaced, Examples: a.Examples})
	}
	infix := Group{Kind: "expression operator", Title: "Operators of expressions"}
	for _, f := range function.Operators() {
		e := scalarKQL("expression operator", &f.Func, nil, f.Replaced)
		infix.Entries = append(infix.Entries, e)
	}
	l.Groups = []Group{operators, plugins, scalars, aggregates, infix}
	return l
}

func tabular(kind string, o *kql.Operator) *Entry {
	e := &Entry{Kind: kind, Name: o.Name, Aliases: o.Aliases, Doc: o.Doc, Page: o.Page(), Note: o.Note, Refused: o.Refused, Examples: o.Examples, Tabular: true}
	if o.Syntax != "" {
		e.Syntax = []string{o.Syntax}
	}
	for _, opt := range o.Options {
		name, values, _ := strings.Cut(opt, "=")
		e.Options = append(e.Options, Option{Name: name, Values: values})
	}
	return e
}

func scalarKQL(kind string, f *fn.Func, sig []string, replaced string) *Entry {
	return &Entry{Kind: kind, Name: f.Name, Syntax: signatures(f.Name, sig), Doc: f.Doc, Page: f.See, Note: f.Note, Replaced: replaced, Examples: f.Examples}
}

// results says in words what the rules for the type of a result mean.
var results = map[string]string{"typeof": "the type named", "unknown": "any", "common": "the type that the arguments share", "commonNonDynamic": "the type that the arguments share",
	"widest": "the widest type of the arguments"}

// signatures writes the compact signatures of the table as they are read: f(text: string[, start: long]): string.
func signatures(name string, sigs []string) []string {
	var out []string
	for _, sig := range sigs {
		left, ret, _ := strings.Cut(sig, "->")
		var s strings.Builder
		s.WriteString(name + "(")
		open := 0
		for i, p := range strings.Split(left, ",") {
			if p = strings.TrimSpace(p); p == "" {
				continue
			}
			pname, kind, _ := strings.Cut(p, ":")
			optional, repeat := false, false
			if at := strings.IndexAny(kind, "+*?"); at >= 0 {
				optional = kind[at] != '+'
				repeat = kind[at] != '?'
				kind = kind[:at]
			}
			if k, ok := strings.CutSuffix(kind, "!!"); ok {
				kind = "literal " + k
			} else if k, ok := strings.CutSuffix(kind, "!"); ok {
				kind = "const " + k
			}
			kind = strings.TrimSuffix(kind, "@")
			if optional {
				s.WriteByte('[')
				open++
			}
			if i > 0 {
				s.WriteString(", ")
			}
			s.WriteString(pname + ": " + strings.ReplaceAll(kind, "|", " or "))
			if repeat {
				s.WriteString(", …")
			}
		}
		s.WriteString(strings.Repeat("]", open))
		s.WriteByte(')')
		ret = strings.TrimSpace(ret)
		if n, ok := strings.CutPrefix(ret, "arg"); ok && len(n) == 1 {
			ret = "as the " + ordinal(n[0]) + " argument"
		} else if n, ok := strings.CutPrefix(ret, "promoted"); ok && len(n) <= 1 {
			ret = "number"
		} else if r := results[ret]; r != "" {
			ret = r
		}
		if line := s.String() + " → " + ret; len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	return out
}

func ordinal(digit byte) string {
	if i := int(digit - '0'); i < 4 {
		return [...]string{"first", "second", "third", "fourth"}[i]
	}
	return "last"
}
