// Package replay sends recorded events to Splunk's HTTP Event Collector, as the replay tool of the attack_data repository does:
// the raw text of a file, with host, source, sourcetype and index in the query of the request.
// https://docs.splunk.com/Documentation/Splunk/latest/Data/UsetheHTTPEventCollector
package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
)

// A Dataset is a file of events and what Splunk is to know of it besides.
type Dataset struct {
	Name, Path                      string
	Host, Source, Sourcetype, Index string
}

// A Sender posts events to one collector.
type Sender struct {
	// URL is the collector's address, such as https://splunk:8088, with or without the path of its raw endpoint.
	URL   string
	Token string
	// Channel identifies the sender to the collector; "" makes one up.
	Channel string
	Client  *http.Client
	// Now, when not zero, is the time to which the newest event is moved; all other times in the data move along.
	Now time.Time
	// Ack waits until the collector says that it has indexed the events.
	Ack bool
	// ChunkBytes bounds the body of a request; 0 stands for 8 MiB. A single event may be longer.
	ChunkBytes int
	// Pause is how long to wait before asking again; 0 stands for two seconds.
	Pause time.Duration
}

// Sent counts what was sent of a dataset.
type Sent struct {
	Bytes, Lines int64
	Requests     int
	// Moved is by how much times were moved; Times how many were.
	Moved time.Duration
	Times int64
}

const rawPath = "/services/collector/raw"

// endpoint completes the address of the collector.
func (s *Sender) endpoint(d Dataset) (*url.URL, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the collector's address is a URL such as https://splunk:8088, not %q", s.URL)
	}
	if !strings.Contains(u.Path, "/services/collector") {
		u.Path = path.Join("/", u.Path, rawPath)
	}
	q := u.Query()
	for k, v := range map[string]string{"host": d.Host, "source": d.Source, "sourcetype": d.Sourcetype, "index": d.Index} {
		if v != "" {
			q.Set(k, v)
		}
	}
	u.RawQuery = q.Encode()
	return u, nil
}

// Send posts a dataset. What had been sent when an error came is in Sent.
func (s *Sender) Send(ctx context.Context, d Dataset) (Sent, error) {
	var sent Sent
	u, err := s.endpoint(d)
	if err != nil {
		return sent, err
	}
	if s.Channel == "" {
		s.Channel = newChannel()
	}
	var move *shift
	if !s.Now.IsZero() {
		if move, err = survey(d.Path, s.Now); err != nil {
			return sent, err
		}
		sent.Moved = move.by
	}
	err = eachChunk(d.Path, s.chunkBytes(), func(chunk []byte) error {
		lines := int64(bytes.Count(chunk, []byte{'\n'}))
		if move != nil {
			chunk = move.apply(chunk)
		}
		if err := s.post(ctx, u, chunk); err != nil {
			return err
		}
		sent.Requests++
		sent.Bytes += int64(len(chunk))
		sent.Lines += lines
		return nil
	})
	if move != nil {
		sent.Times = move.times
	}
	if err != nil {
		return sent, fmt.Errorf("replay %s: %w", d.Path, err)
	}
	if sent.Requests == 0 {
		return sent, fmt.Errorf("replay %s: the file is empty", d.Path)
	}
	return sent, nil
}

func (s *Sender) chunkBytes() int {
	if s.ChunkBytes > 0 {
		return s.ChunkBytes
	}
	return 8 << 20
}

func (s *Sender) pause() time.Duration {
	if s.Pause > 0 {
		return s.Pause
	}
	return 2 * time.Second
}

// maxTries bounds how often a request is repeated to a collector that says it is busy.
const maxTries = 5

// answer is what the collector says: https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
type answer struct {
	Text  string          `json:"text"`
	Code  int             `json:"code"`
	AckID *int64          `json:"ackId"`
	Acks  map[string]bool `json:"acks"`
}

func (s *Sender) post(ctx context.Context, u *url.URL, body []byte) error {
	for try := 1; ; try++ {
		a, status, err := s.request(ctx, u, "text/plain", body)
		switch {
		case err != nil:
			return err
		case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
			if try == maxTries {
				return fmt.Errorf("the collector is busy: %s", a.Text)
			}
			if err := s.wait(ctx, time.Duration(try)); err != nil {
				return err
			}
			continue
		case status/100 != 2:
			return fmt.Errorf("the collector refused the events with status %d: %s", status, a.Text)
		case !s.Ack:
			return nil
		case a.AckID == nil:
			return errors.New("the collector gave no number to acknowledge: its token has no indexer acknowledgment")
		}
		return s.acknowledged(ctx, u, *a.AckID)
	}
}

// maxAsked bounds how often the collector is asked whether it has indexed a request.
const maxAsked = 150

func (s *Sender) acknowledged(ctx context.Context, u *url.URL, id int64) error {
	ask := *u
	ask.Path = path.Join(path.Dir(strings.TrimSuffix(ask.Path, "/")), "ack")
	ask.RawQuery = ""
	body := fmt.Appendf(nil, `{"acks":[%d]}`, id)
	for range maxAsked {
		a, status, err := s.request(ctx, &ask, "application/json", body)
		if err != nil {
			return err
		}
		if status/100 != 2 {
			return fmt.Errorf("the collector does not acknowledge: status %d: %s", status, a.Text)
		}
		if a.Acks[fmt.Sprint(id)] {
			return nil
		}
		if err := s.wait(ctx, 1); err != nil {
			return err
		}
	}
	return errors.New("the collector did not acknowledge the events in time")
}

func (s *Sender) wait(ctx context.Context, times time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.pause() * times):
		return nil
	}
}

func (s *Sender) request(ctx context.Context, u *url.URL, kind string, body []byte) (answer, int, error) {
	var a answer
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return a, 0, err
	}
	req.Header.Set("Authorization", "Splunk "+s.Token)
	req.Header.Set("X-Splunk-Request-Channel", s.Channel)
	req.Header.Set("Content-Type", kind)
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return a, 0, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return a, 0, err
	}
	if json.Unmarshal(data, &a) != nil {
		a.Text = string(data[:min(len(data), 200)])
	}
	return a, res.StatusCode, nil
}

// newChannel makes a random UUID, as the collector wants channels to be.
func newChannel() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// open opens a file of events, unpacked when it is compressed.
func open(file string) (io.ReadCloser, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(f, 1<<20)
	if head, _ := r.Peek(2); string(head) == "\x1f\x8b" {
		z, err := gzip.NewReader(r)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return struct {
			io.Reader
			io.Closer
		}{z, f}, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// eachChunk calls f with runs of whole events of about size bytes. What begins an event is told by the first line of the file: the
// collector breaks lines within a request, so that an event of several lines must not be parted.
func eachChunk(file string, size int, f func([]byte) error) error {
	r, err := open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	br := bufio.NewReaderSize(r, 1<<20)
	var chunk []byte
	kind := byte(0)
	fresh := true
	for {
		line, err := br.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if fresh && len(line) > 0 {
			k := lineKind(line)
			if kind == 0 {
				kind = k
			}
			if len(chunk) > 0 && len(chunk)+len(line) > size && k == kind {
				if err := f(chunk); err != nil {
					return err
				}
				chunk = nil
			}
		}
		chunk = append(chunk, line...)
		fresh = err == nil
		if err == io.EOF {
			break
		}
	}
	if len(bytes.TrimSpace(chunk)) == 0 {
		return nil
	}
	return f(chunk)
}

// lineKind tells roughly what a line begins with: the same for the first lines of events of one form.
func lineKind(line []byte) byte {
	c := byte(' ')
	if len(line) > 0 {
		c = line[0]
	}
	switch {
	case c >= '0' && c <= '9':
		return '0'
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return 'a'
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		return ' '
	case c == '<' && bytes.HasPrefix(line, []byte("<Event ")):
		return 'E'
	}
	return c
}
