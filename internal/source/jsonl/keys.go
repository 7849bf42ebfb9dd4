package jsonl

import (
	"bytes"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/shape"
)

// An object is what is known of the objects that appear at one path: their keys, as nodes, and what usually comes first.
type object struct {
	prefix string // "" or "a.b."
	head   node   // not a key: its next predicts the first one
	table  []*node
	n      int
}

// A node is one key of the objects at one path.
type node struct {
	key   []byte // as it stands in the input with its quotes and colon: "Image":
	hash  uint64
	path  string
	field event.FieldID
	want  bool
	mark  shape.Marks
	role  shape.Role
	next  [2]*node // the keys that followed this one, the latest first
	child *object  // for keys that have held objects
	whole bool     // its objects are kept as values, too

	properties bool    // "properties" at top level, which Defender's streaming records have
	preview    bool    // "preview" at top level, which Splunk's exported rows have
	wrapped    wrapper // an object at top level that may be the event itself
	bare       *object // what is known of such objects; their fields go without a prefix
	records    bool    // "records" at top level: a container of events

	dict                         *event.Dict
	cache                        []cached // of wanted text values, by hash of the raw bytes
	last                         cached
	plain                        bool // values hardly ever repeat and are long: no dictionary
	offers, misses, fresh, bytes int

	lastList  event.Value // the last list, and its raw form
	lastArray string
}

// A wrapper is what some exporters put around events.
type wrapper uint8

const (
	noWrapper     wrapper = iota
	elasticSource         // "_source" of Elasticsearch's hits
	splunkResult          // "result" beside "preview" in Splunk's rows
)

// cached remembers the dictionary code of a text value in its raw form, so that a value that comes again is neither
// unescaped nor looked up.
type cached struct {
	raw  string
	code uint32
}

// find returns the node of a key in its raw form without quotes, or nil.
func (o *object) find(raw []byte, h uint64) *node {
	if len(o.table) == 0 {
		return nil
	}
	mask := uint64(len(o.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		n := o.table[i]
		if n == nil {
			return nil
		}
		if n.hash == h && len(n.key) == len(raw)+3 && bytes.Equal(n.key[1:len(raw)+1], raw) {
			return n
		}
	}
}

func (o *object) insert(n *node) {
	if 2*(o.n+1) > len(o.table) {
		old := o.table
		o.table = make([]*node, max(16, 2*len(old)))
		for _, m := range old {
			if m != nil {
				o.place(m)
			}
		}
	}
	o.place(n)
	o.n++
}

func (o *object) place(n *node) {
	mask := uint64(len(o.table) - 1)
	i := n.hash & mask
	for o.table[i] != nil {
		i = (i + 1) & mask
	}
	o.table[i] = n
}
