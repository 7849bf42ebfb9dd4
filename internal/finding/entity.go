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
	Score int // its own risk, or 0 for the finding's
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
	"other": "other", "service": "service", "process_path": "process", "parent_process": "process", "process_id": "other",
	"http_user_agent": "other", "email_address": "user", "command": "process", "cloudapplication": "other",
	"securitygroup": "other", "mailcluster": "other", "submissionmail": "other", "iotdevice": "host",
	"registrykey": "registry", "registryvalue": "registry", "registry_path": "registry",
}

// wellKnown are the columns that name an entity in rules which declare none, in the order in which they are reported: the names of
// the Common Information Model, of Defender and Sentinel, and of Windows events and Sysmon, which Sigma has.
var wellKnown = []struct {
	kind    string
	columns []string
}{
	{"host", []string{"dest", "host", "dvc", "Computer", "DeviceName", "ComputerName", "dest_host", "HostName", "Hostname", "WorkstationName", "ResourceId"}},
	{"user", []string{"user", "src_user", "Account", "AccountName", "UserPrincipalName", "AccountUpn", "InitiatingProcessAccountName", "User", "TargetUserName",
		"SubjectUserName", "ParentUser", "TargetAccount", "SubjectAccount", "Caller", "UserId", "userIdentity.arn", "actor.alternateId"}},
	{"ip", []string{"src", "src_ip", "dest_ip", "RemoteIP", "IPAddress", "InitiatingSourceIP", "SourceIP", "IpAddress", "SourceIp", "DestinationIp", "ClientIP",
		"CallerIpAddress", "sourceIPAddress", "client_ip", "c-ip", "SourceAddress", "DestAddress"}},
	{"process", []string{"process_name", "FileName", "StartedProcessFileName", "Image", "NewProcessName", "ProcessName", "SourceImage", "TargetImage", "ParentImage",
		"InitiatingProcessFileName"}},
	{"file", []string{"file_path", "file_name", "TargetFilename", "ImageLoaded", "FolderPath", "ObjectName", "RelativeTargetName"}},
	{"hash", []string{"process_hash", "file_hash", "SHA256", "SHA1", "MD5", "Hashes", "FileHash"}},
	{"url", []string{"url", "RemoteUrl", "Url", "query", "QueryName", "DestinationHostname", "dest_domain", "c-uri", "cs-host"}},
	{"registry", []string{"registry_path", "registry_key_name", "TargetObject", "RegistryKey"}},
	{"service", []string{"service_name", "ServiceName", "Service_File_Name"}},
}

// entities returns what the rule declares to be its entities, or else the values of well-known columns.
func (f *Finding) entities() []Entity {
	var out []Entity
	add := func(kind, role, column string, score int) {
		v, ok := f.Get(column)
		if !ok {
			return
		}
		vals := []event.Value{v}
		if l := v.List(); l != nil {
			vals = l
		}
		for _, v := range vals {
			e := Entity{kind, role, column, Text(v), score}
			if e.Value != "" && e.Value != "-" && !slices.ContainsFunc(out, func(x Entity) bool { return x.Kind == e.Kind && x.Role == e.Role && x.Value == e.Value }) {
				out = append(out, e)
			}
		}
	}
	for _, o := range f.Rule.Observables {
		add(KindOf(o.Type), o.Role, o.Field, o.Score)
	}
	for _, m := range f.Rule.Entities {
		for _, fld := range m.Fields {
			add(KindOf(m.Type), "", fld.Column, 0)
		}
	}
	if len(out) == 0 {
		if t, ok := f.Get("risk_object_type"); ok { // a rule over risk
			add(KindOf(Text(t)), "victim", "risk_object", 0)
		}
		for _, w := range wellKnown {
			for _, column := range w.columns {
				add(w.kind, "", column, 0)
			}
		}
	}
	return out
}

// KindOf is the kind of entity that a published type stands for.
func KindOf(published string) string {
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
		if note := "the row has no value for " + t; !slices.Contains(f.Notes, note) {
			f.Notes = append(f.Notes, note)
		}
		return t
	})
}
