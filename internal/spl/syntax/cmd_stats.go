package syntax

// Stats is stats and its kin, eventstats, streamstats, sistats and geostats: statistics, for each combination of the
// BY fields.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/stats)
type Stats struct {
	Verb
	Options Options
	Aggs    []*Aggregation
	By      []*Word
}

func (c *Stats) parse(p *parser) {
	c.Aggs = p.aggregations(&c.Options, "by")
	if len(c.Aggs) == 0 {
		p.missing("a statistic such as count")
	}
	if p.keyword("by") {
		c.By = p.by(&c.Options)
	}
}

func (c *Stats) each(f func(Node)) { all(f, c.Options); all(f, c.Aggs); all(f, c.By) }

func (c *Stats) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.aggregations(c.Aggs)
	w.by(c.By)
}

// Tstats is tstats and mstats: statistics over a data model, over index-time fields or over metrics.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/tstats)
type Tstats struct {
	Verb
	Options Options // the span behind BY is here too
	Aggs    []*Aggregation
	// From is "datamodel=X" or "sid=X"; nil when there is none.
	From  *Option
	Where SearchExpr
	By    []*Word
}

func (c *Tstats) parse(p *parser) {
	c.Aggs = p.aggregations(&c.Options, "from", "where", "by", "groupby")
	if len(c.Aggs) == 0 {
		p.missing("a statistic such as count")
	}
	for {
		switch {
		case p.keyword("from"):
			if c.From = p.option(); c.From == nil {
				p.missing("datamodel=… behind FROM")
			}
		case p.keyword("where"):
			if c.Where = p.searchExpr("by groupby"); c.Where == nil {
				p.missing("a search expression behind WHERE")
			}
		case p.keyword("by", "groupby"):
			c.By = p.by(&c.Options, "where", "from")
		default:
			return
		}
	}
}

func (c *Tstats) each(f func(Node)) {
	all(f, c.Options)
	all(f, c.Aggs)
	some(f, c.From)
	if c.Where != nil {
		f(c.Where)
	}
	all(f, c.By)
}

func (c *Tstats) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.aggregations(c.Aggs)
	if c.From != nil {
		w.text("from")
		w.option(c.From)
	}
	if c.Where != nil {
		w.text("where")
		w.search(c.Where, 0)
	}
	w.by(c.By)
}

// Chart is chart and timechart: statistics as a table with a column for each value of the split field.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/chart)
type Chart struct {
	Verb
	Options Options
	Aggs    []*Aggregation
	Over    *Split
	By      []*Split
	// Where is the condition that selects the columns, such as "sum > 100" or "max in top5".
	Where []*Word
}

func (c *Chart) parse(p *parser) {
	c.Aggs = p.aggregations(&c.Options, "over", "by")
	if len(c.Aggs) == 0 {
		p.missing("a statistic such as count")
	}
	for {
		switch {
		case p.keyword("over"):
			if c.Over = c.split(p); c.Over == nil {
				p.missing("a field behind OVER")
			}
		case p.keyword("by"):
			for p.commas(); !p.done() && !p.at("over", "where"); p.commas() {
				s := c.split(p)
				if s == nil {
					break
				}
				c.By = append(c.By, s)
			}
			if len(c.By) == 0 {
				p.missing("a field behind BY")
			}
		case p.keyword("where"):
			for !p.done() && !p.at("by", "over") {
				if o := p.option(); o != nil {
					c.Options = append(c.Options, o)
					continue
				}
				w := p.anyWord(false)
				if w == nil {
					return
				}
				c.Where = append(c.Where, w)
			}
		default:
			return
		}
	}
}

// split reads a field to split by. The options of its own are those that say how to cut its values into ranges; all
// others belong to the command.
func (c *Chart) split(p *parser) *Split {
	start := p.pos
	w := p.word()
	if w == nil {
		return nil
	}
	s := &Split{Field: w}
	for o := p.option(); o != nil; o = p.option() {
		switch o.Name {
		case "bins", "span", "minspan", "start", "end", "aligntime":
			s.Options = append(s.Options, o)
		default:
			c.Options = append(c.Options, o)
		}
		p.commas()
	}
	s.At = p.span(start)
	return s
}

func (c *Chart) each(f func(Node)) {
	all(f, c.Options)
	all(f, c.Aggs)
	some(f, c.Over)
	all(f, c.By)
	all(f, c.Where)
}

func (c *Chart) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.aggregations(c.Aggs)
	if c.Over != nil {
		w.text("over")
		w.split(c.Over)
	}
	if len(c.By) > 0 {
		w.text("by")
		for i, s := range c.By {
			if i > 0 {
				w.glue(",")
			}
			w.split(s)
		}
	}
	if len(c.Where) > 0 {
		w.text("where")
		w.words(c.Where, "")
	}
}

// Top is top and rare: the commonest or rarest values.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/top)
type Top struct {
	Verb
	Count   *Word // the number in front; nil when there is none
	Options Options
	Fields  []*Word
	By      []*Word
}

func (c *Top) parse(p *parser) {
	p.options(&c.Options)
	c.Count = p.count()
	c.Fields = p.names(&c.Options, "by")
	p.need(c.Fields, "a field")
	if p.keyword("by") {
		c.By = p.by(&c.Options)
	}
}

func (c *Top) each(f func(Node)) {
	some(f, c.Count)
	all(f, c.Options)
	all(f, c.Fields)
	all(f, c.By)
}

func (c *Top) print(w *printer) {
	w.name(c)
	w.options(c.Options)
	w.optional(c.Count)
	w.words(c.Fields, ",")
	w.by(c.By)
}
