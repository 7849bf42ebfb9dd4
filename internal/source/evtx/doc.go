// Package evtx decodes Windows XML Event Log files (EVTX).
//
// A file is a header of 4096 bytes and chunks of 64 KiB. A chunk stands for itself: the names and templates that its records
// refer to lie in it, so chunks can be decoded in any order and in parallel. A record is a document in binary XML, nearly
// always an instance of a template: the template holds the elements, the record only the values. A [Decoder] compiles each
// template once to a list of steps "value i is field f, of kind k" and runs these steps for each record; no XML is made.
// The formats: https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc and
// https://learn.microsoft.com/openspecs/windows_protocols/ms-even6/ (section 2.2.12, BinXml).
//
// Every byte may be hostile. Whatever the input, decoding ends, stays within bounds of memory that do not depend on it, and
// says which records it could not read.
package evtx
