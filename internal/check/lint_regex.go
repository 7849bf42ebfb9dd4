package check

import (
	"regexp"
	re "regexp/syntax"
	"strings"

	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/rule"
	sigma "github.com/harrier-detect/harrier/internal/sigma/syntax"
	spl "github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

var regexLints = []*Lint{
	{ID: "LNT5020", Title: "a regular expression that may take for ever", Severity: text.Warning, Language: rule.SPL,
		Doc: "A repetition within a repetition that can share the same text in many ways, such as (a+)+ or (\\w+\\s?)*. A backtracking engine, as Splunk's, tries all of them before it gives up; " +
			"long values make it stop at its limit, and the event is not found. KQL's engine is linear, so that its rules are left out.",
		Bad: `EventCode=1 | regex process="^(\w+\s?)*$" | stats count by dest`, Good: `EventCode=1 | regex process="^\w+(\s\w+)*$" | stats count by dest`,
		each: catastrophic},
	{ID: "LNT5021", Title: "a dot that stands for any character", Severity: text.Note, Language: rule.SPL,
		Doc: "The expression looks like the name of a file, host or domain, or like an address, and its dot fits any character: cmd.exe also fits cmdAexe. Write \\. instead.",
		Bad: `EventCode=1 | regex process_name="(?i)^cmd.exe$" | stats count by dest`, Good: `EventCode=1 | regex process_name="(?i)^cmd\.exe$" | stats count by dest`,
		each: looseDots},
	{ID: "LNT5022", Title: "a regular expression without anchors on a whole name", Severity: text.Note, Language: rule.SPL,
		Doc: "The field holds a name and nothing else, and the expression is found anywhere in it: cmd\\.exe also fits notcmd.exe.bak. Begin it with ^ or (^|\\\\), end it with $, unless parts are meant.",
		Bad: `EventCode=1 | regex process_name="(?i)cmd\.exe" | stats count by dest`, Good: `EventCode=1 | regex process_name="(?i)^cmd\.exe$" | stats count by dest`,
		each: unanchored},
}

// A pattern is a regular expression of a rule.
type pattern struct {
	field, text string
	span        text.Span
	test        bool // it decides over rows
}

// patterns lists the regular expressions of a rule.
func (s *subject) patterns() []pattern {
	var out []pattern
	s.eachSPL(func(n spl.Node) {
		switch n := n.(type) {
		case *spl.Regex:
			if n.Pattern != nil {
				p := pattern{text: n.Pattern.Value, span: n.Pattern.At, field: "_raw", test: true}
				if n.Field != nil {
					p.field = n.Field.Value
				}
				out = append(out, p)
			}
		case *spl.Rex:
			if n.Pattern != nil && !strings.EqualFold(n.Options.Text("mode", ""), "sed") {
				out = append(out, pattern{field: n.Options.Text("field", "_raw"), text: n.Pattern.Value, span: n.Pattern.At})
			}
		case *spl.Call:
			i := map[string]int{"match": 1, "replace": 1}[strings.ToLower(n.Name)]
			if i > 0 && i < len(n.Args) {
				if v, _, ok := evalLiteral(n.Args[i]); ok {
					field, _, _ := evalField(n.Args[0])
					out = append(out, pattern{field, v, n.Args[i].Span(), strings.EqualFold(n.Name, "match")})
				}
			}
		}
	})
	if s.kql != nil {
		syntax.Walk(s.kql, func(n syntax.Node) bool {
			if b, ok := n.(*syntax.Binary); ok && strings.TrimPrefix(b.Op, "!") == "matches regex" {
				if v, ok := kqlLiteral(b.Y); ok {
					field, _, _ := kqlField(b.X)
					out = append(out, pattern{field, v, b.Y.Span(), true})
				}
			}
			return true
		})
	}
	if s.rule.Language == rule.Sigma {
		if r, _ := sigma.Parse(s.rule.Query); r != nil && r.Detection != nil {
			for _, search := range r.Detection.Searches {
				sigmaPatterns(search.Body, &out)
			}
		}
	}
	return out
}

func sigmaPatterns(n sigma.Node, out *[]pattern) {
	switch n := n.(type) {
	case *sigma.All:
		for _, t := range n.Tests {
			sigmaPatterns(t, out)
		}
	case *sigma.Any:
		for _, t := range n.Tests {
			sigmaPatterns(t, out)
		}
	case *sigma.Item:
		for _, m := range n.Modifiers {
			if strings.EqualFold(m.Name, "re") {
				for _, v := range n.Values {
					*out = append(*out, pattern{n.Field, v.Text, v.Span, true})
				}
			}
		}
	}
}

func catastrophic(s *subject) {
	if s.rule.Language == rule.KQL {
		return
	}
	for _, p := range s.patterns() {
		tree, err := re.Parse(p.text, re.Perl)
		if err != nil {
			continue // look-around and the like: what Go cannot read is not judged
		}
		if bad := ambiguous(tree); bad != "" {
			s.at(p.span, "%s repeats what repeats itself, and both can share the same text in many ways", bad)
		}
	}
}

// ambiguous finds a repetition whose body ends in a repetition that could as well go on with what comes next: the rest of the body, or
// the body again.
func ambiguous(r *re.Regexp) string {
	if endless := r.Op == re.OpStar || r.Op == re.OpPlus || r.Op == re.OpRepeat && r.Max < 0; endless {
		if inner := sharing(r.Sub[0], firstOf(r.Sub[0])); inner {
			return r.String()
		}
	}
	for _, sub := range r.Sub {
		if bad := ambiguous(sub); bad != "" {
			return bad
		}
	}
	return ""
}

// sharing reports whether r holds an endless repetition whose characters are among those that may follow it.
func sharing(r *re.Regexp, follow []rune) bool {
	switch r.Op {
	case re.OpStar, re.OpPlus:
		if overlap(firstOf(r.Sub[0]), follow) && onlyOf(r.Sub[0]) {
			return true
		}
	case re.OpRepeat:
		if r.Max < 0 && overlap(firstOf(r.Sub[0]), follow) && onlyOf(r.Sub[0]) {
			return true
		}
	case re.OpConcat:
		// From the back: what follows an item is what comes behind it, and if that can be empty, what follows that.
		next := follow
		for i := len(r.Sub) - 1; i >= 0; i-- {
			if sharing(r.Sub[i], next) {
				// It is ambiguous only when all before it can be passed over, or the repetition begins the body: else the text in
				// front says where the body begins anew.
				if leading(r.Sub[:i]) {
					return true
				}
			}
			if nullable(r.Sub[i]) {
				next = append(firstOf(r.Sub[i]), next...)
			} else {
				next = firstOf(r.Sub[i])
			}
		}
	case re.OpAlternate:
		for _, sub := range r.Sub {
			if sharing(sub, follow) {
				return true
			}
		}
	case re.OpCapture, re.OpQuest:
		return sharing(r.Sub[0], follow)
	}
	return false
}

// leading reports whether a run of expressions can be empty.
func leading(list []*re.Regexp) bool {
	for _, r := range list {
		if !nullable(r) {
			return false
		}
	}
	return true
}

// onlyOf reports whether an expression is one character at a time, so that a run of it can be cut anywhere.
func onlyOf(r *re.Regexp) bool {
	switch r.Op {
	case re.OpLiteral:
		return len(r.Rune) == 1
	case re.OpCharClass, re.OpAnyChar, re.OpAnyCharNotNL:
		return true
	case re.OpCapture:
		return onlyOf(r.Sub[0])
	case re.OpAlternate:
		for _, s := range r.Sub {
			if onlyOf(s) {
				return true
			}
		}
	}
	return false
}

func nullable(r *re.Regexp) bool {
	switch r.Op {
	case re.OpStar, re.OpQuest, re.OpEmptyMatch, re.OpBeginLine, re.OpEndLine, re.OpBeginText, re.OpEndText, re.OpWordBoundary, re.OpNoWordBoundary:
		return true
	case re.OpRepeat:
		return r.Min == 0 || nullable(r.Sub[0])
	case re.OpPlus, re.OpCapture:
		return nullable(r.Sub[0])
	case re.OpConcat:
		return leading(r.Sub)
	case re.OpAlternate:
		for _, s := range r.Sub {
			if nullable(s) {
				return true
			}
		}
	}
	return false
}

// first returns the ranges of characters that an expression can begin with.
func firstOf(r *re.Regexp) []rune {
	switch r.Op {
	case re.OpLiteral:
		c := r.Rune[0]
		if r.Flags&re.FoldCase != 0 && c < 128 {
			low, up := []rune(strings.ToLower(string(c)))[0], []rune(strings.ToUpper(string(c)))[0]
			return []rune{low, low, up, up}
		}
		return []rune{c, c}
	case re.OpCharClass:
		return append([]rune(nil), r.Rune...)
	case re.OpAnyChar, re.OpAnyCharNotNL:
		return []rune{0, 0x10ffff}
	case re.OpStar, re.OpPlus, re.OpQuest, re.OpRepeat, re.OpCapture:
		return firstOf(r.Sub[0])
	case re.OpConcat:
		var out []rune
		for _, s := range r.Sub {
			out = append(out, firstOf(s)...)
			if !nullable(s) {
				break
			}
		}
		return out
	case re.OpAlternate:
		var out []rune
		for _, s := range r.Sub {
			out = append(out, firstOf(s)...)
		}
		return out
	}
	return nil
}

func overlap(a, b []rune) bool {
	for i := 0; i+1 < len(a); i += 2 {
		for j := 0; j+1 < len(b); j += 2 {
			if a[i] <= b[j+1] && b[j] <= a[i+1] {
				return true
			}
		}
	}
	return false
}

var (
	looseFile    = regexp.MustCompile(`[\w-]{2,}\.(?:exe|dll|ps1|bat|cmd|vbs|js|hta|scr|sys|msi|com|net|org|io|ru|cn|onion)\b`)
	looseAddress = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
)

func looseDots(s *subject) {
	for _, p := range s.patterns() {
		if !p.test {
			continue
		}
		if m := looseFile.FindString(p.text); m != "" {
			s.at(p.span, "the dot in %s stands for any character", m)
		} else if m := looseAddress.FindString(p.text); m != "" {
			s.at(p.span, "the dots in %s stand for any character", m)
		}
	}
}

// wholeNames are fields that hold the name of a program and nothing else, in lower case.
var wholeNames = map[string]bool{"process_name": true, "parent_process_name": true, "original_file_name": true, "originalfilename": true, "filename": true,
	"initiatingprocessfilename": true, "file_name": true, "initiatingprocessparentfilename": true, "servicename": true, "service_name": true}

var nameOnly = regexp.MustCompile(`^(?:\(\?i\))?[\w-]+\\?\.(?:exe|dll|ps1|bat|cmd)$`)

func unanchored(s *subject) {
	for _, p := range s.patterns() {
		name := strings.ToLower(p.field)
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			name = name[i+1:]
		}
		if p.test && wholeNames[name] && nameOnly.MatchString(p.text) {
			s.at(p.span, "%s is found anywhere in %s: it has no anchors", p.text, p.field)
		}
	}
}
