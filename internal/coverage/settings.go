package coverage

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"
)

// setting says what makes a host write events, or a field of theirs.
type setting struct {
	Log     string   `yaml:"log"`
	IDs     []int    `yaml:"ids"`    // none: all of the log
	Fields  []string `yaml:"fields"` // none: the events themselves
	Setting string   `yaml:"setting"`
}

//go:embed settings.yml
var settingsYAML []byte

var settings = sync.OnceValue(func() []setting {
	var out []setting
	if err := yaml.Unmarshal(settingsYAML, &out); err != nil {
		panic(fmt.Sprintf("coverage: settings.yml: %v", err)) // a test reads the file
	}
	return out
})

// settingFor returns what makes a host write an event, or with a field, that field of it; "" where that is not known.
func settingFor(log, id, field string) string {
	n, err := strconv.Atoi(id)
	for _, s := range settings() {
		if s.Log != log || len(s.IDs) > 0 && (err != nil || !slices.Contains(s.IDs, n)) {
			continue
		}
		if field == "" && len(s.Fields) == 0 || field != "" && slices.Contains(s.Fields, field) {
			return s.Setting
		}
	}
	return ""
}
