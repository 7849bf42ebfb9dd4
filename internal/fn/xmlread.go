package fn

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An XMLNode is an element of an XML document.
type XMLNode struct {
	Name     string
	Attrs    []xml.Attr
	Children []*XMLNode
	text     string
}

// Text returns the element's own character data, without blanks around it.
func (n *XMLNode) Text() string { return strings.TrimSpace(n.text) }

const (
	maxXMLDepth = 500
	maxXMLNodes = 200_000
)

// ParseXML reads an XML text into a node without a name whose children are the text's outermost elements (Splunk also takes
// fragments). It returns nil when the text is not well formed.
func ParseXML(s string) *XMLNode {
	if root, ok := plainXML(s); ok {
		return root
	}
	return anyXML(s)
}

// anyXML is ParseXML for whatever XML can be.
func anyXML(s string) *XMLNode {
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = true
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // the text has been decoded already
	root := &XMLNode{}
	open := []*XMLNode{root}
	nodes := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil
		}
		top := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			if nodes++; nodes > maxXMLNodes || len(open) > maxXMLDepth {
				return nil
			}
			n := &XMLNode{Name: tok.Name.Local, Attrs: append([]xml.Attr(nil), tok.Attr...)}
			top.Children = append(top.Children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 1 {
				top.text += string(tok)
			}
		}
	}
	if len(root.Children) == 0 {
		return nil
	}
	return root
}

// plainXML is ParseXML for the XML that logs hold: elements, attributes and text, without namespaces, comments and the like. ok is false
// when there is something else, or something wrong, in the text. It is some thirty times faster.
func plainXML(s string) (root *XMLNode, ok bool) {
	ascii := true
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' {
			return nil, false
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if !ascii && (!utf8.ValidString(s) || strings.Contains(s, "\ufffe") || strings.Contains(s, "\uffff")) {
		return nil, false
	}
	root = &XMLNode{}
	open := []*XMLNode{root}
	nodes := 0
	for s != "" {
		top := open[len(open)-1]
		if s[0] != '<' {
			end := strings.IndexByte(s, '<')
			if end < 0 {
				end = len(s)
			}
			text, ok := plainText(s[:end])
			if !ok || strings.Contains(s[:end], "]]>") {
				return nil, false
			}
			if len(open) > 1 {
				top.text += text
			}
			s = s[end:]
			continue
		}
		if s = s[1:]; strings.HasPrefix(s, "/") {
			name, rest := xmlName(s[1:])
			rest = xmlBlanks(rest)
			if name == "" || len(open) == 1 || name != top.Name || !strings.HasPrefix(rest, ">") {
				return nil, false
			}
			open, s = open[:len(open)-1], rest[1:]
			continue
		}
		n := &XMLNode{}
		if n.Name, s = xmlName(s); n.Name == "" {
			return nil, false
		}
		for {
			rest := xmlBlanks(s)
			if rest == "" {
				return nil, false
			}
			if rest[0] == '>' || rest[0] == '/' {
				s = rest
				break
			}
			var a xml.Attr
			a.Name.Local, rest = xmlName(rest)
			if len(xmlBlanks(s)) == len(s) || a.Name.Local == "" || len(rest) < 2 || rest[0] != '=' || rest[1] != '"' && rest[1] != '\'' {
				return nil, false
			}
			end := strings.IndexByte(rest[2:], rest[1])
			if end < 0 || strings.IndexByte(rest[2:2+end], '<') >= 0 {
				return nil, false
			}
			if a.Value, ok = plainText(rest[2 : 2+end]); !ok {
				return nil, false
			}
			n.Attrs = append(n.Attrs, a)
			s = rest[2+end+1:]
		}
		if nodes++; nodes > maxXMLNodes || len(open) > maxXMLDepth {
			return nil, true
		}
		top.Children = append(top.Children, n)
		if s[0] == '/' {
			if !strings.HasPrefix(s, "/>") {
				return nil, false
			}
			s = s[2:]
			continue
		}
		s = s[1:]
		open = append(open, n)
	}
	if len(open) > 1 {
		return nil, false
	}
	if len(root.Children) == 0 {
		return nil, true
	}
	return root, true
}

// xmlName cuts a name of plain letters off s; it is "" when s begins otherwise, or goes on with a colon or another letter.
func xmlName(s string) (name, rest string) {
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '.' || c == '-')) {
			break
		}
	}
	if i < len(s) && (s[i] == ':' || s[i] >= utf8.RuneSelf) {
		return "", s
	}
	return s[:i], s[i:]
}

func xmlBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\n' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// plainText replaces the entities of XML; ok is false for others.
func plainText(s string) (text string, ok bool) {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; amp >= 0; amp = strings.IndexByte(s, '&') {
		b.WriteString(s[:amp])
		s = s[amp+1:]
		end := strings.IndexByte(s[:min(len(s), 10)], ';')
		if end < 0 {
			return "", false
		}
		switch name := s[:end]; name {
		case "lt":
			b.WriteByte('<')
		case "gt":
			b.WriteByte('>')
		case "amp":
			b.WriteByte('&')
		case "quot":
			b.WriteByte('"')
		case "apos":
			b.WriteByte('\'')
		default:
			digits, base := strings.TrimPrefix(name, "#"), 10
			if digits == name {
				return "", false
			}
			if hex, is := strings.CutPrefix(digits, "x"); is {
				digits, base = hex, 16
			}
			n, err := strconv.ParseUint(digits, base, 32)
			if err != nil || n < ' ' && n != '\n' && n != '\t' || n >= 0xd800 {
				return "", false // it may be wrong
			}
			b.WriteRune(rune(n))
		}
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String(), true
}
