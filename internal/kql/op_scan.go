package kql

import (
	"slices"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("scan", lowerScan) }

// lowerScan matches sequences of rows.
// https://learn.microsoft.com/kusto/query/scan-operator
func lowerScan(c *ctx, in *rows, op *syntax.Scan) *rows {
	if !c.ignoreParams(op.Params, "with_match_id") {
		return nil
	}
	node := &plan.Sequence{Input: in.node, MatchAs: option(op.Params, "with_match_id"), Keys: slices.Clone(in.keys)}
	if len(op.OrderBy) > 0 {
		keys, ok := c.orderKeys(op.OrderBy)
		if !ok {
			return nil
		}
		node.Input = &plan.Sort{Input: node.Input, Keys: keys, Recorded: !in.serial}
	}
	var parts []plan.Named
	for _, x := range op.PartitionBy {
		if n, named := x.(*syntax.Named); named {
			x = n.X
		}
		v := c.scalar(x)
		if v.bad {
			return nil
		}
		key := c.hidden("part")
		parts = append(parts, plan.Named{Name: key, Expr: v.e})
		node.Keys = append(node.Keys, key)
	}
	if len(parts) > 0 {
		node.Input = &plan.Extend{Input: node.Input, Items: parts}
	}
	out := in.with(node)
	for _, d := range op.Declare {
		t, ok := types.Parse(d.Type)
		if !ok {
			c.bad("KQL4001", d, "the column %s must have a scalar type", d.Name.Name)
			return nil
		}
		v := c.constant(event.NullValue, t)
		if t == types.String {
			v = c.constant(event.StringOf(""), t)
		}
		if d.Default != nil {
			if v = c.cast(c.scalar(d.Default), d.Type); v.bad {
				return nil
			}
		}
		node.Declared = append(node.Declared, plan.Named{Name: d.Name.Name, Expr: v.e})
		out.cols = set(out.cols, Column{d.Name.Name, t})
	}
	// The state of each step has the columns of the input and the declared ones.
	state := &rows{cols: out.cols, open: out.open}
	at := *c
	at.rows = state
	at.steps = map[string]*rows{}
	for _, s := range op.Steps {
		if at.steps[s.Name.Name] != nil {
			c.bad("KQL3005", s.Name, "a step named %q is declared already", s.Name.Name)
			return nil
		}
		at.steps[s.Name.Name] = state
	}
	for _, s := range op.Steps {
		if s.Optional {
			c.unsupported(s, "optional steps are not supported")
			return nil
		}
		v := at.condition(s.X)
		if v.bad {
			return nil
		}
		step := plan.SequenceStep{Name: s.Name.Name, Cond: v.e}
		switch s.Output {
		case "last":
			step.Output = plan.OutputLast
		case "none":
			step.Output = plan.OutputNone
		}
		for _, a := range s.Set {
			name := a.Names[0].Name
			col, ok := state.column(name)
			if !ok {
				c.bad("KQL3001", a.Names[0], "the name %q does not refer to any known column%s", name, near(name, state.names()))
				return nil
			}
			v := at.scalar(a.X)
			if v.bad {
				return nil
			}
			if v.typ != col.Type && !types.Converts(v.typ, col.Type) && v.typ != types.Unknown && !(v.typ.IsNumber() && col.Type.IsNumber()) {
				c.bad("KQL4001", a.X, "a value of type %s is expected, not %s", col.Type, v.typ)
				return nil
			}
			step.Set = append(step.Set, plan.Named{Name: name, Expr: c.cast(v, col.Type.String()).e})
		}
		node.Steps = append(node.Steps, step)
	}
	if node.MatchAs != "" {
		out.cols = set(out.cols, Column{node.MatchAs, types.Long})
	}
	var drop []string
	for _, p := range parts {
		drop = append(drop, p.Name)
	}
	return out.drop(drop...)
}

// stepValue is a column of a step's state.
func stepValue(step string, col Column) *value {
	return &value{e: expr.C(plan.StepColumn(step, col.Name)), typ: col.Type, name: col.Name}
}
