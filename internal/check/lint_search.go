package check

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
	"github.com/harrier-detect/harrier/internal/text"
)

var searchLints = []*Lint{
	{ID: "LNT5030", Title: "TERM() that can never match", Severity: text.Warning, Language: rule.SPL,
		Doc: "TERM() looks for one term of the index, which ends at every major breaker: blanks, quotes, brackets, commas, semicolons, & and their like. " +
			"A text with one of them inside is never a single term. See the manual's page \"Use CASE() and TERM() to match phrases\".",
		Bad: `index=win TERM("C:\\Program Files\\x.exe")`, Good: `index=win TERM(EventCode=4688)`,
		each: terms},
	{ID: "LNT5031", Title: "TERM() or CASE() in quotes", Severity: text.Warning, Language: rule.SPL,
		Doc: "Within quotes TERM(x) is a phrase: the event would have to hold the word TERM and the parentheses.",
		Bad: `index=win "TERM(EventCode=4688)"`, Good: `index=win TERM(EventCode=4688)`,
		each: quotedTerms},
}

// majorBreakers end terms, by the default segmenters.conf:
// https://docs.splunk.com/Documentation/Splunk/latest/Admin/Segmentersconf
const majorBreakers = "[]<>(){}|!;,'\"\n\r\t &?+"

var majorSequences = []string{"%21", "%26", "%2526", "%3b", "%7c", "%20", "%2b", "%3d", "--", "%2520", "%5d", "%5b", "%3a", "%0a", "%2c", "%28", "%29"}

func terms(s *subject) {
	s.eachSPL(func(n syntax.Node) {
		d, ok := n.(*syntax.Directive)
		if !ok || !strings.EqualFold(d.Name, "TERM") || d.Arg == nil {
			return
		}
		v := d.Arg.Value
		if d.Arg.Quote == 0 {
			v = strings.Trim(d.Arg.Raw, `"`)
		}
		if i := strings.IndexAny(v, majorBreakers); i >= 0 {
			s.at(d.At, "TERM(%s) can never match: %q ends a term of the index", d.Arg.Raw, v[i:i+1])
			return
		}
		low := strings.ToLower(v)
		for _, q := range majorSequences {
			if strings.Contains(low, q) {
				s.at(d.At, "TERM(%s) can never match: %q ends a term of the index", d.Arg.Raw, q)
				return
			}
		}
	})
}

func quotedTerms(s *subject) {
	s.eachSPL(func(n syntax.Node) {
		if t, ok := n.(*syntax.Term); ok && t.Word.Quote == '"' {
			v := strings.TrimSpace(t.Word.Value)
			for _, name := range []string{"TERM(", "CASE("} {
				if strings.HasPrefix(strings.ToUpper(v), name) && strings.HasSuffix(v, ")") {
					s.at(t.At, "%s is a phrase here: take the quotes away", t.Word.Raw)
				}
			}
		}
	})
}

// eachSPL calls f for every node of an SPL rule's tree.
func (s *subject) eachSPL(f func(syntax.Node)) {
	if s.spl != nil && s.spl.AST != nil {
		syntax.Walk(s.spl.AST, func(n syntax.Node) bool { f(n); return true })
	}
}
