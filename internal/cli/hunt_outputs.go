package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/harrier-detect/harrier/internal/detect"
	"github.com/harrier-detect/harrier/internal/evidence"
	"github.com/harrier-detect/harrier/internal/finding"
	"github.com/harrier-detect/harrier/internal/output"
	"github.com/harrier-detect/harrier/internal/query"
	"github.com/harrier-detect/harrier/internal/report"
	"github.com/harrier-detect/harrier/internal/text"
)

// outputs are what a hunt writes its findings to: standard output or the file of -o, and a file for each --out.
type outputs struct {
	list  []*huntOutput
	items []*report.Item // when somebody needs all of them
	keep  bool
	// late says that nothing is written before the end, because something about each finding is known only then.
	late bool
}

type huntOutput struct {
	output.Writer
	format output.Format
	file   *os.File // nil for standard output
}

// openOutputs opens all outputs, so that a path that cannot be written is known before the hunt and not after it.
func (o *huntOptions) openOutputs(s *streams) (_ *outputs, err error) {
	f, err := o.findingFormat(s)
	if err != nil {
		return nil, err
	}
	outs := &outputs{}
	defer func() {
		if err != nil {
			outs.closeFiles()
		}
	}()
	taken := map[string]bool{}
	open := func(f output.Format, path string) error {
		out := &huntOutput{format: f}
		opt := output.Options{Version: version()}
		if path == "" {
			opt.Width = width(s.out)
			out.Writer = f.Open(s.out, opt)
		} else {
			abs, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
			if taken[abs] {
				return fmt.Errorf("two outputs go to %s", path)
			}
			taken[abs] = true
			if out.file, err = os.Create(path); err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
			out.Writer = f.Open(out.file, opt)
		}
		outs.list = append(outs.list, out)
		outs.keep = outs.keep || f.Whole
		return nil
	}
	if err := open(f, o.file); err != nil {
		return nil, err
	}
	for _, x := range o.outs {
		name, path, ok := strings.Cut(x, "=")
		if !ok || path == "" {
			return outs, fmt.Errorf("--out takes FORMAT=FILE, not %q", x)
		}
		if path == "-" {
			return outs, fmt.Errorf("--out writes to files; -f is the form of standard output")
		}
		f, ok := output.Find(name)
		if !ok {
			return outs, fmt.Errorf("--out takes the formats %s, not %q", output.Names(), name)
		}
		if err := open(f, path); err != nil {
			return outs, err
		}
	}
	return outs, nil
}

// findingFormat is the format of the output that every hunt has.
func (o *outputFlags) findingFormat(s *streams) (output.Format, error) {
	name := o.format
	if name == "" {
		name = "jsonl"
		if o.file == "" && terminal(s.out) {
			name = "table"
		}
	}
	f, ok := output.Find(name)
	if !ok {
		return f, fmt.Errorf("-f takes %s, not %q", output.Names(), o.format)
	}
	return f, nil
}

// write takes findings as they come.
func (o *outputs) write(fs []*finding.Finding) error {
	items := make([]*report.Item, len(fs))
	for i, f := range fs {
		items[i] = &report.Item{Finding: f}
	}
	if o.keep {
		o.items = append(o.items, items...)
	}
	if o.late {
		return nil
	}
	for _, out := range o.list {
		if !out.format.Whole {
			if err := out.Write(items); err != nil {
				return err
			}
		}
	}
	return nil
}

// findings returns those that were kept.
func (o *outputs) findings() []*finding.Finding {
	out := make([]*finding.Finding, len(o.items))
	for i, it := range o.items {
		out[i] = it.Finding
	}
	return out
}

// fetch reads the events behind the findings as far as some output shows them.
func (o *outputs) fetch(ctx context.Context, e *query.Engine, in *query.Input) error {
	most := output.Nothing
	for _, out := range o.list {
		most = max(most, out.format.Fetch)
	}
	wanted := o.findings()
	if most == output.Times {
		wanted = nil // of findings that tell their time nothing else is asked
		for _, it := range o.items {
			if it.First.IsZero() {
				wanted = append(wanted, it.Finding)
			}
		}
	}
	if most == output.Nothing || len(wanted) == 0 {
		return nil
	}
	set, err := evidence.Fetch(ctx, e, in, wanted, most == output.Fields)
	if err != nil {
		return fmt.Errorf("read the events behind the findings: %w", err)
	}
	for _, it := range o.items {
		it.Evidence = set.Of(it.Finding)
	}
	return nil
}

// close writes what had to wait, and ends all outputs.
func (o *outputs) close(s *report.Summary) error {
	var errs []error
	for _, out := range o.list {
		if out.format.Whole || o.late {
			if err := out.Write(o.items); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		if err := out.Writer.Close(s); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, o.closeFiles())...)
}

func (o *outputs) closeFiles() error {
	if o == nil {
		return nil
	}
	var errs []error
	for _, out := range o.list {
		if out.file != nil {
			if err := out.file.Close(); err != nil {
				errs = append(errs, fmt.Errorf("write findings: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}

// reportSummary is what reports say of the hunt.
func (h *hunted) reportSummary(o *huntOptions, paths []string) *report.Summary {
	n := detect.Count(h.items)
	s := &report.Summary{Title: o.title, Files: h.progress.Files.Load(), Bytes: h.progress.Bytes.Load(), Events: h.progress.Events.Load(), BadRecords: h.progress.Bad.Load(),
		Rules:    map[string]int{"runs": n[detect.Runs] + n[detect.Notes], "notes": n[detect.Notes], "refused": n[detect.Refused]},
		Filtered: h.filtered, Problems: h.kept, ProblemCount: h.problems, Elapsed: h.elapsed.Round(time.Millisecond), Made: time.Now().UTC(), Partial: h.partial, Schedule: h.schedule}
	if r := h.within; r != nil {
		s.From, s.To, s.Outside, s.Untimed = r.From, r.To, r.Outside, r.Untimed
	}
	if s.Title == "" {
		s.Title = "Hunt of " + strings.Join(paths[:min(len(paths), 3)], ", ")
		if len(paths) > 3 {
			s.Title += fmt.Sprintf(" and %d more", len(paths)-3)
		}
	}
	for _, it := range h.items {
		if it.State() == detect.Refused && len(s.Refused) < report.MaxRefused {
			reason := ""
			if i := slices.IndexFunc(it.Diagnostics, func(d text.Diagnostic) bool { return d.Severity == text.Error }); i >= 0 {
				reason = it.Diagnostics[i].Error()
			}
			s.Refused = append(s.Refused, report.Refusal{Rule: it.Rule.Name, File: it.Rule.File, Reason: reason})
		}
	}
	return s
}

// version is that of the module that the program was built from.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
