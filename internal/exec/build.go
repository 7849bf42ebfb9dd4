package exec

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/fn"
	"github.com/harrier-detect/harrier/internal/plan"
)

// An operator makes the sinks that take the rows of a node's inputs, one an input, given the sink that takes the node's.
type operator func(b *builder, n plan.Node, out Sink) ([]Sink, error)

var operators = map[reflect.Type]operator{}

// register adds the operator for a type of node; each op_*.go does it for its own.
func register[N plan.Node](f func(b *builder, n N, out Sink) ([]Sink, error)) {
	operators[reflect.TypeFor[N]()] = func(b *builder, n plan.Node, out Sink) ([]Sink, error) { return f(b, n.(N), out) }
}

// unary adapts an operator with one input to register.
func unary[N plan.Node](f func(b *builder, n N, out Sink) (Sink, error)) {
	register(func(b *builder, n N, out Sink) ([]Sink, error) {
		s, err := f(b, n, out)
		return []Sink{s}, err
	})
}

type unknownNode struct{ n plan.Node }

func (e *unknownNode) Error() string { return fmt.Sprintf("no operator runs %q", e.n.Head()) }

// A builder turns plan nodes into sinks, from the root to the leaves, which it registers with the run.
type builder struct {
	task   *task
	shapes *plan.Shapes
	scope  *scope
	node   plan.Node // the node being built
	depth  int       // how many Dynamics built this
}

// build makes what feeds out with the rows of n.
func (b *builder) build(n plan.Node, out Sink) error {
	switch n := n.(type) {
	case *plan.Values:
		b.table(&store{batches: splitBatch(n.Rows, b.rows())}, out)
		return nil
	case *plan.Scan:
		return b.scan(n, out)
	case *plan.Let:
		return b.let(n, out)
	case *plan.Ref:
		return b.ref(n, out)
	case *plan.Tee:
		return b.tee(n, out)
	case *plan.Dynamic:
		return b.dynamic(n, out)
	}
	sinks, err := b.operator(n, out)
	if err != nil {
		return err
	}
	for i, in := range n.Inputs() {
		if err := b.build(in, sinks[i]); err != nil {
			return err
		}
	}
	return nil
}

// operator makes the sinks of one node. When the node reads parameters that are not known yet, the sinks keep the rows until
// they are.
func (b *builder) operator(n plan.Node, out Sink) ([]Sink, error) {
	if waits := b.scope.unknown(plan.Params(n)); len(waits) > 0 {
		return b.gate(n, out, waits), nil
	}
	f := operators[reflect.TypeOf(n)]
	if f == nil {
		return nil, &unknownNode{n}
	}
	at := *b
	at.node = n
	return f(&at, n, out)
}

// table registers a leaf with rows that are there already.
func (b *builder) table(rows *store, out Sink) {
	r := b.task.run
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables = append(r.tables, &tableLeaf{b.task, rows, out})
}

// env is what functions know here: that of the run, with the parameters that are known by now.
func (b *builder) env() *fn.Env { return b.scope.env(b.task.run.opt.Env) }

// program prepares an expression of the node.
func (b *builder) program(e expr.Expr) (*expr.Program, error) { return expr.Compile(e, b.env()) }

// condition prepares an expression that only selects.
func (b *builder) condition(e expr.Expr) (*expr.Program, error) {
	progs, errs := expr.CompileAll([]expr.Expr{e}, b.env())
	return progs[0], errs[0]
}

func (b *builder) programs(es []expr.Expr) ([]*expr.Program, error) {
	out := make([]*expr.Program, len(es))
	for i, e := range es {
		p, err := b.program(e)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

// named prepares named expressions.
func (b *builder) named(items []plan.Named) ([]*expr.Program, error) {
	es := make([]expr.Expr, len(items))
	for i, it := range items {
		es[i] = it.Expr
	}
	return b.programs(es)
}

// shape returns the columns of the node's i-th input, as far as they can be told before the rows come.
func (b *builder) shape(i int) plan.Shape { return b.shapes.Of(b.node.Inputs()[i]) }

// rows is how many rows an operator puts into a batch.
func (b *builder) rows() int { return b.task.run.opt.BatchRows }

// account opens the node's share of the memory.
func (b *builder) account() *account {
	name := "the result"
	if b.node != nil {
		name = b.node.Head()
	}
	if len(name) > 120 {
		name = name[:120] + "…"
	}
	return &account{of: b.task, name: name}
}

// store returns an empty store on an account of the node's.
func (b *builder) store() *store {
	s := &store{run: b.task.run, acc: b.account()}
	b.keep(s.acc, s)
	return s
}

// keep makes k the one that puts away what is booked on an account.
func (b *builder) keep(a *account, k keeper) {
	a.keeper = k
	b.task.keepers = append(b.task.keepers, k)
}

// check returns the context's error; operators ask it in loops that may take long.
func (b *builder) check() error { return b.task.run.ctx.Err() }

func splitBatch(b *event.Batch, rows int) []*event.Batch {
	if b.Len() <= rows {
		return []*event.Batch{b}
	}
	var out []*event.Batch
	idx := make([]int32, b.Len())
	for i := range idx {
		idx[i] = int32(i)
	}
	for part := range slices.Chunk(idx, rows) {
		out = append(out, b.Gather(part))
	}
	return out
}
