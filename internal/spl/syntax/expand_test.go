package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/text"
)

var testMacros = Macros{
	"m":          {Definition: "a=1 OR b=2"},
	"empty":      {},
	"pipe(1)":    {Args: []string{"f"}, Definition: "| stats count by $f$"},
	"both(2)":    {Args: []string{"c", "p"}, Definition: `x=$c$ y="$p$"`},
	"outer":      {Definition: "c `m` d"},
	"outer(1)":   {Args: []string{"x"}, Definition: "`both($x$, z)`"},
	"loop":       {Definition: "`loop2`"},
	"loop2":      {Definition: "`loop`"},
	"broken":     {Definition: "(a"},
	"window":     {Definition: `"-70m@m"`},
	"ev(1)":      {Args: []string{"x"}, Definition: `"v=" . $x$`, Eval: true},
	"checked(1)": {Args: []string{"x"}, Definition: "$x$", Validation: "isnum($x$)", Message: "a number, please"},
}

// evaluate stands for the evaluator: it knows the two expressions of the macros above.
func evaluate(x Expr) (any, error) {
	switch x := x.(type) {
	case *Binary:
		return x.X.(*String).Word.Value + x.Y.(*Number).Raw, nil
	case *Call:
		_, ok := x.Args[0].(*Number)
		return ok, nil
	}
	return nil, fmt.Errorf("cannot evaluate %T", x)
}

func TestExpand(t *testing.T) {
	for _, c := range []struct{ in, want, diags string }{
		{"x `m` y", "x a=1 OR b=2 y", ""},
		{"`m``m`", "a=1 OR b=2 a=1 OR b=2", ""},
		{"x ` m ` y", "x a=1 OR b=2 y", ""},
		{`"x ` + "`m`" + `"`, `"x ` + "`m`" + `"`, ""},
		{"`m` \"`m`\"", "a=1 OR b=2 \"`m`\"", ""},
		{"f(\"`window`\")", `f("-70m@m")`, "1:4 SPL5001 macro window, whose definition has quotes of its own, stands in quotes, where Splunk takes it for text; it is expanded"},
		{"x ```see `m` ``` y", "x ```see `m` ``` y", ""},
		{"x | table a `pipe(b)`", "x | table a | stats count by b", ""},
		{"`both(1, cmd)`", `x=1 y="cmd"`, ""},
		{"`both(\"1, 2\", \"a \\\"q\\\"\")`", `x=1, 2 y="a "q""`, ""},
		{"`both(p=2, c=1)`", `x=1 y="2"`, ""},
		{"`outer` e", "c a=1 OR b=2 d e", ""},
		{"`outer(q)`", `x=q y="z"`, ""},
		{"a`empty`b", "ab", ""},
		{"\"`m` c", "a=1 OR b=2 c", "1:1 SPL5006"},
		{"`both(\"1,2)`", `x=1 y="2"`, "1:1 SPL5001"},
		{"`pipe(a`", `| stats count by a`, "1:1 SPL5001"},
		{"a `ev(5)`", "a v=5", ""},
		{"a `checked(5)`", "a 5", ""},
		{"a `checked(x)`", "a `checked(x)`", "1:3 SPL4001 a number, please"},
		{"a `mm`", "a `mm`", "1:3 SPL3001 unknown macro mm; did you mean m?"},
		{"a `quite_other(1)`", "a `quite_other(1)`", "1:3 SPL3001 unknown macro quite_other(1)"},
		{"a `m(1)`", "a `m(1)`", "1:3 SPL3002 macro m takes no arguments, not 1"},
		{"a `outer(1,2)`", "a `outer(1,2)`", "1:3 SPL3002 macro outer takes no or 1 arguments, not 2"},
		{"a `loop`", "a `loop`", "1:3 SPL3003 macro loop calls itself (in macro loop2)"},
	} {
		x, diags := Expand(text.NewSource("q", c.in), testMacros, evaluate)
		if x.Source.Text != c.want && !strings.Contains(c.diags, "SPL3003") {
			t.Errorf("%s\n got %s\nwant %s", c.in, x.Source.Text, c.want)
		}
		var got []string
		for _, d := range diags {
			p := d.Source.Position(d.Span.Start)
			got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, d.ID, d.Message))
		}
		if g := strings.Join(got, "; "); !strings.HasPrefix(g, c.diags) || (c.diags == "") != (g == "") {
			t.Errorf("%s: %s, want %s", c.in, g, c.diags)
		}
	}
}

// TestExpandedPlaces shows that what is wrong after expansion is shown in the text before it.
func TestExpandedPlaces(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"`m` x | where a=\n| head", "1:17"},
		{"`m` x | table a\n`pipe(b)` | wher a= (1", "2:21"},
		{"x `broken` | head", "1:3"},
		{"`m` `m` y) | head", "1:10"},
	} {
		full, diags := Expand(text.NewSource("q", c.in), testMacros, nil)
		_, more := Parse(full.Source)
		diags = full.Annotate(append(diags, more...))
		if !diags.HasErrors() {
			t.Errorf("%s: no error", c.in)
			continue
		}
		p := diags[0].Source.Position(diags[0].Span.Start)
		if got := fmt.Sprintf("%d:%d", p.Line, p.Column); got != c.want {
			t.Errorf("%q: %s at %s, want %s", c.in, diags[0].Message, got, c.want)
		}
		if in := strings.Contains(c.in, "broken"); in != (len(diags[0].Related) == 1) {
			t.Errorf("%q: related %v", c.in, diags[0].Related)
		}
	}
}

func TestExpansionIsBounded(t *testing.T) {
	bomb := Macros{"b0": {Definition: "xxxxxxxxxx"}, "e0": {}}
	for i := 1; i < 30; i++ {
		bomb[fmt.Sprintf("b%d", i)] = Macro{Definition: strings.Repeat(fmt.Sprintf("`b%d`", i-1), 4)}
		bomb[fmt.Sprintf("e%d", i)] = Macro{Definition: strings.Repeat(fmt.Sprintf("`e%d`", i-1), 4)}
	}
	for _, in := range []string{"`b29`", "`e29`", strings.Repeat("`b9`", 50)} {
		x, diags := Expand(text.NewSource("q", in), bomb, nil)
		if !diags.HasErrors() || len(x.Source.Text) > 2*maxExpansion {
			t.Errorf("%.10s: %d bytes, %v", in, len(x.Source.Text), diags)
		}
	}
}

func TestEmbedded(t *testing.T) {
	src := text.NewSource("q", `x | map search="search a=\"b\" | where (c"`)
	q, _ := Parse(src)
	w := q.Stages[1].Command.(*Map).Options.Get("search").Value
	inner := Embedded(src, w)
	if inner.Text != `search a="b" | where (c` {
		t.Errorf("text %s", inner.Text)
	}
	_, diags := Parse(inner)
	if p := diags[0].Source.Position(diags[0].Span.Start); p.Column != 40 {
		t.Errorf("%v at column %d, want 40", diags[0], p.Column)
	}
}

func FuzzExpand(f *testing.F) {
	for _, c := range seeds {
		f.Add(c.in)
	}
	f.Add("`both(\"1,2)` `outer(x)` `ev(1)` `loop`")
	f.Fuzz(func(t *testing.T, in string) {
		src := text.NewSource("q", in)
		x, diags := Expand(src, testMacros, evaluate)
		for _, d := range diags {
			d.Excerpt()
		}
		_, diags = Parse(x.Source)
		for _, d := range x.Annotate(diags) {
			if p := d.Source.Position(d.Span.Start); p.Line < 1 {
				t.Fatal(d)
			}
			d.Excerpt()
		}
	})
}
