package exec

import (
	"runtime/metrics"
)

// Books are estimates, and rules, views and what is on its way through the operators are in none of them. So a pass also looks at what
// the collector has found alive, and when that comes near what the process may have, makes room: dictionaries begin a new generation, and
// operators put rows away as if they held twice as much.

// liveShare is the part of the ceiling that may be alive: the collector needs the rest, or it does nothing but collect.
const liveShare = 0.7

type pressure struct {
	run     *run
	samples []metrics.Sample
	cycle   uint64 // of the collector, when room was last made
}

func newPressure(r *run) *pressure {
	return &pressure{run: r, samples: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}}
}

// look makes room when there is need. It is called between batches, by the goroutine that hands them out.
func (p *pressure) look() {
	r := p.run
	if r.opt.Ceiling > 0 {
		metrics.Read(p.samples)
		live, cycle := int64(p.samples[0].Value.Uint64()), p.samples[1].Value.Uint64()
		if float64(live) > liveShare*float64(r.opt.Ceiling) && cycle >= p.cycle+2 { // what was freed last shows after a whole cycle
			p.cycle = cycle
			if r.opt.Dicts != nil {
				r.opt.Dicts.Turn()
			}
			r.memory.relieveTo(nil, r.memory.used.Load()/2)
		}
	}
	if r.opt.Dicts != nil {
		if turns := r.opt.Dicts.Turns(); turns != r.turns {
			r.turns = turns
			r.settle()
		}
	}
}
