package syntax

func init() { register("render", parseRender) }

// A Render asks the client to draw the result. Options are the properties, whether written after with or in the old way.
// https://learn.microsoft.com/kusto/query/render-operator
type Render struct {
	opNode
	Chart   string
	Options []*Param
}

func (*Render) Keyword() string             { return "render" }
func (n *Render) children(visit func(Node)) { visitAll(visit, n.Options) }

func (n *Render) print(p *printer) {
	p.text("render ", n.Chart)
	old := false
	for _, o := range n.Options {
		old = old || o.Name == "by"
	}
	switch {
	case old:
		for _, o := range n.Options {
			if o.Name == "by" {
				p.text(" by ")
				p.list(o.Values)
			} else {
				p.text(" ")
				o.print(p)
			}
		}
	case len(n.Options) > 0:
		p.text(" with ")
		p.options(n.Options)
	}
}

var charts = words(`table list barchart piechart ladderchart timechart linechart anomalychart pivotchart areachart
	stackedareachart scatterchart timepivot columnchart timeline 3Dchart card treemap plotly graph sankey`)

var (
	renderOptions = words(`title xtitle ytitle xcolumn ycolumns series anomalycolumns xaxis yaxis legend accumulate ysplit ymin
		ymax xmin xmax kind`)
	// Several columns may be given to these.
	renderLists = words("ycolumns series anomalycolumns")
	// What the old form without with takes.
	renderOld = words("title accumulate kind")
)

func parseRender(p *parser, start int) Operator {
	n := &Render{}
	if t := p.tok(); t.kind == tokWord && (charts[t.text] || p.isName(t, useReference)) {
		n.Chart = p.advance().text
	} else {
		p.fail("KQL1004", "missing kind of chart")
	}
	if p.takeWord("with") {
		p.expect("(")
		if !p.take(")") {
			n.Options = list(p, func() *Param { return p.renderOption(renderOptions) })
			p.expect(")")
		}
	} else {
		for !p.panicking {
			at := p.start()
			if p.takeWord("by") {
				by := &Param{Name: "by", Values: list(p, func() Expr { return p.name(useReference) })}
				by.At = p.from(at)
				n.Options = append(n.Options, by)
			} else if t := p.tok(); t.kind == tokWord && renderOld[t.text] && p.peek(1).is("=") {
				n.Options = append(n.Options, p.renderOption(renderOld))
			} else {
				break
			}
		}
	}
	n.At = p.from(start)
	return n
}

func (p *parser) renderOption(known map[string]bool) *Param {
	start := p.start()
	n := &Param{}
	t := p.tok()
	if t.kind != tokWord || !known[t.text] {
		p.fail("KQL1004", "missing name of a chart property")
		return n
	}
	n.Name = p.advance().text
	p.expect("=")
	switch {
	case renderLists[n.Name]:
		n.Values = []Expr{p.name(useReference)}
		// A comma goes on with the list unless a property follows it.
		for p.at(",") && !(p.peek(1).kind == tokWord && known[p.peek(1).text] && p.peek(2).is("=")) && !p.panicking {
			p.advance()
			n.Values = append(n.Values, p.name(useReference))
		}
	case n.Name == "title" && p.tok().kind == tokWord && p.peek(1).is("("):
		n.Values = []Expr{p.expr()}
	default:
		n.Values = []Expr{p.paramValue()}
	}
	n.At = p.from(start)
	return n
}
