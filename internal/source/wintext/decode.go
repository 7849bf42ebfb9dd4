package wintext

import (
	"bytes"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/winevent"
)

// A Decoder turns classic text into records of a builder. It belongs to the builder's goroutine.
type Decoder struct {
	// File is the number that origins of records get.
	File uint32

	w       *winevent.Writer
	raw     bool
	targets map[string]winevent.Target
	name    []byte
}

// New returns a decoder that gives records to b.
func New(b *event.Builder, classes *event.Classes) *Decoder {
	return &Decoder{w: winevent.NewWriter(b, classes), raw: b.Wants(b.Field(event.RawField)), targets: map[string]winevent.Target{}}
}

func str(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// maxTargets bounds the field names that are kept; only hostile input has more.
const maxTargets = 1 << 14

// describe gives a field that is no data of the event's own.
func (d *Decoder) describe(name string, value []byte) { d.w.Put(d.w.Rendered(name), str(value)) }

// put gives a field a text by its name, which may lie in a buffer.
func (d *Decoder) put(name, value []byte) {
	t, ok := d.targets[string(name)]
	if !ok {
		if len(d.targets) >= maxTargets {
			return
		}
		s := string(name)
		t = d.w.Canonical(s)
		t.List = s == "KeywordNames"
		d.targets[s] = t
	}
	d.w.Put(t, str(value))
}

// providers are the names of providers that go by another one here.
var providers = map[string]string{"Microsoft Windows security auditing.": "Microsoft-Windows-Security-Auditing"}

// keys are the canonical names of what the head of a classic event holds; other keys keep their own.
var keys = map[string][]string{
	"LogName":      {"Channel"},
	"SourceName":   {"Provider"},
	"EventCode":    {"EventID"},
	"EventType":    {"EventType", "Level"}, // it is the level, except in logs of Windows XP
	"Type":         {"Type"},
	"ComputerName": {"Computer"},
	"Sid":          {"UserID"},
	"RecordNumber": {"EventRecordID"},
	"Keywords":     {"KeywordNames"},
}

// described are the keys that say in words what other fields say in numbers.
var described = map[string]string{"Type": "LevelName", "TaskCategory": "TaskName", "OpCode": "OpcodeName"}

// Event decodes the classic event that lies in block.Text[start:end], as [Len] found it:
//
//	01/14/2021 11:41:39 PM
//	LogName=Security
//	EventCode=4688
//	…
//	Message=A new process has been created.
//	…
//
// The block must not change while any batch lives when the builder keeps raw text, and until Event returns otherwise. The
// error is that of the builder.
func (d *Decoder) Event(block *raw.Block, start, end int, record uint64) error {
	if d.w.Full() {
		d.w.Reset()
	}
	b := bytes.TrimRight(block.Text[start:end], "\r\n")
	line, rest := cutLine(b)
	if t, ok := parseTime(line); ok {
		if c := d.w.Canonical("TimeCreated"); c.Wants {
			d.w.B.Add(c.Field, event.TicksOf(t))
		}
	}
	var provider, id, message []byte
	for len(rest) > 0 {
		whole := rest
		line, rest = cutLine(rest)
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok || len(name) == 0 {
			continue
		}
		if string(name) == "Message" {
			message = whole[len("Message="):]
			d.describe("Message", message)
			break
		}
		switch string(name) {
		case "SourceName":
			if p := providers[string(value)]; p != "" {
				d.put([]byte("EventSourceName"), value)
				value = []byte(p)
			}
			provider = value
		case "EventCode":
			id = value
		case "Keywords":
			for len(value) > 0 {
				var one []byte
				if one, value, _ = bytes.Cut(value, []byte(", ")); string(one) != "None" {
					d.put([]byte("KeywordNames"), one)
				}
			}
			continue
		}
		if rendered := described[string(name)]; rendered != "" {
			d.describe(rendered, value)
		}
		if canonical := keys[string(name)]; canonical != nil {
			for _, c := range canonical {
				d.put([]byte(c), value)
			}
		} else if described[string(name)] == "" {
			d.put(name, value)
		}
	}
	d.message(provider, id, message)
	if d.raw {
		d.w.B.Raw(block, raw.Key(start, len(b)))
	}
	return d.w.End(event.Origin{File: d.File, Record: record})
}

// cutLine returns the first line of b without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}
