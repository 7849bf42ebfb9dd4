package replay

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// collector is a server that takes events as HEC does, and keeps what it got.
type collector struct {
	got   []string
	busy  int // requests to refuse first
	ack   bool
	asked int
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Header.Get("Authorization") != "Splunk secret":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"text":"Invalid token","code":4}`)
	case r.Header.Get("X-Splunk-Request-Channel") == "":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"text":"Data channel is missing","code":10}`)
	case c.busy > 0:
		c.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"text":"Server is busy","code":9}`)
	case r.URL.Path == "/services/collector/ack":
		c.asked++
		fmt.Fprintf(w, `{"acks":{"7":%v}}`, c.asked > 1)
	case r.URL.Path == "/services/collector/raw":
		c.got = append(c.got, r.URL.RawQuery+"\n"+string(body))
		if c.ack {
			fmt.Fprint(w, `{"text":"Success","code":0,"ackId":7}`)
			return
		}
		fmt.Fprint(w, `{"text":"Success","code":0}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func write(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSend(t *testing.T) {
	c := &collector{busy: 2, ack: true}
	srv := httptest.NewServer(c)
	defer srv.Close()
	s := &Sender{URL: srv.URL, Token: "secret", Ack: true, Pause: time.Millisecond, ChunkBytes: 12}
	path := write(t, "a.log", "{\"a\":1}\n{\"a\":2}\n more of two\n{\"a\":3}")
	sent, err := s.Send(context.Background(), Dataset{Path: path, Host: "h 1", Source: "s&s", Sourcetype: "_json", Index: "main"})
	if err != nil {
		t.Fatal(err)
	}
	q := "host=h+1&index=main&source=s%26s&sourcetype=_json\n"
	if diff := cmp.Diff([]string{q + "{\"a\":1}\n", q + "{\"a\":2}\n more of two\n", q + "{\"a\":3}"}, c.got); diff != "" {
		t.Error(diff)
	}
	if sent.Requests != 3 || sent.Lines != 3 || sent.Bytes != 37-1 {
		t.Errorf("%+v", sent)
	}
	for _, f := range []struct {
		s    Sender
		want string
	}{
		{Sender{URL: srv.URL, Token: "wrong"}, "status 403: Invalid token"},
		{Sender{URL: "ftp://x"}, "the collector's address is a URL"},
		{Sender{URL: srv.URL + "/services/collector/none", Token: "secret"}, "status 404"},
	} {
		if _, err := f.s.Send(context.Background(), Dataset{Path: path}); err == nil || !strings.Contains(err.Error(), f.want) {
			t.Errorf("%v, want %q", err, f.want)
		}
	}
	if _, err := (&Sender{URL: srv.URL, Token: "secret"}).Send(context.Background(), Dataset{Path: write(t, "empty.log", "\n")}); err == nil {
		t.Error("an empty file is not told of")
	}
}

func TestTimesMove(t *testing.T) {
	c := &collector{}
	srv := httptest.NewServer(c)
	defer srv.Close()
	now := time.Date(2026, 5, 2, 10, 0, 0, 0, time.UTC)
	f := func(in, want string) {
		t.Helper()
		c.got = nil
		var packed strings.Builder
		z := gzip.NewWriter(&packed)
		io.WriteString(z, in)
		z.Close()
		for _, body := range []string{in, packed.String()} {
			c.got = nil
			s := &Sender{URL: srv.URL, Token: "secret", Now: now}
			if _, err := s.Send(context.Background(), Dataset{Path: write(t, "x.log", body)}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("\n"+want, c.got[0]); diff != "" {
				t.Errorf("%s\n%s", in, diff)
			}
		}
	}
	f(`<Event><TimeCreated SystemTime='2024-05-01T09:59:00.1234567Z'/><Data Name='UtcTime'>2024-05-01 09:59:00.000</Data></Event>`+"\n"+`<Event><TimeCreated SystemTime='2024-05-01T10:00:00.0000000Z'/></Event>`,
		`<Event><TimeCreated SystemTime='2026-05-02T09:59:00.1234567Z'/><Data Name='UtcTime'>2026-05-02 09:59:00.000</Data></Event>`+"\n"+`<Event><TimeCreated SystemTime='2026-05-02T10:00:00.0000000Z'/></Event>`)
	f(`{"expires":"2030-01-01T00:00:00Z","eventTime":"2024-05-01T12:00:00+02:00"}`, `{"expires":"2030-01-01T00:00:00Z","eventTime":"2026-05-02T12:00:00+02:00"}`)
	f("05/01/2024 02:00:00 AM\nEventCode=1\nMessage=at 5/1/2024 1:00:00 AM\n05/01/2024 10:00:00 AM\n", "05/02/2026 02:00:00 AM\nEventCode=1\nMessage=at 5/2/2026 1:00:00 AM\n05/02/2026 10:00:00 AM\n")
	f("type=X msg=audit(1714557600.250:9): uid=1714557600", "type=X msg=audit(1777716000.000:9): uid=1714557600")
	f(`{"time": 1714557600000, "n": 1714557600000}`, `{"time": 1777716000000, "n": 1714557600000}`)
	f("no time at all\n", "no time at all\n")
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	put := func(name, body string) string {
		p := filepath.Join(root, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	put("datasets/T1/a.log", "x")
	put("datasets/T1/b.log", "x")
	put("datasets/T1/data.yml", "id: i1\ndatasets:\n- {name: one, path: /datasets/T1/a.log, source: s, sourcetype: st}\n- {name: two, path: b.log}\n")
	put("datasets/T2/c.log", "x")
	put("datasets/T2/old.yml", "id: i2\ndataset: ['https://x.example/master/datasets/T2/c.log']\nsourcetypes: [st2]\n")
	ds, err := Find(filepath.Join(root, "datasets"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range ds {
		rel, _ := filepath.Rel(root, d.Path)
		got = append(got, strings.Join([]string{d.Name, filepath.ToSlash(rel), d.Host, d.Source, d.Sourcetype}, " "))
	}
	if diff := cmp.Diff([]string{"one datasets/T1/a.log i1 s st", "two datasets/T1/b.log i1  ", "c.log datasets/T2/c.log i2  st2"}, got); diff != "" {
		t.Error(diff)
	}
	for body, want := range map[string]string{"datasets: [{name: x}]": "has no path", "id: 1": "describes no datasets", "dataset: [gone.log]": "there is no file", "{": "yaml"} {
		if _, err := Find(put("bad.yml", body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
