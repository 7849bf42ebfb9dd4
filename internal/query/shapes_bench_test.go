package query

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/plan/opt"
	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/text"
)

// shapes are the forms of pipeline that published SPL rules use most, each as a rule that finds something in recorded host logs.
var shapes = []struct{ name, spl string }{
	{"scan", `index=* | stats count`},
	{"tstats", `| tstats summariesonly=false fillnull_value=null count min(_time) as firstTime max(_time) as lastTime from datamodel=Endpoint.Processes where Processes.process_name IN (powershell.exe,cmd.exe,pwsh.exe) by Processes.dest Processes.user Processes.parent_process_name Processes.process_name Processes.process Processes.process_id | rename "Processes.*" as "*" | convert timeformat="%Y-%m-%dT%H:%M:%S" ctime(firstTime) | convert timeformat="%Y-%m-%dT%H:%M:%S" ctime(lastTime)`},
	{"tstats-or", `| tstats count from datamodel=Endpoint.Processes where (Processes.process="*-enc*" OR Processes.process="*/c*") Processes.process!="*zzz*" by Processes.dest Processes.process`},
	{"tstats-registry", `| tstats count from datamodel=Endpoint.Registry where Registry.registry_path="*\\Services\\*" by _time span=1h Registry.dest Registry.registry_path Registry.registry_value_data`},
	{"tstats-all-by-user", `| tstats count from datamodel=Endpoint.Processes by Processes.user Processes.process_name`},
	{"event-stats", `EventCode=10 TargetImage="*lsass.exe" | stats count min(_time) as firstTime max(_time) as lastTime by Computer SourceImage TargetImage GrantedAccess | rename Computer as dest`},
	{"event-in", `EventCode IN (1,3,7,11,12,13) Image IN ("*\\powershell.exe","*\\svchost.exe") | stats count by Computer Image`},
	{"event-not", `EventCode=7 NOT (ImageLoaded IN ("*\\Windows\\System32\\*","*\\SysWOW64\\*")) | stats count by ImageLoaded`},
	{"terms-table-group", `(TERM(EventCode=4688) OR "<EventID>4688<" OR "<EventID>1<") "powershell.exe" | table _time, host, user, process, process_*, parent_process_* | bin span=1s | stats values(*) as * by _time, host`},
	{"terms-regex-group", `"svchost.exe" | regex process_path="(?i)system32\x5c(svchost|lsass)\.exe" | table _time, host, user, process_*, signature_id | bin span=1s | stats values(*) as * by _time, host`},
	{"group-where-match", `EventCode=1 | table _time host process process_name | bin span=60s | stats values(*) as * by _time, host | where match(process,"(?i)-(enc|nop)") and match(process_name,"(?i)powershell")`},
	{"group-eventstats", `EventCode=1 | table _time host process | bin span=1s | stats values(*) as * by _time, host, process | eventstats c(process) as n by process | where n<6`},
	{"eval-where", `EventCode=4104 | eval len=len(ScriptBlockText), enc=if(match(ScriptBlockText,"[A-Za-z0-9+/]{44,}"),4,0), low=lower(ScriptBlockText) | where enc>0 OR like(low,"%invoke-%") | stats count by Computer`},
	{"rex", `EventCode=1 | rex field=process "(?<exe>[^\\\\]+\.exe)" max_match=3 | stats count by exe`},
	{"sed", `EventCode=1 | rex field=process mode=sed "s/[0-9]+/N/g" | stats count by process`},
	{"dc-threshold", `EventCode=3 | bin _time span=5m | stats dc(dest_port) as ports dc(dest_ip) as ips values(dest_ip) as all by _time src_ip | where ports>1`},
	{"eventstats-stdev", `EventCode=1 | eval n=len(process) | eventstats avg(n) as a stdev(n) as s by host | eval bound=a+2*s | where n>bound | table host process`},
	{"streamstats", `EventCode=1 | sort 0 _time | streamstats window=1 current=f last(process_name) as before by host | stats count by before process_name`},
	{"join", `EventCode=1 | stats count by process_guid process_name | join process_guid [search EventCode=3 | stats count as connections by process_guid]`},
	{"transaction", `EventCode IN (1,5) | transaction process_guid maxspan=1h | table process_guid duration eventcount`},
	{"lookup-free-dedup", `EventCode=1 | dedup process_name host | fields host process_name user | sort - process_name`},
}

// BenchmarkShapes runs the shapes over recorded host logs that are in memory, decoded: what it measures is views, selection
// and pipelines.
func BenchmarkShapes(b *testing.B) {
	data := filepath.Join("..", "..", "..", "shared", "data", "otrf", "lateral_movement", "empire_dcom_shellwindows_stager.zip")
	if _, err := os.Stat(data); err != nil {
		b.Skip("the recordings are not beside the checkout: ", err)
	}
	e, err := New(Settings{})
	if err != nil {
		b.Fatal(err)
	}
	in := e.NewInput([]string{data}, func(text.Diagnostic) {}, nil)
	defer in.Close()
	var batches exec.MemoryInput
	events := 0
	err = in.Scan(context.Background(), func(string) bool { return true }, func(batch *event.Batch) error {
		batches = append(batches, batch)
		events += batch.Len()
		return nil
	})
	if err != nil || events == 0 {
		b.Fatal("nothing was read: ", err)
	}
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			q, ds := e.Compile(rule.SPL, text.NewSource("shape", s.spl))
			if err := ds.Err(); err != nil {
				b.Fatal(err)
			}
			rows := 0
			b.ReportAllocs()
			for b.Loop() {
				out := &exec.Collector{}
				job := &exec.Job{Plan: q.Plan, Out: out}
				o := exec.Options{Env: &fn.Env{Memos: new(fn.Memos)}, Views: views{e.registry, func() *recordings { return &recordings{} }}, Input: batches, Workers: 1,
					Rewrite: func(n plan.Node) plan.Node { return opt.Optimize(n) }}
				if err := exec.Run(context.Background(), []*exec.Job{job}, o); err != nil || job.Err != nil {
					b.Fatal(err, job.Err)
				}
				got, err := out.Rows()
				if err != nil {
					b.Fatal(err)
				}
				rows = got.Len()
			}
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}
