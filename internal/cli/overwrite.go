package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writtenOptions and readOptions name the options of all verbs whose values are files to write and to read.
var (
	writtenOptions = []string{"output", "out", "risk", "junit", "sarif", "layer"}
	readOptions    = []string{"rules", "table", "data", "benign", "macros", "pipeline", "geoip", "config"}
)

// spareInput refuses an output that would overwrite a file that the same command reads: logs are evidence, and opening the output
// empties the file before it is read.
func spareInput(c *cobra.Command, args []string) error {
	var inputs []os.FileInfo
	add := func(path string) {
		paths := []string{path}
		if _, err := os.Stat(path); err != nil {
			paths, _ = filepath.Glob(path) // a pattern that is none names no file either
		}
		for _, p := range paths {
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
				inputs = append(inputs, info)
			}
		}
	}
	for _, a := range args {
		add(strings.TrimPrefix(a, "@"))
	}
	for _, name := range readOptions {
		for _, path := range optionFiles(c, name) {
			add(path)
		}
	}
	for _, name := range writtenOptions {
		for _, path := range optionFiles(c, name) {
			info, err := os.Stat(path)
			if err != nil {
				continue // it is not there yet, or cannot be opened, which opening it will tell
			}
			for _, in := range inputs {
				if os.SameFile(in, info) {
					return fmt.Errorf("--%s %s would overwrite what is read", name, path)
				}
			}
		}
	}
	return nil
}

// optionFiles returns the files that an option names; of FORMAT=FILE and NAME=PATH what is behind the sign.
func optionFiles(c *cobra.Command, name string) []string {
	f := c.Flags().Lookup(name)
	if f == nil || !f.Changed {
		return nil
	}
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	if name == "out" || name == "table" {
		for i, v := range values {
			_, values[i], _ = strings.Cut(v, "=")
		}
	}
	return values
}
