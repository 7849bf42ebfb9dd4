package event

import "sync"

// Classes interns event classes, so that a class is known by its pointer for a whole run. It is safe for concurrent use.
type Classes struct {
	mu sync.RWMutex
	by map[Class]*Class
}

// Intern returns the one pointer for c.
func (cs *Classes) Intern(c Class) *Class {
	cs.mu.RLock()
	p := cs.by[c]
	cs.mu.RUnlock()
	if p != nil {
		return p
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if p = cs.by[c]; p != nil {
		return p
	}
	if cs.by == nil {
		cs.by = map[Class]*Class{}
	}
	// Keep our own copies: the parts may point into a decoder's buffer.
	p = &Class{Shape: cloneString(c.Shape), Provider: cloneString(c.Provider), Channel: cloneString(c.Channel), ID: cloneString(c.ID)}
	cs.by[*p] = p
	return p
}
