package function

import (
	"fmt"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// commandLines are 4,096 different values of the kind that predicates see most: one in 64 holds what is looked for.
func commandLines() []event.Value {
	vs := make([]event.Value, 4096)
	for i := range vs {
		s := fmt.Sprintf(`"C:\Program Files\Vendor %d\Product\Updater.exe" --type=renderer --field-trial-handle=%d,i,%d --lang=en-US /prefetch:%d`, i%97, i, i*7919, i%8)
		if i%64 == 0 {
			s = fmt.Sprintf(`C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.exe -NoP -W Hidden -Enc SQBFAFgA%d`, i)
		}
		vs[i] = event.StringOf(s)
	}
	return vs
}

func benchmark(b *testing.B, f *fn.Func, literals ...string) {
	vs := commandLines()
	args := []fn.Arg{{}}
	in := []event.Value{{}}
	bytes := 0
	for _, l := range literals {
		args = append(args, fn.Arg{Const: true, Value: event.StringOf(l)})
		in = append(in, event.StringOf(l))
	}
	for _, v := range vs {
		bytes += len(v.Str())
	}
	r, err := f.Prepare(testEnv, args)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = 0
		for _, v := range vs {
			in[0] = v
			if r(in).IsTrue() {
				n++
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(vs)), "ns/value")
	b.ReportMetric(float64(n), "hits")
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, pattern string }{
		{"literal", `(?i)powershell\.exe`}, {"prefilter", `(?i)powershell(\.exe)?"?\s.*\s-e[nc]{1,2}\s`}, {"alternatives", `(?i)(certutil|bitsadmin|mshta|regsvr32)\.exe`},
		{"nofilter", `\s-[A-Za-z]+\s[A-Za-z0-9+/=]{8,}$`}, {"lookaround", `(?<!\w)-Enc\s(?=SQB)`},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, Lookup("match"), c.pattern) })
	}
}

func BenchmarkLike(b *testing.B) {
	for _, c := range []struct{ name, pattern string }{{"contains", `%PowerShell%`}, {"two", `%PowerShell%-Enc%`}, {"prefix", `C:\Windows\%`}} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, Lookup("like"), c.pattern) })
	}
}

func BenchmarkSearchEq(b *testing.B) {
	for _, c := range []struct{ name, literal string }{
		{"contains", `*powershell*`}, {"two", `*powershell*-enc*`}, {"suffix", `*\powershell.exe`}, {"exact", `c:\windows\system32\cmd.exe`}, {"common", `*e*e*e*zz*`},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, Operator("search_eq"), c.literal) })
	}
}

func BenchmarkSearchIn(b *testing.B) {
	benchmark(b, Operator("search_in"), "cmd.exe", "powershell.exe", "pwsh.exe", "*\\wscript.exe*")
}

func BenchmarkSearchTerm(b *testing.B) {
	b.Run("phrase", func(b *testing.B) { benchmark(b, Operator("search_text"), "powershell.exe") })
	b.Run("term", func(b *testing.B) { benchmark(b, Operator("search_term"), "-enc") })
}

func BenchmarkCompare(b *testing.B) {
	b.Run("text", func(b *testing.B) { benchmark(b, Operator("spl_eq"), "powershell.exe") })
	b.Run("number", func(b *testing.B) { benchmark(b, Operator("spl_gt"), "10") })
}

func BenchmarkAggregates(b *testing.B) {
	vs := commandLines()
	for _, name := range []string{"values", "dc", "count", "latest"} {
		b.Run(name, func(b *testing.B) {
			make1, _ := Aggregate(name).New(testEnv, nil)
			b.ReportAllocs()
			in := []event.Value{{}, event.IntOf(5)}
			for b.Loop() {
				s := make1()
				for _, v := range vs {
					in[0] = v
					s.Add(in)
				}
				s.Result()
			}
		})
	}
	b.Run("sum", func(b *testing.B) {
		make1, _ := Aggregate("sum").New(testEnv, nil)
		in := []event.Value{event.FloatOf(3.99)}
		s := make1()
		for b.Loop() {
			s.Add(in)
		}
	})
}
