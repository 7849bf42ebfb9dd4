package exec

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// Books are estimates, and rules, views and what is on its way through the operators are in none of them. So a run also looks at what
// the collector has found alive, and when that comes near what the process may have, makes room: dictionaries begin a new generation, and
// operators put rows away as if the run held more than it may.

const (
	// liveShare is the part of the ceiling that may be alive: the collector needs the rest, or it does nothing but collect.
	liveShare = 0.65
	// lookAgain is how long what was seen counts.
	lookAgain = 10 * time.Millisecond
)

// A pressure is what a run knows of the memory of its process.
type pressure struct {
	ceiling int64
	high    atomic.Bool  // too much is alive
	seen    atomic.Int64 // when it was last looked, in nanoseconds

	mu      sync.Mutex
	samples []metrics.Sample
	cycle   uint64 // of the collector, when room was last made
	now     uint64
}

func newPressure(ceiling int64) *pressure {
	return &pressure{ceiling: ceiling, samples: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}}
}

// tooMuch reports whether more is alive than should be.
func (p *pressure) tooMuch() bool {
	if p.ceiling <= 0 {
		return false
	}
	now := time.Now().UnixNano()
	if now-p.seen.Load() > int64(lookAgain) && p.mu.TryLock() {
		metrics.Read(p.samples)
		p.seen.Store(now)
		p.high.Store(float64(p.samples[0].Value.Uint64()) > liveShare*float64(p.ceiling))
		p.now = p.samples[1].Value.Uint64()
		p.mu.Unlock()
	}
	return p.high.Load()
}

// act reports whether it is time to make room: there is too much, and what was freed when room was last made would show by now.
func (p *pressure) act() bool {
	if !p.tooMuch() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now < p.cycle+2 {
		return false
	}
	p.cycle = p.now
	return true
}

// look makes room when there is need, and lets operators let go of old dictionaries. It is called between batches, by the goroutine
// that hands them out.
func (r *run) look() {
	if r.memory.pressure.act() {
		if r.opt.Dicts != nil {
			r.opt.Dicts.Turn()
		}
		r.memory.relieveTo(nil, r.memory.used.Load()/2)
	}
	if r.opt.Dicts != nil {
		if turns := r.opt.Dicts.Turns(); turns != r.turns {
			r.turns = turns
			r.settle()
		}
	}
}
