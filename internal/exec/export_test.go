package exec

import "context"

// RunMeasured is Run that also tells how many bytes are still booked in the end.
func RunMeasured(ctx context.Context, jobs []*Job, opt Options) (int64, error) {
	r := newRun(ctx, opt)
	err := r.run(jobs)
	for _, j := range jobs {
		if c, ok := j.Out.(*Collector); ok {
			c.Release()
		}
	}
	return r.memory.used.Load(), err
}
