package function

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// Functions that take structured text apart.

func init() {
	register(
		strict("parse_json", "parse-json-function", "Reads JSON text as a dynamic value; text that is no JSON stays text.", "json_text:string|dynamic -> dynamic",
			func(args []event.Value) event.Value { return parseJSON(args[0]) }).named(NameFirst),
		strict("todynamic", "todynamic-function", "Reads JSON text as a dynamic value; the same as parse_json.", "value:string|dynamic -> dynamic",
			func(args []event.Value) event.Value { return parseJSON(args[0]) }).named(NameFirst),
		lax("dynamic_to_json", "dynamic-to-json-function", "Writes a dynamic value as JSON, the keys of bags sorted.", "dynamic:scalar -> string", func(args []event.Value) event.Value {
			if args[0].IsNull() {
				return emptyText
			}
			return textOf(string(appendJSON(nil, sortKeys(args[0]))))
		}),
		strict("parse_csv", "parse-csv-function", "Gives the fields of the first record of CSV text.", "csv_text:string|dynamic -> dynamic",
			func(args []event.Value) event.Value { return parseCSV(Text(args[0])) }).named(NameFirst),
		(&Entry{Func: fn.Func{Name: "parse_xml", Doc: "Reads XML as a dynamic value: attributes are @name, text beside them #text.", See: "parse-xml-function",
			Bind: func(env *fn.Env, _ []fn.Arg) (fn.Row, error) {
				memo := env.Memo("parse_xml")
				return func(args []event.Value) event.Value { return memo.Of(Text(args[0]), parseXML) }, nil
			}}, Sig: []string{"xml_text:string|dynamic -> dynamic"}}).named(NameFirst),
		&Entry{Func: fn.Func{Name: "extract_json", Doc: "Gives the value at a path of JSON text, as the given type.", See: "extract-json-function", Bind: bindExtractJSON},
			Sig: []string{"jsonPath:string!, jsonText:string -> string", "jsonPath:string!, jsonText:string, type:type -> typeof"}},
		strict("parse_url", "parse-url-function", "Takes an absolute URL apart.", "url:string -> dynamic", func(args []event.Value) event.Value { return parseURL(args[0].Str()) }),
		strict("parse_urlquery", "parse-urlquery-function", "Takes the query of a URL apart.", "query:string -> dynamic", func(args []event.Value) event.Value {
			return event.ObjectOf(event.Bag{{Name: "Query Parameters", Value: queryParameters(strings.TrimPrefix(args[0].Str(), "?"))}})
		}),
		strict("parse_path", "parse-path-function", "Takes a file path apart.", "path:string -> dynamic", func(args []event.Value) event.Value { return parsePath(args[0].Str()) }),
		&Entry{Func: fn.Func{Name: "parse_command_line", Doc: "Cuts a command line into its arguments, as Windows does.", See: "parse-command-line-function", Bind: bindCommandLine},
			Sig: []string{"command:scalar, parser:string -> dynamic"}},
		strict("parse_version", "parse-version-function", "Reads a version of up to four numbers as one that compares in the right order.", "version:string -> decimal", parseVersion),
		strict("parse_user_agent", "parse-user-agent-function", "Tells browser, operating system and device of a user-agent string.", "user_agent:string, look_for:stringOrArray -> dynamic", parseUserAgent),
	)
	scalars["parse_version"].Note = "The result has 32 digits, eight for each number, more than a real can hold; it can be compared, sorted and printed, but not calculated with."
	scalars["parse_user_agent"].Note = "Common browsers, tools and systems are known; the platform's list is longer."
	alias("parse_json", "parsejson")
	alias("todynamic", "toobject")
	alias("extract_json", "extractjson")
	alias("parse_url", "parseurl")
	alias("parse_urlquery", "parseurlquery")
	examples(scalars, "parse_json", `parse_json('{"a":[1,2]}').a[1]`, `2`, `parse_json("not json")`, `"not json"`)
	examples(scalars, "dynamic_to_json", `dynamic_to_json(dynamic({"b": 1, "a": [true, null]}))`, `"{\"a\":[true,null],\"b\":1}"`)
	examples(scalars, "parse_csv", `parse_csv('aa,"b,""b",cc')`, `["aa","b,\"b","cc"]`)
	examples(scalars, "parse_xml", `parse_xml('<e n="v">t</e>')`, `{"e":{"@n":"v","#text":"t"}}`, `parse_xml('<e><a>1</a><a>2</a></e>').e.a[1]`, `"2"`)
	examples(scalars, "extract_json", `extract_json("$.a[1].b", '{"a":[0,{"b":"x"}]}')`, `"x"`, `extract_json("$.a", '{"a":5}', typeof(long))`, `5`)
	examples(scalars, "parse_url", `parse_url("https://u:p@h.com:81/a/b?k=v#f")`, `{"Scheme":"https","Host":"h.com","Port":"81","Path":"/a/b","Username":"u","Password":"p","Query Parameters":{"k":"v"},"Fragment":"f"}`)
	examples(scalars, "parse_urlquery", `parse_urlquery("k1=v1&k2=v2")`, `{"Query Parameters":{"k1":"v1","k2":"v2"}}`)
	examples(scalars, "parse_path", `parse_path(@"C:\temp\file.txt").DirectoryPath`, `"C:\\temp"`)
	examples(scalars, "parse_command_line", `parse_command_line("echo \"hello world!\"", "windows")`, `["echo","hello world!"]`)
	examples(scalars, "parse_version", `parse_version("1.10") > parse_version("1.9.9.9")`, `true`)
	examples(scalars, "parse_user_agent", `parse_user_agent("Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1", "browser")`,
		`{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}`)
}

func parseJSON(v event.Value) event.Value {
	if v.Kind() != event.String {
		return v
	}
	s := strings.TrimSpace(v.Str())
	if s == "" {
		return event.NullValue
	}
	parsed, err := fn.ParseJSON(s)
	if err != nil {
		return v
	}
	return parsed
}

func sortKeys(v event.Value) event.Value {
	switch v.Kind() {
	case event.List:
		out := make([]event.Value, len(v.List()))
		for i, e := range v.List() {
			out[i] = sortKeys(e)
		}
		return event.ListOf(out)
	case event.Object:
		out := make(event.Bag, len(v.Bag()))
		for i, f := range v.Bag() {
			out[i] = event.Field{Name: f.Name, Value: sortKeys(f.Value)}
		}
		slices.SortStableFunc(out, func(a, b event.Field) int { return strings.Compare(a.Name, b.Name) })
		return event.ObjectOf(out)
	}
	return v
}

func parseCSV(s string) event.Value {
	var out []event.Value
	var field []byte
	quoted, i := false, 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case quoted && c == '"' && i+1 < len(s) && s[i+1] == '"':
			field = append(field, c)
			i++
		case c == '"' && (quoted || len(field) == 0):
			quoted = !quoted
		case !quoted && c == ',':
			out = append(out, textOf(string(field)))
			field = field[:0]
			continue
		case !quoted && (c == '\n' || c == '\r'):
			return event.ListOf(append(out, textOf(string(field))))
		default:
			field = append(field, c)
		}
	}
	return event.ListOf(append(out, textOf(string(field))))
}

// maxXML is the longest XML text that parse_xml reads.
const maxXML = 1 << 20

func parseXML(s string) event.Value {
	if len(s) > maxXML {
		return event.NullValue
	}
	root := fn.ParseXML(s)
	if root == nil {
		return event.NullValue
	}
	var bag event.Bag
	for _, c := range root.Children {
		bag = append(bag, event.Field{Name: c.Name, Value: xmlValue(c)})
	}
	return event.ObjectOf(bag)
}

// xmlValue gives an element: null when empty, its text when it has nothing else, else a bag; children of one name are an array.
func xmlValue(n *fn.XMLNode) event.Value {
	text := n.Text()
	if len(n.Attrs) == 0 && len(n.Children) == 0 {
		if text == "" {
			return event.NullValue
		}
		return textOf(text)
	}
	bag := make(event.Bag, 0, len(n.Attrs)+len(n.Children)+1)
	for _, a := range n.Attrs {
		name := a.Name.Local
		if a.Name.Space != "" && name != "xmlns" {
			name = a.Name.Space + ":" + name
		}
		bag = append(bag, event.Field{Name: "@" + name, Value: textOf(a.Value)})
	}
	if text != "" {
		bag = append(bag, event.Field{Name: "#text", Value: textOf(text)})
	}
	at := map[string]int{}
	lists := map[string][]event.Value{}
	for _, c := range n.Children {
		v := xmlValue(c)
		if i, seen := at[c.Name]; seen {
			if lists[c.Name] == nil {
				lists[c.Name] = []event.Value{bag[i].Value}
			}
			lists[c.Name] = append(lists[c.Name], v)
			continue
		}
		at[c.Name] = len(bag)
		bag = append(bag, event.Field{Name: c.Name, Value: v})
	}
	for name, l := range lists {
		bag[at[name]].Value = event.ListOf(l)
	}
	return event.ObjectOf(bag)
}

// A jsonStep is one step of a path like $.a['b'][0]: a name, or a number when name is empty and index is set.
type jsonStep struct {
	name    string
	index   int64
	indexed bool
}

// parseJSONPath reads a path; the leading $ may be missing.
func parseJSONPath(s string) ([]jsonStep, error) {
	var out []jsonStep
	rest := strings.TrimPrefix(strings.TrimSpace(s), "$")
	for first := true; rest != ""; first = false {
		switch {
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if len(rest) > 1 && (rest[1] == '\'' || rest[1] == '"') {
				if e := strings.Index(rest[2:], rest[1:2]+"]"); e >= 0 {
					out = append(out, jsonStep{name: rest[2 : 2+e]})
					rest = rest[2+e+2:]
					continue
				}
			}
			if end < 0 {
				return nil, fmt.Errorf("the path %s has a [ without ]", s)
			}
			n, err := strconv.ParseInt(strings.TrimSpace(rest[1:end]), 10, 32)
			if err != nil {
				return nil, fmt.Errorf("%s is no index of the path %s", rest[1:end], s)
			}
			out = append(out, jsonStep{index: n, indexed: true})
			rest = rest[end+1:]
		case rest[0] == '.' || first:
			rest = strings.TrimPrefix(rest, ".")
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				if rest != "" && rest[0] == '[' {
					continue
				}
				return nil, fmt.Errorf("the path %s has an empty step", s)
			}
			out = append(out, jsonStep{name: rest[:end]})
			rest = rest[end:]
		default:
			return nil, fmt.Errorf("%s is no path", s)
		}
	}
	return out, nil
}

func walkJSON(v event.Value, path []jsonStep) (event.Value, bool) {
	for _, s := range path {
		if s.indexed {
			if v = element(v, s.index); v.IsNull() {
				return v, false
			}
			continue
		}
		m, ok := v.Bag().Get(s.name)
		if !ok {
			return event.NullValue, false
		}
		v = m
	}
	return v, true
}

func bindExtractJSON(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	to := types.String
	if len(args) > 2 {
		to, _ = types.Parse(Text(args[2].Value))
	}
	var path []jsonStep
	if args[0].Const {
		var err error
		if path, err = parseJSONPath(Text(args[0].Value)); err != nil {
			return nil, err
		}
	}
	return func(row []event.Value) event.Value {
		p := path
		if !args[0].Const {
			var err error
			if p, err = parseJSONPath(row[0].Str()); err != nil {
				return event.NullValue
			}
		}
		doc, err := fn.ParseJSON(row[1].Str())
		if err != nil {
			return event.NullValue
		}
		v, ok := walkJSON(doc, p)
		if !ok {
			return event.NullValue
		}
		return Cast(v, to)
	}, nil
}

// parseURL gives the parts of a URL; the path keeps its leading slash, as the service gives it.
func parseURL(s string) event.Value {
	var scheme, user, password, host, port, path, query, fragment string
	rest := s
	if i := strings.Index(rest, "://"); i > 0 && !strings.ContainsAny(rest[:i], "/?#") {
		scheme, rest = rest[:i], rest[i+3:]
	} else if strings.HasPrefix(rest, "//") {
		rest = rest[2:]
	} else {
		// Without a scheme there is no authority either, and what is left is path and query.
		rest, fragment, _ = strings.Cut(rest, "#")
		path, query, _ = strings.Cut(rest, "?")
		return urlParts("", "", "", path, "", "", query, fragment)
	}
	rest, fragment, _ = strings.Cut(rest, "#")
	rest, query, _ = strings.Cut(rest, "?")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, password, _ = strings.Cut(rest[:i], ":")
		rest = rest[i+1:]
	}
	host = rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") && strings.IndexByte(rest[i:], ']') < 0 {
		host, port = rest[:i], rest[i+1:]
	}
	return urlParts(scheme, host, port, path, user, password, query, fragment)
}

func urlParts(scheme, host, port, path, user, password, query, fragment string) event.Value {
	return event.ObjectOf(event.Bag{{Name: "Scheme", Value: textOf(scheme)}, {Name: "Host", Value: textOf(host)}, {Name: "Port", Value: textOf(port)},
		{Name: "Path", Value: textOf(path)}, {Name: "Username", Value: textOf(user)}, {Name: "Password", Value: textOf(password)},
		{Name: "Query Parameters", Value: queryParameters(query)}, {Name: "Fragment", Value: textOf(fragment)}})
}

func queryParameters(query string) event.Value {
	bag := event.Bag{}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		set(&bag, fn.URLDecode(k, true), textOf(fn.URLDecode(v, true)))
	}
	return event.ObjectOf(bag)
}

// set gives a property its value, in place when the bag has it.
func set(bag *event.Bag, name string, v event.Value) {
	for i := range *bag {
		if (*bag)[i].Name == name {
			(*bag)[i].Value = v
			return
		}
	}
	*bag = append(*bag, event.Field{Name: name, Value: v})
}

// parsePath knows Windows and Unix paths, shares, \\?\ and file:// paths, and alternate data streams.
func parsePath(s string) event.Value {
	var scheme, root, stream string
	p := s
	if i := strings.Index(p, "://"); i > 0 && !strings.ContainsAny(p[:i], `/\`) {
		scheme, p = p[:i], p[i+3:]
	}
	p = strings.TrimPrefix(p, `\\?\`)
	if len(p) > 1 && p[1] == ':' && (p[0]|0x20) >= 'a' && (p[0]|0x20) <= 'z' {
		root = p[:2]
	}
	cut := strings.LastIndexAny(p, `/\`)
	name, dir := p[cut+1:], ""
	if cut >= 0 {
		dir = p[:cut]
	} else if root != "" {
		name, dir = p[2:], root
	}
	if i := strings.IndexByte(name, ':'); i >= 0 {
		name, stream = name[:i], name[i+1:]
	}
	dirName := dir[strings.LastIndexAny(dir, `/\`)+1:]
	ext := ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		ext = name[i+1:]
	}
	return event.ObjectOf(event.Bag{{Name: "Scheme", Value: textOf(scheme)}, {Name: "RootPath", Value: textOf(root)}, {Name: "DirectoryPath", Value: textOf(dir)},
		{Name: "DirectoryName", Value: textOf(dirName)}, {Name: "Filename", Value: textOf(name)}, {Name: "Extension", Value: textOf(ext)},
		{Name: "AlternateDataStreamName", Value: textOf(stream)}})
}

func bindCommandLine(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	if args[1].Const && !strings.EqualFold(Text(args[1].Value), "windows") {
		return nil, fmt.Errorf("%q is no way to parse a command line: only \"windows\" is", Text(args[1].Value))
	}
	return func(args []event.Value) event.Value {
		if !strings.EqualFold(args[1].Str(), "windows") {
			return event.NullValue
		}
		return splitCommandLine(Text(args[0]))
	}, nil
}

// splitCommandLine follows CommandLineToArgvW: a backslash only matters before a quote, two quotes inside quotes are one.
func splitCommandLine(s string) event.Value {
	var out []event.Value
	var arg []byte
	inArg, quoted := false, false
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\':
			n := 0
			for i < len(s) && s[i] == '\\' {
				n++
				i++
			}
			inArg = true
			if i < len(s) && s[i] == '"' {
				for range n / 2 {
					arg = append(arg, '\\')
				}
				if n%2 == 1 {
					arg = append(arg, '"')
					i++
				}
			} else {
				for range n {
					arg = append(arg, '\\')
				}
			}
			continue
		case c == '"':
			inArg = true
			if quoted && i+1 < len(s) && s[i+1] == '"' {
				arg = append(arg, '"')
				i++
			} else {
				quoted = !quoted
			}
		case (c == ' ' || c == '\t' || c == '\n' || c == '\r') && !quoted:
			if inArg {
				out = append(out, textOf(string(arg)))
				arg, inArg = arg[:0], false
			}
		default:
			arg, inArg = append(arg, c), true
		}
		i++
	}
	if inArg {
		out = append(out, textOf(string(arg)))
	}
	return event.ListOf(out)
}

func parseVersion(args []event.Value) event.Value {
	parts := strings.Split(args[0].Str(), ".")
	if len(parts) > 4 {
		return event.NullValue
	}
	out := make([]byte, 0, 32)
	for i := range 4 {
		p := ""
		if i < len(parts) {
			if p = strings.TrimSpace(parts[i]); p == "" {
				return event.NullValue
			}
		}
		for i := range len(p) {
			if p[i] < '0' || p[i] > '9' {
				return event.NullValue
			}
		}
		if p = strings.TrimLeft(p, "0"); len(p) > 8 {
			return event.NullValue
		}
		out = append(append(out, "00000000"[len(p):]...), p...)
	}
	// What a real holds exactly is a number; longer ones are text of equal length, which sorts behind all numbers and right.
	if strings.HasPrefix(string(out), "0000000000000000") {
		if n, err := strconv.ParseInt(string(out[16:]), 10, 64); err == nil && n < 1<<53 {
			return event.FloatOf(float64(n))
		}
	}
	return textOf(string(out))
}
