package cloudtrail

import (
	"io"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// readCSV takes exports with the columns of the console's event history, or of tools that name them much the same. Where a column
// holds userIdentity or requestParameters as Python prints them, they are read for actor and resources.
func readCSV(r io.Reader, o record.Options, emit record.Emit) error {
	return record.Rows(r, func(line int, row record.Row, err error) error {
		var ev *engine.Event
		if err == nil {
			ev, err = translateRow(row)
		}
		if err != nil {
			return emit(nil, &record.Error{Unit: "line", N: line, Err: err})
		}
		ev.Tenant = o.Tenant
		return emit(ev, nil)
	})
}

func translateRow(row record.Row) (*engine.Event, error) {
	ev := &engine.Event{
		Action:  row.Get("Event Name", "Event name", "eventName"),
		Module:  service(row.Get("Event Source", "Event source", "eventSource")),
		Details: row.Fields().Value(),
	}
	if ev.Action == "" {
		return nil, errNoAction
	}
	var err error
	if ev.Time, err = record.Time(row.Get("Event DateTime", "Event time", "Event Time", "eventTime"), nil); err != nil {
		return nil, err
	}
	identity, params := literal(row.Get("User ID", "userIdentity")), literal(row.Get("Request Parameters", "requestParameters"))
	ev.ID = eventID(row.Get("Event ID", "Event id", "eventID"), row.Raw)
	ev.Actor = actor(wrap("userIdentity", identity))
	if name := row.Get("User name", "User Name", "userName"); name != "" {
		ev.Actor.Name = name
	}
	ev.Project.ID = identity.Str("accountId")
	ev.Result, ev.Error = record.Failed(row.Get("Error code", "Error Code", "errorCode"), row.Get("Error message", "Error Message"))
	ev.Operation = operation(ev.Action, false)
	ev.Dangerous = ev.Result == engine.Success && dangerous[ev.Action]
	ev.Resources = resources(wrap("requestParameters", params))
	if name := row.Get("Resource name", "Resource Name"); name != "" && len(ev.Resources) == 0 {
		ev.Resources = []engine.Resource{{Type: row.Get("Resource type", "Resource Type"), Name: name}}
	}
	ev.Source = engine.Source{
		IP:        record.IP(row.Get("Source IP", "Source IP address", "Source IP Address")),
		UserAgent: row.Get("Request User Agent", "User agent", "User Agent"),
		Channel:   "api",
	}
	ev.Description = record.Digest(ev)
	return ev, nil
}
