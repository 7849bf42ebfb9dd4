package spl

import "github.com/harrier-detect/harrier/internal/spl/syntax"

// The commands that prepare statistics for a summary index hand on what the statistics behind them are made of. Here these
// are the events themselves, so that "sistats count by host | stats count by host" gives what stats alone would.
// (https://help.splunk.com/en/splunk-enterprise/spl-search-reference/10.2/search-commands/sistats)
func init() {
	for _, name := range []string{"sistats", "sichart", "sitimechart", "sitop", "sirare"} {
		addCommands(&Command{Name: name, See: name, Syntax: name + " <arguments of " + name[2:] + ">",
			Doc:  "Prepares the rows for " + name[2:] + ", which follows and gives what it would give alone.",
			Note: "Rows pass as they are; Splunk makes partial results of them, with fields of its own.",
			lower: func(l *lowerer, c syntax.Command) {
				// A trial finds mistakes in the arguments.
				trial := *l
				Lookup(name[2:]).lower(&trial, c)
			}})
	}
}
