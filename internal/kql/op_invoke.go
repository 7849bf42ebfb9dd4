package kql

import (
	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/expr"
	"github.com/harrier-detect/harrier/internal/kql/syntax"
	"github.com/harrier-detect/harrier/internal/kql/types"
	"github.com/harrier-detect/harrier/internal/plan"
)

func init() { register("invoke", lowerInvoke) }

// lowerInvoke hands the rows to a function as its first argument.
// https://learn.microsoft.com/kusto/query/invoke-operator
func lowerInvoke(c *ctx, in *rows, op *syntax.Invoke) *rows {
	call, ok := op.Call.(*syntax.Call)
	if p, isPath := op.Call.(*syntax.Path); isPath {
		call, ok = p.Member.(*syntax.Call)
	}
	if !ok || call == nil {
		c.unsupported(op.Call, "such a call is not supported")
		return nil
	}
	name := call.Func.Name
	outer := *c
	if v := c.scope.find(name); v != nil && v.lambda != nil {
		return c.asTable(outer.callLambda(v.lambda, call.Args, call, &value{table: in}), call)
	}
	if l := c.savedFunction(name, call); l != nil {
		return c.asTable(outer.callLambda(l, call.Args, call, &value{table: in}), call)
	}
	if name == "FileProfile" {
		return c.fileProfile(in, call)
	}
	if name == "SeenBy" {
		return c.seenBy(in, call)
	}
	if name == "DeviceFromIP" {
		c.unsupported(call, "%s() asks a service that knows more than the data at hand", name)
		return nil
	}
	c.bad("KQL3003", call.Func, "the name %q does not refer to any known function%s", name, near(name, c.functionNames()))
	return nil
}

// profile are the columns that FileProfile adds.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-fileprofile-function
var profile = []Column{{"SHA1", types.String}, {"SHA256", types.String}, {"MD5", types.String}, {"FileSize", types.Long}, {"GlobalPrevalence", types.Long},
	{"GlobalFirstSeen", types.DateTime}, {"GlobalLastSeen", types.DateTime}, {"Signer", types.String}, {"Issuer", types.String}, {"SignerHash", types.String},
	{"IsCertificateValid", types.Bool}, {"IsRootSignerMicrosoft", types.Bool}, {"SignatureState", types.String}, {"IsExecutable", types.Bool},
	{"ThreatName", types.String}, {"Publisher", types.String}, {"SoftwareName", types.String}, {"ProfileAvailability", types.String}}

// fileProfile adds the columns of FileProfile without values: what is known of files across the world is not in any log.
func (c *ctx) fileProfile(in *rows, call *syntax.Call) *rows {
	if len(call.Args) > 2 {
		c.bad("KQL4002", call.Func, "FileProfile takes up to 2 arguments, not %d", len(call.Args))
		return nil
	}
	if len(call.Args) > 0 {
		if id, ok := call.Args[0].(*syntax.Ident); ok && !in.open && !in.has(id.Name) && c.scope.find(id.Name) == nil {
			c.bad("KQL3001", id, "the name %q does not refer to any known column%s", id.Name, near(id.Name, in.names()))
			return nil
		}
	}
	c.notef("KQL5002", call.Span(), "FileProfile has no data here: the columns that it adds are empty")
	return in.without(profile)
}

// seenBy adds the column of SeenBy without a value: which devices have seen a device in their network is not in any log.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-seenby-function
func (c *ctx) seenBy(in *rows, call *syntax.Call) *rows {
	if len(call.Args) > 0 {
		c.bad("KQL4002", call.Func, "SeenBy takes no arguments")
		return nil
	}
	c.notef("KQL5002", call.Span(), "SeenBy has no data here: the column that it adds is empty")
	return in.without([]Column{{"SeenBy", types.String}})
}

// without adds columns of an enrichment that has no data.
func (r *rows) without(cols []Column) *rows {
	var items []plan.Named
	var ts []types.Type
	for _, col := range cols {
		if r.has(col.Name) {
			continue
		}
		v := event.NullValue
		switch {
		case col.Name == "ProfileAvailability":
			// Nobody could be asked, which is the service's word for a query that failed. Rules leave such files out.
			v = event.StringOf("Error")
		case col.Type == types.String:
			v = event.StringOf("")
		}
		items = append(items, plan.Named{Name: col.Name, Expr: expr.L(v)})
		ts = append(ts, col.Type)
	}
	return r.extend(items, ts)
}
