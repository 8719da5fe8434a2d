package main

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// eventID returns the ID that the client gives the event: a UUID in the manner of version 7, its time first.
func (f *facts) eventID() string { return string(f.appendID(make([]byte, 0, 36))) }

func (f *facts) appendID(b []byte) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], uint64(f.micros/1000)<<16|0x7000|f.id>>52)
	binary.BigEndian.PutUint64(raw[8:], 1<<63|f.id&(1<<52-1))
	const digits = "0123456789abcdef"
	for k, c := range raw {
		if k == 4 || k == 6 || k == 8 || k == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

// requestID returns the 16 hexadecimal digits of the event's request.
func (f *facts) requestID() string { return string(appendHex(nil, f.request)) }

func appendHex(b []byte, v uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&15])
	}
	return b
}

// appendJSON writes the event as one line of JSON, without the newline.
func (f *facts) appendJSON(b []byte) []byte {
	module, op := modules[f.module], operations[f.op]
	name := resourceName(f.name)
	b = f.appendID(append(b, `{"id":"`...))
	b = append(b, `","time":"`...)
	b = time.UnixMicro(f.micros).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = f.appendActor(append(b, `","actor":`...))
	b = put(b, `,"action":"`, module.kind, ".", op.name, `","operation":"`, op.name, `","result":"`)
	b = f.appendResult(b)
	b = put(b, `,"project":{"id":"`, projectIDs[f.project], `","name":"`, projectNames[f.project], `"},"module":"`, module.name)
	b = put(b, `","resources":[{"type":"`, module.kind, `","id":"`)
	b = appendHex(b, f.resource)
	b = put(b, `","name":"`, name, `"}],"description":"`, module.kind, "{", name, "} ", op.noun)
	b = f.appendSource(append(b, `","source":`...))
	b = put(b, `,"details":{"request_id":"`)
	b = appendHex(b, f.request)
	b = put(b, `","version":"v`, strconv.Itoa(f.version), `","region":"`, regions[f.region], `","tag":"`, tags[f.tag])
	if f.comment >= 0 {
		b = put(b, `","comment":"`, comments[f.comment])
	}
	return append(b, `"}}`...)
}

func (f *facts) appendActor(b []byte) []byte {
	name := names[f.user]
	return put(b, `{"id":"`, accountIDs[f.user], `","name":"`, name, `","email":"`, name, `@a.test"}`)
}

func (f *facts) appendResult(b []byte) []byte {
	if f.failure < 0 {
		return append(b, `success"`...)
	}
	why := failures[f.failure]
	return put(b, `failure","error":{"code":"`, why.code, `","message":"`, why.message, `"}`)
}

// appendSource gives each user one of three addresses.
func (f *facts) appendSource(b []byte) []byte {
	b = put(b, `{"ip":"10.`, strconv.Itoa(f.user>>8), ".", strconv.Itoa(f.user&255), ".", strconv.Itoa(f.host))
	return put(b, `","user_agent":"`, agents[f.agent], `","channel":"`, channels[f.channel], `"}`)
}

func put(b []byte, parts ...string) []byte {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// accountIDs and projectIDs are by number.
var (
	accountIDs = numbered(users, "1000%08d", 7919)
	projectIDs = numbered(projects, "prj-%06d", 4099)
)

func numbered(n int, format string, step int) []string {
	all := make([]string, n)
	for k := range all {
		all[k] = fmt.Sprintf(format, (k+1)*step)
	}
	return all
}

// appendBatch writes events [from, to) as NDJSON.
func (w workload) appendBatch(b []byte, from, to int) []byte {
	for n := from; n < to; n++ {
		f := w.facts(n)
		b = append(f.appendJSON(b), '\n')
	}
	return b
}

// idsOf returns the IDs of events by number.
func idsOf(load workload, numbers []int) []string {
	ids := make([]string, len(numbers))
	for k, n := range numbers {
		f := load.facts(n)
		ids[k] = f.eventID()
	}
	return ids
}
