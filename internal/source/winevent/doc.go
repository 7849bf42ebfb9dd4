// Package winevent knows the canonical fields of a Windows event: which field an element, an attribute or a named item of
// the event's XML document becomes, and of which kind. The decoders of EVTX, of event XML and of classic text share it, so
// that the same event comes out the same whatever it was written in.
//
// The document is described at https://learn.microsoft.com/windows/win32/wes/eventschema-elements. The rules, in short:
// values of System have names of their own and are numbers and times where the schema says so; every Data of EventData is a
// text under its own name, or an item of the list Data when it has no name; the leaves of UserData go by their own names;
// everything else goes by its dotted path below Event.
package winevent
