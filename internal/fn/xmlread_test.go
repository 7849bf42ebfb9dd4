package fn

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func show(n *XMLNode) string {
	if n == nil {
		return "nothing"
	}
	var b strings.Builder
	b.WriteString(n.Name + "[")
	for _, a := range n.Attrs {
		b.WriteString(" " + a.Name.Space + "/" + a.Name.Local + "=" + a.Value)
	}
	b.WriteString("|" + n.text + "|")
	for _, c := range n.Children {
		b.WriteString(show(c))
	}
	return b.String() + "]"
}

const eventXML = `<DataItem type="System.XmlData"><EventData xmlns='http://schemas.microsoft.com/win'><Data Name="RuleName">-</Data><Data Name="A" />` +
	`<Data Name="CommandLine">cmd &lt;in &gt;out &quot;a&quot; &#x41;&#66;é</Data> x <b>1</b></EventData></DataItem>`

// TestPlainXML holds the quick reader against the one that knows all of XML, on texts made of pieces and on an event with faults.
func TestPlainXML(t *testing.T) {
	pieces := []string{"<a>", "</a>", "<b x='1'>", "</b>", "<c/>", `<d y="&lt;" z='"'/>`, "t", " ", "&amp;", "&nbsp;", "&#65;", "&#0;", "&#xD800;", "&", "<", ">", "]]>", "<!-- c -->", "<![CDATA[x]]>", "<?p i?>", "é", "\ufffe", "\r\n", "\x01",
		"<a:b>", "</a:b>", "<a xmlns:p='q' p:r='s'>", "<a x=1>", "<a x>", "<ä>", "<a x='<'>", "<a x='1'y='2'>", "</a >", "< a>", "<1>", "<a", "/>", "<a / >"}
	r := rand.New(rand.NewPCG(1, 2))
	quick := 0
	check := func(s string) {
		t.Helper()
		got, ok := plainXML(s)
		if !ok {
			return
		}
		quick++
		if g, w := show(got), show(anyXML(s)); g != w {
			t.Fatalf("%q: %s, want %s", s, g, w)
		}
	}
	for range 200_000 {
		var s strings.Builder
		n := r.IntN(8)
		for range n {
			s.WriteString(pieces[r.IntN(len(pieces))])
		}
		check(s.String())
		check("<a>" + s.String() + "</a>")
		b := []byte(eventXML)
		for range r.IntN(3) {
			b[r.IntN(len(b))] = "<>&;='/ \"ax1"[r.IntN(12)]
		}
		check(string(b))
	}
	if _, ok := plainXML(eventXML); !ok || quick < 10_000 {
		t.Errorf("the quick reader has read %d texts", quick)
	}
}

func BenchmarkParseXML(b *testing.B) {
	b.SetBytes(int64(len(eventXML)))
	for b.Loop() {
		ParseXML(eventXML)
	}
}
