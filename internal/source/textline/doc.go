// Package textline reads logs of plain text, one event a line: Linux audit records, syslog (RFC 3164, RFC 5424 and the ISO
// form of rsyslog), access and error logs of web servers, the forms of some products, lines that begin with a time, and lines of key=value pairs.
//
// A line's own text is its _raw, as in Splunk; schema data takes most fields from there. What is read here is what Splunk
// knows of any such line: the time (_time), the host, process and pid of a syslog header, and the key=value pairs that
// automatic field discovery finds. A line that has no such form, in a file in which most have, is an event with _raw alone.
package textline
