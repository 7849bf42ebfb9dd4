package function

import (
	"fmt"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/kql/types"
)

// commandLines are 4,096 distinct values as process telemetry has them.
func commandLines() []event.Value {
	forms := []string{
		`"C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --field-trial-handle=%d,i,12345 --lang=en-US`,
		`C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule%d`,
		`powershell.exe -NoProfile -ExecutionPolicy Bypass -File C:\Scripts\job%d.ps1`,
		`cmd.exe /c reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run%d /s`,
	}
	out := make([]event.Value, 4096)
	for i := range out {
		out[i] = textOf(fmt.Sprintf(forms[i%len(forms)], i))
	}
	return out
}

func benchOp(b *testing.B, op string, right ...string) {
	args := []Arg{{Type: types.String}}
	known := []fn.Arg{{}}
	row := []event.Value{{}}
	for _, r := range right {
		args = append(args, Arg{Type: types.String, Const: true, Known: true, Literal: true, Value: textOf(r)})
		known = append(known, fn.Arg{Const: true, Value: textOf(r)})
		row = append(row, textOf(r))
	}
	c, err := Operator(op).Resolve(args)
	if err != nil {
		b.Fatal(err)
	}
	kernel, err := c.Func.Prepare(testEnv, known)
	if err != nil {
		b.Fatal(err)
	}
	values := commandLines()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for _, v := range values {
			row[0] = v
			kernel(row)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/value")
}

func BenchmarkHas(b *testing.B)        { benchOp(b, "has", "mimikatz") }
func BenchmarkHasHit(b *testing.B)     { benchOp(b, "has", "powershell.exe") }
func BenchmarkContains(b *testing.B)   { benchOp(b, "contains", "downloadstring") }
func BenchmarkEqualFold(b *testing.B)  { benchOp(b, "=~", `c:\windows\system32\svchost.exe -k netsvcs`) }
func BenchmarkEqual(b *testing.B)      { benchOp(b, "==", `cmd.exe`) }
func BenchmarkStartsWith(b *testing.B) { benchOp(b, "startswith", `powershell`) }
func BenchmarkIn(b *testing.B) {
	benchOp(b, "in~", "cmd.exe", "powershell.exe", "pwsh.exe", "wscript.exe")
}
func BenchmarkHasAny3(b *testing.B) { benchOp(b, "has_any", "mimikatz", "sekurlsa", "lsadump") }
func BenchmarkHasAny20(b *testing.B) {
	var words []string
	for i := range 20 {
		words = append(words, fmt.Sprintf("word%d", i))
	}
	benchOp(b, "has_any", words...)
}
func BenchmarkHasAll(b *testing.B) { benchOp(b, "has_all", "bypass", "mimikatz") }
func BenchmarkMatches(b *testing.B) {
	benchOp(b, "matches regex", `(?i)-enc(odedcommand)?\s+[a-z0-9+/]{20,}`)
}
