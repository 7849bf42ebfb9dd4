package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/replay"
	"github.com/harrier-detect/harrier/internal/source"
	"github.com/harrier-detect/harrier/internal/text"
)

type replayOptions struct {
	to, token, channel string
	set                replay.Dataset
	update, ack, loose bool
}

func replayCommand(s *streams) *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay DATASET… --to URL",
		Short: "Send recorded events to a Splunk HTTP Event Collector",
		Long: "DATASET is a file of events, a description of datasets as the attack_data repository has them (data.yml), or a folder with such descriptions. " +
			"EVTX is sent as event XML.\n\nThe token is taken from --token or from the environment: SPLUNK_HEC_TOKEN.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error { return o.replay(c.Context(), s, paths) },
	}
	f := c.Flags()
	f.StringVar(&o.to, "to", "", "address `URL` of the collector, such as https://splunk:8088")
	c.MarkFlagRequired("to")
	f.StringVar(&o.token, "token", "", "the collector's `TOKEN`")
	f.StringVar(&o.channel, "channel", "", "request channel `UUID` (default a new one)")
	f.StringVar(&o.set.Host, "host", "", "`HOST` of the events (default what the description says)")
	f.StringVar(&o.set.Source, "source", "", "`SOURCE` of the events (default what the description says)")
	f.StringVar(&o.set.Sourcetype, "sourcetype", "", "`SOURCETYPE` of the events (default what the description says)")
	f.StringVar(&o.set.Index, "index", "", "`INDEX` for the events (default the token's)")
	f.BoolVar(&o.update, "update-timestamp", false, "move the times in the events, so that the newest happened now")
	f.BoolVar(&o.ack, "ack", false, "wait until the collector acknowledges that the events are indexed")
	f.BoolVar(&o.loose, "insecure", false, "take any certificate from the collector")
	return c
}

func (o *replayOptions) replay(ctx context.Context, s *streams, paths []string) error {
	if o.token == "" {
		o.token = os.Getenv("SPLUNK_HEC_TOKEN")
	}
	if o.token == "" {
		return errors.New("the collector wants a token: --token, or SPLUNK_HEC_TOKEN in the environment")
	}
	var sets []replay.Dataset
	for _, p := range paths {
		ds, err := replay.Find(p)
		if err != nil {
			return fmt.Errorf("find datasets: %w", err)
		}
		sets = append(sets, ds...)
	}
	client := &http.Client{Timeout: 5 * time.Minute}
	if o.loose {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // asked for
		client.Transport = t
	}
	sender := &replay.Sender{URL: o.to, Token: o.token, Channel: o.channel, Client: client, Ack: o.ack}
	if o.update {
		sender.Now = time.Now()
	}
	for _, d := range sets {
		for _, p := range []struct{ to, from *string }{{&d.Host, &o.set.Host}, {&d.Source, &o.set.Source}, {&d.Sourcetype, &o.set.Sourcetype}, {&d.Index, &o.set.Index}} {
			if *p.from != "" {
				*p.to = *p.from
			}
		}
		name := d.Path
		clean, err := rendered(ctx, s, &d)
		if err != nil {
			return err
		}
		sent, err := sender.Send(ctx, d)
		clean()
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%s: %s in %s", export.Printable(name), size(sent.Bytes), plural(sent.Requests, "request"))
		if o.update {
			fmt.Fprintf(s.err, ", %d times moved by %s", sent.Times, sent.Moved.Round(time.Second))
		}
		fmt.Fprintln(s.err)
	}
	return nil
}

// rendered puts the raw text of a binary recording into a file, since a collector takes text only. clean removes it.
func rendered(ctx context.Context, s *streams, d *replay.Dataset) (clean func(), err error) {
	clean = func() {}
	f, err := os.Open(d.Path)
	if err != nil {
		return clean, fmt.Errorf("replay: %w", err)
	}
	head := make([]byte, 8)
	n, _ := f.Read(head)
	f.Close()
	if string(head[:n]) != "ElfFile\x00" {
		return clean, nil
	}
	dir, err := os.MkdirTemp("", "harrier-replay-*")
	if err != nil {
		return clean, fmt.Errorf("replay: %w", err)
	}
	clean = func() { os.RemoveAll(dir) }
	path := filepath.Join(dir, "events.xml")
	out, err := os.Create(path)
	if err != nil {
		return clean, fmt.Errorf("replay: %w", err)
	}
	w := bufio.NewWriter(out)
	opt := source.Options{Dicts: event.NewDicts(0), Files: new(event.Files), Classes: new(event.Classes), InOrder: true,
		Need: func(f string) bool { return f == event.RawField }, Report: func(d text.Diagnostic) { fmt.Fprintln(s.err, export.Printable(d.Error())) }}
	err = source.Scan(ctx, []string{d.Path}, opt, func(b *event.Batch) error {
		col := b.Column(event.RawField)
		if col == nil {
			return nil
		}
		for i := range b.Len() {
			w.WriteString(finding.Text(col.Value(i)))
			w.WriteByte('\n')
		}
		return nil
	})
	if err = errors.Join(err, w.Flush(), out.Close()); err != nil {
		return clean, fmt.Errorf("replay %s: %w", d.Path, err)
	}
	d.Path = path
	return clean, nil
}
