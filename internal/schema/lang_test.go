package schema

import (
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// evalOne computes an expression of the mapping language over one row of text fields.
func evalOne(t testing.TB, text string, fields map[string]string) (event.Value, error) {
	t.Helper()
	e, err := parseExpr(text)
	if err != nil {
		return event.Value{}, err
	}
	p, err := expr.Compile(e, &fn.Env{})
	if err != nil {
		return event.Value{}, err
	}
	b := event.NewBatch(1)
	for k, v := range fields {
		b.Set(k, event.NewConstant(event.StringOf(v), 1))
	}
	return p.Eval(b).Value(0), nil
}

func TestExpressions(t *testing.T) {
	fields := map[string]string{
		"Image": `C:\Windows\System32\cmd.exe`, "User": `CORP\bob`, "n": "0x24d4", "d": "42", "dash": "-", "empty": "", "Odd Name": "x", "a.b{}.c": "y",
		"Hashes": "SHA1=AB,MD5=CD,SHA256=EF", "guid": "{d273d0f0-e905-5f64-1701-000000000800}", "t": "2020-09-18 13:05:52", "iso": "2020-09-18T17:05:52.782Z",
		"json": `{"a":{"b":[1,2]},"c":"d"}`, "key": `HKLM\SOFTWARE\X\Run\evil`, "list": "a; b;;c", "quote": "it's",
	}
	f := func(text, want string) {
		t.Helper()
		v, err := evalOne(t, text, fields)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if v.String() != want {
			t.Errorf("%s = %s, want %s", text, v, want)
		}
	}
	f("basename(Image)", `"cmd.exe"`)
	f("dirname(Image)", `"C:\\Windows\\System32"`)
	f("account_name(User)", `"bob"`)
	f("account_domain(User)", `"CORP"`)
	f("account('D', 'n')", `"D\\n"`)
	f("account('-', 'n')", `"n"`)
	f("int(n)", "9428")
	f("int(d)", "42")
	f("int('x')", "null")
	f("hex(-9223372036854775808, 16)", `"0x8000000000000000"`)
	f("coalesce(nowhere, dash, empty, d)", `"42"`)
	f("coalesce(nowhere, dash)", `"-"`)
	f("given(dash)", "null")
	f("`Odd Name`", `"x"`)
	f("a.b{}.c", `"y"`)
	f("'it''s' == quote", "true")
	f("map(d, {41: no, 42: 'yes'}, 'other')", `"yes"`)
	f("map(User, {x: y}, 'other')", `"other"`)
	f("map(User, {x: y})", "null")
	f("if(d == 42, 'a', 'b')", `"a"`)
	f("if(d != 42, 'a')", "null")
	f("d in [41, '42'] and not (d == 7 or empty == 'x')", "true")
	f("nowhere == 'x'", "false")
	f("not (nowhere == 'x')", "true")
	f("exists(d, n)", "true")
	f("exists(nowhere)", "false")
	f("hash(Hashes, 'sha256')", `"EF"`)
	f("guid_time(guid)", `"2020-09-18T17:06:13.0000000Z"`)
	f("same_clock(guid_time(guid), t, iso)", `"2020-09-18T13:06:13.0000000Z"`)
	f("epoch(t)", "1600434352")
	f("epoch(iso)", "1600448752.782")
	f("member(parse_json(json), 'a.b')", "[1,2]")
	f("member(parse_json(json), 'c')", `"d"`)
	f("item(member(parse_json(json), 'a.b'), 1)", "2")
	f("long_hive(key)", `"HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\Run\\evil"`)
	f(`short_hive('\REGISTRY\USER\S-1-5\x')`, `"HKU\\S-1-5\\x"`)
	f("registry_data('DWORD (0x00000001)')", `"0x00000001"`)
	f("kql_registry_data('DWORD (0x0000000a)')", `"10"`)
	f("kql_registry_data('QWORD (0x00000001-0x00000002)')", `"4294967298"`)
	f("split(list, ';')", `["a","b","c"]`)
	f("replace(Image, '(?i)windows', 'W')", `"C:\\W\\System32\\cmd.exe"`)
	f("extract(Image, '([a-z]+)[.]exe')", `"cmd"`)
	f("starts(Image, 'c:') and ends(Image, '.EXE') and contains(Image, 'SYSTEM')", "true")
	f("ip('::ffff:10.0.0.1')", `"10.0.0.1"`)
	f("ip('host')", "null")
	f("ip_kind('10.0.0.1')", `"Private"`)
	f("ip_kind('8.8.8.8')", `"Public"`)
	f("ip_kind('fe80::1')", `"LinkLocal"`)
	f("transport(17)", `"udp"`)
	f("integrity('S-1-16-12288')", `"High"`)
	f(`device_path('\device\harddiskvolume2\windows\x.exe')`, `"C:\\windows\\x.exe"`)
	f("bag('A', d, 'B', dash)", `{"A":"42"}`)
	f("json(bag('A', d))", `"{\"A\":\"42\"}"`)
	f(`audit_command('type=EXECVE msg=audit(1.2:3): argc=3 a0="sudo" a1=2D6C a2="x"')`, `"sudo -l x"`)
	f(`audit_command('type=PROCTITLE msg=audit(1.2:3): proctitle=63686D6F640037373700312E7368')`, `"chmod 777 1.sh"`)
	f("program('\"C:\\a b\\x.exe\" -y')", `"C:\\a b\\x.exe"`)

	bad := func(text, want string) {
		t.Helper()
		if _, err := evalOne(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
	bad("basename(", "found the end")
	bad("basename(a, b)", "takes 1 argument")
	bad("nofunc(a)", "no function nofunc")
	bad("a b", "unexpected")
	bad("map(a, {x y})", `expected ":"`)
	bad("'open", "expected a value")
	bad("replace(a, '(', 'x')", "missing closing )")
	bad(strings.Repeat("(", 200)+"a", "too deeply")
}

func TestTimes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := "null"
		if ticks, ok := parseTime(event.StringOf(text)); ok {
			got = isoText(event.TicksOf(ticks))
		}
		if got != want {
			t.Errorf("%q = %s, want %s", text, got, want)
		}
	}
	f("2020-09-18T17:07:52.046Z", "2020-09-18T17:07:52.0460000Z")
	f("2020-09-18 13:07:52", "2020-09-18T13:07:52.0000000Z")
	f("2020-09-18T17:07:52.1234567890+02:00", "2020-09-18T15:07:52.1234567Z")
	f("2020-09-18T17:07:52-0500", "2020-09-18T22:07:52.0000000Z")
	f("2020-09-18", "2020-09-18T00:00:00.0000000Z")
	f("2020-09-18T17:07", "2020-09-18T17:07:00.0000000Z")
	f("1600448773", "2020-09-18T17:06:13.0000000Z")
	f("1600448773123", "2020-09-18T17:06:13.1230000Z")
	f("1600448773.5", "2020-09-18T17:06:13.5000000Z")
	f("5/13/2022 8:54:05 AM", "2022-05-13T08:54:05.0000000Z")
	f("22/Feb/2024:13:00:00 -0500", "2024-02-22T18:00:00.0000000Z")
	f("/Date(1600448773000)/", "2020-09-18T17:06:13.0000000Z")
	f("yesterday", "null")
	f("2020-13-18T17:07:52", "null")
	f("", "null")
	f("2020-09-1", "null")
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"basename(Image)", "map(x, {1: 'a'}, null)", "if(a == 'b' and not c in [1, 2], `odd`, -3)", "'it''s'", "((((a))))", "{a: b}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := parseExpr(s); err == nil {
			_, _ = expr.Compile(e, &fn.Env{})
		}
	})
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{`<Event><System><EventID>1</EventID></System><EventData><Data Name="a">b</Data><Data>c</Data></EventData></Event>`, `{"a":[1,{"b":null}]}`,
		`type=EXECVE msg=audit(1.2:3): a0="x" a1=2D6C msg='op=x res=y'`, "2020-09-18T17:07:52.046+02:00", "{d273d0f0-e905-5f64-1701-000000000800}", "SHA1=A,MD5=B", "DWORD (0x1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := event.StringOf(s)
		for name, fun := range functions {
			if fun.Row != nil && fun.Min <= 1 && (fun.Max < 0 || fun.Max >= 1) {
				fun.Row([]event.Value{v})
				fun.Row([]event.Value{event.ListOf([]event.Value{v, v})})
			}
			_ = name
		}
	})
}
