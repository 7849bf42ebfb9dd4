package wintext

import (
	"bytes"
	"context"
	"unsafe"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/source/raw"
	"github.com/harrier-detect/harrier/internal/source/winevent"
	"github.com/harrier-detect/harrier/internal/source/winxml"
)

// A Decoder turns text into records of a builder. It belongs to the builder's goroutine.
type Decoder struct {
	xml     *winxml.Decoder
	w       *winevent.Writer
	raw     bool
	file    uint32
	targets map[string]winevent.Target
	name    []byte
}

// New returns a decoder that gives records to b. file is the number that their origins get; problem is told what is wrong at
// an offset of the block, and may be nil.
func New(b *event.Builder, classes *event.Classes, file uint32, problem func(record uint64, offset int, message string)) *Decoder {
	d := &Decoder{xml: winxml.New(b, classes), w: winevent.NewWriter(b, classes), file: file, targets: map[string]winevent.Target{}}
	d.xml.File, d.xml.Problem = file, problem
	d.raw = b.Wants(b.Field(event.RawField))
	return d
}

// Events decodes a block that [Split] cut; its first event is number record of the file. The block must not change while any
// batch lives when the builder keeps raw text, and until Events returns otherwise. The error is that of ctx or the builder.
func (d *Decoder) Events(ctx context.Context, block []byte, record uint64) error {
	r := &raw.Block{Text: block}
	f := newFramer(block)
	for pos := 0; ; record++ {
		start, end, kind := f.next(pos)
		if kind == noFrame {
			return nil
		}
		if record%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var err error
		if kind == classic {
			err = d.classic(r, start, end, record)
		} else {
			err = d.xml.Event(r, start, end, kind == xmlEvent, record)
		}
		if err != nil {
			return err
		}
		pos = end
	}
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

// classic decodes a classic event:
//
//	01/14/2021 11:41:39 PM
//	LogName=Security
//	EventCode=4688
//	…
//	Message=A new process has been created.
//	…
func (d *Decoder) classic(block *raw.Block, start, end int, record uint64) error {
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
	return d.w.End(event.Origin{File: d.file, Record: record})
}

// cutLine returns the first line of b without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}
