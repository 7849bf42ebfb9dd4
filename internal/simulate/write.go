package simulate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/harrier-detect/harrier/internal/event"
)

// WriteJSON writes events as flat JSON lines, as a log shipper sends them.
func WriteJSON(w io.Writer, events []Event) error {
	bw := bufio.NewWriter(w)
	var line []byte
	for _, e := range events {
		b := event.Bag{
			{Name: "EventTime", Value: event.StringOf(e.Time.UTC().Format("2006-01-02 15:04:05.000"))},
			{Name: "Hostname", Value: event.StringOf(e.Host)},
			{Name: "EventID", Value: event.IntOf(int64(e.ID))},
			{Name: "SourceName", Value: event.StringOf(e.Provider)},
			{Name: "Channel", Value: event.StringOf(e.Channel)},
			{Name: "RecordNumber", Value: event.IntOf(int64(e.Record))},
			{Name: "SourceModuleType", Value: event.StringOf("im_msvistalog")},
		}
		for _, f := range e.Fields {
			v := event.StringOf(f.Value)
			if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil && strconv.FormatInt(n, 10) == f.Value {
				v = event.IntOf(n)
			}
			b = append(b, event.Field{Name: f.Name, Value: v})
		}
		line = append(event.AppendJSON(line[:0], event.ObjectOf(b)), '\n')
		if _, err := bw.Write(line); err != nil {
			return fmt.Errorf("write simulated events: %w", err)
		}
	}
	return bw.Flush()
}

// WriteXML writes events as Windows event XML, one event a line, as `wevtutil` and Splunk's input render them.
func WriteXML(w io.Writer, events []Event) error {
	bw := bufio.NewWriter(w)
	for _, e := range events {
		fmt.Fprintf(bw, `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='%s'/><EventID>%d</EventID><Version>2</Version><Level>4</Level>`+
			`<TimeCreated SystemTime='%s'/><EventRecordID>%d</EventRecordID><Channel>%s</Channel><Computer>%s</Computer></System><EventData>`,
			escape(e.Provider), e.ID, e.Time.UTC().Format("2006-01-02T15:04:05.0000000Z"), e.Record, escape(e.Channel), escape(e.Host))
		for _, f := range e.Fields {
			fmt.Fprintf(bw, `<Data Name='%s'>%s</Data>`, escape(f.Name), escape(f.Value))
		}
		if _, err := bw.WriteString("</EventData></Event>\n"); err != nil {
			return fmt.Errorf("write simulated events: %w", err)
		}
	}
	return bw.Flush()
}

func escape(s string) string {
	out := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		case '\'':
			out = append(out, "&apos;"...)
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}
