package schema

import (
	"context"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/source"
)

// BenchmarkApply measures views over decoded batches of one recording (Sysmon and Security, flat JSON).
func BenchmarkApply(b *testing.B) {
	files := shared(b, "data/otrf/lateral_movement/empire_psremoting_stager.zip")
	for _, c := range []struct {
		view string
		need event.FieldSet
	}{
		{"cim:Endpoint.Processes", event.Fields("_time", "dest", "user", "process_name", "process", "parent_process_name", "process_id", "parent_process_id", "original_file_name")},
		{"kql:DeviceProcessEvents", event.Fields("Timestamp", "DeviceName", "FileName", "ProcessCommandLine", "InitiatingProcessFileName", "InitiatingProcessParentFileName", "InitiatingProcessCreationTime")},
		{"kql:DeviceProcessEvents early", event.Fields("Timestamp", "DeviceName", "FileName", "ProcessCommandLine")},
		{"kql:DeviceEvents", event.Fields("Timestamp", "ActionType", "DeviceName", "FileName", "InitiatingProcessFileName", "AdditionalFields")},
		{eventsView, event.Fields("_time", "host", "EventCode", "process", "process_name", "user", "Type", "_telemetry", "signature_id")},
		{eventsView + " open", event.AllFields},
	} {
		b.Run(c.view, func(b *testing.B) {
			name, _, _ := cutSpace(c.view)
			v, err := NewRegistry().Bind(name, c.need, &fn.Env{})
			if err != nil {
				b.Fatal(err)
			}
			src := v.Sources()
			var batches []*event.Batch
			events := 0
			opt := source.Options{Dicts: event.NewDicts(0), Files: &event.Files{}, Classes: &event.Classes{}, Need: src.Has}
			if err := source.Scan(context.Background(), files, opt, func(x *event.Batch) error {
				batches = append(batches, x)
				events += x.Len()
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, x := range batches {
					v.Apply(x)
				}
			}
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
		})
	}
}

func cutSpace(s string) (before, after string, ok bool) {
	for i := range len(s) {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
