package function

// Examples of entries whose files have none, for the reference; tests execute them. Those of entries that the binder handles are
// whole queries whose column r is meant.

func init() { // after the entries: files are initialised in the order of their names



}
