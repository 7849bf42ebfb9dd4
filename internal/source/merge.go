package source

import "github.com/harrier-detect/harrier/internal/event"

// A merger puts small batches of one class together. A unit of mixed logs has a hundred classes, most of them with a few rows;
// whatever works on batches pays for each of them. A batch waits no longer than mergeUnits units, since the raw text of its rows
// keeps the text of its unit in memory.
type merger struct {
	opt     *Options
	emit    func(*event.Batch) error
	pending map[*event.Class]*pending
	order   []*event.Class // of pending, by age
	unit    int
}

type pending struct {
	batches []*event.Batch
	rows    int
	since   int // the unit of the first one
}

const mergeUnits = 4

func (m *merger) add(b *event.Batch) error {
	p := m.pending[b.Class]
	switch {
	case p == nil && b.Len()*2 >= m.opt.BatchRows:
		return m.hand(b)
	case p == nil:
		m.pending[b.Class] = &pending{[]*event.Batch{b}, b.Len(), m.unit}
		m.order = append(m.order, b.Class)
		return nil
	case p.rows+b.Len() > m.opt.BatchRows:
		// The waiting ones go first, so that the records of a class keep their order.
		if err := m.handPending(b.Class); err != nil {
			return err
		}
		return m.add(b)
	}
	p.batches = append(p.batches, b)
	p.rows += b.Len()
	return nil
}

// handPending hands on what waits of a class, and keeps its place among the waiting for what comes.
func (m *merger) handPending(c *event.Class) error {
	p := m.pending[c]
	delete(m.pending, c)
	b := event.ConcatBatches(p.batches)
	b.Class = c
	return m.hand(b)
}

func (m *merger) hand(b *event.Batch) error {
	m.opt.Progress.Events.Add(int64(b.Len()))
	return m.emit(b)
}

// endUnit hands on what has waited long enough.
func (m *merger) endUnit() error {
	m.unit++
	return m.flush(mergeUnits)
}

// flush hands on what has waited for at least so many units, in the order in which it came.
func (m *merger) flush(units int) error {
	kept := m.order[:0]
	seen := map[*event.Class]bool{}
	for _, c := range m.order {
		p := m.pending[c]
		if p == nil || seen[c] {
			continue // handed on since
		}
		seen[c] = true
		if m.unit-p.since < units {
			kept = append(kept, c)
			continue
		}
		if err := m.handPending(c); err != nil {
			return err
		}
	}
	m.order = kept
	return nil
}
