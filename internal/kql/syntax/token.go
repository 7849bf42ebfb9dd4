package syntax

import "strings"

type tokenKind uint8

const (
	tokEnd     tokenKind = iota
	tokWord              // identifier or keyword; which of the two depends on where it stands
	tokDashed            // keyword with a dash, such as mv-expand: never a name
	tokLong              // 12, 0x1f
	tokReal              // 1.5, 1e3, 2.
	tokTime              // 5m, 1.5h
	tokTyped             // datetime(2024-01-01): type name and raw content are one token
	tokString            // any form of string literal
	tokPunct             // operators and punctuation, also !has, in~ and matches regex
	tokGuid              // a bare GUID, which the language knows but takes nowhere
	tokUnknown           // a character that means nothing
)

// A token is a piece of the source. text is the source text, for tokPunct and tokDashed the canonical spelling.
type token struct {
	kind       tokenKind
	start, end int
	text       string
	depth      int    // how many brackets are open before the token
	bad        string // what is wrong inside the token, for instance an unterminated string
}

func words(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for _, w := range strings.Fields(list) {
			set[w] = true
		}
	}
	return set
}

// Which words need brackets to serve as a name depends on the place. Where a name is followed by '=' or ':' nothing can be
// mistaken and more words are free; the lists below are what the official parser takes (language service 12.4.1).
const (
	neverFree = `__contextual_datatable __crossCluster __crossDB __executeAndCache __id __isFuzzy __noWithSource __packedColumn
		__projectAway __sourceColumnIndex and anomalychart areachart asc bagexpansion barchart between bin_legacy boolean byte
		cachingpolicy callout cancel card char columnchart contains_cs containscs cycles dataexport datascope date datetime
		decimal decodeblocks desc double dynamic encodingpolicy endswith endswith_cs expandoutput extent_tags_retention
		external_data first flags float force_remote harddelete hardretention has_all has_any has_cs hasprefix hasprefix_cs
		hassuffix hassuffix_cs hotcache int int16 int32 int64 int8 isfuzzy journal ladderchart last like likecs linechart long
		missing nooptimization notcontains notcontainscs notlike notlikecs or others pathformat piechart pivotchart project
		queries query_results real relaxed restricted_view_access row_level_security rowstore rowstore_references
		rowstore_sealinfo rowstorepolicy rowstores scatterchart seal seals shards simple softdelete softretention
		stackedareachart startswith startswith_cs statistics storedqueryresultcontainers string tablepurge time timechart
		timeline timepivot timespan treemap uint uint16 uint32 uint64 uint8 ulong union uniqueid unrestrictedviewers views
		with_itemindex with_match_id with_step_name writeaheadlog`
	freeBeforeEquals = `accumulate as by contains datatable earliest externaldata find has in invoke latest materialize mdm of
		print sample search set sql title to toscalar totable verbose viewers where`
	freeInReferences = `kind with_source withsource`
	booleans         = `true false True False TRUE FALSE`
)

// nameUse says where a name stands.
type nameUse uint8

const (
	useReference nameUse = iota // a column, table or function that is meant: where X == 1
	useMember                   // after a dot, or as a table operand: never a Boolean literal
	useStrict                   // let X, as X, project-away X, X(…)
	useLabel                    // a name that '=' or ':' follows
)

var reservedFor = [...]map[string]bool{
	useReference: words(neverFree, freeBeforeEquals),
	useMember:    words(neverFree, freeBeforeEquals, booleans),
	useStrict:    words(neverFree, freeBeforeEquals, freeInReferences, booleans),
	useLabel:     words(neverFree, freeInReferences, booleans),
}

// dashed are the keywords with a dash, which the scanner takes as one token.
var dashed = words(`project-away project-keep project-rename project-reorder project-smart project-by-names mv-expand mv-apply
	make-series make-graph top-nested top-hitters sample-distinct parse-where parse-kv macro-expand graph-match
	graph-shortest-paths graph-to-table graph-mark-components graph-where-nodes graph-where-edges assert-schema granny-asc
	granny-desc partitioned-by`)

// bangWords may follow '!' directly: !has, !in~.
var bangWords = words(`in has has_cs contains contains_cs startswith startswith_cs endswith endswith_cs hasprefix hasprefix_cs
	hassuffix hassuffix_cs between`)

// typedWords directly before '(' make the text up to the next ')' a literal.
var typedWords = words(`bool date datetime decimal double guid int int32 int64 long real time timespan`)

// paramNames are the operator parameters (name=value before the operands) that every operator with parameters takes; whether
// they mean anything to it is for the binder to say.
var paramNames = words(`__crossCluster __crossDB __id __isFuzzy __noWithSource __packedColumn __sourceColumnIndex bagexpansion
	bin_legacy cycles decodeblocks expandoutput force_remote isfuzzy kind with_itemindex with_match_id with_source
	with_step_name withsource`)

// hintNames may follow "hint.".
var hintNames = words(`concurrency distribution materialized num_partitions pass_filters pass_filters_column progressive_top
	remote shufflekey spread strategy`)

// ticksPer gives the length of each timespan unit in ticks of 100 ns. Nanoseconds, which are shorter, are handled apart.
var ticksPer = map[string]int64{}

func init() {
	for ticks, units := range map[int64]string{
		864_000_000_000: "d day days",
		36_000_000_000:  "h hr hrs hour hours",
		600_000_000:     "m min minute minutes",
		10_000_000:      "s sec second seconds",
		10_000:          "ms milli millis millisec millisecond milliseconds",
		10:              "micro micros microsec microsecond microseconds",
		1:               "tick ticks",
		0:               "nano nanos nanosec nanosecond nanoseconds",
	} {
		for _, unit := range strings.Fields(units) {
			ticksPer[unit] = ticks
		}
	}
}

// plainName reports whether name can be written without brackets wherever a name may stand.
func plainName(name string) bool {
	if name == "" || reservedFor[useStrict][name] || !isWordStart(name[0]) || name[0] == '$' {
		return false
	}
	for i := 1; i < len(name); i++ {
		if !isWordPart(name[i]) {
			return false
		}
	}
	return true
}

func isWordStart(c byte) bool {
	return c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isWordPart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
