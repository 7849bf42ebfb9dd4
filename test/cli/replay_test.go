package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/cli"
)

// TestReplay sends the example's recordings to a collector of our own.
func TestReplay(t *testing.T) {
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Header.Get("Authorization")+" "+r.URL.RequestURI()+" "+string(body))
		io.WriteString(w, `{"text":"Success","code":0}`)
	}))
	defer srv.Close()
	run := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := cli.Run(context.Background(), append([]string{"replay", "--to", srv.URL}, args...), strings.NewReader(""), &out, &errs)
		return code, errs.String()
	}
	log := filepath.Join("..", "..", "examples", "content", "datasets", "intrusion.log")
	t.Setenv("SPLUNK_HEC_TOKEN", "")
	if code, msg := run(log); code != cli.ExitUsage || !strings.Contains(msg, "wants a token") {
		t.Errorf("without a token: %d %s", code, msg)
	}
	t.Setenv("SPLUNK_HEC_TOKEN", "secret")
	dir := t.TempDir()
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.log"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.yml"), []byte("id: the-id\ndatasets:\n- {name: a, path: a.log, source: src, sourcetype: XmlWinEventLog}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, msg := run(dir, "--index", "main", "--update-timestamp")
	if code != cli.ExitNone || len(got) != 1 {
		t.Fatalf("%d %s, %d requests", code, msg, len(got))
	}
	if want := "Splunk secret /services/collector/raw?host=the-id&index=main&source=src&sourcetype=XmlWinEventLog <Event "; !strings.HasPrefix(got[0], want) {
		t.Errorf("%.200s", got[0])
	}
	if strings.Contains(got[0], "2026-03-02") || !strings.Contains(msg, "times moved by") {
		t.Errorf("times did not move: %s", msg)
	}
	if code, msg := run(filepath.Join(dir, "none")); code != cli.ExitUsage || !strings.Contains(msg, "no such file") {
		t.Errorf("%d %s", code, msg)
	}
}
