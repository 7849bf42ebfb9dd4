package spl

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/spl/function"
)

// Lookups that published rules take for granted because other apps bring them. Tables of assets, identities and the like are
// empty here, until the user gives one of that name: rules read a missing row as "not known". Lookups that compute are
// computed.

// emptyTables are the columns of tables that are empty.
var emptyTables = map[string][]string{
	"asset_lookup_by_str":               {"asset", "asset_id", "asset_tag", "bunit", "category", "city", "country", "dns", "ip", "is_expected", "lat", "long", "mac", "nt_host", "owner", "pci_domain", "priority", "requires_av", "should_timesync", "should_update"},
	"asset_lookup_by_cidr":              {"asset", "asset_id", "asset_tag", "bunit", "category", "city", "country", "dns", "ip", "is_expected", "lat", "long", "mac", "nt_host", "owner", "pci_domain", "priority", "requires_av", "should_timesync", "should_update"},
	"identity_lookup_expanded":          {"identity", "identity_id", "identity_tag", "bunit", "category", "downLevelDomainName", "email", "endDate", "first", "last", "managedBy", "nick", "objectSid", "phone", "prefix", "priority", "startDate", "suffix", "watchlist", "work_city", "work_country", "work_lat", "work_long"},
	"admon_groups_def":                  {"cn", "category", "description", "distinguishedName", "member", "objectSid", "sAMAccountName"},
	"alexa_lookup_by_str":               {"domain", "rank"},
	"cim_corporate_email_domain_lookup": {"domain"},
	"cim_corporate_web_domain_lookup":   {"domain"},
	"interesting_ports_lookup":          {"app", "dest_port", "is_prohibited", "is_required", "is_secure", "note", "transport"},
	"domains":                           {"domain"},
}

// A computed lookup gives the columns of its outputs for the values of its inputs.
type computed struct {
	inputs, outputs []string
	compute         func(in []string, output string) (string, bool)
}

var computedTables = map[string]*computed{
	"ut_shannon_lookup": {[]string{"word"}, []string{"ut_shannon"}, func(in []string, _ string) (string, bool) {
		return strconv.FormatFloat(shannon(in[0]), 'f', -1, 64), true
	}},
	"ut_parse_extended_lookup": {[]string{"url", "list"}, []string{"ut_scheme", "ut_netloc", "ut_port", "ut_path", "ut_query", "ut_params", "ut_fragment", "ut_domain", "ut_subdomain", "ut_subdomain_count", "ut_domain_without_tld",
		"ut_tld", "ut_subdomain_level_1", "ut_subdomain_level_2", "ut_subdomain_level_3"}, parseURL},
	"ut_parse_simple_lookup": {[]string{"url"}, []string{"ut_scheme", "ut_netloc", "ut_port", "ut_path", "ut_query", "ut_params", "ut_fragment"}, parseURL},
}

// supplied returns the table of a name that other apps bring, or nil.
func supplied(name string) *Table {
	if cols := emptyTables[name]; cols != nil {
		return &Table{Name: name, Columns: cols}
	}
	if c := computedTables[name]; c != nil {
		return &Table{Name: name, Columns: slices.Concat(c.inputs, c.outputs), computed: c}
	}
	return nil
}

// function makes the function that computes one output.
func (c *computed) function(table string, inputs []string, output string) (*fn.Func, error) {
	at := make([]int, len(c.inputs))
	for i, name := range c.inputs {
		if at[i] = slices.Index(inputs, name); at[i] < 0 && i == 0 {
			return nil, fmt.Errorf("lookup %s needs the column %s", table, name)
		}
	}
	return &fn.Func{Name: "lookup " + table + " " + output, Min: len(inputs), Max: len(inputs), Null: fn.SeesNull,
		Row: func(in []event.Value) event.Value {
			values := make([]string, len(at))
			for i, j := range at {
				if j >= 0 {
					if in[j].IsNull() {
						return event.NullValue
					}
					values[i] = function.Text(in[j])
				}
			}
			if s, ok := c.compute(values, output); ok && s != "" {
				return event.StringOf(s)
			}
			return event.NullValue
		}}, nil
}

// shannon is the entropy of a text in bits a character.
func shannon(s string) float64 {
	counts := map[rune]int{}
	n := 0
	for _, r := range s {
		counts[r]++
		n++
	}
	// Adding in the order of the map would give answers that differ in the last digit.
	sizes := make([]int, 0, len(counts))
	for _, c := range counts {
		sizes = append(sizes, c)
	}
	slices.Sort(sizes)
	h := 0.0
	for _, c := range sizes {
		p := float64(c) / float64(n)
		h -= p * math.Log2(p)
	}
	return h
}

// secondLevel are the labels that belong to the public suffix under a country's domain: co.uk, com.au.
var secondLevel = []string{"ac", "co", "com", "edu", "gov", "mil", "net", "nom", "or", "org", "ne", "go"}

// parseURL gives the parts of an address as the URL toolbox names them.
//
// differs: the public suffix is found by a rule, not by a list.
func parseURL(in []string, output string) (string, bool) {
	raw := in[0]
	if !strings.Contains(raw, "://") {
		raw = "//" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", false
	}
	switch output {
	case "ut_scheme":
		return u.Scheme, true
	case "ut_netloc":
		return u.Host, true
	case "ut_port":
		return u.Port(), true
	case "ut_path":
		return u.Path, true
	case "ut_query":
		return u.RawQuery, true
	case "ut_fragment":
		return u.Fragment, true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		if output == "ut_domain" {
			return host, true
		}
		return "", false
	}
	labels := strings.Split(host, ".")
	tld := 1
	if n := len(labels); n > 2 && len(labels[n-1]) == 2 && slices.Contains(secondLevel, labels[n-2]) {
		tld = 2
	}
	if len(labels) <= tld {
		return "", false
	}
	sub := labels[:len(labels)-tld-1]
	switch output {
	case "ut_tld":
		return strings.Join(labels[len(labels)-tld:], "."), true
	case "ut_domain":
		return strings.Join(labels[len(labels)-tld-1:], "."), true
	case "ut_domain_without_tld":
		return labels[len(labels)-tld-1], true
	case "ut_subdomain":
		return strings.Join(sub, "."), true
	case "ut_subdomain_count":
		return strconv.Itoa(len(sub)), true
	}
	if level, ok := strings.CutPrefix(output, "ut_subdomain_level_"); ok {
		if i, err := strconv.Atoi(level); err == nil && i >= 1 && i <= len(sub) {
			return sub[len(sub)-i], true
		}
	}
	return "", false
}
