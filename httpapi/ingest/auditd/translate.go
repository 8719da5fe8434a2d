package auditd

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// maxResources keeps an event with many paths readable; its details have them all.
const maxResources = 16

// unset is the login user of what no login began.
const unset = "4294967295"

// translate makes an event of its records, which are in canonical order: the first says most.
func translate(recs []auditRecord) *engine.Event {
	main := recs[0]
	command := commandLine(recs)
	ev := &engine.Event{
		ID:      eventID(recs),
		Time:    main.time,
		Actor:   actor(recs),
		Action:  action(recs),
		Module:  module(main.kind),
		Project: engine.Ref{ID: main.node, Name: main.node},
		Details: details(recs, command).Value(),
	}
	ev.Operation = operation(ev.Action, recs)
	ev.Result, ev.Error = result(recs)
	ev.Resources = resources(recs, command)
	ev.Source = engine.Source{IP: record.IP(main.get("addr")), Channel: main.get("terminal", "tty")}
	ev.Dangerous = main.kind == "CONFIG_CHANGE" && (strings.HasPrefix(main.get("op"), "remove") || main.get("audit_enabled") == "0")
	ev.Description = describe(ev, main, command)
	return ev
}

func describe(ev *engine.Event, main auditRecord, command string) string {
	if command != "" {
		return record.Cut(ev.Action+": "+command, 200)
	}
	if op := main.get("op"); op != "" {
		return record.Cut(record.Digest(ev)+" ("+op+")", 200)
	}
	return record.Digest(ev)
}

// commandLine returns what was run: the arguments, or the process title, which is cut at 128 bytes.
func commandLine(recs []auditRecord) string {
	var args []string
	title := ""
	for _, rec := range recs {
		if rec.kind == "EXECVE" {
			for _, f := range rec.fields {
				if isArgument(f.name) {
					args = append(args, f.value)
				}
			}
		}
		title = record.First(title, rec.get("cmdline", "cmd", "proctitle"))
	}
	return record.First(strings.Join(args, " "), title)
}

// actor is the user who logged in, whatever user the process runs as now; of a login it is the account.
func actor(recs []auditRecord) engine.Actor {
	main := recs[0]
	a := engine.Actor{Type: "user"}
	account := main.get("acct")
	for _, rec := range recs {
		if a.ID = rec.get("auid"); a.ID != "" {
			a.Name = rec.get("AUID", "audit_user")
			break
		}
	}
	if a.ID == unset || a.ID == "-1" || a.ID == "unset" || a.ID == "" {
		a.ID, a.Name = main.get("uid"), main.get("UID", "user")
	}
	if a.Name == "unset" {
		a.Name = ""
	}
	switch module(main.kind) {
	case "login":
		if account != "" {
			a.Name = account
		}
		a.ID = record.First(main.get("id"), a.ID)
		if main.get("auid") == unset && account != "" {
			a.ID = ""
		}
	}
	if a.Name == "" && a.ID == "0" {
		a.Name = "root"
	}
	if a.Name == "" && a.ID == "" {
		a.Type = ""
	}
	return a
}

func result(recs []auditRecord) (string, *engine.EventError) {
	for _, rec := range recs {
		switch outcome := strings.ToLower(rec.get("success", "res", "result")); {
		case outcome == "no" || outcome == "0" || strings.HasPrefix(outcome, "fail"):
			return engine.Failure, &engine.EventError{Code: errno(rec.get("exit")), Message: rec.get("op")}
		case rec.get("apparmor") == "DENIED" || rec.kind == "AVC" && strings.Contains(rec.raw, "denied  {"):
			return engine.Failure, &engine.EventError{Code: "DENIED", Message: rec.get("operation")}
		}
	}
	return engine.Success, nil
}

// errno names the common errors of system calls.
func errno(exit string) string {
	if name, ok := map[string]string{
		"-1": "EPERM", "-2": "ENOENT", "-11": "EAGAIN", "-13": "EACCES", "-16": "EBUSY", "-17": "EEXIST", "-20": "ENOTDIR", "-22": "EINVAL",
		"-30": "EROFS", "-104": "ECONNRESET", "-110": "ETIMEDOUT", "-111": "ECONNREFUSED", "-115": "EINPROGRESS",
	}[exit]; ok {
		return name
	}
	return exit
}

func resources(recs []auditRecord, command string) []engine.Resource {
	var all []engine.Resource
	add := func(r engine.Resource) {
		if r.ID+r.Name != "" && len(all) < maxResources {
			all = append(all, r)
		}
	}
	main := recs[0]
	add(engine.Resource{Type: "service", Name: main.get("unit")})
	if module(main.kind) == "account" {
		add(engine.Resource{Type: "account", ID: main.get("id"), Name: main.get("acct", "grp")})
	}
	add(engine.Resource{Type: "program", Name: main.get("exe"), Content: command})
	for _, rec := range recs {
		switch rec.kind {
		case "PATH":
			if rec.get("nametype") != "PARENT" {
				add(engine.Resource{Type: "file", Name: rec.get("name")})
			}
		case "SOCKADDR":
			add(engine.Resource{Type: "address", Name: socketAddress(rec.get("saddr"))})
		case "AUOMS_EXECVE", "AUOMS_SYSCALL":
			add(engine.Resource{Type: "file", Name: rec.get("name")})
		}
	}
	return all
}

// socketAddress reads a struct sockaddr of the families AF_UNIX, AF_INET and AF_INET6. The family is in the byte order of the
// host; only little-endian hosts are read.
func socketAddress(saddr string) string {
	b, err := hex.DecodeString(saddr)
	if err != nil || len(b) < 8 || b[1] != 0 {
		return ""
	}
	port := strconv.Itoa(int(b[2])<<8 | int(b[3]))
	switch {
	case b[0] == 1:
		path, _, _ := strings.Cut(strings.TrimPrefix(string(b[2:]), "\x00"), "\x00")
		return strings.ToValidUTF8(path, "\uFFFD")
	case b[0] == 2:
		return netip.AddrFrom4([4]byte(b[4:8])).String() + " port " + port
	case b[0] == 10 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).String() + " port " + port
	}
	return ""
}
