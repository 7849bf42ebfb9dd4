package function

import (
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// parseWKT reads a geometry in Well-Known Text as GeoJSON, or gives null.
func parseWKT(s string) event.Value {
	p := wktParser{s: s}
	v, ok := p.geometry(0)
	if p.blanks(); !ok || p.i != len(s) {
		return event.NullValue
	}
	return v
}

type wktParser struct {
	s string
	i int
}

func (p *wktParser) blanks() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *wktParser) eat(c byte) bool {
	if p.blanks(); p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *wktParser) word() string {
	p.blanks()
	start := p.i
	for p.i < len(p.s) && (p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z') {
		p.i++
	}
	return strings.ToUpper(p.s[start:p.i])
}

var wktKinds = map[string]struct {
	name  string
	depth int // brackets around a coordinate
}{"POINT": {"Point", 0}, "LINESTRING": {"LineString", 1}, "POLYGON": {"Polygon", 2}, "MULTIPOINT": {"MultiPoint", 1}, "MULTILINESTRING": {"MultiLineString", 2},
	"MULTIPOLYGON": {"MultiPolygon", 3}}

func (p *wktParser) geometry(depth int) (event.Value, bool) {
	kind := p.word()
	if kind == "GEOMETRYCOLLECTION" && depth < 50 {
		if !p.eat('(') {
			return event.NullValue, false
		}
		var parts []event.Value
		for {
			g, ok := p.geometry(depth + 1)
			if !ok {
				return g, false
			}
			parts = append(parts, g)
			if p.eat(',') {
				continue
			}
			return event.ObjectOf(event.Bag{{Name: "type", Value: textOf("GeometryCollection")}, {Name: "geometries", Value: listOf(parts)}}), p.eat(')')
		}
	}
	k, known := wktKinds[kind]
	if !known {
		return event.NullValue, false
	}
	var c event.Value
	var ok bool
	if k.depth == 0 {
		if ok = p.eat('('); ok {
			if c, ok = p.coordinate(); ok {
				ok = p.eat(')')
			}
		}
	} else {
		c, ok = p.list(k.depth)
	}
	return geoJSON(k.name, c), ok
}

func (p *wktParser) list(depth int) (event.Value, bool) {
	if !p.eat('(') {
		return event.NullValue, false
	}
	var out []event.Value
	for {
		var v event.Value
		var ok bool
		if depth > 1 {
			v, ok = p.list(depth - 1)
		} else if p.eat('(') { // points of a MULTIPOINT may have brackets of their own
			if v, ok = p.coordinate(); ok {
				ok = p.eat(')')
			}
		} else {
			v, ok = p.coordinate()
		}
		if !ok {
			return v, false
		}
		out = append(out, v)
		if !p.eat(',') {
			return listOf(out), p.eat(')')
		}
	}
}

func (p *wktParser) coordinate() (event.Value, bool) {
	var xy []event.Value
	for {
		p.blanks()
		start := p.i
		for p.i < len(p.s) && strings.IndexByte("+-.0123456789eE", p.s[p.i]) >= 0 {
			p.i++
		}
		if start == p.i {
			return listOf(xy), len(xy) >= 2
		}
		f, err := strconv.ParseFloat(p.s[start:p.i], 64)
		if err != nil {
			return event.NullValue, false
		}
		xy = append(xy, event.FloatOf(f))
	}
}
