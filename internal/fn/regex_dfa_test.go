package fn

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// dfaPatterns are the constructs that the automaton has to get right.
var dfaPatterns = []string{
	`abc`, `(?i)abc`, `(?i)straße|k`, `^abc`, `abc$`, `^abc$`, `^$`, ``, `a*`, `a+b`, `(a|b)*c`, `[^a]b`, `.`, `(?s).`, `a.c`, `(?s)a.c`,
	`\babc\b`, `\Babc`, `abc\B`, `(?m)^abc$`, `(?m)^$`, `\Aabc\z`, `a{2,4}b`, `(ab){3}`, `[a-cx-z]+y`, `\w+\s\d`, `\W`, `[é-ü]+`, `(?i)[k-s]é`, `\x{17f}`,
	`a|ab|abc`, `(?:a|b|)c`, `x*?y`, `(^a|b)c`, `(a$|b)`, `\bk\b|^s`, `[^\n]+\n`, `.*\.exe\s.*-enc`, `(?i)(?:foo|bar|baz)\s+.{1,}\.\w{2,5}`,
}

var dfaAlphabet = []string{"a", "b", "c", "A", "B", "x", "y", "z", "k", "K", "s", "\u212a", "\u017f", "é", "ß", " ", "\n", ".", "_", "1", "-", "\xff", "\xc3", ".exe", "-enc", "foo"}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString(dfaAlphabet[r.IntN(len(dfaAlphabet))])
	}
	return b.String()
}

func TestDFA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range dfaPatterns {
		re, d := regexp.MustCompile(p), newDFA(p)
		if d == nil {
			t.Errorf("%q: no automaton", p)
			continue
		}
		for range 3000 {
			s := randomText(r)
			if found, ok := d.match(s); ok && found != re.MatchString(s) {
				t.Fatalf("%q in %q: %v", p, s, found)
			}
		}
		if d.misses.Load() > 0 {
			t.Errorf("%q gave up", p)
		}
	}
}

func TestDFAGivesUp(t *testing.T) {
	p := `(?s)a.{900}b`
	d := newDFA(p)
	re := regexp.MustCompile(p)
	r := rand.New(rand.NewPCG(1, 2))
	missed := 0
	for range 100 {
		text := make([]byte, 20_000)
		for i := range text {
			text[i] = "ab"[r.IntN(2)]
		}
		s := string(text[:5000])
		found, ok := d.match(s)
		if !ok {
			missed++
		} else if found != re.MatchString(s) {
			t.Fatalf("found %v", found)
		}
	}
	if missed == 0 {
		t.Error("states without end were all made")
	}
	if size := d.cache.Load().size; size > maxDFABytes+1<<16 {
		t.Errorf("%d bytes of states", size)
	}
}

func TestDFAConcurrent(t *testing.T) {
	p := `(?i)(\w+\.exe|foo\d+|[a-z]{3,9}bar)\s+-(enc|e|nop)`
	d, re := newDFA(p), regexp.MustCompile(p)
	done := make(chan bool)
	for g := range 4 {
		go func() {
			defer func() { done <- true }()
			r := rand.New(rand.NewPCG(uint64(g), 7))
			for range 5000 {
				s := randomText(r) + ".exe -enc"[:r.IntN(10)]
				if found, ok := d.match(s); ok && found != re.MatchString(s) {
					t.Errorf("%q: %v", s, found)
					return
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
}

func FuzzDFA(f *testing.F) {
	for _, p := range dfaPatterns {
		f.Add(p, "abc k\nfoo.exe -enc")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 500 {
			return
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		d := newDFA(pattern)
		if d == nil {
			return
		}
		for _, s := range []string{s, s + "\n", strings.ToUpper(s)} {
			if found, ok := d.match(s); ok && found != re.MatchString(s) {
				t.Fatalf("%q in %q: %v", pattern, s, found)
			}
		}
	})
}

func BenchmarkLongAlternation(b *testing.B) {
	words := strings.Fields("Add-Exfiltration Add-Persistence Add-RegBackdoor Check-VM Do-Exfiltration Enabled-DuplicateToken Find-Fruit Get-GPPPassword Get-Keystrokes " +
		"Get-LSASecret Get-PassHashes Invoke-Mimikatz Invoke-NinjaCopy Invoke-PSInject Invoke-RunAs Invoke-ShellCode Invoke-WMICommand Out-Minidump PowerBreach VolumeShadowCopyTools")
	p := `(?i)(` + strings.Join(words, "|") + `)\s+.*\.\w{2,4}`
	text := strings.Repeat(`function Get-Item($a) { Invoke-Command -ComputerName $env:HOST | Out-File C:\Users\x\y.txt } `, 40)
	re := regexp.MustCompile(p)
	b.Run("go", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			re.MatchString(text)
		}
	})
	d := newDFA(p)
	b.Run("states", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			d.match(text)
		}
	})
}
