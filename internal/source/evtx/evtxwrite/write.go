package evtxwrite

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
)

const (
	chunkSize   = 1 << 16
	chunkHeader = 512
)

// WriteFile writes a log of the given events, in order.
func WriteFile(w io.Writer, events []Event) error {
	var chunks [][]byte
	c := newChunk()
	number := uint64(0)
	for i := range events {
		e := &events[i]
		if number++; e.Record != 0 {
			number = e.Record
		}
		ok, err := c.record(e, number)
		if err == nil && !ok {
			if c.first == 0 {
				return fmt.Errorf("event %d: larger than a chunk of 64 KiB", i)
			}
			chunks = append(chunks, c.finish())
			c = newChunk()
			if ok, err = c.record(e, number); err == nil && !ok {
				return fmt.Errorf("event %d: larger than a chunk of 64 KiB", i)
			}
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
	}
	if c.first != 0 || len(chunks) == 0 {
		chunks = append(chunks, c.finish())
	}
	le := binary.LittleEndian
	head := make([]byte, 4096)
	copy(head, "ElfFile\x00")
	le.PutUint64(head[16:], uint64(len(chunks)-1))
	le.PutUint64(head[24:], number+1)
	le.PutUint32(head[32:], 128)
	le.PutUint16(head[36:], 1)
	le.PutUint16(head[38:], 3)
	le.PutUint16(head[40:], 4096)
	le.PutUint16(head[42:], uint16(len(chunks)))
	le.PutUint32(head[124:], crc32.ChecksumIEEE(head[:120]))
	for _, b := range append([][]byte{head}, chunks...) {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write event log: %w", err)
		}
	}
	return nil
}

// A chunk is a chunk being written. Offsets are those of buf.
type chunk struct {
	buf         []byte
	names       map[string]int
	templates   map[string]int
	first, last uint64 // numbers of records
	lastAt      int
	number      uint64   // of the record being written
	added       []string // names and templates of the record being written, to be taken back
}

func newChunk() *chunk {
	return &chunk{buf: make([]byte, chunkHeader, chunkSize), names: map[string]int{}, templates: map[string]int{}}
}

// record adds an event; false when it does not fit.
func (c *chunk) record(e *Event, number uint64) (bool, error) {
	start := len(c.buf)
	c.added, c.number = c.added[:0], number
	c.buf = append(c.buf, "**\x00\x00\x00\x00\x00\x00"...)
	c.u64(number)
	c.u64(fileTime(e.Time))
	c.buf = append(c.buf, 0x0f, 1, 1, 0)
	var err error
	if e.Forwarded {
		err = c.forwarded(e)
	} else {
		err = c.templated(e)
	}
	if err != nil {
		return false, err
	}
	c.buf = append(c.buf, 0)
	for len(c.buf)%8 != 4 {
		c.buf = append(c.buf, 0)
	}
	size := len(c.buf) + 4 - start
	c.u32(size)
	if len(c.buf) > chunkSize {
		c.buf = c.buf[:start]
		for _, a := range c.added {
			delete(c.names, a)
			delete(c.templates, a)
		}
		return false, nil
	}
	binary.LittleEndian.PutUint32(c.buf[start+4:], uint32(size))
	if c.first == 0 {
		c.first = number
	}
	c.last, c.lastAt = number, start
	return true, nil
}

// finish returns the chunk with its header.
func (c *chunk) finish() []byte {
	free := len(c.buf)
	b := append(c.buf, make([]byte, chunkSize-free)...)
	le := binary.LittleEndian
	copy(b, "ElfChnk\x00")
	for i, n := range []uint64{c.first, c.last, c.first, c.last} {
		le.PutUint64(b[8+8*i:], n)
	}
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], uint32(c.lastAt))
	le.PutUint32(b[48:], uint32(free))
	// The header finds names by their hash, in 64 lists, and templates by their identifier, in 32.
	link := func(places map[string]int, table int, slot func(at int) int) {
		for _, at := range slices.Sorted(maps.Values(places)) {
			head := table + 4*slot(at)
			copy(b[at:at+4], b[head:head+4])
			le.PutUint32(b[head:], uint32(at))
		}
	}
	link(c.names, 128, func(at int) int { return int(le.Uint16(b[at+4:]) % 64) })
	link(c.templates, 384, func(at int) int { return int(le.Uint32(b[at+4:]) % 32) })
	le.PutUint32(b[52:], crc32.ChecksumIEEE(b[chunkHeader:free]))
	le.PutUint32(b[124:], crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[128:chunkHeader]))
	return b
}

func (c *chunk) u16(n int)    { c.buf = binary.LittleEndian.AppendUint16(c.buf, uint16(n)) }
func (c *chunk) u32(n int)    { c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(n)) }
func (c *chunk) u64(n uint64) { c.buf = binary.LittleEndian.AppendUint64(c.buf, n) }

// sized writes the number of bytes that f writes before them.
func (c *chunk) sized(f func()) {
	at := len(c.buf)
	c.u32(0)
	f()
	binary.LittleEndian.PutUint32(c.buf[at:], uint32(len(c.buf)-at-4))
}

// name writes the offset of a name, and the name itself where it comes first.
func (c *chunk) name(s string) {
	if at, ok := c.names[s]; ok {
		c.u32(at)
		return
	}
	at := len(c.buf) + 4
	c.u32(at)
	c.names[s] = at
	c.added = append(c.added, s)
	units := utf16le(s)
	c.u32(0)
	c.u16(int(nameHash(units)))
	c.u16(len(units) / 2)
	c.buf = append(append(c.buf, units...), 0, 0)
}

func nameHash(units []byte) uint16 {
	hash := uint32(0)
	for i := 0; i < len(units); i += 2 {
		hash = hash*65599 + uint32(units[i]) + uint32(units[i+1])<<8
	}
	return uint16(hash)
}

// An element of a document: its content is elements, then text, then the value with a number.
type element struct {
	name  string
	empty bool // written as <a/>
	attrs []attr
	dep   int // number of the value without which it is not there, plus 1
	text  string
	sub   int // plus 1
	typ   byte
	kids  []element
}

type attr struct {
	name string
	text string
	sub  int // plus 1
	typ  byte
}

// write writes an element; those of templates carry dependencies.
func (c *chunk) write(e *element, inTemplate bool) {
	if len(e.attrs) > 0 {
		c.buf = append(c.buf, 0x41)
	} else {
		c.buf = append(c.buf, 0x01)
	}
	if inTemplate {
		c.u16(e.dep - 1)
	}
	c.sized(func() {
		c.name(e.name)
		if len(e.attrs) > 0 {
			c.sized(func() {
				for i, a := range e.attrs {
					if i < len(e.attrs)-1 {
						c.buf = append(c.buf, 0x46)
					} else {
						c.buf = append(c.buf, 0x06)
					}
					c.name(a.name)
					c.content(a.text, a.sub, a.typ)
				}
			})
		}
		if e.empty {
			c.buf = append(c.buf, 0x03)
			return
		}
		c.buf = append(c.buf, 0x02)
		for i := range e.kids {
			c.write(&e.kids[i], inTemplate)
		}
		c.content(e.text, e.sub, e.typ)
		c.buf = append(c.buf, 0x04)
	})
}

func (c *chunk) content(text string, sub int, typ byte) {
	if text != "" {
		units := utf16le(text)
		c.buf = append(c.buf, 0x05, typeString)
		c.u16(len(units) / 2)
		c.buf = append(c.buf, units...)
	}
	if sub > 0 {
		c.buf = append(c.buf, 0x0e)
		if typ == typeString || typ == 0 {
			c.buf[len(c.buf)-1] = 0x0d
		}
		c.u16(sub - 1)
		c.buf = append(c.buf, typ)
	}
}

// instance writes an instance of a template: its definition where it comes first, and the values.
func (c *chunk) instance(key string, root *element, types []byte, values [][]byte) error {
	at, known := c.templates[key]
	id := crc32.ChecksumIEEE([]byte(key))
	if !known {
		at = len(c.buf) + 10
		c.templates[key] = at
		c.added = append(c.added, key)
	}
	c.buf = append(c.buf, 0x0c, 1)
	c.u32(int(id))
	c.u32(at)
	if !known {
		c.u32(0)
		c.u32(int(id)) // the identifier begins with it
		sum := crc32.Checksum([]byte(key), crc32.MakeTable(crc32.Castagnoli))
		c.u64(uint64(sum)<<32 | uint64(^id))
		c.u32(int(sum))
		c.sized(func() {
			c.buf = append(c.buf, 0x0f, 1, 1, 0)
			c.write(root, true)
			c.buf = append(c.buf, 0)
		})
	}
	c.u32(len(values))
	for i, v := range values {
		if len(v) > 0xffff {
			return fmt.Errorf("a value of %d bytes; the limit is 65535", len(v))
		}
		c.u16(len(v))
		c.buf = append(c.buf, types[i], 0)
	}
	for _, v := range values {
		c.buf = append(c.buf, v...)
	}
	return nil
}

const eventSchema = "http://schemas.microsoft.com/win/2004/08/events/event"

// systemTemplate is the document that Windows' own events are instances of; value 17 is the event's data.
func systemTemplate(e *Event) *element {
	provider := element{name: "Provider", empty: true, attrs: []attr{{name: "Name", text: e.Provider}}}
	if e.ProviderGUID != "" {
		provider.attrs = append(provider.attrs, attr{name: "Guid", text: e.ProviderGUID})
	}
	sub := func(name string, n int, typ byte) element {
		return element{name: name, dep: n + 1, sub: n + 1, typ: typ}
	}
	id := sub("EventID", 3, 0x06)
	id.attrs = []attr{{name: "Qualifiers", sub: 5, typ: 0x06}}
	return &element{name: "Event", dep: 0, attrs: []attr{{name: "xmlns", text: eventSchema}}, sub: 18, typ: typeBinXML, kids: []element{
		{name: "System", kids: []element{
			provider, id, sub("Version", 11, 0x04), sub("Level", 0, 0x04), sub("Task", 2, 0x06), sub("Opcode", 1, 0x04), sub("Keywords", 5, 0x15),
			{name: "TimeCreated", empty: true, attrs: []attr{{name: "SystemTime", sub: 7, typ: 0x11}}},
			sub("EventRecordID", 10, 0x0a),
			{name: "Correlation", empty: true, attrs: []attr{{name: "ActivityID", sub: 8, typ: 0x0f}}},
			{name: "Execution", empty: true, attrs: []attr{{name: "ProcessID", sub: 9, typ: 0x08}, {name: "ThreadID", sub: 10, typ: 0x08}}},
			{name: "Channel", text: e.Channel}, {name: "Computer", text: e.Computer},
			{name: "Security", empty: true, attrs: []attr{{name: "UserID", sub: 13, typ: 0x13}}},
		}},
	}}
}

func (c *chunk) templated(e *Event) error {
	vals := make([]any, 18)
	vals[0], vals[1], vals[2], vals[3] = uint8(e.Level), uint8(e.Opcode), uint16(e.Task), uint16(e.ID)
	if e.Qualifiers != 0 {
		vals[4] = uint16(e.Qualifiers)
	}
	vals[5], vals[6] = Hex64(e.Keywords), e.Time
	if e.ActivityID != "" {
		vals[7] = GUID(e.ActivityID)
	}
	vals[8], vals[9], vals[10], vals[11] = e.ProcessID, e.ThreadID, c.number, uint8(e.Version)
	if e.UserSID != "" {
		vals[12] = SID(e.UserSID)
	}
	types, values := make([]byte, len(vals)), make([][]byte, len(vals))
	for i, v := range vals {
		var err error
		if types[i], values[i], err = encode(v); err != nil {
			return err
		}
	}
	key := strings.Join([]string{"system", e.Provider, e.ProviderGUID, e.Channel, e.Computer}, "\x00")
	root := systemTemplate(e)
	if e.Data == nil && e.UserData == "" {
		root.sub = 0
		return c.instance(key+"\x00none", root, types[:17], values[:17])
	}
	// The data's template is written within its value, so the value's place must be known first: it comes right behind the
	// other values. Its size is filled in when it is written.
	types[17] = typeBinXML
	if err := c.instance(key, root, types, values); err != nil {
		return err
	}
	size := len(c.buf)
	for _, v := range values {
		size -= len(v)
	}
	size -= 4
	at := len(c.buf)
	c.buf = append(c.buf, 0x0f, 1, 1, 0)
	if err := c.data(e); err != nil {
		return err
	}
	c.buf = append(c.buf, 0)
	if len(c.buf)-at > 0xffff {
		return fmt.Errorf("data of %d bytes; the limit is 65535", len(c.buf)-at)
	}
	binary.LittleEndian.PutUint16(c.buf[size:], uint16(len(c.buf)-at))
	return nil
}

// data writes the instance that EventData or UserData is.
func (c *chunk) data(e *Event) error {
	root := element{name: "EventData"}
	items := &root.kids
	key := "data\x00"
	if e.UserData != "" {
		root = element{name: "UserData", kids: []element{{name: e.UserData}}}
		items = &root.kids[0].kids
		key = "user\x00" + e.UserData + "\x00"
	}
	types, values := make([]byte, len(e.Data)), make([][]byte, len(e.Data))
	for i, f := range e.Data {
		var err error
		if types[i], values[i], err = encode(f.Value); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		item := element{name: "Data", sub: i + 1, typ: typeString}
		switch {
		case e.UserData != "":
			item.name = f.Name
		case f.Name != "":
			item.attrs = []attr{{name: "Name", text: f.Name}}
		}
		*items = append(*items, item)
		key += f.Name + "\x00"
	}
	return c.instance(key, &root, types, values)
}

// forwarded writes an event without a template.
func (c *chunk) forwarded(e *Event) error {
	text := func(name, s string) element { return element{name: name, text: s} }
	num := func(name string, n int) element { return text(name, fmt.Sprint(n)) }
	provider := element{name: "Provider", empty: true, attrs: []attr{{name: "Name", text: e.Provider}}}
	if e.ProviderGUID != "" {
		provider.attrs = append(provider.attrs, attr{name: "Guid", text: e.ProviderGUID})
	}
	id := num("EventID", e.ID)
	if e.Qualifiers != 0 {
		id.attrs = []attr{{name: "Qualifiers", text: fmt.Sprint(e.Qualifiers)}}
	}
	correlation, security := element{name: "Correlation", empty: true}, element{name: "Security", empty: true}
	if e.ActivityID != "" {
		correlation.attrs = []attr{{name: "ActivityID", text: e.ActivityID}}
	}
	if e.UserSID != "" {
		security.attrs = []attr{{name: "UserID", text: e.UserSID}}
	}
	data := element{name: "EventData"}
	for _, f := range e.Data {
		item := text("Data", fmt.Sprint(f.Value))
		if f.Name != "" {
			item.attrs = []attr{{name: "Name", text: f.Name}}
		}
		data.kids = append(data.kids, item)
	}
	root := element{name: "Event", attrs: []attr{{name: "xmlns", text: eventSchema}}, kids: []element{
		{name: "System", kids: []element{
			provider, id, num("Version", e.Version), num("Level", e.Level), num("Task", e.Task), num("Opcode", e.Opcode),
			text("Keywords", fmt.Sprintf("0x%x", e.Keywords)),
			{name: "TimeCreated", empty: true, attrs: []attr{{name: "SystemTime", text: e.Time.UTC().Format("2006-01-02T15:04:05.0000000Z")}}},
			text("EventRecordID", fmt.Sprint(c.number)), correlation,
			{name: "Execution", empty: true, attrs: []attr{{name: "ProcessID", text: fmt.Sprint(e.ProcessID)}, {name: "ThreadID", text: fmt.Sprint(e.ThreadID)}}},
			text("Channel", e.Channel), text("Computer", e.Computer), security,
		}}, data,
	}}
	if e.Message != "" {
		root.kids = append(root.kids, element{name: "RenderingInfo", attrs: []attr{{name: "Culture", text: "en-US"}}, kids: []element{
			text("Message", e.Message), {name: "Keywords", kids: []element{text("Keyword", "Audit Success")}}}})
	}
	c.write(&root, false)
	return nil
}
