package function

import (
	"fmt"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// run binds a search test to its literals and applies it to a value.
func run(t *testing.T, name string, v event.Value, literals ...string) bool {
	t.Helper()
	f := Operator(name)
	args := []fn.Arg{{}}
	in := []event.Value{v}
	for _, l := range literals {
		args = append(args, fn.Arg{Const: true, Value: event.StringOf(l)})
		in = append(in, event.StringOf(l))
	}
	r, err := f.Prepare(testEnv, args)
	if err != nil {
		t.Fatal(err)
	}
	got := r(in)
	if got.Kind() != event.Bool {
		t.Errorf("%s gave %v", name, got)
	}
	return got.IsTrue()
}

func TestSearchComparisons(t *testing.T) {
	str := event.StringOf
	mv := event.ListOf([]event.Value{str("admins"), str("devs")})
	f := func(name string, v event.Value, literal string, want bool) {
		t.Helper()
		if got := run(t, name, v, literal); got != want {
			t.Errorf("%v %s %q: got %v", v, name, literal, got)
		}
	}
	f("search_eq", str("Mike"), "mIKE", true)
	f("search_eq", str("1"), "1", true)
	f("search_eq", str("1.0"), "1", false)
	f("search_eq", str("01"), "1", false)
	f("search_eq", event.IntOf(404), "404", true)
	f("search_eq", event.FloatOf(1), "1", true)
	f("search_eq", event.IntOf(404), "4*", true)
	f("search_eq", event.IntOf(404), "*0*", true)
	f("search_eq", event.IntOf(404), "40?", false)
	f("search_eq", str(`C:\Windows\System32\cmd.exe`), `c:\windows\*\CMD.EXE`, true)
	f("search_eq", str(`C:\Windows\System32\cmd.exe`), `*\system32\*`, true)
	f("search_eq", str(`abcabc`), `abc*abc`, true)
	f("search_eq", str(`abc`), `abc*abc`, false)
	f("search_eq", str(`ababc`), `*abc`, true)
	f("search_eq", str("a\nb"), `a*b`, true)
	f("search_eq", str(""), "", true)
	f("search_eq", str(""), "*", true)
	f("search_eq", event.NullValue, "*", false)
	f("search_eq", event.Value{}, "x", false)
	f("search_eq", mv, "DEVS", true)
	f("search_eq", mv, "x", false)
	f("search_eq", str("ÄÖ"), "äö", true)
	f("search_eq", str("xÄÖy"), "*äö*", true)
	f("search_eq", str("10.1.2.3"), "10.0.0.0/8", true)
	f("search_eq", str("11.1.2.3"), "10.0.0.0/8", false)
	f("search_eq", str("10.0.0.0/8"), "10.0.0.0/8", true)
	f("search_eq", str("2001:db8::1"), "2001:db8::/32", true)
	f("search_eq", str("a/b"), "a/b", true)
	f("search_ne", str("x"), "y", true)
	f("search_ne", str("x"), "X", false)
	f("search_ne", event.NullValue, "y", false)
	f("search_ne", str("x"), "*", false)
	f("search_ne", str("11.0.0.1"), "10.0.0.0/8", true)
	f("search_ne", mv, "devs", true)
	f("search_case_eq", str("MIKE"), "MIKE", true)
	f("search_case_eq", str("Mike"), "MIKE", false)
	f("search_case_eq", str("MIKE"), "MI*", true)
	f("search_case_ne", str("Mike"), "MIKE", true)
	f("search_lt", event.IntOf(9), "10", true)
	f("search_lt", str("9"), "10", true)
	f("search_lt", str("B"), "a", true)
	f("search_gt", str("ok"), "5", true)
	f("search_ge", str("1500"), "1500", true)
	f("search_le", event.NullValue, "5", false)
	f("search_gt", event.ListOf([]event.Value{str("1"), str("7")}), "5", true)
	if run(t, "search_exists", event.Value{}) || !run(t, "search_exists", str("")) || run(t, "search_exists", event.ListOf(nil)) {
		t.Error("search_exists")
	}
	in := func(v event.Value, want bool, literals ...string) {
		t.Helper()
		if got := run(t, "search_in", v, literals...); got != want {
			t.Errorf("%v IN %q: got %v", v, literals, got)
		}
	}
	in(event.IntOf(404), true, "400", "404")
	in(str("CMD.exe"), true, "cmd.exe", "x")
	in(str("wscript.exe"), true, "*sh*", "w*")
	in(str("10.1.1.1"), true, "192.168.0.0/16", "10.0.0.0/8")
	in(str("::1"), true, "::1")
	in(event.NullValue, false, "a")
	in(mv, true, "devs")
}

func TestSearchTerms(t *testing.T) {
	f := func(name, term, raw string, want bool) {
		t.Helper()
		if got := run(t, name, event.StringOf(raw), term); got != want {
			t.Errorf("%s(%s) in %q: got %v", name, term, raw, got)
		}
	}
	const login = "Jan 1 login failed for user alice from 10.0.0.5"
	f("search_text", "failed", login, true)
	f("search_text", "FAILED", login, true)
	f("search_text", "fail", login, false)
	f("search_text", "fail*", login, true)
	f("search_text", "*ailed", login, true)
	f("search_text", "fa*d", login, true)
	f("search_text", "fa*r", login, false) // a star in a word stays in the word
	f("search_text", "login failed", login, true)
	f("search_text", "failed login", login, false)
	f("search_text", "login  failed", login, false)
	f("search_text", "login*alice", login, false)
	f("search_text", "login *lice", login, true)
	f("search_text", "10.0.0", login, true) // ends where a token does
	f("search_text", "10.0", "10.00", false)
	f("search_text", "*", "anything", true)
	f("search_text", "*", "", true)
	f("search_text", "EventCode=4688", "LogName=Security EventCode=46880", false)
	f("search_text", "EventCode=4688", "LogName=Security EventCode=4688 x", true)
	f("search_text", "<EventID>4688<", "<System><EventID>4688</EventID>", true)
	f("search_text", "<EventID>4688<", "<System><EventID>46880</EventID>", false)
	f("search_text", " query ", "net query user", true)
	f("search_text", " query ", "net query", false)
	f("search_text", "cmd.exe", `C:\Windows\cmd.exe /c`, true)
	f("search_text", "cmd.exe", `C:\Windows\acmd.exe /c`, false)
	f("search_text", "cmd.exe", `acmd.exe cmd.exe`, true)
	f("search_text", `C:\Users\*\Downloads\*`, `x C:\Users\John Doe\Downloads\a.exe`, true)
	f("search_text", "über", "hat ÜBER", true)
	f("search_text", "", "x", true)
	f("search_case", "ERROR", "error 404", false)
	f("search_case", "ERROR", "ERROR 404", true)
	f("search_term", "EventCode=4688", "LogName=Security EventCode=4688 Keywords", true)
	f("search_term", "eventcode=4688", "LogName=Security EventCode=4688 Keywords", true)
	f("search_term", "EventCode=4688", "EventCode=46880", false)
	f("search_term", "10.0.0.6", "denied ip=10.0.0.6 port=22", false)
	f("search_term", "10.0.0.6", "denied 10.0.0.6 port=22", true)
	f("search_term", "ip=10.0.0.6", "denied ip=10.0.0.6 port=22", true)
	f("search_term", "10.0.0.6", "denied 10.0.0.60 port=22", false)
	f("search_term", "4688", "EventCode=4688", true) // no minor breaker in it: any piece will do
	f("search_term", "468", "EventCode=4688", false)
	f("search_term", "wordpad.exe", `run "wordpad.exe" now`, true)
	f("search_term", "wordpad.exe", `C:\x\wordpad.exe`, false)
	f("search_term", "-enc", "powershell -enc AAA", true)
	f("search_term", `"Downloads"`, `a "Downloads" b`, false)
	f("search_term", "a b", "a b", false)
	f("search_term", "--version", "git --version", false) // -- is a major breaker
	f("search_term", "version", "git --version", true)
	f("search_term", "no-check", "x --no-check", true)
	f("search_term", "b", "a%20b%2Cc", true)
	f("search_term", "*.war", "GET x.war HTTP", true)
	f("search_term", "x*", "GET x.war HTTP", true)
	f("search_term", "", "x", false)
	for _, name := range []string{"search_text", "search_case", "search_term"} {
		if run(t, name, event.NullValue, "x") {
			t.Errorf("%s holds for no text", name)
		}
	}
	if !run(t, "search_text", event.NullValue, "*") {
		t.Error("a lone star holds for every event")
	}
	if !NewTerm(`a"b`, WholeTerm).Never() || NewTerm("a", WholeTerm).Never() {
		t.Error("Never")
	}
}

func TestSearchRequired(t *testing.T) {
	f := func(got fn.Required, want string) {
		t.Helper()
		if s := fmt.Sprintf("%q %v", got.Any, got.Fold); s != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
	f(NewLiteral(`*\Temp\*.exe`, true).Required(), `["\\temp\\"] true`)
	f(NewLiteral("CMD", true).Required(), `["cmd"] true`)
	f(NewLiteral("10.0.0.0/8", true).Required(), `[] false`)
	f(NewLiteral("*", true).Required(), `[] false`)
	f(NewTerm("Event*Code", Phrase).Required(), `["event"] true`)
	f(NewTerm("Event", CasePhrase).Required(), `["Event"] false`)
}

// FuzzTerm checks that a term that is found has what it requires, and that nothing panics.
func FuzzTerm(f *testing.F) {
	f.Add("fa*d x", "login failed x")
	f.Add("--a%20", "b--a%20")
	f.Add("é*ü", "xéñü")
	f.Fuzz(func(t *testing.T, term, raw string) {
		for _, kind := range []TermKind{Phrase, CasePhrase, WholeTerm} {
			x := NewTerm(term, kind)
			if req := x.Required(); x.In(raw) && len(req.Any) > 0 && !fn.NewFinder(req.Any[0], req.Fold).In(raw) {
				t.Errorf("%q in %q: without %q", term, raw, req.Any)
			}
		}
		l := NewLiteral(term, true)
		if req := l.Required(); l.Match(raw) && len(req.Any) > 0 && !fn.NewFinder(req.Any[0], req.Fold).In(raw) {
			t.Errorf("%q = %q: without %q", term, raw, req.Any)
		}
	})
}

// TestNeeds checks what tests say they need, and that nothing satisfies a test without having it.
func TestNeeds(t *testing.T) {
	values := commandLines()
	for _, s := range []string{"", "a", "CMD.EXE", "cmd.exe", "10", "10.0", "10.1.2.3", "x-enc y", "Kill", "TASK\u212aill"} {
		values = append(values, event.StringOf(s))
	}
	f := func(x *fn.Func, want string, literals ...string) {
		t.Helper()
		args, in := []fn.Arg{{}}, []event.Value{{}}
		for _, l := range literals {
			args = append(args, fn.Arg{Const: true, Value: event.StringOf(l)})
			in = append(in, event.StringOf(l))
		}
		need := x.Needs(args)
		if got := fmt.Sprintf("%q %v", need.Any, need.Fold); got != want {
			t.Errorf("%s %q: got %s, want %s", x.Name, literals, got, want)
		}
		r, err := x.Prepare(testEnv, args)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if in[0] = v; !r(in).IsTrue() || len(need.Any) == 0 {
				continue
			}
			has := false
			for _, s := range need.Any {
				has = has || fn.NewFinder(s, need.Fold).In(v.Str())
			}
			if !has && x.Name != "match" { // a pattern may mean letters outside ASCII
				t.Errorf("%s %q holds for %v", x.Name, literals, v)
			}
		}
	}
	f(Operator("search_eq"), `["\\powershell.exe"] true`, `*\PowerShell.exe*`)
	f(Operator("search_eq"), `[] false`, "10.0.0.0/8")
	f(Operator("search_in"), `["cmd.exe" "\\updater"] true`, "cmd.exe", `*\Updater*`)
	f(Operator("search_in"), `[] false`, "cmd.exe", "*")
	f(Operator("search_term"), `["-enc"] true`, "-enc")
	f(Operator("search_case"), `["Enc"] false`, "Enc")
	f(Operator("spl_eq"), `["cmd.exe"] false`, "cmd.exe")
	f(Operator("spl_eq"), `[] false`, "10")
	f(Lookup("in"), `["cmd.exe" "a"] false`, "cmd.exe", "a")
	f(Lookup("like"), `["PowerShell"] false`, "%PowerShell%-E_c%")
	f(Lookup("match"), `["taskkill"] true`, "(?i)taskkill")
}
