package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/fn"
)

// BenchmarkLiteralSet looks through command lines for sets of several sizes, of texts as rules have them: some of them short, or all
// of them long enough to leap.
func BenchmarkLiteralSet(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(`powershell.exe -enc cmd.exe /c whoami net user localgroup administrators rundll32 comsvcs MiniDump schtasks /create
		C:\Windows\System32\ svchost.exe -k netsvcs vssadmin delete shadows reg add HKLM\Software\Microsoft wmic process call create`)
	var text strings.Builder
	for text.Len() < 1<<16 {
		text.WriteString(words[r.IntN(len(words))])
		text.WriteByte(' ')
	}
	for _, n := range []int{20, 100, 1000, 10000} {
		for _, least := range []int{3, 8} {
			texts := make([]string, n)
			for i := range texts {
				t := ""
				for len(t) < least+r.IntN(8) {
					t += string("abcdefghiklmnoprstuwxy01-._\\ /"[r.IntN(30)])
				}
				texts[i] = t
			}
			for _, words := range []bool{false, true} {
				b.Run(fmt.Sprintf("texts=%d/least=%d/words=%v", n, least, words), func(b *testing.B) {
					s := newLiteralSet(literalsOf(fn.Required{Any: texts, Words: words}))
					v := text.String()
					b.SetBytes(int64(len(v)))
					for b.Loop() {
						s.scan(v, func(int) {})
					}
				})
			}
		}
	}
}
