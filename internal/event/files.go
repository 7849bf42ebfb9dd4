package event

import "sync"

// Files numbers the input files of a run. It is safe for concurrent use.
type Files struct {
	mu    sync.RWMutex
	names []string
}

// Add registers a file under the name the user will see ("logs.zip!member.json" for a member of an archive) and returns
// its number. Numbers ascend in the order of the calls.
func (f *Files) Add(name string) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names = append(f.names, name)
	return uint32(len(f.names) - 1)
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
