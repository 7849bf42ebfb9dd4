package function

import (
	"math"
	"strings"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/harrier-detect/harrier/internal/event"
)

// Cells: geohashes and S2 cells. https://learn.microsoft.com/kusto/query/geo-grid-systems

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

func init() {
	register(
		lax("geo_point_to_geohash", "geo-point-to-geohash-function", "Gives the geohash of a point, of 1 to 18 characters.", "longitude:number, latitude:number, accuracy:number? -> string", func(args []event.Value) event.Value {
			n := 5
			if len(args) > 2 {
				n = int(realArg(args, 2, 0))
			}
			x, y := real1(args[0]), real1(args[1])
			if n < 1 || n > 18 || !lngLatOK(x, y) {
				return emptyText
			}
			return textOf(geohash(x, y, n))
		}),
		strict("geo_geohash_to_central_point", "geo-geohash-to-central-point-function", "Gives the middle of a geohash.", "geohash:string -> dynamic", func(args []event.Value) event.Value {
			b, ok := geohashBox(args[0].Str())
			if !ok {
				return event.NullValue
			}
			return geoJSON("Point", lngLatValue((b[0]+b[1])/2, (b[2]+b[3])/2))
		}),
		strict("geo_geohash_to_polygon", "geo-geohash-to-polygon-function", "Gives the area of a geohash.", "geohash:string -> dynamic", func(args []event.Value) event.Value {
			b, ok := geohashBox(args[0].Str())
			if !ok {
				return event.NullValue
			}
			var ring []event.Value
			for _, c := range [][2]float64{{b[0], b[2]}, {b[1], b[2]}, {b[1], b[3]}, {b[0], b[3]}, {b[0], b[2]}} {
				ring = append(ring, lngLatValue(c[0], c[1]))
			}
			return geoJSON("Polygon", listOf([]event.Value{listOf(ring)}))
		}),
		strict("geo_geohash_neighbors", "geo-geohash-neighbors-function", "Gives the eight geohashes around one.", "geohash:string -> dynamic", func(args []event.Value) event.Value {
			h := args[0].Str()
			b, ok := geohashBox(h)
			if !ok {
				return event.NullValue
			}
			w, e := b[1]-b[0], b[3]-b[2]
			x, y := (b[0]+b[1])/2, (b[2]+b[3])/2
			var out []event.Value
			for _, d := range [][2]float64{{-1, -1}, {-1, 1}, {1, -1}, {0, 1}, {-1, 0}, {1, 1}, {1, 0}, {0, -1}} {
				lng, lat := x+d[0]*w, y+d[1]*e
				if lng > 180 {
					lng -= 360
				} else if lng < -180 {
					lng += 360
				}
				if math.Abs(lat) < 90 {
					out = append(out, textOf(geohash(lng, lat, len(h))))
				}
			}
			return listOf(out)
		}),
		lax("geo_point_to_s2cell", "geo-point-to-s2cell-function", "Gives the S2 cell of a point at a level from 0 to 30.", "longitude:number, latitude:number, level:number? -> string", func(args []event.Value) event.Value {
			level := 11
			if len(args) > 2 {
				level = int(realArg(args, 2, -1))
			}
			p, ok := lngLat(args[0], args[1])
			if !ok || level < 0 || level > 30 {
				return emptyText
			}
			return textOf(s2.CellIDFromLatLng(s2.LatLngFromPoint(p)).Parent(level).ToToken())
		}),
		strict("geo_s2cell_to_central_point", "geo-s2cell-to-central-point-function", "Gives the middle of an S2 cell.", "s2cell:string -> dynamic", func(args []event.Value) event.Value {
			if id, ok := s2Cell(args[0].Str()); ok {
				return geoPoint(s2.CellFromCellID(id).Center())
			}
			return event.NullValue
		}),
		strict("geo_s2cell_to_polygon", "geo-s2cell-to-polygon-function", "Gives the area of an S2 cell.", "s2cell:string -> dynamic", func(args []event.Value) event.Value {
			id, ok := s2Cell(args[0].Str())
			if !ok {
				return event.NullValue
			}
			cell := s2.CellFromCellID(id)
			var ring []event.Value
			for i := range 5 {
				ring = append(ring, coordinate(cell.Vertex(i%4)))
			}
			return geoJSON("Polygon", listOf([]event.Value{listOf(ring)}))
		}),
		strict("geo_s2cell_neighbors", "geo-s2cell-neighbors-function", "Gives the S2 cells of the same level around one.", "s2cell:string -> dynamic", func(args []event.Value) event.Value {
			id, ok := s2Cell(args[0].Str())
			if !ok {
				return event.NullValue
			}
			var out []event.Value
			seen := map[s2.CellID]bool{id: true}
			add := func(n s2.CellID) {
				if !seen[n] {
					seen[n] = true
					out = append(out, textOf(n.ToToken()))
				}
			}
			for _, n := range id.AllNeighbors(id.Level()) {
				add(n)
			}
			if len(out) == 8 { // the service's order, as its manual shows it
				out = []event.Value{out[7], out[0], out[1], out[2], out[3], out[5], out[4], out[6]}
			}
			return listOf(out)
		}),
		strict("geo_line_to_s2cells", "geo-line-to-s2cells-function", "Gives the S2 cells that cover a line.", "lineString:bag, level:number?, radius:number? -> dynamic", func(args []event.Value) event.Value {
			lines, ok := readLines(args[0])
			if !ok {
				return event.NullValue
			}
			var r []s2.Region
			for _, l := range lines {
				line := s2.Polyline(l.pts)
				r = append(r, &line)
			}
			return covering(args, r)
		}),
		strict("geo_polygon_to_s2cells", "geo-polygon-to-s2cells-function", "Gives the S2 cells that cover a polygon.", "polygon:bag, level:number?, radius:number? -> dynamic", func(args []event.Value) event.Value {
			shells, ok := readPolygons(args[0])
			if !ok {
				return event.NullValue
			}
			return covering(args, []s2.Region{polygon(shells)})
		}),
	)
	for _, n := range []string{"geo_line_to_s2cells", "geo_polygon_to_s2cells"} {
		scalars[n].Note = "With a radius the result is null: buffers are not built."
	}
	examples(scalars, "geo_point_to_geohash", `geo_point_to_geohash(139.806115, 35.554128)`, `"xn76m"`)
	examples(scalars, "geo_geohash_neighbors", `geo_geohash_neighbors("sunny")[0]`, `"sunnt"`)
	examples(scalars, "geo_point_to_s2cell", `geo_point_to_s2cell(-80.195829, 25.802215, 8)`, `"88d9b"`)
}

func geohash(lng, lat float64, n int) string {
	lo, hi := [2]float64{-180, -90}, [2]float64{180, 90}
	v := [2]float64{lng, lat}
	out := make([]byte, n)
	axis := 0
	for i := range out {
		d := 0
		for range 5 {
			mid := (lo[axis] + hi[axis]) / 2
			d *= 2
			if v[axis] >= mid {
				d++
				lo[axis] = mid
			} else {
				hi[axis] = mid
			}
			axis = 1 - axis
		}
		out[i] = geohashDigits[d]
	}
	return string(out)
}

// geohashBox gives west, east, south and north of a geohash.
func geohashBox(h string) ([4]float64, bool) {
	b := [4]float64{-180, 180, -90, 90}
	if h == "" || len(h) > 18 {
		return b, false
	}
	axis := 0
	for i := range len(h) {
		d := strings.IndexByte(geohashDigits, h[i]|0x20)
		if h[i] <= '9' {
			d = strings.IndexByte(geohashDigits, h[i])
		}
		if d < 0 {
			return b, false
		}
		for bit := 4; bit >= 0; bit-- {
			mid := (b[axis] + b[axis+1]) / 2
			if d>>bit&1 == 1 {
				b[axis] = mid
			} else {
				b[axis+1] = mid
			}
			axis = 2 - axis
		}
	}
	return b, true
}

func s2Cell(token string) (s2.CellID, bool) {
	if token == "" || len(token) > 16 {
		return 0, false
	}
	id := s2.CellIDFromToken(token)
	return id, id.IsValid()
}

// maxCells is the most cells that a covering may have.
const maxCells = 65_536

func covering(args []event.Value, regions []s2.Region) event.Value {
	level := -1
	if len(args) > 1 && !args[1].IsNull() {
		level = int(realArg(args, 1, -1))
		if level < 0 || level > 30 {
			return event.NullValue
		}
	}
	if realArg(args, 2, 0) != 0 {
		return event.NullValue
	}
	var out []event.Value
	seen := map[s2.CellID]bool{}
	for _, r := range regions {
		l := level
		if l < 0 {
			l = coveringLevel(r)
		}
		// Too many cells are seen from the region's size before they are made.
		if r.CapBound().Area()/s2.AvgAreaMetric.Value(l) > 4*maxCells {
			return event.NullValue
		}
		c := s2.RegionCoverer{MinLevel: l, MaxLevel: l, LevelMod: 1, MaxCells: maxCells}
		for _, id := range c.Covering(r) {
			if !seen[id] {
				seen[id] = true
				out = append(out, textOf(id.ToToken()))
			}
		}
	}
	if len(out) > maxCells {
		return event.NullValue
	}
	return listOf(out)
}

// coveringLevel picks a level at which a region takes some dozen cells.
func coveringLevel(r s2.Region) int {
	size := math.Max(float64(r.CapBound().Radius())/4, float64(s1.Degree)*1e-6)
	return min(max(s2.AvgEdgeMetric.ClosestLevel(size), 0), 30)
}
