package schema

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
)

// treeFields are what can be known of a process. guid and host with pid name it; start is its time of creation on the clock of the
// records; rank tells how good the event is as a source for the others (0 is best: the creation itself).
var treeFields = []string{"host", "guid", "pid", "start", "image", "command_line", "account", "sid", "logon_id", "integrity", "hashes",
	"company", "product", "description", "original_name", "file_version", "elevation", "parent_guid", "parent_pid", "parent_image", "parent_command_line", "rank"}

const (
	tfHost = iota
	tfGUID
	tfPID
	tfStart
	tfImage
	tfCommandLine
)

var (
	tfParentGUID, tfParentPID = slices.Index(treeFields, "parent_guid"), slices.Index(treeFields, "parent_pid")
	tfParentImage             = slices.Index(treeFields, "parent_image")
	tfParentCommandLine       = slices.Index(treeFields, "parent_command_line")
	tfRank                    = slices.Index(treeFields, "rank")
)

// A process is what all events of a run say about one process.
type process struct {
	host  string
	guid  string
	pid   int64 // 0: not known
	start int64 // ticks; 0: not known
	vals  []event.Value
	ranks []uint8
	into  *process
}

func (p *process) real() *process {
	for p != nil && p.into != nil {
		p = p.into
	}
	return p
}

// A tree is the processes of a run, learned from every batch. It is safe for concurrent use.
type tree struct {
	mu     sync.Mutex
	recent [32]*event.Batch // batches learned lately: views of one goroutine show the same batch one after the other
	next   int
	norms  map[*shapeDef]*normaliser
	plans  map[*event.Class]*treePlan
	guids  map[string]*process
	pids   map[hostPID][]*process
	sealed bool
	seals  int // how often it has been sealed: what was found before may be different now
}

type hostPID struct {
	host string
	pid  int64
}

type treePlan struct {
	nodes []treeNode
	reads []string
}

type treeNode struct {
	progs []*adaptive // by treeFields; nil: not told
}

func newTree() *tree {
	return &tree{norms: map[*shapeDef]*normaliser{}, plans: map[*event.Class]*treePlan{}, guids: map[string]*process{}, pids: map[hostPID][]*process{}}
}

// treeReads returns the canonical fields that the tree reads of events of a kind.
func (l *library) treeReads(kind string) []string {
	var out []string
	for _, t := range l.tree {
		if t.kind == kind {
			for _, n := range t.nodes {
				for _, e := range n {
					out = append(out, expr.Columns(e)...)
				}
			}
		}
	}
	return out
}

// learn takes in what a source batch says about processes. Views of one run call it for the same batch one after the other.
func (r *Registry) learn(b *event.Batch, env *fn.Env) {
	t := r.tree
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(t.recent[:], b) {
		return
	}
	t.recent[t.next] = b
	t.next = (t.next + 1) % len(t.recent)
	norm := func(s *shapeDef) *normaliser {
		n := t.norms[s]
		if n == nil {
			n, _ = newNormaliser(s, env)
			t.norms[s] = n
		}
		return n
	}
	r.lib.each(b, norm, r.classes, func(kind string) bool {
		return slices.ContainsFunc(r.lib.tree, func(d *treeDef) bool { return d.kind == kind })
	}, func(n *normaliser, g group) {
		p, ok := t.plans[g.class]
		if !ok {
			p = r.treePlan(n.def.kind, g.class, env)
			t.plans[g.class] = p
		}
		if p == nil {
			return
		}
		src := b
		if g.rows != nil {
			src = narrow(b, n.def, p.reads).Gather(g.rows)
		}
		canon := n.batch(src, g.class, p.reads)
		for _, node := range p.nodes {
			t.learnNode(node, canon)
		}
	})
}

func (r *Registry) treePlan(kind string, c *event.Class, env *fn.Env) *treePlan {
	p := &treePlan{}
	reads := map[string]bool{}
	for _, d := range r.lib.tree {
		for _, n := range d.nodes {
			if d.kind != kind || !r.lib.matches(kind, d.events, c) {
				continue
			}
			node := treeNode{progs: make([]*adaptive, len(treeFields))}
			for f, e := range n {
				if prog, err := adapt(e, env); err == nil {
					node.progs[slices.Index(treeFields, f)] = prog
					for _, name := range expr.Columns(e) {
						reads[name] = true
					}
				}
			}
			p.nodes = append(p.nodes, node)
		}
	}
	if len(p.nodes) == 0 {
		return nil
	}
	for name := range reads {
		p.reads = append(p.reads, name)
	}
	return p
}

func normalGUID(s string) string {
	s = strings.ToLower(strings.Trim(s, "{}"))
	if strings.Trim(s, "0-") == "" {
		return ""
	}
	return s
}

func (t *tree) learnNode(n treeNode, b *event.Batch) {
	cols := make([]*event.Column, len(n.progs))
	for i, p := range n.progs {
		if p != nil {
			cols[i] = p.Eval(b)
		}
	}
	val := func(f, row int) event.Value {
		if cols[f] == nil {
			return event.Value{}
		}
		if v := cols[f].Value(row); !blank(v) {
			return v
		}
		return event.Value{}
	}
	rank := uint8(9)
	if cols[tfRank] != nil && b.Len() > 0 {
		if i, ok := integer(cols[tfRank].Value(0)); ok {
			rank = uint8(i)
		}
	}
	for row := range b.Len() {
		guid := normalGUID(textOf(val(tfGUID, row)))
		host := strings.ToLower(textOf(val(tfHost, row)))
		pid, _ := integer(val(tfPID, row))
		start, _ := parseTime(val(tfStart, row))
		var p *process
		if guid != "" {
			if p = t.guids[guid]; p == nil {
				p = &process{guid: guid, host: host}
				t.guids[guid] = p
			}
		} else if pid != 0 {
			p = t.byPID(hostPID{host, pid}, start, textOf(val(tfImage, row)))
		} else {
			continue
		}
		t.sealed = false
		if p.vals == nil {
			p.vals, p.ranks = make([]event.Value, len(treeFields)), make([]uint8, len(treeFields))
		}
		for f := range treeFields {
			v := val(f, row)
			if v.IsMissing() || f == tfRank {
				continue
			}
			if f == tfPID && pid == 0 {
				continue
			}
			// The outcome must not depend on the order of events: between equals, the smaller value counts.
			if p.vals[f].IsMissing() || rank < p.ranks[f] || rank == p.ranks[f] && lessValue(v, p.vals[f]) {
				p.vals[f], p.ranks[f] = v, rank
				switch f {
				case tfStart:
					p.start = start
				case tfPID:
					p.pid = pid
				}
			}
		}
	}
}

func lessValue(a, b event.Value) bool {
	if a.Kind() == event.String && b.Kind() == event.String {
		return a.Str() < b.Str()
	}
	if a.Kind() != b.Kind() {
		return a.Kind() < b.Kind()
	}
	return a.Ticks() < b.Ticks()
}

// byPID finds or makes the process that events without GUIDs mean: the one of that start or, when the event does not tell the start, the
// one of that image.
func (t *tree) byPID(k hostPID, start int64, image string) *process {
	for _, p := range t.pids[k] {
		if p.start == start && (start != 0 || len(p.vals) > 0 && strings.EqualFold(textOf(p.vals[tfImage]), image)) {
			return p
		}
	}
	p := &process{host: k.host, pid: k.pid, start: start}
	t.pids[k] = append(t.pids[k], p)
	return p
}

const twinTolerance = 2 * event.TicksPerSecond

// seal brings together what events with and without GUIDs say of one process, and orders processes of one id by start.
func (t *tree) seal() {
	if t.sealed {
		return
	}
	t.sealed = true
	t.seals++
	type born struct {
		host, image string
		sec         int64
	}
	baseOf := func(p *process) string {
		if p.vals == nil {
			return ""
		}
		_, name := cutLast(strings.ToLower(textOf(p.vals[tfImage])), `\/`)
		return name
	}
	byBirth := map[born][]*process{}
	guided := make([]*process, 0, len(t.guids))
	for _, p := range t.guids {
		guided = append(guided, p)
	}
	slices.SortFunc(guided, func(a, b *process) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.guid, b.guid)) })
	for _, p := range guided {
		if p.start != 0 {
			k := born{p.host, baseOf(p), p.start / event.TicksPerSecond}
			byBirth[k] = append(byBirth[k], p)
		}
	}
	keys := make([]hostPID, 0, len(t.pids))
	for k := range t.pids {
		keys = append(keys, k)
	}
	for _, ps := range t.pids {
		slices.SortStableFunc(ps, func(a, b *process) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.guid, b.guid), cmp.Compare(baseOf(a), baseOf(b)))
		})
	}
	slices.SortFunc(keys, func(a, b hostPID) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.pid, b.pid)) })
	for _, k := range keys {
		for _, p := range t.pids[k] {
			if p.guid != "" || p.start == 0 || p.into != nil {
				continue
			}
			var best *process
			bestScore := int64(0)
			image, cmd := baseOf(p), plainCommand(p)
			for s := p.start/event.TicksPerSecond - 2; s <= p.start/event.TicksPerSecond+2; s++ {
				for _, q := range byBirth[born{p.host, image, s}] {
					d := max(q.start-p.start, p.start-q.start)
					if d > twinTolerance || q.pid != 0 && q.pid != p.pid {
						continue
					}
					if q.pid == 0 && cmd != plainCommand(q) {
						d += 10 * twinTolerance
					}
					if best == nil || d < bestScore {
						best, bestScore = q, d
					}
				}
			}
			if best != nil {
				p.into = best
				if best.pid == 0 {
					best.pid = p.pid
				}
				for f, v := range p.vals {
					if best.vals != nil && best.vals[f].IsMissing() {
						best.vals[f], best.ranks[f] = v, p.ranks[f]
					}
				}
			}
		}
	}
	for _, p := range guided {
		if p.pid != 0 {
			k := hostPID{p.host, p.pid}
			if !slices.Contains(t.pids[k], p) {
				t.pids[k] = append(t.pids[k], p)
			}
		}
	}
	for _, ps := range t.pids {
		slices.SortStableFunc(ps, func(a, b *process) int { return cmp.Compare(a.real().start, b.real().start) })
	}
}

// plainCommand is a command line as the process got it: Sysmon doubles per cent signs in it.
func plainCommand(p *process) string {
	if p.vals == nil {
		return ""
	}
	return plainPercent(textOf(p.vals[tfCommandLine]))
}

func plainPercent(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.ReplaceAll(s, "%%", "%")))
}

// find returns the process that a reference names: by GUID, else by id, the latest that had started at that time.
func (t *tree) find(host, guid string, pid, at int64) *process {
	if g := normalGUID(guid); g != "" {
		if p := t.guids[g]; p != nil {
			return p
		}
	}
	if pid == 0 {
		return nil
	}
	var found *process
	for _, p := range t.pids[hostPID{strings.ToLower(host), pid}] {
		q := p.real()
		if at != 0 && q.start > at+twinTolerance {
			break
		}
		found = q
	}
	return found
}

// parent returns the parent of p, or nil.
func (t *tree) parent(p *process) *process {
	if p == nil || p.vals == nil {
		return nil
	}
	pid, _ := integer(p.vals[tfParentPID])
	return t.find(p.host, textOf(p.vals[tfParentGUID]), pid, p.start)
}
