package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/harrier-detect/harrier/internal/source"
)

// progressBar draws one line on a terminal about a scan under way, and takes it away at the end.
type progressBar struct {
	w     io.Writer
	from  *source.Progress
	extra func() string
	began time.Time
	done  chan struct{}
	wg    sync.WaitGroup
}

// showProgress starts a bar, or returns one that does nothing when w is no terminal.
func showProgress(w io.Writer, p *source.Progress, extra func() string) *progressBar {
	b := &progressBar{w: w, from: p, extra: extra, began: time.Now(), done: make(chan struct{})}
	if !terminal(w) {
		return b
	}
	b.wg.Go(func() {
		tick := time.NewTicker(150 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-b.done:
				fmt.Fprint(b.w, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprint(b.w, "\r\x1b[K"+b.line())
			}
		}
	})
	return b
}

func (b *progressBar) line() string {
	const cells = 24
	bytes, total := b.from.Bytes.Load(), b.from.TotalBytes.Load()
	filled := 0
	if total > 0 {
		filled = int(min(bytes, total) * cells / total)
	}
	events := b.from.Events.Load()
	rate := float64(events) / max(time.Since(b.began).Seconds(), 0.001)
	s := fmt.Sprintf("[%s%s] %d/%d files, %s/%s, %s events, %s/s", strings.Repeat("#", filled), strings.Repeat(".", cells-filled),
		b.from.Files.Load(), b.from.TotalFiles.Load(), size(bytes), size(total), short(float64(events)), short(rate))
	if b.extra != nil {
		s += ", " + b.extra()
	}
	if n := width(b.w); n > 1 && len(s) >= n {
		s = s[:n-1]
	}
	return s
}

func (b *progressBar) stop() {
	close(b.done)
	b.wg.Wait()
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

func short(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1fM", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0fk", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
