package event

// DefaultBatchRows is how many rows a builder puts into a batch.
const DefaultBatchRows = 4096

// FieldID is a builder's number for a field name.
type FieldID int32

// A Renderer makes the raw text of records on demand. It must be safe for concurrent use, and the bytes it reads must not
// change while any batch lives.
type Renderer interface{ Render(key uint64) string }

// A Peeker is a Renderer that can show the raw text of a record where it lies, without copying it. What it shows is good for as
// long as the renderer.
type Peeker interface{ Peek(key uint64) string }

// A Builder turns records, given field by field, into batches of one class each. A decoder calls Add, AddString or
// AddBytes for each field of a record, optionally Raw, and then End with the record's class and origin, or Discard. A
// Builder belongs to one goroutine; several may share one Dicts.
type Builder struct {
	dicts *Dicts
	emit  func(*Batch) error
	rows  int
	need  func(name string) bool

	fields map[string]FieldID
	names  []string
	wanted []bool

	uniform *Class // set: the class of every record
	cells   []cell
	raw     Renderer
	rawKey  uint64
	classes map[*Class]*rowset
	order   []*rowset // in order of first appearance, so that Flush is deterministic
}

type cell struct {
	field FieldID
	code  uint32 // set when dict is
	dict  *Dict
	value Value
}

// NewBuilder returns a builder that hands full batches to emit, of at most rows rows each (0: [DefaultBatchRows]). When
// need is not nil, only fields for which it returns true are kept.
func NewBuilder(dicts *Dicts, rows int, need func(name string) bool, emit func(*Batch) error) *Builder {
	if rows <= 0 {
		rows = DefaultBatchRows
	}
	return &Builder{dicts: dicts, emit: emit, rows: rows, need: need,
		fields: map[string]FieldID{}, classes: map[*Class]*rowset{}}
}

// Uniform makes the builder put every record into one class, whatever class it is given: batches then hold the records in
// the order in which they came.
func (b *Builder) Uniform(class *Class) { b.uniform = class }

// Field returns the number of a field name; decoders look names up once and keep the numbers.
func (b *Builder) Field(name string) FieldID {
	if id, ok := b.fields[name]; ok {
		return id
	}
	return b.newField(name)
}

// FieldBytes is [Builder.Field] for a name in a buffer that will be reused.
func (b *Builder) FieldBytes(name []byte) FieldID {
	if id, ok := b.fields[string(name)]; ok {
		return id
	}
	return b.newField(string(name))
}

func (b *Builder) newField(name string) FieldID {
	id := FieldID(len(b.names))
	b.fields[name] = id
	b.names = append(b.names, name)
	b.wanted = append(b.wanted, b.need == nil || b.need(name))
	return id
}

// FieldName returns the name of a field number.
func (b *Builder) FieldName(f FieldID) string { return b.names[f] }

// Wants reports whether values of the field are kept; a decoder may skip the work of making them when not.
func (b *Builder) Wants(f FieldID) bool { return b.wanted[f] }

// Add gives a field of the current record its value. A field given twice keeps the last value.
func (b *Builder) Add(f FieldID, v Value) {
	if b.wanted[f] {
		b.cells = append(b.cells, cell{field: f, value: v})
	}
}

// AddString gives a field a text value; s is copied only when the run has not seen it in this field before.
func (b *Builder) AddString(f FieldID, s string) {
	if b.wanted[f] {
		b.cells = append(b.cells, cell{field: f, value: StringOf(s)})
	}
}

// AddBytes is [Builder.AddString] for bytes in a buffer that must stay unchanged until End or Discard.
func (b *Builder) AddBytes(f FieldID, s []byte) { b.AddString(f, bytesAsString(s)) }

// AddCode gives a field the value that has the given code in d, a dictionary that the builder's Dicts handed out for this
// field: for decoders that recognise a value in its encoded form.
func (b *Builder) AddCode(f FieldID, d *Dict, code uint32) {
	if b.wanted[f] {
		b.cells = append(b.cells, cell{field: f, code: code, dict: d})
	}
}

// AddText is [Builder.AddBytes] for text that hardly ever repeats: it stays out of the dictionary.
func (b *Builder) AddText(f FieldID, s []byte) {
	if b.wanted[f] {
		b.cells = append(b.cells, cell{field: f, code: plainText, value: StringOf(bytesAsString(s))})
	}
}

// plainText in a cell without dictionary marks the value of AddText.
const plainText = 1

// Dict returns the current dictionary of a field, for [Builder.AddCode].
func (b *Builder) Dict(f FieldID) *Dict { return b.dicts.For(b.names[f]) }

// Raw says how the raw text of the current record can be made.
func (b *Builder) Raw(r Renderer, key uint64) { b.raw, b.rawKey = r, key }

// Discard drops the current record.
func (b *Builder) Discard() { b.cells, b.raw = b.cells[:0], nil }

// End finishes the current record. It returns what emit returns when a batch is full.
func (b *Builder) End(class *Class, origin Origin) error {
	if b.uniform != nil {
		class = b.uniform
	}
	rs := b.classes[class]
	if rs == nil {
		rs = &rowset{class: class, direct: len(b.order) < maxDirectClasses}
		b.classes[class] = rs
		b.order = append(b.order, rs)
	}
	for i := range b.cells {
		c := &b.cells[i]
		col := rs.column(c.field)
		if col == nil {
			name := b.names[c.field]
			col = &colBuilder{name: name, dict: b.dicts.For(name)}
			rs.add(c.field, col)
			before := ""
			if i > 0 {
				before = b.names[b.cells[i-1].field]
			}
			rs.placed = append(rs.placed, placement{name, before})
		}
		switch {
		case c.dict != nil:
			col.putCode(rs.n, c.dict, c.code)
		case c.code == plainText:
			col.putText(rs.n, c.value)
		default:
			col.put(rs.n, c.value)
		}
	}
	rs.n++
	rs.origins = append(rs.origins, origin)
	rs.raws = append(rs.raws, rawRef{b.raw, b.rawKey})
	b.cells, b.raw = b.cells[:0], nil
	if rs.n >= b.rows {
		return b.flush(rs)
	}
	return nil
}

// Flush hands on the rows of all unfinished batches, in the order in which their classes first appeared.
func (b *Builder) Flush() error {
	for _, rs := range b.order {
		if err := b.flush(rs); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) flush(rs *rowset) error {
	if rs.n == 0 {
		return nil
	}
	out := NewBatch(rs.n)
	out.Class = rs.class
	out.Lineage.One = rs.origins
	out.placed, rs.placed = rs.placed, nil
	for _, col := range rs.cols {
		if c := col.finish(rs.n, b.dicts); c != nil {
			out.Set(col.name, c)
		}
	}
	if b.need == nil || b.need(RawField) {
		// Records that bring a field of that name have their text in it; others of the same batch have it made.
		given, raws := out.Column(RawField), rs.raws
		out.Set(RawField, NewLazyPeek(rs.n, func(i int) Value {
			if given != nil {
				if v := given.Value(i); !v.IsMissing() {
					return v
				}
			}
			if raws[i].from == nil {
				return Value{}
			}
			return StringOf(raws[i].from.Render(raws[i].key))
		}, func(i int) (Value, bool) {
			if given != nil {
				return Value{}, false
			}
			if p, ok := raws[i].from.(Peeker); ok {
				return StringOf(p.Peek(raws[i].key)), true
			}
			return Value{}, false
		}))
	}
	rs.n, rs.origins, rs.raws = 0, nil, nil
	return b.emit(out)
}

type rowset struct {
	class   *Class
	n       int
	direct  bool
	at      []*colBuilder           // by field, for low field numbers of the first classes
	more    map[FieldID]*colBuilder // the others
	cols    []*colBuilder
	placed  []placement // of fields that are new in this batch
	origins []Origin
	raws    []rawRef
}

// Field numbers index a slice while there are few classes and few fields, as in all honest data; beyond that a map keeps
// the memory in proportion to the input.
const (
	maxDirectClasses = 512
	maxDirectFields  = 2048
)

func (rs *rowset) column(f FieldID) *colBuilder {
	if int(f) < len(rs.at) {
		return rs.at[f]
	}
	return rs.more[f]
}

func (rs *rowset) add(f FieldID, c *colBuilder) {
	rs.cols = append(rs.cols, c)
	if rs.direct && f < maxDirectFields {
		for n := len(rs.at); n <= int(f); n = len(rs.at) {
			rs.at = append(rs.at, nil)
		}
		rs.at[f] = c
		return
	}
	if rs.more == nil {
		rs.more = map[FieldID]*colBuilder{}
	}
	rs.more[f] = c
}

type rawRef struct {
	from Renderer
	key  uint64
}

// colBuilder gathers one column: codes while all values are scalars that repeat, payloads while all are numbers or times of
// one kind, values otherwise.
type colBuilder struct {
	name string
	dict *Dict

	n     int // rows filled, missing ones included
	mode  Encoding
	kind  Kind
	codes []uint32
	nums  []uint64
	vals  []Value

	last     string // the text of lastCode: 71 % of values repeat the previous one
	lastCode uint32
	fresh    int // values of this batch that were new to the dictionary
	long     int // bytes of text offered in this batch
	texty    bool
}

// A text column whose batch was nearly all new and long stops going through the dictionary for the next batches:
// hashing and keeping what never repeats is waste.
const (
	textyShare = 0.9
	textyBytes = 64
)

// again takes back the value of a field that is given twice in one record: the last one counts.
func (c *colBuilder) again(row int) {
	c.n = row
	switch c.mode {
	case Dictionary:
		c.codes = c.codes[:row]
	case Plain:
		c.nums = c.nums[:row]
	case Any:
		c.vals = c.vals[:row]
	}
}

func (c *colBuilder) putCode(row int, d *Dict, code uint32) {
	if c.n == row && c.mode == Dictionary && d == c.dict && row > 0 {
		c.codes = append(c.codes, code)
		c.n++
		return
	}
	if c.n > row {
		c.again(row)
	}
	if c.n == 0 && c.mode != Any {
		c.mode = Dictionary
		if c.dict != d { // a newer generation
			c.dict, c.lastCode = d, 0
		}
	}
	c.pad(row)
	if c.mode == Dictionary && c.dict == d {
		c.codes = append(c.codes, code)
	} else {
		if c.mode != Any {
			c.toAny()
		}
		c.vals = append(c.vals, d.Value(code))
	}
	c.n++
}

func (c *colBuilder) putText(row int, v Value) {
	if c.n > row {
		c.again(row)
	}
	if c.n == 0 {
		c.mode = Any
	}
	c.pad(row)
	if c.mode != Any {
		c.toAny()
	}
	c.vals = append(c.vals, StringOf(cloneString(v.Str())))
	c.n++
}

func (c *colBuilder) put(row int, v Value) {
	if c.n > row {
		c.again(row)
	}
	if c.n == 0 && c.mode != Any {
		c.start(v)
	}
	c.pad(row)
	switch c.mode {
	case Plain:
		if v.kind == c.kind && c.n == row {
			c.nums = append(c.nums, v.num)
			c.n++
			return
		}
		c.toAny()
	case Dictionary:
		if v.kind == String {
			s := v.Str()
			if s == c.last && c.lastCode != 0 {
				c.codes = append(c.codes, c.lastCode)
				c.n++
				return
			}
			before := c.dict.Len()
			code := c.dict.InternString(s)
			if int(code) >= before {
				c.fresh++
			}
			c.long += len(s)
			c.last, c.lastCode = c.dict.Value(code).Str(), code
			c.codes = append(c.codes, code)
			c.n++
			return
		}
		if code, ok := c.dict.Intern(v); ok {
			c.codes = append(c.codes, code)
			c.n++
			return
		}
		c.toAny()
	}
	if v.kind == String {
		v = StringOf(cloneString(v.Str()))
	}
	c.vals = append(c.vals, v)
	c.n++
}

func (c *colBuilder) start(v Value) {
	switch v.kind {
	case Int, Float, Time, Duration:
		c.mode, c.kind = Plain, v.kind
	case List, Object:
		c.mode = Any
	default:
		c.mode = Dictionary
		if c.texty {
			c.mode = Any
		}
	}
}

// pad fills rows that lacked the field with missing values.
func (c *colBuilder) pad(row int) {
	if c.n == row {
		return
	}
	if c.mode == Plain {
		c.toAny()
	}
	for ; c.n < row; c.n++ {
		if c.mode == Dictionary {
			c.codes = append(c.codes, CodeMissing)
		} else {
			c.vals = append(c.vals, Value{})
		}
	}
}

func (c *colBuilder) toAny() {
	vals := make([]Value, 0, c.n+16)
	for i := range c.n {
		if c.mode == Dictionary {
			vals = append(vals, c.dict.Value(c.codes[i]))
		} else {
			vals = append(vals, Value{kind: c.kind, num: c.nums[i]})
		}
	}
	c.mode, c.vals, c.codes, c.nums = Any, vals, nil, nil
}

func (c *colBuilder) finish(n int, dicts *Dicts) *Column {
	if c.n == 0 {
		return nil
	}
	c.pad(n)
	var out *Column
	switch c.mode {
	case Dictionary:
		out = NewDictionary(c.dict, c.codes)
		if same(c.codes) { // an event class has many fields that never differ: what reads them is computed once a batch
			out = NewConstant(c.dict.Value(c.codes[0]), n)
		}
		c.texty = n >= 256 && float64(c.fresh) > textyShare*float64(n) && c.long > textyBytes*n
	case Plain:
		out = NewPlain(c.kind, c.nums, nil)
		if same(c.nums) {
			out = NewConstant(Value{kind: c.kind, num: c.nums[0]}, n)
		}
	default:
		out = NewAny(c.vals)
	}
	*c = colBuilder{name: c.name, dict: dicts.For(c.name), texty: c.texty}
	return out
}

func same[T comparable](vals []T) bool {
	for _, v := range vals {
		if v != vals[0] {
			return false
		}
	}
	return true
}
