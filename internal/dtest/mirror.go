package dtest

import (
	"archive/tar"
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A Mirror finds published datasets in a local folder. Content names them by URL; in the mirror they are found by the end of their
// path, and may be compressed or members of archives.
type Mirror struct {
	dir    string
	byBase map[string][]mirrored // by the last part of the path, in lower case, without suffixes of compression
}

// mirrored is a file of a mirror, or a member of one of its archives.
type mirrored struct {
	file   string
	member string   // "" for the whole file
	parts  []string // of the path below the mirror
}

// packed are the suffixes that a file may have besides its own name.
var packed = []string{".gz", ".zst", ".bz2", ".zip", ".tar", ".tgz"}

// OpenMirror looks through a folder; "" gives a mirror that has nothing.
func OpenMirror(dir string) (*Mirror, error) {
	m := &Mirror{dir: dir, byBase: map[string][]mirrored{}}
	if dir == "" {
		return m, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		if err == nil {
			err = fmt.Errorf("%s is no folder", dir)
		}
		return nil, fmt.Errorf("open the mirror of datasets: %w", err)
	}
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == ".git" {
			return filepath.SkipDir
		}
		if e.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(rel), "/")
		m.add(mirrored{file: file, parts: parts})
		for _, name := range members(file) {
			inside := append(slices.Clone(parts[:len(parts)-1]), strings.Split(path.Clean(name), "/")...)
			m.add(mirrored{file: file, member: name, parts: inside})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open the mirror of datasets: %w", err)
	}
	return m, nil
}

func (m *Mirror) add(x mirrored) {
	x.parts = slices.Clone(x.parts)
	last := len(x.parts) - 1
	for {
		cut := false
		for _, s := range packed {
			if len(x.parts[last]) > len(s) && strings.HasSuffix(strings.ToLower(x.parts[last]), s) {
				m.byBase[strings.ToLower(x.parts[last])] = append(m.byBase[strings.ToLower(x.parts[last])], mirrored{x.file, x.member, slices.Clone(x.parts)})
				x.parts[last] = x.parts[last][:len(x.parts[last])-len(s)]
				cut = true
			}
		}
		if !cut {
			break
		}
	}
	m.byBase[strings.ToLower(x.parts[last])] = append(m.byBase[strings.ToLower(x.parts[last])], x)
}

// maxMembers bounds the members that are looked at in one archive.
const maxMembers = 100_000

// members lists the files in an archive, by its name; none when it is no archive or cannot be read, as the run will tell.
func members(file string) []string {
	var out []string
	low := strings.ToLower(file)
	if strings.HasSuffix(low, ".zip") {
		z, err := zip.OpenReader(file)
		if err != nil {
			return nil
		}
		defer z.Close()
		for _, f := range z.File {
			if !f.FileInfo().IsDir() && len(out) < maxMembers {
				out = append(out, f.Name)
			}
		}
		return out
	}
	eachOfTar(file, func(name string, _ io.Reader) bool {
		out = append(out, name)
		return len(out) < maxMembers
	})
	return out
}

// eachOfTar calls f for the files of a tar archive, compressed or not, until it returns false.
func eachOfTar(file string, f func(name string, r io.Reader) bool) error {
	low := strings.ToLower(file)
	isTar := false
	for _, s := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst"} {
		isTar = isTar || strings.HasSuffix(low, s)
	}
	if !isTar {
		return nil
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	var r io.Reader = in
	switch {
	case strings.HasSuffix(low, "gz"):
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		defer z.Close()
		r = z
	case strings.HasSuffix(low, ".zst"):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return err
		}
		defer z.Close()
		r = z
	}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeReg && !f(h.Name, t) {
			return nil
		}
	}
}

// extract writes a member of an archive to a file in dir and returns its path.
func extract(file, member, dir string) (string, error) {
	out := filepath.Join(dir, fmt.Sprintf("%d-%s", len(member), path.Base(member)))
	write := func(r io.Reader) error {
		w, err := os.Create(out)
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			w.Close()
			return err
		}
		return w.Close()
	}
	if strings.HasSuffix(strings.ToLower(file), ".zip") {
		z, err := zip.OpenReader(file)
		if err != nil {
			return "", err
		}
		defer z.Close()
		r, err := z.Open(member)
		if err != nil {
			return "", err
		}
		defer r.Close()
		return out, write(r)
	}
	err := fs.ErrNotExist
	if terr := eachOfTar(file, func(name string, r io.Reader) bool {
		if name != member {
			return true
		}
		err = write(r)
		return false
	}); terr != nil {
		return "", terr
	}
	return out, err
}

// locate finds the file that a dataset means: by a path from the test's own folder or a folder above it, else in the mirror.
func (m *Mirror) locate(c *Case, d *Dataset) {
	if d.Inline != "" || d.Path != "" || d.Ref == "" || d.Missing != "" {
		return
	}
	remote := strings.Contains(d.Ref, "://")
	if !remote {
		ref := filepath.FromSlash(d.Ref)
		if filepath.IsAbs(ref) {
			if exists(ref) {
				d.Path = ref
			}
		} else if f := filepath.Join(filepath.Dir(c.Source.Name), ref); exists(f) {
			d.Path = f
		} else if f, _ := climb(filepath.Dir(c.Source.Name), d.Ref); f != "" {
			d.Path = f
		} else if m.dir != "" && exists(filepath.Join(m.dir, ref)) {
			d.Path = filepath.Join(m.dir, ref)
		}
	}
	if d.Path == "" {
		m.lookUp(d)
	}
	if d.Path == "" && d.Missing == "" {
		switch {
		case !remote:
			d.Missing = fmt.Sprintf("there is no file %q", d.Ref)
		case m.dir == "":
			d.Missing = "no folder of datasets was given (--data)"
		default:
			d.Missing = "it is not in " + m.dir
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// lookUp finds a dataset by the longest common end of its path and that of a file of the mirror. A file with the right name in
// another place is other data: common is counted only when it takes in all of the file's path below the mirror, or all of the
// URL's path below the root of its repository.
func (m *Mirror) lookUp(d *Dataset) {
	want := refParts(d.Ref)
	if len(want) == 0 {
		return
	}
	whole := len(want) - rootOf(want)
	best, least := []mirrored(nil), 0
	for _, c := range m.byBase[strings.ToLower(want[len(want)-1])] {
		n := 0
		for n < len(want) && n < len(c.parts) && strings.EqualFold(want[len(want)-1-n], c.parts[len(c.parts)-1-n]) {
			n++
		}
		if n < len(c.parts) && n < whole {
			continue
		}
		if n > least {
			best, least = nil, n
		}
		if n == least && !slices.ContainsFunc(best, func(b mirrored) bool { return b.file == c.file && b.member == c.member }) {
			best = append(best, c)
		}
	}
	// An archive of one file is that file, under the archive's name and under its own.
	if len(best) > 1 && !slices.ContainsFunc(best, func(b mirrored) bool { return b.file != best[0].file }) {
		best = best[:1]
	}
	switch {
	case len(best) == 1:
		d.Path, d.Member = best[0].file, best[0].member
		d.Guess = least == 1 && whole > 1
	case len(best) > 1:
		var names []string
		for _, b := range best[:min(3, len(best))] {
			names = append(names, b.file)
		}
		d.Missing = fmt.Sprintf("%d files of the mirror fit equally well, such as %s", len(best), strings.Join(names, " and "))
	}
}

// refParts splits the path of a URL or a path.
func refParts(ref string) []string {
	p := ref
	if u, err := url.Parse(ref); err == nil && u.Scheme != "" {
		p = u.Path
	}
	p = strings.Trim(path.Clean("/"+strings.ReplaceAll(p, `\`, "/")), "/")
	if p == "" {
		return nil
	}
	return strings.Split(p, "/")
}

// rootOf returns where the path within a repository begins in the path of a URL of it: behind the name of its branch.
func rootOf(parts []string) int {
	for _, branch := range []string{"master", "main", "develop", "HEAD"} {
		if i := slices.Index(parts, branch); i >= 0 && i+1 < len(parts) {
			return i + 1
		}
	}
	return 0
}
