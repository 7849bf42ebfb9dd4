// Package function is the table of SPL's functions: evaluation functions ([Scalars]), operators ([Operators]), tests of the
// search language ([Search]), forms that the lowering spells out ([Specials]), and aggregates ([Aggregates]).
//
// One entry is all there is to know of a function: name, arity, null rule, documentation, examples, kernel. To add one, add
// the entry to the list of its group; the tests execute its examples.
//
// # Values
//
// SPL knows text, numbers and multivalue fields. Missing and null are one thing here. Text that reads as a number is that
// number wherever a number is wanted ([Number]); a number wherever text is wanted is printed by [Text]. Booleans exist only
// as results of conditions. A list of one value is that value, an empty list is null. Times are epoch seconds.
//
// A text literal where a number is required is an error when the call is bound; the same text in a field gives null.
package function

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/fn"
)

// Lookup returns the evaluation function of that name, ignoring case, or nil.
func Lookup(name string) *fn.Func { return byName[strings.ToLower(name)] }

// Special returns the form of that name, ignoring case, or nil.
func Special(name string) *Form { return formByName[strings.ToLower(name)] }

// IsCondition reports whether the function or form of that name always gives true, false or null, so that eval cannot
// assign it to a field. (tobool does as well, and Splunk's own examples assign it.)
func IsCondition(name string) bool { return conditions[strings.ToLower(name)] }

var conditions = map[string]bool{"cidrmatch": true, "false": true, "in": true, "isarray": true, "isbool": true, "isdouble": true, "isint": true,
	"ismv": true, "isnotnull": true, "isnull": true, "isnum": true, "isobject": true, "isstr": true, "json_has_key_exact": true, "json_valid": true,
	"like": true, "match": true, "searchmatch": true, "true": true}

// A Form looks like an evaluation function and is spelt out by the lowering instead of being called.
type Form struct {
	Name     string
	Min, Max int
	// Lowering says what the form becomes.
	Lowering string

	Doc, See string
	Examples []fn.Example
	Note     string
}

// CheckArity returns an error in the user's words when n arguments are not what f takes.
func (f *Form) CheckArity(n int) error {
	return (&fn.Func{Name: f.Name, Min: f.Min, Max: f.Max}).CheckArity(n)
}

const manual = "https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/"

// The pages of the manual that entries refer to.
const (
	pageConditional = manual + "ConditionalFunctions"
	pageConversion  = manual + "ConversionFunctions"
	pageCrypto      = manual + "CryptographicFunctions"
	pageTime        = manual + "DateandTimeFunctions"
	pageInfo        = manual + "InformationalFunctions"
	pageJSON        = manual + "JSONFunctions"
	pageMath        = manual + "MathematicalFunctions"
	pageMultivalue  = manual + "MultivalueEvalFunctions"
	pageStatEval    = manual + "StatisticalFunctions"
	pageText        = manual + "TextFunctions"
	pageTrig        = manual + "TrigonometryFunctions"
	pageBitwise     = manual + "Bitwisefunctions"
	pageEval        = manual + "Eval"
	pageSearch      = manual + "Search"
	pageAgg         = manual + "Aggregatefunctions"
	pageOrder       = manual + "Eventorderfunctions"
	pageMultiAgg    = manual + "Multivaluefunctions"
	pageTimeAgg     = manual + "Timefunctions"
)

// Scalars are the evaluation functions, in alphabetical order.
var Scalars = collect(conditional, conversion, crypto, dates, information, jsonFuncs, mathematics, multivalue, statistics, texts, trigonometry, bitwise)

var byName = index(Scalars)

var formByName = func() map[string]*Form {
	m := make(map[string]*Form, len(Specials))
	for _, f := range Specials {
		m[f.Name] = f
	}
	return m
}()
