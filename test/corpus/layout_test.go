package corpus

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/rule"
	"github.com/harrier-detect/harrier/internal/tidy"
)

// TestLayouts lays all public rules out, twice: the second time nothing changes, and hardly a rule is left alone.
func TestLayouts(t *testing.T) {
	files, left := 0, 0
	dir := t.TempDir()
	for _, corpus := range []string{"spl", "kql", "sigma"} {
		err := filepath.WalkDir(shared(t, "corpus", corpus), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() || strings.Contains(path, "regression_data") {
				return err
			}
			name := e.Name()
			switch filepath.Ext(path) {
			case ".yml", ".yaml", ".md", ".kql":
			default:
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			copied := filepath.Join(dir, name)
			layOut := func(body string) (string, bool, int) {
				if err := os.WriteFile(copied, []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(copied)
				p, err := rule.Load([]string{copied})
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Rules) == 0 {
					return body, false, 0
				}
				out, ds := tidy.File(p, nil)
				n := 0
				for _, d := range ds {
					if d.ID == "FMT5001" {
						n++
					}
				}
				return out, true, n
			}
			out, ok, n := layOut(strings.TrimPrefix(string(data), "\ufeff"))
			if !ok {
				return nil
			}
			files++
			left += n
			if again, _, _ := layOut(out); again != out {
				t.Errorf("%s: laid out again it is another", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d files, %d rules left alone", files, left)
	if left > 70 {
		t.Errorf("%d rules are left alone, were 60", left)
	}
}
