// Package cli is the command line: one file per verb. Data goes to standard output, everything else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/harrier-detect/harrier/internal/export"
	"github.com/harrier-detect/harrier/internal/text"
)

// Exit codes of all verbs.
const (
	ExitNone     = 0 // nothing found, nothing wrong
	ExitFindings = 1 // hunt found something
	ExitRules    = 2 // a rule or query is wrong or was refused
	ExitUsage    = 3 // wrong usage, or input that cannot be read
	// ExitInterrupted: the run was interrupted, and what was printed is a part of the result. It is what shells say of a process
	// that SIGINT has ended.
	ExitInterrupted = 130
)

// interrupted is the end of a verb that was interrupted; what says what there is of the result.
func interrupted(what string) error {
	return &exitError{ExitInterrupted, fmt.Errorf("interrupted, partial result: %s", what)}
}

// exitError carries an exit code; its text, when not empty, has not been printed yet.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func exit(code int) error { return &exitError{code: code} }

// inputErrors passes problems with the input on and counts those of them that are errors: a part of the input that nobody read.
type inputErrors struct {
	report func(text.Diagnostic)
	n      int
}

func (e *inputErrors) add(d text.Diagnostic) {
	if d.Severity == text.Error && strings.HasPrefix(d.ID, "SRC") {
		e.n++
	}
	e.report(d)
}

// exit is the end of a verb that has nothing worse to say.
func (e *inputErrors) exit() error {
	if e.n > 0 {
		return exit(ExitUsage)
	}
	return nil
}

// await runs f, which cannot be interrupted, and returns its results; when the user interrupts, it goes on without them.
func await(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return interrupted("no event had been read")
	}
}

// streams are where a verb reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns the columns of the terminal w, or 0 when it is none.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}

// grace is how long an interrupted run may take to print what it has; what blocks in a read of a pipe never comes to it.
const grace = 5 * time.Second

// Main runs the command line with the process's arguments and returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // who interrupts again wants it to end at once
		time.Sleep(grace)
		fmt.Fprintln(os.Stderr, "harrier: interrupted")
		os.Exit(ExitInterrupted)
	})
	return Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	s := &streams{in, out, errw}
	root := &cobra.Command{
		Use:               "harrier",
		Short:             "Run detection rules, as published, over the logs you have",
		Long:              "Harrier runs Splunk SPL and Microsoft KQL detection rules, unmodified, over EVTX, event XML, JSON, CSV and Parquet.\n\nExit codes: 0 nothing found, 1 findings, 2 a rule or query is wrong or was refused, 3 wrong usage or unreadable input, 130 interrupted: what was printed is a part of the result.",
		PersistentPreRunE: spareInput,
		SilenceErrors:     true,
		SilenceUsage:      true,
	}
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	root.AddCommand(huntCommand(s), queryCommand(s), rulesCommand(s), convertCommand(s), schemaCommand(s), explainCommand(s), hardenCommand(s), twinCommand(s), referenceCommand(s), demoCommand(s))
	root.AddCommand(testCommand(s), replayCommand(s), lintCommand(s), fmtCommand(s))
	root.AddCommand(catalogCommand(s), coverageCommand(s), convertRuleCommand(s))
	err := root.ExecuteContext(ctx)
	var ee *exitError
	switch {
	case err == nil:
		return ExitNone
	case errors.As(err, &ee):
		if text := ee.Error(); text != "" {
			fmt.Fprintln(errw, "harrier:", export.Printable(text))
		}
		return ee.code
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errw, "harrier: interrupted")
		return ExitInterrupted
	}
	fmt.Fprintln(errw, "harrier:", export.Printable(err.Error())) // it may name a file, and files are named by anybody
	return ExitUsage
}
