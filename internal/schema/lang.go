package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
)

// parseExpr reads an expression of the mapping language:
//
//	Image                                  a source field; `odd name` in backquotes when it is no plain word
//	'text'  "text"  42  true  null         literals; a doubled quote stands for itself
//	['a', 'b']  {2: Interactive, x: 'y'}   lists and tables of literals, as arguments
//	basename(Image)                        a call of a function in the table of kernels
//	if(cond, a, b)                         a, when cond is true, else b
//	object(properties.location)            the object whose members decoders have spread over fields with dotted names
//	a == b, a != b, a in ['x'], not, and, or, ( )   conditions; text compares without case, numbers with their text
//
// Field names may hold . @ # $ and {} besides letters, digits and _.
func parseExpr(text string) (expr.Expr, error) {
	p := &exprParser{text: text}
	p.next()
	e, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.tok != tokEnd {
		return nil, p.errorf("unexpected %s", p.shown())
	}
	return e, nil
}

type token uint8

const (
	tokEnd token = iota
	tokName
	tokText
	tokNumber
	tokMark // one of ( ) [ ] { } , : == !=
)

// Mappings are nested by hand, a few levels at most; the bound keeps a broken file from exhausting the stack.
const maxExprDepth = 64

type exprParser struct {
	text string
	pos  int // behind the current token
	from int // start of the current token
	tok  token
	val  string
}

func (p *exprParser) errorf(format string, args ...any) error {
	return fmt.Errorf("%q at %d: %s", p.text, p.from+1, fmt.Sprintf(format, args...))
}

func (p *exprParser) shown() string {
	if p.tok == tokEnd {
		return "the end"
	}
	return strconv.Quote(p.text[p.from:p.pos])
}

func nameStart(c byte) bool {
	return c == '_' || c == '@' || c == '#' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (p *exprParser) next() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	p.from = p.pos
	if p.pos >= len(p.text) {
		p.tok, p.val = tokEnd, ""
		return
	}
	c := p.text[p.pos]
	switch {
	case c == '\'' || c == '"' || c == '`':
		p.quoted(c)
	case nameStart(c):
		for p.pos < len(p.text) {
			c := p.text[p.pos]
			if nameStart(c) || c >= '0' && c <= '9' || c == '.' {
				p.pos++
			} else if strings.HasPrefix(p.text[p.pos:], "{}") {
				p.pos += 2
			} else {
				break
			}
		}
		p.tok, p.val = tokName, p.text[p.from:p.pos]
	case c >= '0' && c <= '9' || c == '-' && p.pos+1 < len(p.text) && p.text[p.pos+1] >= '0' && p.text[p.pos+1] <= '9':
		p.pos++
		for p.pos < len(p.text) && strings.IndexByte("0123456789.xabcdefABCDEF", p.text[p.pos]) >= 0 {
			p.pos++
		}
		p.tok, p.val = tokNumber, p.text[p.from:p.pos]
	default:
		p.pos++
		if (c == '=' || c == '!') && strings.HasPrefix(p.text[p.pos:], "=") {
			p.pos++
		}
		p.tok, p.val = tokMark, p.text[p.from:p.pos]
	}
}

func (p *exprParser) quoted(q byte) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		if c == q {
			if strings.HasPrefix(p.text[p.pos+1:], string(q)) {
				p.pos++
			} else {
				p.pos++
				p.tok, p.val = tokText, b.String()
				if q == '`' {
					p.tok = tokName
				}
				return
			}
		}
		b.WriteByte(c)
	}
	p.tok, p.val = tokMark, "unfinished text"
}

func (p *exprParser) is(mark string) bool { return p.tok == tokMark && p.val == mark }

func (p *exprParser) word(w string) bool {
	return p.tok == tokName && p.val == w && p.text[p.from] != '`'
}

func (p *exprParser) expect(mark string) error {
	if !p.is(mark) {
		return p.errorf("expected %q, found %s", mark, p.shown())
	}
	p.next()
	return nil
}

func (p *exprParser) or(depth int) (expr.Expr, error)  { return p.logic(depth, "or", expr.Or, p.and) }
func (p *exprParser) and(depth int) (expr.Expr, error) { return p.logic(depth, "and", expr.And, p.not) }

func (p *exprParser) logic(depth int, word string, op expr.Op, operand func(int) (expr.Expr, error)) (expr.Expr, error) {
	if depth > maxExprDepth {
		return nil, p.errorf("nested too deeply")
	}
	first, err := operand(depth)
	if err != nil || !p.word(word) {
		return first, err
	}
	args := []expr.Expr{first}
	for p.word(word) {
		p.next()
		a, err := operand(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return &expr.Logic{Op: op, Args: args}, nil
}

func (p *exprParser) not(depth int) (expr.Expr, error) {
	if p.word("not") {
		p.next()
		a, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return &expr.Not{Arg: a}, nil
	}
	a, err := p.primary(depth + 1)
	if err != nil {
		return nil, err
	}
	switch {
	case p.is("=="), p.is("!="):
		negate := p.val == "!="
		p.next()
		b, err := p.primary(depth + 1)
		if err != nil {
			return nil, err
		}
		e := expr.Expr(expr.F(functions["same"], a, b))
		if negate {
			e = &expr.Not{Arg: e}
		}
		return e, nil
	case p.word("in"):
		p.next()
		list, err := p.primary(depth + 1)
		if err != nil {
			return nil, err
		}
		return expr.F(functions["among"], a, list), nil
	}
	return a, nil
}

func (p *exprParser) primary(depth int) (expr.Expr, error) {
	if depth > maxExprDepth {
		return nil, p.errorf("nested too deeply")
	}
	switch {
	case p.is("("):
		p.next()
		e, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case p.is("["), p.is("{"), p.tok == tokText, p.tok == tokNumber, p.word("true"), p.word("false"), p.word("null"):
		v, err := p.literal(false)
		return expr.L(v), err
	case p.tok == tokName:
		name, quoted := p.val, p.text[p.from] == '`'
		p.next()
		if quoted || !p.is("(") {
			return expr.C(name), nil
		}
		return p.call(name, depth)
	}
	return nil, p.errorf("expected a value, found %s", p.shown())
}

func (p *exprParser) call(name string, depth int) (expr.Expr, error) {
	at := p.from
	p.next()
	var args []expr.Expr
	for !p.is(")") {
		a, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if !p.is(",") {
			break
		}
		p.next()
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if name == "if" {
		if len(args) != 2 && len(args) != 3 {
			return nil, p.errorf("if takes 2 or 3 arguments")
		}
		c := &expr.Case{Whens: []expr.When{{Cond: args[0], Then: args[1]}}}
		if len(args) == 3 {
			c.Else = args[2]
		}
		return c, nil
	}
	if name == "object" {
		c, ok := expr.Expr(nil), false
		if len(args) == 1 {
			c, ok = args[0].(*expr.Col)
		}
		if !ok {
			return nil, p.errorf("object takes the name of a field")
		}
		return expr.C(objectField + c.(*expr.Col).Name), nil
	}
	f := functions[name]
	if f == nil {
		p.from = at
		return nil, p.errorf("no function %s", name)
	}
	if err := f.CheckArity(len(args)); err != nil {
		return nil, p.errorf("%v", err)
	}
	return expr.F(f, args...), nil
}

// literal reads a constant. Inside lists and tables a bare word is text.
func (p *exprParser) literal(inside bool) (event.Value, error) {
	v, val := event.Value{}, p.val
	switch {
	case p.is("["):
		p.next()
		var list []event.Value
		for !p.is("]") {
			e, err := p.literal(true)
			if err != nil {
				return v, err
			}
			list = append(list, e)
			if !p.is(",") {
				break
			}
			p.next()
		}
		return event.ListOf(list), p.expect("]")
	case p.is("{"):
		p.next()
		var bag event.Bag
		for !p.is("}") {
			key := p.val
			if p.tok == tokMark || p.tok == tokEnd {
				return v, p.errorf("expected a key, found %s", p.shown())
			}
			p.next()
			if err := p.expect(":"); err != nil {
				return v, err
			}
			e, err := p.literal(true)
			if err != nil {
				return v, err
			}
			bag = append(bag, event.Field{Name: key, Value: e})
			if !p.is(",") {
				break
			}
			p.next()
		}
		return event.ObjectOf(bag), p.expect("}")
	case p.tok == tokText:
		v = event.StringOf(val)
	case p.tok == tokNumber:
		if i, err := strconv.ParseInt(val, 0, 64); err == nil {
			v = event.IntOf(i)
		} else if f, err := strconv.ParseFloat(val, 64); err == nil {
			v = event.FloatOf(f)
		} else {
			return v, p.errorf("%q is no number", val)
		}
	case p.word("true"), p.word("false"):
		v = event.BoolOf(val == "true")
	case p.word("null"):
		v = event.NullValue
	case inside && p.tok == tokName:
		v = event.StringOf(val)
	default:
		return v, p.errorf("expected a constant, found %s", p.shown())
	}
	p.next()
	return v, nil
}
