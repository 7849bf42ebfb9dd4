package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// manifest is the file that lists what a build wrote, so that the next one can tell its own files from those of others.
const manifest = ".harrier-catalog"

// ErrForeign says that a folder holds files that no build of a catalogue wrote.
var ErrForeign = errors.New("holds files that are not of a catalogue")

// output writes the files of a site into one folder and nowhere else: a link in the folder that leads out of it is an error.
type output struct {
	root *os.Root

	mu    sync.Mutex
	made  map[string]bool // folders
	files []string
	bytes int64
}

// openOutput prepares a folder: it is made when it is not there, what an earlier build wrote is taken out, and other files are an
// error unless force is set; they stay in any case.
func openOutput(dir string, force bool) (*output, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make catalogue: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("make catalogue: %w", err)
	}
	o := &output{root: root, made: map[string]bool{".": true}}
	if err := o.clear(dir, force); err != nil {
		root.Close()
		return nil, err
	}
	return o, nil
}

func (o *output) clear(dir string, force bool) error {
	own := map[string]bool{manifest: true}
	if data, err := o.root.ReadFile(manifest); err == nil {
		for _, name := range strings.Split(string(data), "\n") {
			if name != "" && filepath.IsLocal(name) {
				own[name] = true
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make catalogue: %w", err)
	}
	var foreign, folders []string
	err := fs.WalkDir(o.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			folders = append(folders, name)
		case !own[name]:
			foreign = append(foreign, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make catalogue: %w", err)
	}
	if len(foreign) > 0 && !force {
		more := ""
		if len(foreign) > 3 {
			more = fmt.Sprintf(" and %d more", len(foreign)-3)
		}
		return fmt.Errorf("%s %w (%s%s); --force writes beside them", dir, ErrForeign, strings.Join(foreign[:min(3, len(foreign))], ", "), more)
	}
	for name := range own {
		if err := o.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make catalogue: %w", err)
		}
	}
	slices.Reverse(folders)
	for _, name := range folders {
		if name != "." {
			o.root.Remove(name) // only an empty one goes
		}
	}
	return nil
}

// plan says which files will be written, before any of them is, so that a build that was broken off can be repeated.
func (o *output) plan(names []string) error {
	return o.root.WriteFile(manifest, []byte(strings.Join(names, "\n")+"\n"), 0o666)
}

// write makes a file. It may be called from several goroutines.
func (o *output) write(name string, data []byte) error {
	dir := path.Dir(name)
	o.mu.Lock()
	if !o.made[dir] {
		if err := o.root.MkdirAll(dir, 0o777); err != nil {
			o.mu.Unlock()
			return fmt.Errorf("make catalogue: %w", err)
		}
		o.made[dir] = true
	}
	o.files = append(o.files, name)
	o.bytes += int64(len(data))
	o.mu.Unlock()
	if err := o.root.WriteFile(name, data, 0o666); err != nil {
		return fmt.Errorf("make catalogue: %w", err)
	}
	return nil
}

func (o *output) close() error { return o.root.Close() }
