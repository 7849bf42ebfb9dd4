package wintext

import "bytes"

// message gives the fields that a classic event tells in its message only. Three forms are known: the script blocks of
// PowerShell; Key: value lines of Sysmon, whose keys are the names of the fields; and the sections of labels and values that
// the Security log has. The last are given under the names that Splunk's field extraction makes of the labels (Account_Name,
// a list where a label comes in several sections), and where the label of a section is known, under the name that the field
// has in the event itself.
func (d *Decoder) message(provider, id, message []byte) {
	switch {
	case string(provider) == "Microsoft-Windows-PowerShell" && string(id) == "4104":
		d.scriptBlock(message)
	case string(provider) == "Microsoft-Windows-Sysmon":
		d.plainLines(message)
	default:
		d.sections(message)
	}
}

var (
	creating   = []byte("Creating Scriptblock text (")
	scriptID   = []byte("ScriptBlock ID: ")
	scriptPath = []byte("Path:")
)

// scriptBlock reads
//
//	Creating Scriptblock text (1 of 1):
//	the script, of any number of lines
//
//	ScriptBlock ID: 5a4fa6b8-2478-401a-be72-d1d40c3c754c
//	Path: C:\script.ps1
func (d *Decoder) scriptBlock(m []byte) {
	if !bytes.HasPrefix(m, creating) {
		return
	}
	head, rest := cutLine(m)
	n := head[len(creating):]
	if i := bytes.IndexByte(n, ')'); i > 0 {
		if number, total, ok := bytes.Cut(n[:i], []byte(" of ")); ok {
			d.put([]byte("MessageNumber"), number)
			d.put([]byte("MessageTotal"), total)
		}
	}
	i := bytes.LastIndex(rest, scriptID)
	if i < 0 {
		d.put([]byte("ScriptBlockText"), rest)
		return
	}
	text, tail := rest[:i], rest[i+len(scriptID):]
	// One line end belongs to the text's last line, one to the empty line.
	for range 2 {
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	}
	d.put([]byte("ScriptBlockText"), text)
	line, tail := cutLine(tail)
	d.put([]byte("ScriptBlockId"), line)
	if line, _ = cutLine(tail); bytes.HasPrefix(line, scriptPath) {
		d.put([]byte("Path"), bytes.TrimSpace(line[len(scriptPath):]))
	}
}

// plainLines reads lines of Key: value.
func (d *Decoder) plainLines(m []byte) {
	_, m = cutLine(m) // what happened, in words
	for len(m) > 0 {
		var line []byte
		line, m = cutLine(m)
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && isWord(name) && (len(value) == 0 || value[0] == ' ') {
			d.put(name, bytes.TrimPrefix(value, []byte(" ")))
		}
	}
}

func isWord(b []byte) bool {
	for i, c := range b {
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 64
}

// sections reads
//
//	Section:
//		Label:		value
//		Label:		value
//			another value of the same
func (d *Decoder) sections(m []byte) {
	section := ""
	var label []byte
	var known string
	for len(m) > 0 {
		var line []byte
		line, m = cutLine(m)
		trimmed := bytes.TrimSpace(line)
		name, value, ok := bytes.Cut(trimmed, []byte(":"))
		switch {
		case len(trimmed) == 0:
			label = nil
		case ok && isLabel(name) && len(value) > 0 && value[0] == '\t' || ok && isLabel(name) && len(value) == 0 && line[0] == '\t':
			label = name
			known = labels[section][string(name)]
			if known == "" {
				known = labels[""][string(name)]
			}
			if value = bytes.TrimSpace(value); len(value) > 0 {
				d.labelled(label, known, value)
			}
		case ok && len(value) == 0 && isLabel(name) && line[0] != '\t':
			section, label = string(name), nil
		case label != nil && line[0] == '\t':
			d.labelled(label, known, trimmed)
		default:
			label = nil
		}
	}
}

func isLabel(b []byte) bool {
	for _, c := range b {
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == ' ' || c == '-' || c == '/' || c == '(' || c == ')' || c == '_') {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 64 && (b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z')
}

// labelled gives a value under Splunk's name for its label and under its canonical name.
func (d *Decoder) labelled(label []byte, known string, value []byte) {
	d.name = d.name[:0]
	for _, c := range label {
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9') {
			c = '_'
		}
		d.name = append(d.name, c)
	}
	d.put(d.name, value)
	if known != "" && known != string(d.name) {
		d.put([]byte(known), value)
	}
}

func account(prefix string) map[string]string {
	return map[string]string{"Security ID": prefix + "UserSid", "Account Name": prefix + "UserName", "Account Domain": prefix + "DomainName",
		"Logon ID": prefix + "LogonId", "Logon GUID": "LogonGuid", "Linked Logon ID": "TargetLinkedLogonId"}
}

// labels are the fields behind the labels of the messages of the Security log, by section; those of "" may be in any. The
// messages: https://learn.microsoft.com/windows/security/threat-protection/auditing/
var labels = map[string]map[string]string{
	"Subject":                             account("Subject"),
	"Creator Subject":                     account("Subject"),
	"Target Subject":                      account("Target"),
	"New Logon":                           account("Target"),
	"Account For Which Logon Failed":      {"Security ID": "TargetUserSid", "Account Name": "TargetUserName", "Account Domain": "TargetDomainName"},
	"Account Whose Credentials Were Used": {"Account Name": "TargetUserName", "Account Domain": "TargetDomainName", "Logon GUID": "TargetLogonGuid"},
	"Account That Was Locked Out":         {"Security ID": "TargetSid", "Account Name": "TargetUserName"},
	"Target Account":                      {"Security ID": "TargetSid", "Account Name": "TargetUserName", "Account Domain": "TargetDomainName"},
	"New Account":                         {"Security ID": "TargetSid", "Account Name": "TargetUserName", "Account Domain": "TargetDomainName"},
	"Member":                              {"Security ID": "MemberSid", "Account Name": "MemberName"},
	"Group":                               {"Security ID": "TargetSid", "Group Name": "TargetUserName", "Group Domain": "TargetDomainName", "Account Name": "TargetUserName", "Account Domain": "TargetDomainName"},
	"Account Information":                 {"Account Name": "TargetUserName", "Supplied Realm Name": "TargetDomainName", "User ID": "TargetSid", "Account Domain": "TargetDomainName", "Logon GUID": "LogonGuid"},
	"Service Information":                 {"Service Name": "ServiceName", "Service ID": "ServiceSid", "Service File Name": "ServiceFileName", "Service Type": "ServiceType", "Service Start Type": "ServiceStartType", "Service Account": "ServiceAccount"},
	"Target Server":                       {"Target Server Name": "TargetServerName", "Additional Information": "TargetInfo"},
	"Network Information":                 {"Workstation Name": "WorkstationName", "Source Network Address": "IpAddress", "Source Port": "IpPort", "Network Address": "IpAddress", "Port": "IpPort", "Client Address": "IpAddress", "Client Port": "IpPort", "Source Address": "IpAddress"},
	"Process Information":                 {"Process ID": "ProcessId", "Process Name": "ProcessName", "Caller Process ID": "ProcessId", "Caller Process Name": "ProcessName", "New Process ID": "NewProcessId", "New Process Name": "NewProcessName", "Creator Process ID": "ProcessId"},
	"Share Information":                   {"Share Name": "ShareName", "Share Path": "ShareLocalPath", "Relative Target Name": "RelativeTargetName"},
	"Task Information":                    {"Task Name": "TaskName", "Task Content": "TaskContent"},
	"Failure Information":                 {"Failure Reason": "FailureReason", "Status": "Status", "Sub Status": "SubStatus"},
	"Detailed Authentication Information": {"Logon Process": "LogonProcessName", "Authentication Package": "AuthenticationPackageName", "Transited Services": "TransmittedServices", "Package Name (NTLM only)": "LmPackageName", "Key Length": "KeyLength"},
	"Additional Information":              {"Ticket Options": "TicketOptions", "Ticket Encryption Type": "TicketEncryptionType", "Failure Code": "Status", "Result Code": "Status", "Pre-Authentication Type": "PreAuthType", "Privileges": "PrivilegeList", "Caller Computer Name": "TargetDomainName"},
	"Object":                              {"Object Server": "ObjectServer", "Object Type": "ObjectType", "Object Name": "ObjectName", "Handle ID": "HandleId"},
	"Access Request Information":          {"Access Mask": "AccessMask", "Accesses": "AccessList", "Access Reasons": "AccessReason"},
	"": {"Logon Type": "LogonType", "Process Command Line": "CommandLine", "Creator Process Name": "ParentProcessName", "Token Elevation Type": "TokenElevationType",
		"Mandatory Label": "MandatoryLabel", "Privileges": "PrivilegeList", "Elevated Token": "ElevatedToken", "Virtual Account": "VirtualAccount",
		"Restricted Admin Mode": "RestrictedAdminMode", "Impersonation Level": "ImpersonationLevel", "Service Name": "ServiceName", "Service File Name": "ServiceFileName"},
}
