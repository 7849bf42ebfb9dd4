package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/harrier-detect/harrier/bench/workload"
)

// generate makes a big input.
func generate(args []string) error {
	f := flag.NewFlagSet("generate", flag.ExitOnError)
	out := f.String("o", "-", "write to `FILE`; .zst and .gz are compressed")
	size := f.String("size", "1G", "how many bytes of JSON lines")
	sample := f.String("sample", "200M", "how much of the recordings is repeated")
	events := f.Int("events", 50_000, "without recordings: how many events a simulated day has")
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: bench generate [options] [RECORDING…]\n\nRepeats recordings (JSON lines, zip, gzip, folders of them) at other times, on other hosts and by other users;\nwithout recordings, days of the simulator.")
		f.PrintDefaults()
	}
	f.Parse(args)
	n, err := bytesOf(*size)
	if err != nil {
		return err
	}
	limit, err := bytesOf(*sample)
	if err != nil {
		return err
	}
	s, err := readSample(f.Args(), limit, *events)
	if err != nil {
		return err
	}
	w, err := workload.Create(*out)
	if err != nil {
		return err
	}
	bw := bufio.NewWriterSize(w, 1<<20)
	lines, err := s.Write(bw, n)
	err = errors.Join(err, bw.Flush(), w.Close())
	fmt.Fprintf(os.Stderr, "%d events, of which %d differ in more than time and names\n", lines, s.Lines())
	return err
}

func readSample(paths []string, limit int64, events int) (*workload.Sample, error) {
	if len(paths) == 0 {
		return workload.Simulated(events)
	}
	r, err := workload.Open(paths...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return workload.Read(r, limit)
}

// bytesOf reads a number of bytes with K, M or G behind it.
func bytesOf(s string) (int64, error) {
	unit := int64(1)
	t := strings.ToUpper(s)
	if i := strings.IndexByte("KMG", t[max(len(t)-1, 0)]); i >= 0 {
		unit, t = 1<<(10*(i+1)), t[:len(t)-1]
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("a size is a number with K, M or G, not %q", s)
	}
	return int64(n * float64(unit)), nil
}
