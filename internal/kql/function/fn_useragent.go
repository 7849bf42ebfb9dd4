package function

import (
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// User agents. What is looked for goes from the particular to the general: every Edge says that it is Chrome, every Chrome
// that it is Safari.

var browsers = []struct{ token, family string }{
	{"AdobeAIR/", "AdobeAIR"}, {"EdgA/", "Edge Mobile"}, {"EdgiOS/", "Edge Mobile"}, {"Edg/", "Edge"}, {"Edge/", "Edge"}, {"OPR/", "Opera"}, {"Opera/", "Opera"},
	{"YaBrowser/", "Yandex Browser"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"}, {"FxiOS/", "Firefox iOS"}, {"CriOS/", "Chrome Mobile iOS"},
	{"HeadlessChrome/", "HeadlessChrome"}, {"Electron/", "Electron"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Firefox/", "Firefox"},
	{"Trident/7", "IE"}, {"MSIE ", "IE"}, {"WindowsPowerShell/", "PowerShell"}, {"PowerShell/", "PowerShell"}, {"python-requests/", "Python Requests"}, {"Python-urllib/", "Python-urllib"},
	{"aiohttp/", "aiohttp"}, {"curl/", "curl"}, {"Wget/", "Wget"}, {"Go-http-client/", "Go-http-client"}, {"okhttp/", "okhttp"}, {"Java/", "Java"}, {"axios/", "axios"},
	{"PostmanRuntime/", "PostmanRuntime"}, {"Googlebot/", "Googlebot"}, {"bingbot/", "bingbot"}, {"Version/", "Safari"},
}

var systems = []struct{ token, family, major, minor string }{
	{"Windows NT 10.0", "Windows", "10", ""}, {"Windows NT 6.3", "Windows", "8", "1"}, {"Windows NT 6.2", "Windows", "8", ""}, {"Windows NT 6.1", "Windows", "7", ""},
	{"Windows NT 6.0", "Windows", "Vista", ""}, {"Windows NT 5.1", "Windows", "XP", ""}, {"Windows Phone ", "Windows Phone", "", ""}, {"Windows", "Windows", "", ""},
	{"iPhone OS ", "iOS", "", ""}, {"CPU OS ", "iOS", "", ""}, {"Mac OS X ", "Mac OS X", "", ""}, {"Android ", "Android", "", ""}, {"SymbianOS/", "Symbian OS", "", ""},
	{"CrOS ", "Chrome OS", "", ""}, {"Ubuntu", "Ubuntu", "", ""}, {"Fedora", "Fedora", "", ""}, {"Linux", "Linux", "", ""}, {"FreeBSD", "FreeBSD", "", ""},
}

func parseUserAgent(args []event.Value) event.Value {
	ua := args[0].Str()
	var bag event.Bag
	for _, v := range elements(nil, args[1]) {
		switch strings.ToLower(Text(v)) {
		case "browser":
			bag = append(bag, event.Field{Name: "Browser", Value: browserOf(ua)})
		case "os":
			bag = append(bag, event.Field{Name: "OperatingSystem", Value: systemOf(ua)})
		case "device":
			bag = append(bag, event.Field{Name: "Device", Value: deviceOf(ua)})
		}
	}
	return event.ObjectOf(bag)
}

// versionAt reads up to four numbers, joined by . or _, at the start of s.
func versionAt(s string) (parts [4]string) {
	for i := range parts {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		if parts[i] = s[:n]; n == 0 || n >= len(s) || s[n] != '.' && s[n] != '_' {
			break
		}
		s = s[n+1:]
	}
	return parts
}

func fields(pairs ...string) event.Value {
	bag := make(event.Bag, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		bag = append(bag, event.Field{Name: pairs[i], Value: textOf(pairs[i+1])})
	}
	return event.ObjectOf(bag)
}

func browserOf(ua string) event.Value {
	family, v := "Other", [4]string{}
	for _, b := range browsers {
		i := strings.Index(ua, b.token)
		if i < 0 || b.family == "Safari" && !strings.Contains(ua, "Safari/") {
			continue
		}
		family, v = b.family, versionAt(ua[i+len(b.token):])
		if b.token == "Trident/7" {
			v = [4]string{"11", "0"}
		}
		if strings.Contains(ua, "Mobile") && (family == "Chrome" || family == "Safari" || family == "Firefox") {
			family = map[string]string{"Chrome": "Chrome Mobile", "Safari": "Mobile Safari", "Firefox": "Firefox Mobile"}[family]
		}
		break
	}
	return fields("Family", family, "MajorVersion", v[0], "MinorVersion", v[1], "Patch", v[2])
}

func systemOf(ua string) event.Value {
	family, v := "Other", [4]string{}
	for _, s := range systems {
		i := strings.Index(ua, s.token)
		if i < 0 {
			continue
		}
		family, v = s.family, [4]string{s.major, s.minor}
		if s.major == "" {
			v = versionAt(strings.TrimLeft(ua[i+len(s.token):], " /"))
		}
		break
	}
	return fields("Family", family, "MajorVersion", v[0], "MinorVersion", v[1], "Patch", v[2], "PatchMinor", v[3])
}

func deviceOf(ua string) event.Value {
	for _, d := range [][3]string{{"iPhone", "Apple", "iPhone"}, {"iPad", "Apple", "iPad"}, {"Macintosh", "Apple", "Mac"}} {
		if strings.Contains(ua, d[0]) {
			return fields("Family", d[2], "Brand", d[1], "Model", d[2])
		}
	}
	if i := strings.Index(ua, "Android "); i >= 0 {
		rest, _, _ := strings.Cut(ua[i:], ")")
		parts := strings.Split(rest, ";")
		model := strings.TrimSpace(parts[len(parts)-1])
		model, _, _ = strings.Cut(model, " Build/")
		if len(parts) > 1 && model != "" {
			return fields("Family", model, "Brand", "Generic_Android", "Model", model)
		}
	}
	return fields("Family", "Other", "Brand", "", "Model", "")
}
