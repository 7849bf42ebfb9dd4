package syntax

// grammars has the commands with a grammar of their own; all others are read as a [General].
var grammars map[string]func() Command

func init() {
	grammars = map[string]func() Command{
		"append":      func() Command { return &Append{} },
		"appendcols":  func() Command { return &Append{} },
		"appendpipe":  func() Command { return &Append{} },
		"bin":         func() Command { return &Bin{} },
		"chart":       func() Command { return &Chart{} },
		"convert":     func() Command { return &Convert{} },
		"dedup":       func() Command { return &Dedup{} },
		"eval":        func() Command { return &Eval{} },
		"eventstats":  func() Command { return &Stats{} },
		"fieldformat": func() Command { return &Eval{} },
		"fields":      func() Command { return &Fields{} },
		"filldown":    func() Command { return &Fill{} },
		"fillnull":    func() Command { return &Fill{} },
		"foreach":     func() Command { return &Foreach{} },
		"geostats":    func() Command { return &Stats{} },
		"head":        func() Command { return &Head{} },
		"inputcsv":    func() Command { return &Inputlookup{} },
		"inputlookup": func() Command { return &Inputlookup{} },
		"join":        func() Command { return &Join{} },
		"lookup":      func() Command { return &Lookup{} },
		"map":         func() Command { return &Map{} },
		"metasearch":  func() Command { return &Search{} },
		"mstats":      func() Command { return &Tstats{} },
		"multisearch": func() Command { return &Combine{} },
		"rare":        func() Command { return &Top{} },
		"regex":       func() Command { return &Regex{} },
		"rename":      func() Command { return &Rename{} },
		"replace":     func() Command { return &Replace{} },
		"rex":         func() Command { return &Rex{} },
		"search":      func() Command { return &Search{} },
		"set":         func() Command { return &Combine{} },
		"sichart":     func() Command { return &Chart{} },
		"sirare":      func() Command { return &Top{} },
		"sistats":     func() Command { return &Stats{} },
		"sitimechart": func() Command { return &Chart{} },
		"sitop":       func() Command { return &Top{} },
		"sort":        func() Command { return &Sort{} },
		"stats":       func() Command { return &Stats{} },
		"streamstats": func() Command { return &Stats{} },
		"table":       func() Command { return &Table{} },
		"timechart":   func() Command { return &Chart{} },
		"top":         func() Command { return &Top{} },
		"transaction": func() Command { return &Transaction{} },
		"tstats":      func() Command { return &Tstats{} },
		"union":       func() Command { return &Combine{} },
		"where":       func() Command { return &Where{} },
	}
}

// aliases are the second names of commands.
var aliases = map[string]string{
	"bucket":     "bin",
	"discretize": "bin",
	"kv":         "extract",
}

// evalQuotes reports whether a command reads 'single quotes' as field names, so that pipes and brackets in them are text.
func evalQuotes(command string) bool {
	switch command {
	case "eval", "where", "fieldformat":
		return true
	}
	return false
}
