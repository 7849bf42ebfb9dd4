package query

import (
	"fmt"
	"net/netip"
	"strconv"
	"sync"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/harrier-detect/harrier/internal/event"
)

// geoRecord is what a city or country database of MaxMind's format says of a network
// (https://dev.maxmind.com/geoip/docs/databases/city-and-country).
type geoRecord struct {
	City struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"city"`
	Continent struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"continent"`
	Country struct {
		ISO   string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"country"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		Metro     uint     `maxminddb:"metro_code"`
		TimeZone  string   `maxminddb:"time_zone"`
	} `maxminddb:"location"`
	Subdivisions []struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
}

// openGeoIP opens a database and returns a function that looks addresses up, safe for concurrent use. The answer has the fields
// by the names that Splunk's iplocation gives them (City, Country, Region, lat, lon, Continent, MetroCode, Timezone) and those of
// KQL's geo_info_from_ip_address (country, state, city, latitude, longitude).
func openGeoIP(path string) (func(ip string) (event.Bag, bool), error) {
	db, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open GeoIP database %s: %w", path, err)
	}
	var cache sync.Map // address → event.Bag; logs name the same addresses again and again
	return func(ip string) (event.Bag, bool) {
		if b, ok := cache.Load(ip); ok {
			bag := b.(event.Bag)
			return bag, bag != nil
		}
		bag := lookUp(db, ip)
		cache.Store(ip, bag)
		return bag, bag != nil
	}, nil
}

func lookUp(db *maxminddb.Reader, ip string) event.Bag {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil
	}
	var r geoRecord
	if res := db.Lookup(addr); !res.Found() || res.Decode(&r) != nil {
		return nil
	}
	var bag event.Bag
	text := func(s string, names ...string) {
		if s == "" {
			return
		}
		for _, n := range names {
			bag = append(bag, event.Field{Name: n, Value: event.StringOf(s)})
		}
	}
	text(r.City.Names["en"], "City", "city")
	text(r.Country.Names["en"], "Country", "country")
	if len(r.Subdivisions) > 0 {
		text(r.Subdivisions[0].Names["en"], "Region", "state")
	}
	text(r.Continent.Names["en"], "Continent")
	text(r.Location.TimeZone, "Timezone")
	if r.Location.Metro > 0 {
		text(strconv.FormatUint(uint64(r.Location.Metro), 10), "MetroCode")
	}
	number := func(f *float64, names ...string) {
		for _, n := range names {
			if f != nil {
				bag = append(bag, event.Field{Name: n, Value: event.FloatOf(*f)})
			}
		}
	}
	number(r.Location.Latitude, "lat", "latitude")
	number(r.Location.Longitude, "lon", "longitude")
	return bag
}
