// Package windows translates the Windows Security event log as shippers write it to JSON lines, with the event's own fields at
// the top level (NXLog, Logstash and their like).
//
// No field of a record is a trustworthy ID: record numbers begin anew when the log is cleared and some shippers leave them out.
// So the ID is derived from the record's bytes, and records that are the same in every byte are one event: a shipper that reads
// a log twice adds nothing.
package windows

import (
	"errors"
	"io"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

const name = "windows"

var errNoID = errors.New("no EventID: not a Windows event")

// Detect looks for EventID with a channel or source and a host.
func Detect(head []byte, filename string) int {
	o := record.Head(head)
	if !o.Has("EventID") || !o.Has("Channel") && !o.Has("SourceName") {
		return 0
	}
	switch {
	case strings.EqualFold(o.Str("Channel"), "Security") || strings.Contains(o.Str("SourceName"), "Security-Auditing"):
		return 95
	case strings.HasPrefix(o.Str("SourceName"), "Microsoft-Windows"), o.Has("ProviderGuid"):
		return 70
	}
	return 40
}

// Read translates Windows events. Times without a zone are taken to be in o's.
func Read(r io.Reader, o record.Options, emit record.Emit) error {
	return record.ReadObjects(r, o, emit, func(obj record.Object) (*engine.Event, error) { return translate(obj, o.Zone()) })
}

func translate(o record.Object, zone *time.Location) (*engine.Event, error) {
	id := o.Str("EventID")
	if id == "" {
		return nil, errNoID
	}
	k := kindOf(id, o)
	host := o.Or("Hostname", "Computer", "computer_name")
	ev := &engine.Event{
		ID:        record.DeriveID(name, o.Raw),
		Actor:     actor(o, k),
		Action:    k.action,
		Operation: k.operation,
		Module:    k.module,
		Project:   engine.Ref{ID: host, Name: host},
		Resources: resources(o, k),
		Source: engine.Source{
			IP:      address(o.Or("IpAddress", "ClientAddress", "SourceAddress")),
			Channel: logonTypes[o.Str("LogonType")],
		},
	}
	var err error
	if ev.Time, err = eventTime(o, zone); err != nil {
		return nil, err
	}
	ev.Result, ev.Error = result(o, id)
	ev.Dangerous = k.dangerous && ev.Result == engine.Success
	ev.Description = record.Digest(ev)
	return ev, nil
}

// address returns an IP address, unless it is the one that stands for any.
func address(s string) string {
	if ip := record.IP(s); ip != "0.0.0.0" && ip != "::" {
		return ip
	}
	return ""
}

// eventTime prefers times that say their zone.
func eventTime(o record.Object, zone *time.Location) (time.Time, error) {
	created := o.Or("TimeCreated", "SystemTime")
	if !strings.HasSuffix(created, "Z") {
		created = record.First(o.Str("@timestamp"), created, o.Str("EventTime"))
	}
	return record.Time(created, zone)
}

func actor(o record.Object, k kind) engine.Actor {
	a := account(o, "SubjectUserSid", "SubjectUserName", "SubjectDomainName")
	if target := account(o, "TargetUserSid", "TargetUserName", "TargetDomainName"); k.byTarget && target.Name != "" || a.Name == "" {
		a = target
	}
	if a.Name == "" {
		a = account(o, "UserSid", "UserName", "UserDomain")
	}
	if a.Name == "" {
		a = account(o, "AccountSid", "AccountName", "AccountDomain")
	}
	if message := o.Str("Message"); a.Name == "" && k.action == actionLogCleared {
		a = engine.Actor{ID: labelled(message, "Security ID:"), Name: labelled(message, "Account Name:"), Domain: labelled(message, "Domain Name:")}
	}
	switch {
	case strings.HasSuffix(a.Name, "$"):
		a.Type = "computer"
	case a.Name != "":
		a.Type = "user"
	}
	return a
}

func account(o record.Object, sid, user, domain string) engine.Actor {
	a := engine.Actor{ID: value(o, sid), Name: value(o, user), Domain: value(o, domain)}
	if a.ID == nobody {
		a.ID = ""
	}
	return a
}

// nobody is the security ID that Windows writes where it knows none.
const nobody = "S-1-0-0"

// value returns a field's text, where "-" and (NULL) are how Windows says that there is none.
func value(o record.Object, field string) string {
	if s := strings.TrimSpace(o.Str(field)); s != "-" && s != "(NULL)" && s != "NULL SID" {
		return s
	}
	return ""
}

// labelled returns what follows the label on its line of the message.
func labelled(message, label string) string {
	_, after, _ := strings.Cut(message, label)
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}
