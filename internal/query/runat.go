package query

import (
	"context"
	"time"

	"github.com/harrier-detect/harrier/internal/exec"
	"github.com/harrier-detect/harrier/internal/fn"
)

// RunAt runs jobs whose plans read no input, as of a time.
func (e *Engine) RunAt(ctx context.Context, jobs []*exec.Job, now time.Time) error {
	env := &fn.Env{Geo: e.geo, Memos: new(fn.Memos), Clock: func() time.Time { return now }}
	return exec.Run(ctx, jobs, exec.Options{Env: env, Memory: e.settings.Memory / operatorShare, BatchRows: e.settings.BatchRows, Workers: 1})
}

// Clocked are the functions that ask for the present.
func Clocked(name string) bool { return clocked[name] }
