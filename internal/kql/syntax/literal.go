package syntax

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// LitKind is the type of a literal.
type LitKind uint8

const (
	LitNull     LitKind = iota // null inside dynamic(…)
	LitBool                    // Bool
	LitInt                     // Int
	LitLong                    // Int
	LitReal                    // Real
	LitDecimal                 // Str, the digits as written
	LitDateTime                // Time, in UTC
	LitTimespan                // Int, in ticks of 100 ns
	LitGuid                    // Str, lower case with dashes
	LitString                  // Str
)

// A Literal is a scalar constant. The field that holds the value depends on Kind.
type Literal struct {
	exprNode
	Kind LitKind
	// Null tells a typed null: long(null).
	Null bool
	// Malformed tells that the content is not of the type (datetime(2024-13-45), long(abc), a number out of range). The
	// grammar lets it pass, and the value is then null.
	Malformed bool
	Bool      bool
	Int       int64
	Real      float64
	Time      time.Time
	Str       string
	// Hidden tells an h"…" string, which the service keeps out of its traces.
	Hidden bool
	// Raw is the literal as written; empty for strings.
	Raw string
}

func (n *Literal) children(func(Node)) {}

// A Dynamic is dynamic(…). Its value is a [Literal], a [DynamicArray], a [DynamicObject] or another Dynamic.
type Dynamic struct {
	exprNode
	X Expr
}

func (n *Dynamic) children(visit func(Node)) { visitOne(visit, n.X) }

// A DynamicArray is a JSON array inside dynamic(…).
type DynamicArray struct {
	exprNode
	Elems []Expr
}

func (n *DynamicArray) children(visit func(Node)) { visitAll(visit, n.Elems) }

// A DynamicObject is a JSON object inside dynamic(…).
type DynamicObject struct {
	exprNode
	Members []*DynamicMember
}

func (n *DynamicObject) children(visit func(Node)) { visitAll(visit, n.Members) }

// A DynamicMember is one "key": value of a [DynamicObject].
type DynamicMember struct {
	exprNode
	Key string
	X   Expr
}

func (n *DynamicMember) children(visit func(Node)) { visitOne(visit, n.X) }

// unquote returns the text that a string token stands for. Unknown escapes, which the scanner has reported, stay as they are.
func unquote(tok string) (s string, hidden bool) {
	if tok != "" && (tok[0] == 'h' || tok[0] == 'H') {
		hidden, tok = true, tok[1:]
	}
	verbatim := strings.HasPrefix(tok, "@")
	tok = strings.TrimPrefix(tok, "@")
	if len(tok) >= 3 && (tok[:3] == "```" || tok[:3] == "~~~") {
		fence := tok[:3]
		return strings.TrimSuffix(tok[3:], fence), hidden
	}
	if tok == "" {
		return "", hidden
	}
	quote := tok[:1]
	tok = tok[1:]
	if verbatim {
		tok = strings.TrimSuffix(tok, quote)
		return strings.ReplaceAll(tok, quote+quote, quote), hidden
	}
	if !strings.Contains(tok, `\`) {
		return strings.TrimSuffix(tok, quote), hidden
	}
	var b strings.Builder
	for i := 0; i < len(tok); {
		n := 0
		if tok[i] == '\\' {
			n = escapeLength(tok[i:])
		}
		if n == 0 {
			if tok[i] == quote[0] && i == len(tok)-1 {
				break
			}
			b.WriteByte(tok[i])
			i++
			continue
		}
		writeEscape(&b, tok[i+1:i+n])
		i += n
	}
	return b.String(), hidden
}

func writeEscape(b *strings.Builder, esc string) {
	switch c := esc[0]; {
	case c == 'x' || c == 'u' || c == 'U':
		r, err := strconv.ParseUint(esc[1:], 16, 32)
		if err != nil || r > utf8.MaxRune {
			r = utf8.RuneError
		}
		b.WriteRune(rune(r))
	case '0' <= c && c <= '7':
		r, _ := strconv.ParseUint(esc, 8, 32)
		b.WriteRune(rune(r))
	default:
		const from, to = "abfnrtv", "\a\b\f\n\r\t\v"
		if i := strings.IndexByte(from, c); i >= 0 {
			c = to[i]
		}
		b.WriteByte(c)
	}
}

// quote writes s as a string literal, in the form that needs the fewest escapes.
func quote(s string, hidden bool) string {
	prefix := ""
	if hidden {
		prefix = "h"
	}
	plain, backslash := utf8.ValidString(s), false
	for _, r := range s {
		plain = plain && r >= ' ' && r != 0x7f && r != '\u2028' && r != '\u2029' && r != '\u0085'
		backslash = backslash || r == '\\'
	}
	if plain {
		q, at := `"`, ""
		if strings.Contains(s, `"`) && !strings.Contains(s, `'`) {
			q = `'`
		}
		if backslash {
			at = "@"
		}
		if at == "@" {
			return prefix + at + q + strings.ReplaceAll(s, q, q+q) + q
		}
		return prefix + q + strings.ReplaceAll(s, q, `\`+q) + q
	}
	var b strings.Builder
	b.WriteString(prefix + `"`)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case strings.IndexByte("\a\b\f\n\r\t\v", s[i]) >= 0:
			b.WriteByte('\\')
			b.WriteByte("abfnrtv"[strings.IndexByte("\a\b\f\n\r\t\v", s[i])])
		case r == utf8.RuneError && n == 1:
			b.WriteByte(s[i]) // not UTF-8 in the source either: pass it on
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085':
			b.WriteString(`\u`)
			h := strconv.FormatInt(int64(r), 16)
			b.WriteString(strings.Repeat("0", 4-len(h)) + h)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	b.WriteByte('"')
	return b.String()
}

func numberLiteral(t token) *Literal {
	n := &Literal{Raw: t.text}
	switch t.kind {
	case tokTime:
		n.Kind = LitTimespan
		ticks, ok := ParseTimespan(t.text)
		n.Int, n.Null, n.Malformed = ticks, !ok, !ok
	case tokReal:
		n.Kind = LitReal
		if strings.HasSuffix(n.Raw, ".") {
			n.Raw += "0"
		}
		n.setReal(t.text)
	default:
		n.Kind = LitLong
		n.setInt(t.text, 64)
	}
	return n
}

// setInt sets an integer value; a missing one is null, one that does not fit is malformed.
func (n *Literal) setInt(s string, bits int) {
	body := strings.TrimLeft(s, "+-")
	base := 10
	if len(body) > 2 && (body[:2] == "0x" || body[:2] == "0X") {
		base, body = 16, body[2:]
	}
	// A hexadecimal literal names the bits: 0xFFFFFFFFFFFFFFFF is -1.
	if base == 16 && body != "" {
		if u, err := strconv.ParseUint(body, 16, bits); err == nil && allHex(body) {
			n.Int = int64(u)
			if bits == 32 {
				n.Int = int64(int32(uint32(u)))
			}
			if strings.HasPrefix(s, "-") {
				n.Int = -n.Int
			}
			return
		}
	}
	if v, err := strconv.ParseInt(s, 10, bits); err == nil {
		n.Int = v
		return
	}
	n.Null, n.Malformed = true, true
}

func (n *Literal) setReal(s string) {
	switch strings.ToLower(s) {
	case "nan", "inf", "+inf", "-inf":
	default:
		if strings.ContainsAny(s, "xXpP_nN") { // what Go reads and KQL does not
			n.Null, n.Malformed = true, true
			return
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && v == 0 {
		n.Null, n.Malformed = true, true
		return
	}
	n.Real = v
}

// typedLiteral reads type(content), the content raw.
func typedLiteral(tok string) *Literal {
	open := strings.IndexByte(tok, '(')
	name, content := tok[:open], strings.TrimSuffix(tok[open+1:], ")")
	content = strings.TrimSpace(content)
	if len(content) >= 2 && (content[0] == '"' || content[0] == '\'') && content[len(content)-1] == content[0] {
		content = content[1 : len(content)-1]
	}
	n := &Literal{Raw: tok}
	ok := true
	switch Types[name] {
	case "bool":
		n.Kind = LitBool
		n.Bool, ok = parseBool(content)
	case "int":
		n.Kind = LitInt
	case "long":
		n.Kind = LitLong
	case "real":
		n.Kind = LitReal
	case "decimal":
		n.Kind, n.Str = LitDecimal, content
		_, err := strconv.ParseFloat(content, 64)
		ok = err == nil && !strings.ContainsAny(content, "xXpP_nNiI")
	case "datetime":
		n.Kind = LitDateTime
		n.Time, ok = ParseDateTime(content)
	case "timespan":
		n.Kind = LitTimespan
		n.Int, ok = ParseTimespan(content)
	case "guid":
		n.Kind = LitGuid
		n.Str, ok = parseGuid(content)
	default: // int32 and int64
		n.Kind = LitInt
		if name == "int64" {
			n.Kind = LitLong
		}
	}
	if content == "null" || content == "" {
		return &Literal{Raw: tok, Kind: n.Kind, Null: true}
	}
	switch n.Kind {
	case LitInt:
		n.setInt(content, 32)
	case LitLong:
		n.setInt(content, 64)
	case LitReal:
		n.setReal(content)
	}
	if !ok {
		return &Literal{Raw: tok, Kind: n.Kind, Null: true, Malformed: true}
	}
	return n
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

func parseGuid(s string) (string, bool) {
	s = strings.ToLower(strings.Trim(s, "{}"))
	hex := strings.ReplaceAll(s, "-", "")
	if len(hex) != 32 || !allHex(hex) {
		return "", false
	}
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:], true
}
