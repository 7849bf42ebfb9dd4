package function

import (
	"math"
	"slices"

	"github.com/golang/geo/s2"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/fn"
)

// Points, lines and polygons on Earth. What is no valid shape gives null.
// https://learn.microsoft.com/kusto/query/geospatial-functions

func init() {
	geo := func(name, doc, sig string, row fn.Row) *Entry { return strict(name, seriesSee(name), doc, sig, row) }
	number := func(f float64) event.Value { return event.FloatOf(f) }
	onLines := func(f func([]path) event.Value) fn.Row {
		return func(args []event.Value) event.Value {
			if l, ok := readLines(args[0]); ok {
				return f(l)
			}
			return event.NullValue
		}
	}
	onPolygons := func(f func([]shell) event.Value) fn.Row {
		return func(args []event.Value) event.Value {
			if s, ok := readPolygons(args[0]); ok {
				return f(s)
			}
			return event.NullValue
		}
	}
	register(
		geo("geo_distance_2points", "Gives the distance between two points in meters.", "p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number, use_spheroid:numberOrBool? -> real", func(args []event.Value) event.Value {
			a, ok1 := lngLat(args[0], args[1])
			b, ok2 := lngLat(args[2], args[3])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			return number(meters(a.Distance(b)))
		}),
		geo("geo_azimuth", "Gives the angle in radians, clockwise, between north and the direction from one point to another.", "p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number -> real", func(args []event.Value) event.Value {
			_, ok1 := lngLat(args[0], args[1])
			_, ok2 := lngLat(args[2], args[3])
			lo1, la1, lo2, la2 := rad(args[0]), rad(args[1]), rad(args[2]), rad(args[3])
			if !ok1 || !ok2 || lo1 == lo2 && la1 == la2 {
				return event.NullValue
			}
			z := math.Atan2(math.Sin(lo2-lo1)*math.Cos(la2), math.Cos(la1)*math.Sin(la2)-math.Sin(la1)*math.Cos(la2)*math.Cos(lo2-lo1))
			if z < 0 {
				z += 2 * math.Pi
			}
			return number(z)
		}),
		geo("geo_angle", "Gives the angle in radians, clockwise, at the second of three points.", "p1_longitude:number, p1_latitude:number, p2_longitude:number, p2_latitude:number, p3_longitude:number, p3_latitude:number -> real", func(args []event.Value) event.Value {
			var p [3]s2.Point
			for i := range p {
				var ok bool
				if p[i], ok = lngLat(args[2*i], args[2*i+1]); !ok {
					return event.NullValue
				}
			}
			if p[0] == p[1] || p[1] == p[2] {
				return event.NullValue
			}
			z := float64(s2.TurnAngle(p[0], p[1], p[2]))
			return number(math.Mod(3*math.Pi-z, 2*math.Pi))
		}),
		geo("geo_point_in_circle", "Reports whether a point lies in a circle, its radius in meters.", "p_longitude:number, p_latitude:number, pc_longitude:number, pc_latitude:number, c_radius:number -> bool", func(args []event.Value) event.Value {
			a, ok1 := lngLat(args[0], args[1])
			b, ok2 := lngLat(args[2], args[3])
			if !ok1 || !ok2 || !(real1(args[4]) >= 0) {
				return event.NullValue
			}
			return event.BoolOf(meters(a.Distance(b)) <= real1(args[4]))
		}),
		&Entry{Func: fn.Func{Name: "geo_point_in_polygon", Doc: "Reports whether a point lies in a polygon.", See: "geo-point-in-polygon-function", Bind: bindInPolygon}, Sig: []string{"longitude:number, latitude:number, polygon:bag -> bool"}},
		geo("geo_distance_point_to_line", "Gives the distance of a point from a line in meters.", "longitude:number, latitude:number, lineString:bag -> real", func(args []event.Value) event.Value {
			p, ok1 := lngLat(args[0], args[1])
			l, ok2 := readLines(args[2])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			_, d := closest(l, p)
			return number(meters(d))
		}),
		geo("geo_distance_point_to_polygon", "Gives the distance of a point from a polygon in meters; 0 inside.", "longitude:number, latitude:number, polygon:bag -> real", func(args []event.Value) event.Value {
			p, ok1 := lngLat(args[0], args[1])
			s, ok2 := readPolygons(args[2])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			if anyContains(s, p) {
				return number(0)
			}
			_, d := closest(boundary(s), p)
			return number(meters(d))
		}),
		geo("geo_closest_point_on_line", "Gives the point of a line that is closest to a point.", "longitude:number, latitude:number, lineString:bag -> dynamic", func(args []event.Value) event.Value {
			p, ok1 := lngLat(args[0], args[1])
			l, ok2 := readLines(args[2])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			at, _ := closest(l, p)
			return geoPoint(at)
		}),
		geo("geo_closest_point_on_polygon", "Gives the point of a polygon that is closest to a point.", "longitude:number, latitude:number, polygon:bag -> dynamic", func(args []event.Value) event.Value {
			p, ok1 := lngLat(args[0], args[1])
			s, ok2 := readPolygons(args[2])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			if anyContains(s, p) {
				return geoPoint(p)
			}
			at, _ := closest(boundary(s), p)
			return geoPoint(at)
		}),
		geo("geo_line_length", "Gives the length of a line in meters.", "lineString:bag -> real", onLines(func(l []path) event.Value { return number(length(l)) })),
		geo("geo_line_centroid", "Gives the centroid of a line.", "lineString:bag -> dynamic", onLines(func(l []path) event.Value {
			var sum s2.Point
			for _, p := range l {
				line := s2.Polyline(p.pts)
				sum = s2.Point{Vector: sum.Add(line.Centroid().Vector)}
			}
			return geoPoint(s2.Point{Vector: sum.Normalize()})
		})),
		geo("geo_line_interpolate_point", "Gives the point at a fraction of a line.", "lineString:bag, fraction:number -> dynamic", func(args []event.Value) event.Value {
			l, ok := readLines(args[0])
			f := real1(args[1])
			if !ok || len(l) != 1 || !(f >= 0 && f <= 1) {
				return event.NullValue
			}
			line := s2.Polyline(l[0].pts)
			p, _ := line.Interpolate(f)
			return geoPoint(p)
		}),
		geo("geo_line_locate_point", "Gives the fraction of a line at which it is closest to a point.", "lineString:bag, longitude:number, latitude:number, use_spheroid:numberOrBool? -> real", func(args []event.Value) event.Value {
			l, ok1 := readLines(args[0])
			p, ok2 := lngLat(args[1], args[2])
			if !ok1 || !ok2 || len(l) != 1 {
				return event.NullValue
			}
			line := s2.Polyline(l[0].pts)
			at, next := line.Project(p)
			return number(line.Uninterpolate(at, next))
		}),
		geo("geo_line_densify", "Adds points to a line drawn on a flat map so that its edges stay within a tolerance in meters.", "lineString:bag, tolerance:number?, preserve_crossing:numberOrBool? -> dynamic", func(args []event.Value) event.Value {
			return densified(args, "LineString")
		}),
		geo("geo_polygon_densify", "Adds points to a polygon drawn on a flat map so that its edges stay within a tolerance in meters.", "polygon:bag, tolerance:number?, preserve_crossing:numberOrBool? -> dynamic", func(args []event.Value) event.Value {
			return densified(args, "Polygon")
		}),
		geo("geo_line_simplify", "Leaves out points of a line that lie within a tolerance in meters.", "lineString:bag, tolerance:number? -> dynamic", func(args []event.Value) event.Value {
			return simplified(args, "LineString")
		}),
		geo("geo_polygon_simplify", "Leaves out points of a polygon that lie within a tolerance in meters.", "polygon:bag, tolerance:number? -> dynamic", func(args []event.Value) event.Value {
			return simplified(args, "Polygon")
		}),
		geo("geo_polygon_area", "Gives the area of a polygon in square meters.", "polygon:bag -> real", onPolygons(func(s []shell) event.Value {
			if len(s) == 1 {
				return number(polygon(s).Area() * earthRadius * earthRadius)
			}
			area, _, _ := unite(s)
			return number(area)
		})),
		geo("geo_polygon_perimeter", "Gives the length of a polygon's boundary in meters.", "polygon:bag -> real", onPolygons(func(s []shell) event.Value {
			if len(s) == 1 {
				return number(length(boundary(s)))
			}
			_, around, _ := unite(s)
			return number(around)
		})),
		geo("geo_polygon_centroid", "Gives the centroid of a polygon.", "polygon:bag -> dynamic", onPolygons(func(s []shell) event.Value {
			if len(s) == 1 {
				return geoPoint(s2.Point{Vector: polygon(s).Centroid().Normalize()})
			}
			_, _, middle := unite(s)
			return geoPoint(middle)
		})),
		geo("geo_intersects_2lines", "Reports whether two lines meet.", "lineString1:bag, lineString2:bag -> bool", func(args []event.Value) event.Value {
			a, ok1 := readLines(args[0])
			b, ok2 := readLines(args[1])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			return event.BoolOf(meet(a, b))
		}),
		geo("geo_intersects_line_with_polygon", "Reports whether a line meets a polygon.", "lineString:bag, polygon:bag -> bool", func(args []event.Value) event.Value {
			l, ok1 := readLines(args[0])
			s, ok2 := readPolygons(args[1])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			for _, p := range l {
				if anyContains(s, p.pts[0]) {
					return event.BoolOf(true)
				}
			}
			return event.BoolOf(meet(l, boundary(s)))
		}),
		geo("geo_intersects_2polygons", "Reports whether two polygons meet.", "polygon1:bag, polygon2:bag -> bool", func(args []event.Value) event.Value {
			a, ok1 := readPolygons(args[0])
			b, ok2 := readPolygons(args[1])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			touch := func(x, y []shell) bool {
				for _, s := range x {
					if anyContains(y, s.rings[0].pts[0]) {
						return true
					}
				}
				return false
			}
			return event.BoolOf(touch(a, b) || touch(b, a) || meet(boundary(a), boundary(b)))
		}),
		geo("geo_intersection_2lines", "Gives the points in which two lines meet.", "lineString1:bag, lineString2:bag -> dynamic", func(args []event.Value) event.Value {
			a, ok1 := readLines(args[0])
			b, ok2 := readLines(args[1])
			if !ok1 || !ok2 {
				return event.NullValue
			}
			var pts []event.Value
			var seen []s2.Point
			for _, x := range a {
				for _, y := range b {
					crossings(x, y, func(p s2.Point, _, _ int) bool {
						if !slices.Contains(seen, p) {
							seen = append(seen, p)
							pts = append(pts, coordinate(p))
						}
						return true
					})
				}
			}
			switch len(pts) {
			case 0:
				return noGeometry()
			case 1:
				return geoJSON("Point", pts[0])
			}
			return geoJSON("MultiPoint", listOf(pts))
		}),
		geo("geo_intersection_line_with_polygon", "Gives the parts of a line that lie in a polygon.", "lineString:bag, polygon:bag -> dynamic", lineInPolygon),
		geo("geo_from_wkt", "Reads a geometry in Well-Known Text.", "wkt:stringOrArray -> dynamic", func(args []event.Value) event.Value {
			if args[0].Kind() == event.List {
				var out []event.Value
				for _, e := range args[0].List() {
					out = append(out, parseWKT(Text(e)))
				}
				return listOf(out)
			}
			return parseWKT(Text(args[0]))
		}),
	)
	for _, f := range [][2]string{
		{"geo_intersection_2polygons", "polygon1:bag, polygon2:bag -> dynamic"}, {"geo_union_polygons_array", "polygons:array -> dynamic"}, {"geo_union_lines_array", "lineStrings:array -> dynamic"},
		{"geo_simplify_polygons_array", "polygons:array, tolerance:number? -> dynamic"}, {"geo_polygon_buffer", "polygon:bag, radius:number, tolerance:number? -> dynamic"},
		{"geo_line_buffer", "lineString:bag, radius:number, tolerance:number? -> dynamic"}, {"geo_point_buffer", "longitude:number, latitude:number, radius:number, tolerance:number? -> dynamic"},
		{"geo_polygon_to_h3cells", "polygon:bag, resolution:number?, radius:number? -> dynamic"}, {"geo_point_to_h3cell", "longitude:number, latitude:number, resolution:number? -> string"},
		{"geo_h3cell_to_central_point", "h3cell:string -> dynamic"}, {"geo_h3cell_to_polygon", "h3cell:string -> dynamic"}, {"geo_h3cell_neighbors", "h3cell:string -> dynamic"},
		{"geo_h3cell_children", "h3cell:string, resolution:number? -> dynamic"}, {"geo_h3cell_parent", "h3cell:string, resolution:number? -> string"},
		{"geo_h3cell_rings", "h3cell:string, distance:number -> dynamic"}, {"geo_h3cell_level", "h3cell:string -> int"},
	} {
		register(&Entry{Func: fn.Func{Name: f[0], Doc: "Not built here: joining areas, and H3 cells.", See: seriesSee(f[0])}, Sig: []string{f[1]}, Special: NotBuilt})
	}
	scalars["geo_distance_2points"].Note = "use_spheroid changes nothing: distances are those on a sphere."
	examples(scalars, "geo_distance_2points", `round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 3)`, `1546754.352`)
	examples(scalars, "geo_point_in_circle", `geo_point_in_circle(-122.143564, 47.535677, -122.100896, 47.527351, 3500)`, `true`)
	examples(scalars, "geo_point_in_polygon", `geo_point_in_polygon(1, 1, dynamic({"type":"Polygon","coordinates":[[[0,0],[4,0],[0,4],[0,0]]]}))`, `true`)
	examples(scalars, "geo_from_wkt", `geo_from_wkt("LINESTRING (1 2, 3 4)")`, `{"type":"LineString","coordinates":[[1,2],[3,4]]}`)
}

func rad(v event.Value) float64 { return real1(v) * math.Pi / 180 }

func bindInPolygon(_ *fn.Env, args []fn.Arg) (fn.Row, error) {
	var fixed []shell
	known, good := args[2].Const, false
	if known {
		fixed, good = readPolygons(args[2].Value)
	}
	return func(row []event.Value) event.Value {
		p, ok := lngLat(row[0], row[1])
		s, valid := fixed, good
		if !known {
			s, valid = readPolygons(row[2])
		}
		if !ok || !valid {
			return event.NullValue
		}
		return event.BoolOf(anyContains(s, p))
	}, nil
}

// tolerance reads a distance in meters, 10 when none is given.
func tolerance(args []event.Value, i int, least, most float64) (float64, bool) {
	t := realArg(args, i, 10)
	return t, t >= least && t <= most
}

// mapPaths gives a geometry with each of its chains of points changed by f.
func mapPaths(v event.Value, plain string, f func(path) path) event.Value {
	write := func(p path) event.Value {
		var out []event.Value
		for _, c := range p.flat {
			out = append(out, lngLatValue(c[0], c[1]))
		}
		return listOf(out)
	}
	var parts []event.Value
	if plain == "LineString" {
		lines, ok := readLines(v)
		if !ok {
			return event.NullValue
		}
		for _, l := range lines {
			parts = append(parts, write(f(l)))
		}
	} else {
		shells, ok := readPolygons(v)
		if !ok {
			return event.NullValue
		}
		for _, s := range shells {
			var rings []event.Value
			for _, r := range s.rings {
				rings = append(rings, write(f(r)))
			}
			parts = append(parts, listOf(rings))
		}
	}
	kind, _ := v.Bag().Get("type")
	if kind.Str() == plain {
		return geoJSON(plain, parts[0])
	}
	return geoJSON("Multi"+plain, listOf(parts))
}

func densified(args []event.Value, plain string) event.Value {
	tol, ok := tolerance(args, 1, 0.1, 10_000)
	if !ok {
		return event.NullValue
	}
	return mapPaths(args[0], plain, func(p path) path {
		out := path{flat: p.flat[:1:1]}
		var split func(a, b [2]float64, depth int)
		split = func(a, b [2]float64, depth int) {
			mid := [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
			d := s2.DistanceFromSegment(pointAt(mid[0], mid[1]), pointAt(a[0], a[1]), pointAt(b[0], b[1]))
			if meters(d) > tol && depth < 16 && len(out.flat) < maxPoints {
				split(a, mid, depth+1)
				split(mid, b, depth+1)
				return
			}
			out.flat = append(out.flat, b)
		}
		for i := 1; i < len(p.flat); i++ {
			split(p.flat[i-1], p.flat[i], 0)
		}
		return out
	})
}

func simplified(args []event.Value, plain string) event.Value {
	tol, ok := tolerance(args, 1, 0, 1e9)
	if !ok {
		return event.NullValue
	}
	return mapPaths(args[0], plain, func(p path) path {
		keep := make([]bool, len(p.pts))
		keep[0], keep[len(keep)-1] = true, true
		thin(p.pts, keep, 0, len(p.pts)-1, tol)
		var out path
		for i, k := range keep {
			if k {
				out.flat = append(out.flat, p.flat[i])
			}
		}
		if plain == "Polygon" && len(out.flat) < 4 {
			return p
		}
		return out
	})
}

// thin marks the points between two kept ones that have to stay: the one farthest from the edge between them, as long as
// that is farther than the tolerance (Douglas and Peucker).
func thin(pts []s2.Point, keep []bool, from, to int, tol float64) {
	for to-from > 1 {
		far, at := -1.0, 0
		for i := from + 1; i < to; i++ {
			if d := meters(s2.DistanceFromSegment(pts[i], pts[from], pts[to])); d > far {
				far, at = d, i
			}
		}
		if far <= tol {
			return
		}
		keep[at] = true
		if at-from < to-at { // the smaller part by recursion, which bounds its depth
			thin(pts, keep, from, at, tol)
			from = at
		} else {
			thin(pts, keep, at, to, tol)
			to = at
		}
	}
}

// lineInPolygon cuts lines where they cross the boundary and keeps the pieces whose middle is inside.
func lineInPolygon(args []event.Value) event.Value {
	lines, ok1 := readLines(args[0])
	shells, ok2 := readPolygons(args[1])
	if !ok1 || !ok2 {
		return event.NullValue
	}
	var out []event.Value
	for _, l := range lines {
		var run []event.Value
		for i := 1; i < len(l.pts); i++ {
			a, b := l.pts[i-1], l.pts[i]
			cuts := []s2.Point{a, b}
			for _, r := range boundary(shells) {
				crossings(path{pts: []s2.Point{a, b}}, r, func(p s2.Point, _, _ int) bool {
					if !slices.Contains(cuts, p) {
						cuts = append(cuts, p)
					}
					return true
				})
			}
			slices.SortFunc(cuts, func(p, q s2.Point) int {
				if p.Distance(a) < q.Distance(a) {
					return -1
				}
				return 1
			})
			for k := 1; k < len(cuts); k++ {
				if !anyContains(shells, s2.Interpolate(0.5, cuts[k-1], cuts[k])) {
					if len(run) > 1 {
						out = append(out, listOf(run))
					}
					run = nil
					continue
				}
				if run == nil {
					run = append(run, coordinate(cuts[k-1]))
				}
				run = append(run, coordinate(cuts[k]))
			}
		}
		if len(run) > 1 {
			out = append(out, listOf(run))
		}
	}
	switch len(out) {
	case 0:
		return noGeometry()
	case 1:
		return geoJSON("LineString", out[0])
	}
	return geoJSON("MultiLineString", listOf(out))
}
