package event

import "sync"

// Files numbers the input files of a run. It is safe for concurrent use.
type Files struct {
	mu    sync.RWMutex
	names []string
	by    map[string]uint32
}

// Add registers a file under the name the user will see ("logs.zip!member.json" for a member of an archive) and returns
// its number. Numbers ascend in the order of the first calls; a name that is known keeps its number, so that input read twice
// has the same origins.
func (f *Files) Add(name string) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, ok := f.by[name]; ok {
		return id
	}
	if f.by == nil {
		f.by = map[string]uint32{}
	}
	id := uint32(len(f.names))
	f.by[name] = id
	f.names = append(f.names, name)
	return id
}

// Name returns the name of a file.
func (f *Files) Name(id uint32) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if int(id) >= len(f.names) {
		return ""
	}
	return f.names[id]
}

// Len returns how many files have been added.
func (f *Files) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.names)
}
