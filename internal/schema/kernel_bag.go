package schema

import (
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

const maxBagDepth = 64

// parseJSON reads JSON text; ok is false when it is none, or nested beyond reason.
func parseJSON(s string) (event.Value, bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return event.Value{}, false
	}
	if _, err := d.Token(); err != io.EOF {
		return event.Value{}, false
	}
	return v, true
}

func jsonValue(d *json.Decoder, depth int) (event.Value, error) {
	t, err := d.Token()
	if err != nil {
		return event.Value{}, err
	}
	switch t := t.(type) {
	case string:
		return event.StringOf(t), nil
	case bool:
		return event.BoolOf(t), nil
	case json.Number:
		if i, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return event.IntOf(i), nil
		}
		f, err := t.Float64()
		return event.FloatOf(f), err
	case json.Delim:
		if depth > maxBagDepth {
			return event.Value{}, io.ErrUnexpectedEOF
		}
		if t == '[' {
			list := []event.Value{}
			for d.More() {
				v, err := jsonValue(d, depth+1)
				if err != nil {
					return v, err
				}
				list = append(list, v)
			}
			_, err := d.Token()
			return event.ListOf(list), err
		}
		bag := event.Bag{}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return event.Value{}, err
			}
			v, err := jsonValue(d, depth+1)
			if err != nil {
				return v, err
			}
			name, _ := k.(string)
			bag = append(bag, event.Field{Name: name, Value: v})
		}
		_, err := d.Token()
		return event.ObjectOf(bag), err
	}
	return event.NullValue, nil
}

// eventXML reads the fields of Windows event XML, whole (<Event>) or only its <EventData> or <UserData>, into the canonical
// fields of a Windows event. Text that is no such XML gives an empty bag.
func eventXML(s string) event.Bag {
	var bag event.Bag
	put := func(name, text string) {
		bag = append(bag, event.Field{Name: name, Value: event.StringOf(text)})
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = false
	var path []string
	var name, text string
	var unnamed []event.Value
	for {
		t, err := d.RawToken()
		if err != nil || len(path) > maxBagDepth {
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			name, text = "", ""
			attr := func(key string) string {
				for _, a := range t.Attr {
					if strings.EqualFold(a.Name.Local, key) {
						return a.Value
					}
				}
				return ""
			}
			switch t.Name.Local {
			case "Data":
				name = attr("Name")
			case "Provider":
				put("Provider", attr("Name"))
				put("ProviderGuid", attr("Guid"))
			case "TimeCreated":
				put("TimeCreated", attr("SystemTime"))
			case "Execution":
				put("ExecutionProcessID", attr("ProcessID"))
				put("ExecutionThreadID", attr("ThreadID"))
			case "Security":
				put("UserID", attr("UserID"))
			}
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			if len(path) == 0 {
				break
			}
			elem := path[len(path)-1]
			path = path[:len(path)-1]
			switch {
			case elem == "Data" && name != "":
				put(name, text)
			case elem == "Data":
				unnamed = append(unnamed, event.StringOf(text))
			case len(path) > 0 && path[len(path)-1] == "System" && elem != "Provider" && elem != "TimeCreated" && elem != "Execution" && elem != "Security" && elem != "Correlation",
				len(path) > 1 && path[len(path)-2] == "UserData", len(path) > 0 && path[len(path)-1] == "EventData":
				put(elem, strings.TrimSpace(text))
			}
			name, text = "", ""
		}
	}
	if unnamed != nil {
		bag = append(bag, event.Field{Name: "Data", Value: event.ListOf(unnamed)})
	}
	return bag
}

// dataXML writes an event's data as the EventData element of event XML.
func dataXML(bag event.Bag) string {
	var b strings.Builder
	b.WriteString(`<EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event">`)
	data := func(name string, v event.Value) {
		if name == "" {
			b.WriteString("<Data>")
		} else {
			b.WriteString(`<Data Name="`)
			_ = xml.EscapeText(&b, []byte(name))
			b.WriteString(`">`)
		}
		_ = xml.EscapeText(&b, []byte(textOf(v)))
		b.WriteString("</Data>")
	}
	for _, f := range bag {
		if f.Name == "Data" && f.Value.Kind() == event.List {
			for _, v := range f.Value.List() {
				data("", v)
			}
		} else {
			data(f.Name, f.Value)
		}
	}
	b.WriteString("</EventData>")
	return b.String()
}

// keyValues reads key=value pairs separated by blanks or commas; values may stand in quotes, "…" or '…'. A quoted value in single
// quotes that itself holds pairs (audit's msg='…') gives these too.
func keyValues(s string, depth int) event.Bag {
	var bag event.Bag
	for i := 0; i < len(s); {
		for i < len(s) && strings.IndexByte(" \t\r\n\x1d,;|", s[i]) >= 0 {
			i++
		}
		from := i
		for i < len(s) && strings.IndexByte(" \t\r\n\x1d,;|=\"'", s[i]) < 0 {
			i++
		}
		if i == from || i >= len(s) || s[i] != '=' {
			if i == from {
				i++
			}
			continue
		}
		key := s[from:i]
		i++
		var val string
		if i < len(s) && (s[i] == '"' || s[i] == '\'') {
			q := s[i]
			i++
			from = i
			for i < len(s) && s[i] != q {
				if s[i] == '\\' && q == '"' {
					i++
				}
				i++
			}
			val = s[from:min(i, len(s))]
			i++
			if q == '\'' && depth < 2 && strings.Contains(val, "=") {
				bag = append(bag, keyValues(val, depth+1)...)
			}
		} else {
			from = i
			for i < len(s) && strings.IndexByte(" \t\r\n\x1d,;", s[i]) < 0 {
				i++
			}
			val = s[from:i]
		}
		bag = append(bag, event.Field{Name: key, Value: event.StringOf(val)})
	}
	return bag
}

func member(v event.Value, path string) event.Value {
	for v.Kind() == event.Object {
		if e, ok := v.Bag().Get(path); ok {
			return e
		}
		head, rest, ok := strings.Cut(path, ".")
		if !ok {
			return event.Value{}
		}
		v, _ = v.Bag().Get(head)
		path = rest
	}
	return event.Value{}
}

var _ = declare(
	&fn.Func{Name: "parse_json", Min: 1, Max: 1, Doc: "JSON text as a value; other values as they are.", Row: func(a []event.Value) event.Value {
		if a[0].Kind() == event.String {
			if v, ok := parseJSON(a[0].Str()); ok {
				return v
			}
		}
		return a[0]
	}},
	&fn.Func{Name: "event_xml", Min: 1, Max: 1, Doc: "The canonical fields in event XML, or in its EventData alone.", Row: func(a []event.Value) event.Value {
		s := strings.TrimSpace(textOf(a[0]))
		if !strings.HasPrefix(s, "<") {
			return event.NullValue
		}
		return event.ObjectOf(eventXML(s))
	}},
	&fn.Func{Name: "event_data", Min: 1, Max: 1, Doc: "The fields of a Windows event's data, given as event XML, as JSON text or as an object.", Row: func(a []event.Value) event.Value {
		if a[0].Kind() != event.String {
			return a[0]
		}
		s := strings.TrimSpace(a[0].Str())
		if strings.HasPrefix(s, "<") {
			return event.ObjectOf(eventXML(s))
		}
		v, _ := parseJSON(s)
		return v
	}},
	&fn.Func{Name: "key_values", Min: 1, Max: 1, Doc: "The key=value pairs in a text.", Row: func(a []event.Value) event.Value {
		return event.ObjectOf(keyValues(textOf(a[0]), 0))
	}},
	&fn.Func{Name: "name_values", Min: 1, Max: 1, Doc: "An object of a list of {Name, Value}; also of {@Name, #text} and {#attributes: {Name}, #text}.", Row: func(a []event.Value) event.Value {
		list := a[0].List()
		if a[0].Kind() == event.Object {
			list = a[:1]
		}
		bag := event.Bag{}
		for _, e := range list {
			name, text := event.Value{}, event.Value{}
			for _, k := range []string{"Name", "@Name", "#attributes.Name"} {
				if v := member(e, k); !v.IsNull() {
					name = v
				}
			}
			for _, k := range []string{"Value", "#text", "text"} {
				if v := member(e, k); !v.IsNull() {
					text = v
				}
			}
			if !name.IsNull() {
				bag = append(bag, event.Field{Name: textOf(name), Value: text})
			}
		}
		return event.ObjectOf(bag)
	}},
	&fn.Func{Name: "member", Min: 2, Max: 2, Doc: "A property of an object, by dotted path.", Row: func(a []event.Value) event.Value {
		return member(a[0], textOf(a[1]))
	}},
	&fn.Func{Name: "bag", Min: 0, Max: -1, Null: fn.SeesNull, Doc: "An object of keys and values in turn; blank values are left out.", Row: func(a []event.Value) event.Value {
		bag := event.Bag{}
		for i := 0; i+1 < len(a); i += 2 {
			if !blank(a[i+1]) {
				bag = append(bag, event.Field{Name: textOf(a[i]), Value: a[i+1]})
			}
		}
		return event.ObjectOf(bag)
	}},
	&fn.Func{Name: "json", Min: 1, Max: 1, Doc: "A value as JSON text.", Row: func(a []event.Value) event.Value {
		return event.StringOf(string(event.AppendJSON(nil, a[0])))
	}},
)

// auditCommand puts the command line of a Linux audit record together: EXECVE's arguments a0, a1, … or PROCTITLE's title, both of
// which may be in hex.
func auditCommand(raw string) string {
	bag := keyValues(raw, 0)
	decode := func(v event.Value) string {
		s := v.Str()
		if b, err := hex.DecodeString(s); err == nil && len(s) >= 2 && strings.ToUpper(s) == s && strings.Contains(raw, "="+s) {
			return strings.TrimRight(strings.ReplaceAll(string(b), "\x00", " "), " ")
		}
		return s
	}
	if v, ok := bag.Get("proctitle"); ok {
		return decode(v)
	}
	var args []string
	for i := range 1000 {
		v, ok := bag.Get("a" + strconv.Itoa(i))
		if !ok {
			break
		}
		args = append(args, decode(v))
	}
	if typ, _ := bag.Get("type"); typ.Str() != "EXECVE" || len(args) == 0 {
		return ""
	}
	return strings.Join(args, " ")
}

var _ = declare(
	&fn.Func{Name: "pairs", Min: 3, Max: 3, Doc: "An object of a list of objects: the property named first is the key, the one named second the value.", Row: func(a []event.Value) event.Value {
		bag := event.Bag{}
		list := a[0].List()
		if a[0].Kind() == event.Object {
			list = a[:1]
		}
		for _, e := range list {
			if k := member(e, textOf(a[1])); !k.IsNull() {
				bag = append(bag, event.Field{Name: textOf(k), Value: member(e, textOf(a[2]))})
			}
		}
		return event.ObjectOf(bag)
	}},
	&fn.Func{Name: "members", Min: 2, Max: 2, Doc: "One property of all objects in a list.", Row: func(a []event.Value) event.Value {
		list := a[0].List()
		if a[0].Kind() == event.Object {
			list = a[:1]
		}
		var out []event.Value
		for _, e := range list {
			if v := member(e, textOf(a[1])); !v.IsNull() {
				out = append(out, v)
			}
		}
		if out == nil {
			return event.NullValue
		}
		return event.ListOf(out)
	}},
	&fn.Func{Name: "audit_command", Min: 1, Max: 1, Doc: "The command line in a Linux audit record, hex decoded.", Row: func(a []event.Value) event.Value {
		if c := auditCommand(textOf(a[0])); c != "" {
			return event.StringOf(c)
		}
		return event.NullValue
	}},
)
