package syntax

// An Aggregation is one statistic: count, sum(bytes) AS total, count(eval(status>400)), sparkline(count, 1h), or an
// expression over statistics, eval(sum(a)/sum(b)).
type Aggregation struct {
	Loc
	// Raw is the text before AS, which is also the name of the column when there is no AS.
	Raw  string
	Func string // as written
	// At most one of the next three is set; none for count and count().
	Arg   *Word        // a field or a pattern of fields
	Eval  Expr         // the expression in fn(eval(…)), or that of eval(…) itself when Func is eval
	Inner *Aggregation // the statistic that a sparkline is made of

	Params []*Word // further arguments: the span of a sparkline
	As     *Word
}

// A SortKey is a field to sort by.
type SortKey struct {
	Loc
	Desc  bool
	Kind  string // auto, str, num or ip as in num(field); empty for a plain field
	Field *Word
}

// A Split is a field to split by, with the options that stand next to it: bins, span and their kin.
type Split struct {
	Loc
	Field   *Word
	Options Options
}

func (a *Aggregation) each(f func(Node)) {
	some(f, a.Arg)
	if a.Eval != nil {
		f(a.Eval)
	}
	some(f, a.Inner)
	all(f, a.Params)
	some(f, a.As)
}

func (k *SortKey) each(f func(Node)) { some(f, k.Field) }

func (s *Split) each(f func(Node)) { some(f, s.Field); all(f, s.Options) }
