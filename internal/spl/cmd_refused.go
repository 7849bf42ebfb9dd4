package spl

import "github.com/harrier-detect/harrier/internal/spl/syntax"

func init() {
	for _, r := range []struct {
		why   string
		names []string
	}{
		{"it acts on the outside, and searches here have no effects", []string{"sendemail", "sendalert", "script", "run", "runshellscript", "delete", "collect", "mcollect", "meventcollect", "tscollect",
			"summaryindex", "stash", "outputcsv", "outputtext", "dump", "crawl", "createrss", "sendresults"}},
		{"it asks a Splunk server", []string{"rest", "audit", "history", "typeahead", "typer", "eventtypes", "findtypes", "typelearner", "loadincident", "searchtxn", "walklex", "mcatalog", "mpreview", "msearch",
			"inputintelligence", "identify", "entitymerge", "require", "tags"}},
		{"it belongs to the machine learning toolkit", []string{"listmodels", "deletemodel", "sample", "score"}},
		{"it is a command of a vendor's app", []string{"cyberchef"}},
		{"its manual does not say how its scores are computed, so that the same answer cannot be given", []string{"x11", "anomalies", "anomalousvalue", "arules", "relevancy"}},
		{"its manual does not say which expressions, words or groups it chooses, so that the same answer cannot be given", []string{"erex", "findkeywords", "folderize", "abstract", "scrub"}},
		{"it needs the shapes of regions, which are in an app of a Splunk server", []string{"geom", "geomfilter"}},
		{"it tells of the summary indexes of a Splunk server", []string{"overlap"}},
	} {
		for _, name := range r.names {
			addCommands(&Command{Name: name, Refused: r.why})
		}
	}
	for _, name := range []string{"apply", "fit", "summary"} {
		addCommands(&Command{Name: name, First: true, Doc: "Refused: it needs a model of the machine learning toolkit.", lower: general(func(l *lowerer, c *syntax.General) {
			model := "a model"
			words := c.Words()
			for i, w := range words {
				if w.Is("into") && i+1 < len(words) {
					model = "model " + words[i+1].Value
				}
			}
			if len(words) > 0 && name != "fit" {
				model = "model " + words[0].Value
			}
			l.unsupported(c, "%s cannot be run: it needs %s of the machine learning toolkit, which is not a part of the rule", name, model)
		})})
	}
	// These say how a Splunk server is to do its work, or how results are shown; rows pass.
	for _, name := range []string{"localop", "redistribute", "noop", "highlight", "iconify"} {
		addCommands(&Command{Name: name, See: name, Syntax: name, Doc: "Rows pass: it changes how results are made or shown, not what they are.", lower: func(*lowerer, syntax.Command) {}})
	}
}
