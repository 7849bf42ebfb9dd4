package main

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// scaling measures how time grows with rules, data and processors.
func (b *bench) scaling() error {
	b.head("what grows", "from", "to", "CPU-s", "CPU-s then", "ratio", "target")
	first := b.rules[:1]
	nothing, err := b.empty()
	if err != nil {
		return err
	}
	tenth, err := b.tenth(first[0])
	if err != nil {
		return err
	}
	if tenth == "" {
		fmt.Fprintln(b.out, "\nFewer than ten files of rules: what more of them cost cannot be measured.")
		tenth = first[0]
	}
	line := func(what, from, to string, a, z cost, target string) {
		b.row(what, from, to, seconds(a), seconds(z), fmt.Sprintf("%.2f", z.cpu.Seconds()/max(a.cpu.Seconds(), 1e-9)), target)
	}
	for _, in := range []struct {
		name string
		input
	}{{"mixed", b.mixed}, {"process events", b.process}} {
		few, n, err := b.hunt([]string{tenth}, in.path)
		if err != nil {
			return err
		}
		many, m, err := b.hunt(first, in.path)
		if err != nil {
			return err
		}
		line("rules, "+in.name, fmt.Sprint(n), fmt.Sprint(m), few, many, "≤ 2")
		fewStart, _, err := b.hunt([]string{tenth}, nothing)
		if err != nil {
			return err
		}
		manyStart, _, err := b.hunt(first, nothing)
		if err != nil {
			return err
		}
		few.cpu -= fewStart.cpu
		many.cpu -= manyStart.cpu
		line("the same without the start", fmt.Sprint(n), fmt.Sprint(m), few, many, "≤ 2")
	}
	part := filepath.Join(b.dir, "tenth.jsonl")
	if _, _, err := firstLines(b.mixed.path, part, int(b.mixed.bytes/10)); err != nil {
		return err
	}
	little, _, err := b.hunt(first, part)
	if err != nil {
		return err
	}
	much, _, err := b.hunt(first, b.mixed.path)
	if err != nil {
		return err
	}
	line("data", mega(b.mixed.bytes/10), mega(b.mixed.bytes), little, much, "≤ 10.5")
	if runtime.NumCPU() < 2 {
		fmt.Fprintln(b.out, "\nOne processor: a second one cannot be measured.")
		return nil
	}
	one, _, err := b.huntOn(1, first, b.mixed.path)
	if err != nil {
		return err
	}
	two, _, err := b.huntOn(2, first, b.mixed.path)
	if err != nil {
		return err
	}
	b.row("processors (wall time)", "1", "2", fmt.Sprintf("%.2f", one.wall.Seconds()), fmt.Sprintf("%.2f", two.wall.Seconds()),
		fmt.Sprintf("%.2f times as fast", one.wall.Seconds()/max(two.wall.Seconds(), 1e-9)), "≥ 1.7")
	return nil
}

// memory measures what bounds on the memory cost, and whether they hold.
func (b *bench) memory() error {
	b.head("rules", "--memory", "CPU-s", "peak MB")
	for _, r := range b.rules {
		for _, m := range []string{"", "1G", "512M", "256M"} {
			var more []string
			name := "not given"
			if m != "" {
				more, name = []string{"--memory", m}, m
			}
			c, _, err := b.huntOn(runtime.NumCPU(), []string{r}, b.mixed.path, more...)
			if err != nil {
				return err
			}
			b.row(filepath.Base(r), name, seconds(c), mega(c.peak))
		}
	}
	return nil
}
