package shape

import "github.com/harrier-detect/harrier/internal/event"

// An Interner finds the classes of records quickly. It belongs to one goroutine.
type Interner struct {
	classes *event.Classes
	known   map[string]*event.Class
	key     []byte
}

// Only hostile input has more classes in a unit of work than maxClasses, or names longer than maxPart. Such records get the
// class of their shape alone, which says that nothing more is known.
const (
	maxClasses = 2048
	maxPart    = 512
)

// NewInterner returns an interner in front of classes.
func NewInterner(classes *event.Classes) Interner {
	return Interner{classes: classes, known: map[string]*event.Class{}}
}

// Intern returns the run's class for c.
func (in *Interner) Intern(c Class) *event.Class {
	k := append(in.key[:0], c.Shape...)
	k = append(append(k, 0), c.Provider...)
	k = append(append(k, 0), c.Channel...)
	k = append(append(k, 0), c.ID...)
	in.key = k
	if p := in.known[string(k)]; p != nil {
		return p
	}
	if len(in.known) >= maxClasses || len(k) > maxPart {
		return in.classes.Intern(event.Class{Shape: c.Shape})
	}
	p := in.classes.Intern(event.Class{Shape: c.Shape, Provider: string(c.Provider), Channel: string(c.Channel), ID: string(c.ID)})
	in.known[string(k)] = p
	return p
}
