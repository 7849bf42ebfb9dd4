// Package schema holds what fields mean: how records of every source shape become the tables and data models that rules are written
// for. The mappings are data, YAML files in this package's folders; the code here reads and runs them.
//
//   - shapes: one file a source shape. It normalises records to a kind of event. Windows events of all shapes become one kind with one
//     set of names: those of event XML (Computer, EventID, Image, NewProcessName, …) and TimeCreated, the time as recorded.
//   - splunk: the names that Splunk and its add-ons give to events ("spl:events").
//   - cim: nodes of Splunk's Common Information Model ("cim:Endpoint.Processes").
//   - defender, sentinel: KQL tables ("kql:DeviceProcessEvents").
//   - macros: search macros that public SPL content calls and does not define.
//
// # Using it
//
// [NewRegistry] makes the views of one run; [Registry.Bind] opens one for the columns that a plan needs. [View.Sources] tells which
// source fields to decode, [View.Apply] maps batch by batch. Some columns (of KQL's Device tables: what one event does not tell about
// the acting process, its parent, its command line) are late: known only when all input has been read. When [View.Late] is not empty,
// keep the rows that Apply gave (after the filters that do not read late columns, if you like) and pass them through [View.Finish].
// Finish may also drop rows: Sysmon 1 and Security 4688 tell of one process, and a Device table has it once. The hidden columns that
// Apply adds for this begin with _process., _created. and _twin.; Finish removes them.
//
// For front ends: [Table] and [Tables] give KQL's tables with types; [Models], [FindModel] give data models with nodes, tags and
// fields; [Macros] the supplied macros; [Describe] everything about a view for the reference; [Nearest] helps with unknown names.
//
// Value models: views "spl:*" and "cim:*" give `_time` as epoch seconds (Int when whole, else Float), booleans as text, lists as
// multivalue fields, and no nulls; views "kql:*" give declared types, text never null, dynamic columns parsed.
//
// The mapping language is described at parseExpr; its functions are in the kernel_*.go files.
package schema
