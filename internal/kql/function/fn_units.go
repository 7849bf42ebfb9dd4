package function

import (
	"math"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// Conversions between units of measure. https://learn.microsoft.com/kusto/query/convert-angle-function

// unitTable holds how many of the base unit a unit is. Names with a decimal prefix (Kilo, Milli, …) follow from the unit.
type unitTable map[string]float64

var (
	angles = unitTable{"Degree": 1, "Arcminute": 1.0 / 60, "Arcsecond": 1.0 / 3600, "Radian": 180 / math.Pi, "Gradian": 0.9, "NatoMil": 360.0 / 6400, "Revolution": 360}
	energy = unitTable{"Joule": 1, "BritishThermalUnit": 1055.05585262, "Calorie": 4.184, "ElectronVolt": 1.602176634e-19, "Erg": 1e-7, "FootPound": 1.3558179483314004,
		"HorsepowerHour": 2.6845195376961729e6, "ThermEc": 1.05505585262e8, "ThermUs": 1.054804e8, "ThermImperial": 1.05505585257348e8, "WattHour": 3600, "WattDay": 86400}
	forces = unitTable{"Newton": 1, "Dyn": 1e-5, "KilogramForce": 9.80665, "KiloPond": 9.80665, "OunceForce": 0.27801385095378125, "Poundal": 0.138254954376,
		"PoundForce": 4.4482216152605, "ShortTonForce": 8896.443230521, "TonneForce": 9806.65}
	lengths = unitTable{"Meter": 1, "Angstrom": 1e-10, "AstronomicalUnit": 1.495978707e11, "Chain": 20.1168, "DataMile": 1828.8, "DtpPica": 0.0254 / 6, "DtpPoint": 0.0254 / 72,
		"Fathom": 1.8288, "Foot": 0.3048, "Hand": 0.1016, "Inch": 0.0254, "LightYear": 9.46073047258e15, "Mil": 2.54e-5, "Mile": 1609.344, "NauticalMile": 1852, "Parsec": 3.08567758128e16,
		"PrinterPica": 12 * 0.0254 / 72.27, "PrinterPoint": 0.0254 / 72.27, "Shackle": 27.432, "SolarRadius": 6.9551e8, "Twip": 0.0254 / 1440, "UsSurveyFoot": 1200.0 / 3937, "Yard": 0.9144}
	masses = unitTable{"Gram": 1e-3, "EarthMass": 5.9722e24, "Grain": 6.479891e-5, "LongHundredweight": 50.80234544, "LongTon": 1016.0469088, "Ounce": 0.028349523125, "Pound": 0.45359237,
		"ShortHundredweight": 45.359237, "ShortTon": 907.18474, "Slug": 14.593902937206364, "SolarMass": 1.98947e30, "Stone": 6.35029318, "Tonne": 1000}
	volumes = unitTable{"Liter": 1e-3, "AcreFoot": 1233.48183754752, "AuTablespoon": 2e-5, "BoardFoot": 2.359737216e-3, "ImperialBeerBarrel": 0.16365924, "ImperialGallon": 4.54609e-3,
		"ImperialOunce": 2.84130625e-5, "ImperialPint": 5.6826125e-4, "MetricCup": 2.5e-4, "MetricTeaspoon": 5e-6, "OilBarrel": 0.158987294928, "UkTablespoon": 1.5e-5,
		"UsBeerBarrel": 0.117347765304, "UsCustomaryCup": 2.365882365e-4, "UsGallon": 3.785411784e-3, "UsLegalCup": 2.4e-4, "UsOunce": 2.95735295625e-5, "UsPint": 4.73176473e-4,
		"UsQuart": 9.46352946e-4, "UsTablespoon": 1.478676478125e-5, "UsTeaspoon": 4.92892159375e-6}
)

var decimalPrefixes = []struct {
	name   string
	factor float64
}{{"Nano", 1e-9}, {"Micro", 1e-6}, {"Milli", 1e-3}, {"Centi", 1e-2}, {"Deci", 1e-1}, {"Deca", 10}, {"Hecto", 100}, {"Kilo", 1e3}, {"Mega", 1e6}, {"Giga", 1e9}, {"Tera", 1e12}}

// factor returns how many base units the named unit is.
func (t unitTable) factor(name string) (float64, bool) {
	if f, ok := t[name]; ok {
		return f, true
	}
	for _, p := range decimalPrefixes {
		if rest, ok := strings.CutPrefix(name, p.name); ok && rest != "" {
			if f, ok := t[strings.ToUpper(rest[:1])+rest[1:]]; ok {
				return p.factor * f, true
			}
		}
	}
	return 0, false
}

func speedFactor(name string) (float64, bool) {
	if name == "Knot" {
		return 1852.0 / 3600, true
	}
	way, per, ok := strings.Cut(name, "Per")
	f, known := lengths.factor(way)
	seconds := map[string]float64{"Second": 1, "Minute": 60, "Hour": 3600}[per]
	return f / seconds, ok && known && seconds > 0
}

func volumeFactor(name string) (float64, bool) {
	for _, p := range append(decimalPrefixes[:len(decimalPrefixes):len(decimalPrefixes)], struct {
		name   string
		factor float64
	}{"", 1}) {
		rest, ok := strings.CutPrefix(name, p.name)
		if side, cubic := strings.CutPrefix(rest, "Cubic"); ok && cubic {
			f, ok := lengths.factor(side)
			return f * f * f, ok
		}
		if side, cubic := strings.CutPrefix(rest, "cubic"); ok && cubic && p.name != "" {
			f, ok := lengths.factor(side)
			return p.factor * f * f * f, ok
		}
	}
	return volumes.factor(name)
}

// kelvin gives scale and offset with K = value·scale + offset.
var kelvin = map[string][2]float64{"Kelvin": {1, 0}, "DegreeCelsius": {1, 273.15}, "MillidegreeCelsius": {1e-3, 273.15}, "DegreeDelisle": {-2.0 / 3, 373.15},
	"DegreeFahrenheit": {5.0 / 9, 459.67 * 5 / 9}, "DegreeNewton": {100.0 / 33, 273.15}, "DegreeRankine": {5.0 / 9, 0}, "DegreeReaumur": {1.25, 273.15},
	"DegreeRoemer": {40.0 / 21, 273.15 - 7.5*40/21}, "SolarTemperature": {5778, 0}}

func init() {
	convert := func(what string, f func(x float64, from, to string) (float64, bool)) {
		register(strict("convert_"+what, "convert-"+what+"-function", "Gives a value in another unit; null when a unit is not known.", "value:real, from:string, to:string -> real", func(args []event.Value) event.Value {
			y, ok := f(real1(args[0]), args[1].Str(), args[2].Str())
			if !ok {
				return event.NullValue
			}
			return event.FloatOf(y)
		}))
	}
	linear := func(factor func(string) (float64, bool)) func(x float64, from, to string) (float64, bool) {
		return func(x float64, from, to string) (float64, bool) {
			a, ok1 := factor(from)
			b, ok2 := factor(to)
			return x * a / b, ok1 && ok2
		}
	}
	convert("angle", func(x float64, from, to string) (float64, bool) {
		// Tilt is the sine of an angle.
		if from == "Tilt" {
			x, from = math.Asin(x), "Radian"
		}
		if to == "Tilt" {
			y, ok := linear(angles.factor)(x, from, "Radian")
			return math.Sin(y), ok
		}
		return linear(angles.factor)(x, from, to)
	})
	convert("energy", linear(func(name string) (float64, bool) {
		if rest, ok := strings.CutPrefix(name, "Decatherm"); ok {
			f, ok := energy["Therm"+rest]
			return 10 * f, ok
		}
		return energy.factor(name)
	}))
	convert("force", linear(forces.factor))
	convert("length", linear(lengths.factor))
	convert("mass", linear(masses.factor))
	convert("speed", linear(speedFactor))
	convert("volume", linear(volumeFactor))
	convert("temperature", func(x float64, from, to string) (float64, bool) {
		a, ok1 := kelvin[from]
		b, ok2 := kelvin[to]
		return (x*a[0] + a[1] - b[1]) / b[0], ok1 && ok2
	})
	examples(scalars, "convert_angle", `convert_angle(1.2, 'Degree', 'Arcminute')`, `72`)
	examples(scalars, "convert_length", `convert_length(3.0, 'Kilometer', 'Meter')`, `3000`)
	examples(scalars, "convert_temperature", `convert_temperature(0.0, 'Kelvin', 'DegreeCelsius')`, `-273.15`)
	examples(scalars, "convert_volume", `convert_volume(1.0, 'CubicMeter', 'Liter')`, `1000`)
	examples(scalars, "convert_speed", `convert_speed(10.0, 'MeterPerSecond', 'KilometerPerHour')`, `36`)
}
