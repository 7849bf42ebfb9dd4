package function

import (
	"cmp"
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/harrier-detect/harrier/internal/event"
)

// Shapes on the sphere, read from GeoJSON. Edges are the shortest lines between points of a sphere with the Earth's mean
// radius. https://learn.microsoft.com/kusto/query/geospatial-functions

// earthRadius is in meters.
const earthRadius = 6371010.0

// maxPoints bounds the points of one shape.
const maxPoints = 200_000

func lngLatOK(lng, lat float64) bool { return math.Abs(lng) <= 180 && math.Abs(lat) <= 90 }

func pointAt(lng, lat float64) s2.Point { return s2.PointFromLatLng(s2.LatLngFromDegrees(lat, lng)) }

func meters(a s1.Angle) float64 { return float64(a) * earthRadius }

// lngLat reads two arguments as a point.
func lngLat(lng, lat event.Value) (s2.Point, bool) {
	x, y := real1(lng), real1(lat)
	return pointAt(x, y), lngLatOK(x, y)
}

func coordinate(p s2.Point) event.Value {
	ll := s2.LatLngFromPoint(p)
	return lngLatValue(ll.Lng.Degrees(), ll.Lat.Degrees())
}

// lngLatValue is a coordinate of GeoJSON, in which whole degrees are whole numbers.
func lngLatValue(lng, lat float64) event.Value {
	number := func(f float64) event.Value {
		if f == math.Trunc(f) {
			return event.IntOf(int64(f))
		}
		return event.FloatOf(f)
	}
	return listOf([]event.Value{number(lng), number(lat)})
}

func geoJSON(kind string, coordinates event.Value) event.Value {
	return event.ObjectOf(event.Bag{{Name: "type", Value: textOf(kind)}, {Name: "coordinates", Value: coordinates}})
}

func geoPoint(p s2.Point) event.Value { return geoJSON("Point", coordinate(p)) }

func noGeometry() event.Value {
	return event.ObjectOf(event.Bag{{Name: "type", Value: textOf("GeometryCollection")}, {Name: "geometries", Value: listOf(nil)}})
}

// A path is a chain of points: a line, or a ring whose last point is its first.
type path struct {
	pts  []s2.Point
	flat [][2]float64 // longitude and latitude as written
}

func readPath(v event.Value, least int) (path, bool) {
	l := v.List()
	var p path
	if len(l) < least || len(l) > maxPoints {
		return p, false
	}
	for _, c := range l {
		xy := c.List()
		if len(xy) < 2 {
			return p, false
		}
		x, ok1 := xy[0].Number()
		y, ok2 := xy[1].Number()
		if !ok1 || !ok2 || !lngLatOK(x, y) {
			return p, false
		}
		p.pts = append(p.pts, pointAt(x, y))
		p.flat = append(p.flat, [2]float64{x, y})
	}
	return p, true
}

// members returns the type of a geometry and its parts: one for a plain one, several for a Multi one.
func members(v event.Value, plain string) (parts []event.Value, ok bool) {
	kind, _ := v.Bag().Get("type")
	coords, _ := v.Bag().Get("coordinates")
	if coords.Kind() != event.List {
		return nil, false
	}
	switch kind.Str() {
	case plain:
		return []event.Value{coords}, true
	case "Multi" + plain:
		return coords.List(), len(coords.List()) > 0
	}
	return nil, false
}

// readLines reads a LineString or MultiLineString.
func readLines(v event.Value) ([]path, bool) {
	parts, ok := members(v, "LineString")
	var out []path
	for _, part := range parts {
		p, good := readPath(part, 2)
		if !good {
			return nil, false
		}
		for i := 1; i < len(p.pts); i++ {
			if p.pts[i] == p.pts[i-1] && len(p.pts) == 2 {
				return nil, false
			}
		}
		out = append(out, p)
	}
	return out, ok
}

// A shell is a ring with the rings of its holes. Its loops enclose the smaller side.
type shell struct {
	rings []path
	loops []*s2.Loop
}

// readPolygons reads a Polygon or MultiPolygon.
func readPolygons(v event.Value) ([]shell, bool) {
	parts, ok := members(v, "Polygon")
	var out []shell
	for _, part := range parts {
		var s shell
		for _, r := range part.List() {
			p, good := readPath(r, 4)
			if !good || p.pts[0] != p.pts[len(p.pts)-1] {
				return nil, false
			}
			for i := 1; i < len(p.pts); i++ {
				if p.pts[i] == p.pts[i-1] {
					return nil, false
				}
			}
			l := s2.LoopFromPoints(append([]s2.Point(nil), p.pts[:len(p.pts)-1]...))
			if l.Validate() != nil {
				return nil, false
			}
			l.Normalize()
			s.rings, s.loops = append(s.rings, p), append(s.loops, l)
		}
		if len(s.loops) == 0 {
			return nil, false
		}
		out = append(out, s)
	}
	return out, ok
}

func (s shell) contains(p s2.Point) bool {
	if !s.loops[0].ContainsPoint(p) {
		return false
	}
	for _, hole := range s.loops[1:] {
		if hole.ContainsPoint(p) {
			return false
		}
	}
	return true
}

func anyContains(shells []shell, p s2.Point) bool {
	for _, s := range shells {
		if s.contains(p) {
			return true
		}
	}
	return false
}

// polygon joins shells and holes into one region.
func polygon(shells []shell) *s2.Polygon {
	var loops []*s2.Loop
	for _, s := range shells {
		for _, l := range s.loops {
			loops = append(loops, s2.LoopFromPoints(append([]s2.Point(nil), l.Vertices()...)))
		}
	}
	return s2.PolygonFromLoops(loops)
}

// boundary returns all rings.
func boundary(shells []shell) (out []path) {
	for _, s := range shells {
		out = append(out, s.rings...)
	}
	return out
}

// closest returns the point of the paths that is nearest to p, and how far it is.
func closest(paths []path, p s2.Point) (s2.Point, s1.Angle) {
	best, at := s1.InfAngle(), p
	for _, l := range paths {
		for i := 1; i < len(l.pts); i++ {
			if d := s2.DistanceFromSegment(p, l.pts[i-1], l.pts[i]); d < best {
				best, at = d, s2.Project(p, l.pts[i-1], l.pts[i])
			}
		}
	}
	return at, best
}

func length(paths []path) float64 {
	sum := 0.0
	for _, l := range paths {
		for i := 1; i < len(l.pts); i++ {
			sum += meters(l.pts[i-1].Distance(l.pts[i]))
		}
	}
	return sum
}

// crossings calls f with each point in which an edge of a meets one of b, and the numbers of both edges; f ends the search
// by returning false.
func crossings(a, b path, f func(p s2.Point, i, j int) bool) {
	for i := 1; i < len(a.pts); i++ {
		for j := 1; j < len(b.pts); j++ {
			a0, a1, b0, b1 := a.pts[i-1], a.pts[i], b.pts[j-1], b.pts[j]
			switch s2.CrossingSign(a0, a1, b0, b1) {
			case s2.Cross:
				if !f(s2.Intersection(a0, a1, b0, b1), i-1, j-1) {
					return
				}
			case s2.MaybeCross:
				for _, p := range []s2.Point{a0, a1} {
					if p == b0 || p == b1 {
						if !f(p, i-1, j-1) {
							return
						}
					}
				}
			}
		}
	}
}

func meet(as, bs []path) bool {
	found := false
	for _, a := range as {
		for _, b := range bs {
			crossings(a, b, func(s2.Point, int, int) bool { found = true; return false })
			if found {
				return true
			}
		}
	}
	return false
}

// unite measures the area that several polygons, which may overlap, cover together: square meters, the length of its
// boundary in meters, and its centroid. The boundary is what of each one's boundary lies in none of the others; area and
// centroid are sums over triangles between its edges and one fixed point.
func unite(shells []shell) (area, around float64, middle s2.Point) {
	at := shells[0].rings[0].pts[0]
	var sum s2.Point
	edge := func(a, b s2.Point) {
		around += meters(a.Distance(b))
		if a == at || b == at || a == b {
			return
		}
		sign := float64(s2.RobustSign(at, a, b))
		area += sign * s2.PointArea(at, a, b)
		sum = s2.Point{Vector: sum.Add(s2.TrueCentroid(at, a, b).Vector)}
	}
	for i, s := range shells {
		var others []shell
		others = append(append(others, shells[:i]...), shells[i+1:]...)
		for r, l := range s.loops {
			vs := append([]s2.Point(nil), l.Vertices()...)
			if r > 0 { // a hole lies to the other side of its ring
				slices.Reverse(vs)
			}
			for k, a := range vs {
				b := vs[(k+1)%len(vs)]
				cuts := []s2.Point{a, b}
				for _, o := range boundary(others) {
					crossings(path{pts: []s2.Point{a, b}}, o, func(p s2.Point, _, _ int) bool {
						if !slices.Contains(cuts, p) {
							cuts = append(cuts, p)
						}
						return true
					})
				}
				slices.SortFunc(cuts, func(p, q s2.Point) int { return cmp.Compare(p.Distance(a), q.Distance(a)) })
				for c := 1; c < len(cuts); c++ {
					if !anyContains(others, s2.Interpolate(0.5, cuts[c-1], cuts[c])) {
						edge(cuts[c-1], cuts[c])
					}
				}
			}
		}
	}
	return area * earthRadius * earthRadius, around, s2.Point{Vector: sum.Normalize()}
}
