package spl

import (
	"encoding/json"

	"github.com/harrier-detect/harrier/internal/event"
	"github.com/harrier-detect/harrier/internal/plan"
	"github.com/harrier-detect/harrier/internal/spl/syntax"
)

// modelJSON is the definition of a data model, as far as Harrier has one.
type modelJSON struct {
	ModelName string    `json:"modelName"`
	Objects   []setJSON `json:"objects"`
}

type setJSON struct {
	ObjectName string      `json:"objectName"`
	ParentName string      `json:"parentName"`
	Fields     []fieldJSON `json:"fields"`
}

type fieldJSON struct {
	FieldName string `json:"fieldName"`
	Owner     string `json:"owner"`
}

// defineModels makes a row with the definition in JSON of each data model, of one, or of one of its sets.
func (l *lowerer) defineModels(a *arguments) {
	l.node = nothing
	var texts []event.Value
	add := func(x any) {
		if data, err := json.Marshal(x); err == nil { // plain structs of strings
			texts = append(texts, event.StringOf(string(data)))
		}
	}
	name := a.peek()
	var set *syntax.Word
	if name != nil {
		a.at++
		if set = a.peek(); set != nil {
			a.at++
		}
	}
	a.end()
	if l.opt.Models == nil {
		return
	}
	names := l.opt.Models.ModelNames()
	if name != nil {
		if l.opt.Models.Model(name.Value) == nil {
			l.unknown(name, "data model", name.Value, names)
			return
		}
		names = []string{name.Value}
	}
	for _, n := range names {
		m := l.opt.Models.Model(n)
		out := modelJSON{ModelName: m.Name, Objects: []setJSON{}}
		for _, s := range m.Sets {
			o := setJSON{s.Name, s.Parent, []fieldJSON{}}
			for _, f := range s.Fields {
				o.Fields = append(o.Fields, fieldJSON{f, s.Name})
			}
			if set != nil && s.Name == set.Value {
				add(o)
			}
			out.Objects = append(out.Objects, o)
		}
		if set == nil {
			add(out)
		} else if len(texts) == 0 {
			l.unknown(set, "data set", n+"."+set.Value, nil)
		}
	}
	b := event.NewBatch(len(texts))
	b.Set(event.RawField, event.NewColumn(texts))
	l.node = &plan.Values{Label: "datamodel", Rows: b}
}
