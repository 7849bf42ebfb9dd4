package query

import (
	"github.com/harrier-detect/harrier/internal/sigma"
	"github.com/harrier-detect/harrier/internal/text"
)

func sigmaOptions(s Settings) sigma.Options {
	return sigma.Options{
		Rule:    func(ref string) (*text.Source, bool) { src, ok := s.Sigma.Rules[ref]; return src, ok },
		Filters: s.Sigma.Filters, Detached: s.Detached, Pipeline: s.Pipeline,
		// The values of a placeholder are the first column of a table of its name.
		Placeholder: func(name string) ([]string, bool) {
			b, ok := watchlist(s.LookupDirs, name)
			if !ok || len(b.Names()) == 0 {
				return nil, false
			}
			var out []string
			for i := range b.Len() {
				if v := b.ColumnAt(0).Value(i); v.Str() != "" {
					out = append(out, v.Str())
				}
			}
			return out, true
		},
	}
}
