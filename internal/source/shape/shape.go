// Package shape tells which form a record of JSON, CSV or Parquet has, and its class, from the names of its fields and the
// values of a few of them. It looks at content only, per record, since lines of several forms may lie in one file.
package shape

import "strings"

// The shapes that this package tells apart; "windows" is made by the decoders of EVTX, event XML and classic text.
const (
	Windows     = "windows"
	WindowsJSON = "windows-json" // flat NXLog or Mordor lines
	Winlogbeat  = "winlogbeat"   // Winlogbeat 6 (event_id, event_data.*) and 7 on (winlog.event_id, winlog.event_data.*)
	EVTXJSON    = "evtx-json"    // JSON of EVTX dumpers: Event.System.*, System.*
	MDE         = "mde"          // Microsoft Defender advanced hunting rows and its streaming records
	CrowdStrike = "crowdstrike"  // Falcon Data Replicator: event_simpleName
	Sentinel    = "sentinel"     // Log Analytics rows: TimeGenerated, Type
	CarbonBlack = "carbonblack"
	ECS         = "ecs" // Elastic Common Schema that is not Winlogbeat
	Generic     = "generic"
)

// A Role is the part that a field's value plays in the class of its record.
type Role uint8

const (
	NoRole Role = iota
	EventID
	Channel
	Provider
	Type     // Type of Log Analytics, type of Carbon Black
	Category // category of Azure's streaming records
	Action   // ActionType, event_simpleName, event.action
	Module
	Dataset
	Roles // how many there are
)

// Marks is the set of telling fields that a record has.
type Marks uint32

const (
	hasEventID Marks = 1 << iota
	hasChannel
	hasProvider
	hasTimeGenerated
	hasType
	hasTimestamp
	hasActionType
	hasReportID
	hasDevice
	hasBeatID
	hasBeatMark // log_name, event_data.*, winlog.*
	hasSystem
	hasSimpleName
	hasCarbonBlack
	hasECS
	hasECSEvent
	hasHunting // rows of Defender's streaming API
)

// Hunting is set by a decoder on a record whose fields it took from the properties of an advanced hunting record.
const Hunting = hasHunting

var fields = map[string]struct {
	mark Marks
	role Role
}{
	"EventID":              {hasEventID, EventID},
	"EventCode":            {hasEventID, EventID},
	"Channel":              {hasChannel, Channel},
	"LogName":              {hasChannel, Channel},
	"SourceName":           {hasProvider, Provider},
	"ProviderName":         {hasProvider, Provider},
	"Provider":             {hasProvider, Provider},
	"TimeGenerated":        {hasTimeGenerated, NoRole},
	"Type":                 {hasType, Type},
	"Timestamp":            {hasTimestamp, NoRole},
	"ActionType":           {hasActionType, Action},
	"ReportId":             {hasReportID, NoRole},
	"DeviceId":             {hasDevice, NoRole},
	"DeviceName":           {hasDevice, NoRole},
	"category":             {0, Category},
	"event_id":             {hasBeatID, EventID},
	"log_name":             {hasBeatMark, Channel},
	"source_name":          {hasBeatMark, Provider},
	"winlog.event_id":      {hasBeatID | hasBeatMark, EventID},
	"winlog.channel":       {hasBeatMark, Channel},
	"winlog.provider_name": {hasBeatMark, Provider},
	"event_simpleName":     {hasSimpleName, Action},
	"#event_simpleName":    {hasSimpleName, Action},
	"cb_server":            {hasCarbonBlack, NoRole},
	"type":                 {0, Type},
	"ecs.version":          {hasECS, NoRole},
	"event.code":           {hasECSEvent, NoRole},
	"event.action":         {hasECSEvent, Action},
	"event.module":         {0, Module},
	"event.dataset":        {0, Dataset},
}

// Of returns what the field of that dotted path means for the shape and class of its record.
func Of(path string) (Marks, Role) {
	if f, ok := fields[path]; ok {
		return f.mark, f.role
	}
	if strings.HasPrefix(path, "event_data.") {
		return hasBeatMark, NoRole
	}
	rest := strings.TrimPrefix(path, "Event.")
	if rest, ok := strings.CutPrefix(rest, "System."); ok {
		switch rest {
		case "EventID", "EventID.#text", "EventID.Value", "EventID.$", "EventID.text":
			return hasSystem | hasEventID, EventID
		case "Channel":
			return hasSystem, Channel
		case "Provider.Name", "Provider.#attributes.Name", "Provider_attributes.Name", "Provider.@Name", "Provider.$.Name", "Provider.attributes.Name":
			return hasSystem, Provider
		}
		return 0, NoRole
	}
	return 0, NoRole
}

// Class is [event.Class] in the making: its parts may point into a decoder's buffer.
type Class struct {
	Shape                 string
	Provider, Channel, ID []byte
}

// Classify decides the class of a record that has the given marks, and for each role the given value, as text (nil: none).
func Classify(m Marks, v *[Roles][]byte) Class {
	switch {
	case m&hasHunting != 0:
		return Class{Shape: MDE, Channel: huntingTable(v[Category]), ID: v[Action]}
	case m&(hasTimestamp|hasTimeGenerated) != 0 && (m&(hasActionType|hasReportID) == hasActionType|hasReportID || m&(hasDevice|hasReportID) == hasDevice|hasReportID ||
		m&(hasDevice|hasActionType) == hasDevice|hasActionType):
		return huntingRow(m, v)
	case m&(hasTimeGenerated|hasType) == hasTimeGenerated|hasType:
		return Class{Shape: Sentinel, Channel: v[Type], ID: v[EventID]}
	case m&hasSystem != 0:
		return Class{Shape: EVTXJSON, Provider: v[Provider], Channel: v[Channel], ID: v[EventID]}
	case m&(hasBeatID|hasBeatMark) == hasBeatID|hasBeatMark:
		return Class{Shape: Winlogbeat, Provider: v[Provider], Channel: v[Channel], ID: v[EventID]}
	case m&hasSimpleName != 0:
		return Class{Shape: CrowdStrike, ID: v[Action]}
	case m&hasEventID != 0 && m&(hasChannel|hasProvider) != 0:
		return Class{Shape: WindowsJSON, Provider: v[Provider], Channel: v[Channel], ID: v[EventID]}
	case m&hasCarbonBlack != 0 || carbonBlackType(v[Type]):
		return Class{Shape: CarbonBlack, ID: v[Type]}
	case m&(hasECS|hasECSEvent) == hasECS|hasECSEvent:
		return Class{Shape: ECS, Provider: v[Module], Channel: v[Dataset], ID: v[Action]}
	}
	return Class{Shape: Generic}
}

// huntingRow classifies a bare row of an advanced hunting table. Log Analytics and most exports name the table.
func huntingRow(m Marks, v *[Roles][]byte) Class {
	c := Class{Shape: MDE, Channel: v[Type], ID: v[Action]}
	if len(c.Channel) == 0 {
		c.Channel = huntingTable(v[Category])
	}
	if len(c.Channel) == 0 && m&hasDevice != 0 {
		c.Channel = tableOfAction(v[Action])
	}
	return c
}

const huntingPrefix = "AdvancedHunting-"

// IsHunting reports whether a category is that of a record of Defender's streaming API.
// https://learn.microsoft.com/defender-xdr/streaming-api-event-hub
func IsHunting(category []byte) bool { return strings.HasPrefix(string(category), huntingPrefix) }

func huntingTable(category []byte) []byte {
	if IsHunting(category) {
		return category[len(huntingPrefix):]
	}
	return nil
}

func carbonBlackType(t []byte) bool {
	return strings.HasPrefix(string(t), "endpoint.event.") || strings.HasPrefix(string(t), "ingress.event.")
}

// tableOfAction names the advanced hunting table of a row that does not say it, where its action type has one table only.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables
func tableOfAction(action []byte) []byte {
	a := string(action)
	switch {
	case a == "ProcessCreated":
		return []byte("DeviceProcessEvents")
	case a == "ImageLoaded":
		return []byte("DeviceImageLoadEvents")
	case strings.HasPrefix(a, "Logon"):
		return []byte("DeviceLogonEvents")
	case strings.HasPrefix(a, "Registry"):
		return []byte("DeviceRegistryEvents")
	case a == "FileCreated" || a == "FileDeleted" || a == "FileModified" || a == "FileRenamed":
		return []byte("DeviceFileEvents")
	case strings.HasPrefix(a, "Connection") || strings.HasPrefix(a, "InboundConnection") || strings.HasPrefix(a, "NetworkSignature") ||
		strings.HasSuffix(a, "ConnectionInspected") || a == "ListeningConnectionCreated":
		return []byte("DeviceNetworkEvents")
	case a == "":
		return nil
	}
	return []byte("DeviceEvents")
}
