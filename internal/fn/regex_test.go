package fn

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRegexPCRE checks what patterns mean; every expectation is what PCRE answers.
func TestRegexPCRE(t *testing.T) {
	// want lists the groups of the first match, "-" for a group that took no part, or nil for no match.
	f := func(pattern, subject string, want ...string) {
		t.Helper()
		r, err := CompileRegex(pattern, PCRE)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		var got []string
		if loc := r.Find(subject); loc != nil {
			for i := 0; i < len(loc); i += 2 {
				if loc[i] < 0 {
					got = append(got, "-")
				} else {
					got = append(got, subject[loc[i]:loc[i+1]])
				}
			}
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s on %q: got %q, want %q", pattern, subject, got, want)
		}
		if m := r.Match(subject); m != (want != nil) {
			t.Errorf("%s on %q: Match gives %v, Find %v", pattern, subject, m, want != nil)
		}
	}
	// plain
	f(`(?<a>\w+)=(?P<b>\d+)(?'c'x)?`, "k=12", "k=12", "k", "12", "-")
	f(`\x5c(\w+)\x5C`, `C:\Temp\x`, `\Temp\`, "Temp")
	f(`a\x9b?`, "ab", "a")
	f(`\x4`, "\x04", "\x04")
	f(`\Q.*\E+`, "x.**", ".**")
	f(`[\Q^]\E]+`, "a]^]", "]^]")
	f(`\h+\H`, "a \t\u00a0b", " \t\u00a0b")
	f(`a\Rb`, "a\r\nb", "a\r\nb")
	f(`a\R\n`, "a\r\n")
	f(`\d\D\w\W\s\S`, "1aa- x", "1aa- x")
	f(`\d`, "\u0663") // digits are ASCII
	f(`\s`, "\v", "\v")
	f(`[[:alpha:]_]+[[:^digit:]]`, "ab_-", "ab_-")
	f(`[]a]+`, "a]", "a]")
	f(`[^]a]`, "]ab", "b")
	f(`[a\-z]+`, "z-ab", "z-a")
	f(`[\w-.]+`, "a-b.c d", "a-b.c")
	f(`[a-\d]+`, "-1a", "-1a")
	f(`[\x00-\x1f]`, "a\x07", "\x07")
	f(`[\b]`, "a\b", "\b")
	f(`(?i)\W+`, "ks-", "-")
	f(`(?i)[\W_]+`, "ks_-", "_-")
	f(`a{2}{2}`, "aaaaa", "aaaa")
	f(`a{,2}`, "aa{,2}", "a{,2}")
	f(`a{x`, "a{x", "a{x")
	f(`a{0,1001}b`, "aaab", "aaab")
	f(`\C\C`, "ab", "ab")
	f(`:\CitrixReceiver\.exe`, `c:\CitrixReceiver.exe`) // \C is any character, then "itrix…"
	f(`\S+\CitrixReceiver\.exe`, `c:\XitrixReceiver.exe`, `c:\XitrixReceiver.exe`)
	f(`\061\0`, "1\x00", "1\x00")
	f(`\cA\e\a`, "\x01\x1b\x07", "\x01\x1b\x07")
	f(`\/\-\_\"\é`, `/-_"é`, `/-_"é`)
	f(`\p{L}+\pN\P{L}`, "éa1-", "éa1-")
	f(`\p{^L}`, "a1", "1")
	f(`(?#note)a`, "a", "a")
	f("(?x) a b # c\n c", "abc", "abc")
	f(`(?x)[ ]\ `, "  ", "  ")
	f(`(?U)a+`, "aaa", "a")
	f(`(?U)a+?`, "aaa", "aaa")
	f(`(a(?i)b|c)d`, "aBd", "aBd", "aB")
	f(`(a(?i)b)c`, "aBC")
	f(`(?i:A)b`, "ab", "ab")
	f(`(?i)straße`, "STRAßE", "STRAßE")
	f(`a.c`, "a\nc")
	f(`(?s)a.c`, "a\nc", "a\nc")
	f(`^b`, "a\nb")
	f(`(?m)^b$`, "a\nb\nc", "b")
	f(`(?i)K`, "\u212a", "\u212a")
	f(`(?i)task|kill`, "TAſK", "TAſK")
	// ends
	f(`a$`, "a\n", "a")
	f(`a$`, "a\n\n")
	f(`a\Z`, "a\n", "a")
	f(`a\z`, "a\n")
	f(`a$\z|b`, "a\n")
	f(`a$\n$`, "a\n", "a\n")
	f(`(?<x>a.*)$`, "abc\n", "abc", "abc")
	f(`(?s)(?<x>a.*)$`, "abc\n", "abc\n", "abc\n")
	// beyond the linear engine
	f(`(?=.*\d)abc`, "abc123", "abc")
	f(`(?<!\d)10\.\d+(?!\d)`, "x10.12", "10.12")
	f(`(?<!\/)\b\w+(\.\w+)?:\w+(\.\w+)?$`, "type a.txt:hid.exe", "a.txt:hid.exe", ".txt", ".exe")
	f(`^(ab)\1$`, "abab", "abab", "ab")
	f(`(?<q>["'])x\k<q>`, `"x"`, `"x"`, `"`)
	f(`(?<q>.)(.)\2\k{q}(?P=q)\g1\g{-1}`, "abbaaab", "abbaaab", "a", "b")
	f(`a++a`, "aaa")
	f(`a*+b`, "aab", "aab")
	f(`(?>a+)a`, "aaa")
	f(`(?i)(?>ab)\b`, "AB ", "AB")
	f(`(a)?b(?(1)c|d)`, "abc bd", "abc", "a")
	f(`^(a)?b(?(1)c|d)`, "bd", "bd", "-")
	f(`(?(?=a)ab|cd)`, "cd", "cd")
	f(`(?=a)*b`, "b", "b")
	f(`(a)(?<n>b)(c)\3\2\1`, "abccba", "abccba", "a", "b", "c")
}

func TestRegexRefused(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		_, err := CompileRegex(pattern, PCRE)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	f(`(a`, "missing closing parenthesis at offset 0")
	f(`a)`, "unmatched closing parenthesis at offset 1")
	f(`*a`, "nothing to repeat at offset 0")
	f(`a|+`, "nothing to repeat at offset 2")
	f(`a{3,2}`, "out of order")
	f(`a{99999}`, "too big")
	f(`[a`, "missing ]")
	f(`[z-a]`, "range out of order")
	f(`[[:foo:]]`, "POSIX class")
	f(`a\`, "at the end")
	f(`\u0041`, `\u is not supported`)
	f(`\Users`, `\U is not supported`)
	f(`a\Kb`, `\K is not supported`)
	f(`(?R)`, "recursion")
	f(`(?1)`, "recursion")
	f(`(?&x)`, "recursion")
	f(`(?|a|b)`, "branch reset")
	f(`(*FAIL)`, "verbs")
	f(`(?<a>x)(?<a>y)`, "two groups are named a")
	f(`(?<1>x)`, "digit")
	f(`(?<>x)`, "name expected")
	f(`\k<no>`, "does not exist")
	f(`\p{Nope}`, "unknown property")
	f(`(?q)`, "unrecognized character")
	f(strings.Repeat("(", 300), "nested too deeply")
	f(strings.Repeat("a", maxPattern+1), "too long")
}

func TestRegexAborts(t *testing.T) {
	r, err := compileRegex(`^(?=(a+)+$)b?`, PCRE)
	if err != nil {
		t.Fatal(err)
	}
	r.linear = nil
	if r.Match(strings.Repeat("a", 40) + "!") {
		t.Error("matched")
	}
	if r.Aborted() == 0 {
		t.Error("a search that cannot end was not given up")
	}
}

func TestRegexRE2(t *testing.T) {
	r, err := CompileRegex(`(?P<x>a+)$`, RE2)
	if err != nil || r.Match("a\n") || !r.Match("aa") || r.Names()[1] != "x" {
		t.Error(err, r)
	}
	if _, err := CompileRegex(`(?=a)`, RE2); err == nil {
		t.Error("RE2 has no look-ahead")
	}
}

func TestReplaceAll(t *testing.T) {
	f := func(s, pattern, by, want string) {
		t.Helper()
		r, err := CompileRegex(pattern, PCRE)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.ReplaceAll(s, BackslashReplacement(by)); got != want {
			t.Errorf("%q s/%s/%s/: got %q, want %q", s, pattern, by, got, want)
		}
	}
	f("1/14/2023", `^(\d{1,2})/(\d{1,2})/`, `\2/\1/`, "14/1/2023")
	f("a.b", ".", "x", "xxx")
	f("ab", "(a)(?=b)", `<\1>`, "<a>b")
	f("a/b", "/", `\`, `a\b`)
	f("a/b", "/", `\\`, `a\b`)
	f("a/b", "/", `\q`, `a\qb`)
	f("ab", "(x)?b", `[\1\0\9]`, "a[b]")
	f("é-é", "-", "+", "é+é")
	f("é-é", "-(?=é)", "+", "é+é")
	f("abc\n", "c$", "x", "abx\n")
}

func TestRequired(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		r, err := CompileRegex(pattern, PCRE)
		if err != nil {
			t.Fatal(err)
		}
		req := r.Required()
		if got := fmt.Sprintf("%q %v %v", req.Any, req.Fold, r.only); got != want {
			t.Errorf("%s: got %s, want %s", pattern, got, want)
		}
	}
	f(`cmd\.exe`, `["cmd.exe"] false true`)
	f(`(?i)CMD\.exe`, `["cmd.exe"] true true`)
	f(`a(?i)B`, `["ab"] true false`)
	f(`^cmd`, `["cmd"] false false`)
	f(`cmd$`, `["cmd"] false false`)
	f(`(?i)\\(net|net1)\.exe\s+user`, `["user"] true false`)
	f(`foo.*barbaz`, `["barbaz"] false false`)
	f(`(?i)(net|net1)\.exe`, `["net.exe" "net1.exe"] true true`)
	f(`a?b+c*`, `["b"] false false`)
	f(`a|b|.`, `[] false false`)
	f(`.*`, `[] false false`)
	f(`(?=abc)d\1()`, `["d"] false false`)
	f(`x[ab]y`, `["xay" "xby"] false true`)
	f(`(ab){2}`, `["abab"] false true`)
	f(`(ab){2,}c`, `["ab"] false false`)
}

// TestRegexCorpus compiles every regular expression of the public rules, when they are at hand.
func TestRegexCorpus(t *testing.T) {
	root := "../../../shared/corpus/spl"
	if _, err := os.Stat(root); err != nil {
		t.Skip("the rule corpora are not beside the checkout")
	}
	re := regexp.MustCompile(`(?:match\([^,"]+, *|regex [A-Za-z_]+!?= *|rex field=[A-Za-z_]+ )"((?:[^"\\]|\\.)*)"`)
	unescape := strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	var walk func(dir string)
	n, back, bad := 0, 0, 0
	walk = func(dir string) {
		ents, _ := os.ReadDir(dir)
		for _, e := range ents {
			name := dir + "/" + e.Name()
			if e.IsDir() {
				walk(name)
				continue
			}
			file, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			sc := bufio.NewScanner(file)
			sc.Buffer(nil, 1<<24)
			for sc.Scan() {
				for _, m := range re.FindAllStringSubmatch(strings.ReplaceAll(sc.Text(), "''", "'"), -1) {
					n++
					r, err := CompileRegex(unescape.Replace(m[1]), PCRE)
					if err != nil {
						bad++
						t.Logf("%s: %s: %v", name, m[1], err)
					} else if r.Backtracks() != "" {
						back++
						t.Logf("%s: %s: %s", name, m[1], r.Backtracks())
					}
				}
			}
			file.Close()
		}
	}
	walk(root)
	t.Logf("%d patterns, %d need backtracking, %d refused", n, back, bad)
	// About one in a hundred is misquoted in its rule, so that only a part of it stands between the quotes.
	if bad > n/50 {
		t.Errorf("%d of %d patterns do not compile", bad, n)
	}
}

func FuzzRegexPCRE(f *testing.F) {
	for _, s := range []string{`(?<a>\w+)[[:alpha:]\d-x]{2,3}+?$`, `(?x) a # b`, `(?(1)a|b)\k<x>\Q[\E(?i:a)`, `[\W-\p{L}]\x{41}\R`} {
		f.Add(s, "abc\n")
	}
	f.Fuzz(func(t *testing.T, pattern, subject string) {
		if len(pattern) > 200 || len(subject) > 200 {
			return
		}
		r, err := CompileRegex(pattern, PCRE)
		if err != nil {
			return
		}
		found := r.Find(subject) != nil
		if r.Aborted() > 0 {
			return
		}
		if m := r.Match(subject); m != found && r.Aborted() == 0 {
			t.Errorf("%q on %q: Match %v, Find %v", pattern, subject, m, found)
		}
	})
}
