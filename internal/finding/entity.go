package finding

import (
	"regexp"
	"slices"
	"strings"

	"github.com/harrier-detect/harrier/internal/event"
)

// An Entity is someone or something that a finding speaks of.
type Entity struct {
	Kind  string // host, user, ip, process, file, url, hash, registry, other
	Role  string // victim, attacker, or "" when the rule does not say
	Field string // the result column it was taken from
	Value string
}

// kindOf maps the entity types that content publishes to kinds. ESCU's types are those of contentctl's observables, Sentinel's
// those of https://learn.microsoft.com/azure/sentinel/entities-reference.
var kindOf = map[string]string{
	"user": "user", "username": "user", "account": "user", "mailbox": "user", "email address": "user", "mailmessage": "other",
	"hostname": "host", "endpoint": "host", "device": "host", "host": "host", "system": "host", "azureresource": "host",
	"ip address": "ip", "ip": "ip", "ip_address": "ip",
	"process": "process", "process name": "process", "process_name": "process", "parent_process_name": "process",
	"file": "file", "file name": "file", "file_name": "file", "file_path": "file",
	"url string": "url", "url": "url", "domain": "url", "dns": "url", "dnsresolution": "url",
	"file hash": "hash", "filehash": "hash", "file_hash": "hash", "process_hash": "hash",
	"registrykey": "registry", "registryvalue": "registry", "registry_path": "registry",
}

// wellKnown are the columns that name an entity in rules which declare none, in the order in which they are reported.
var wellKnown = []struct{ column, kind string }{
	{"dest", "host"}, {"host", "host"}, {"dvc", "host"}, {"Computer", "host"}, {"DeviceName", "host"}, {"ComputerName", "host"}, {"dest_host", "host"},
	{"HostName", "host"}, {"user", "user"}, {"src_user", "user"}, {"Account", "user"}, {"AccountName", "user"}, {"UserPrincipalName", "user"},
	{"AccountUpn", "user"}, {"InitiatingProcessAccountName", "user"}, {"TargetUserName", "user"}, {"SubjectUserName", "user"},
	{"src", "ip"}, {"src_ip", "ip"}, {"dest_ip", "ip"}, {"RemoteIP", "ip"}, {"IPAddress", "ip"}, {"InitiatingSourceIP", "ip"}, {"SourceIP", "ip"}, {"IpAddress", "ip"},
	{"process_name", "process"}, {"FileName", "process"}, {"StartedProcessFileName", "process"}, {"url", "url"}, {"RemoteUrl", "url"},
}

// entities returns what the rule declares to be its entities, or else the values of well-known columns.
func (f *Finding) entities() []Entity {
	var out []Entity
	add := func(kind, role, column string) {
		v, ok := f.Get(column)
		if !ok {
			return
		}
		vals := []event.Value{v}
		if l := v.List(); l != nil {
			vals = l
		}
		for _, v := range vals {
			e := Entity{kind, role, column, Text(v)}
			if e.Value != "" && e.Value != "-" && !slices.ContainsFunc(out, func(x Entity) bool { return x.Kind == e.Kind && x.Role == e.Role && x.Value == e.Value }) {
				out = append(out, e)
			}
		}
	}
	for _, o := range f.Rule.Observables {
		add(kind(o.Type), o.Role, o.Field)
	}
	for _, m := range f.Rule.Entities {
		for _, fld := range m.Fields {
			add(kind(m.Type), "", fld.Column)
		}
	}
	if len(out) == 0 {
		for _, w := range wellKnown {
			add(w.kind, "", w.column)
		}
	}
	return out
}

func kind(published string) string {
	if k := kindOf[strings.ToLower(published)]; k != "" {
		return k
	}
	return "other"
}

// Tokens of ESCU messages are $field$, where a name may hold dots and braces; Sentinel's are {{column}}.
var token = regexp.MustCompile(`\$([A-Za-z_][\w.{}]*)\$|\{\{\s*([^{}]+?)\s*\}\}`)

// render fills a message template. A token whose column the row lacks stays as it is, so that the reader sees the gap.
func (f *Finding) render(template string) string {
	return token.ReplaceAllStringFunc(template, func(t string) string {
		m := token.FindStringSubmatch(t)
		if v, ok := f.Get(m[1] + m[2]); ok && !v.IsNull() {
			return Text(v)
		}
		return t
	})
}
