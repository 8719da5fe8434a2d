package syslog

import (
	"regexp"
	"strings"

	"annals/engine"
	"annals/httpapi/ingest/record"
)

// understand fills in what the program's words say: the first rule that fits.
func understand(ev *engine.Event, program, text string) {
	text = strings.TrimLeft(text, " ")
	if inner, ok := strings.CutPrefix(text, "message repeated "); ok {
		// rsyslog folds equal messages into "message repeated 5 times: [ Failed password … ]".
		if _, inner, ok = strings.Cut(inner, "[ "); ok {
			text = strings.TrimSuffix(inner, "]")
		}
	}
	for _, r := range rules {
		if r.program != "" && r.program != program {
			continue
		}
		if m := r.re.FindStringSubmatch(text); m != nil {
			r.apply(ev, program, m)
			return
		}
	}
}

// rule says what a message means. Its expression's groups are the event's members: user (the actor), target (the account or
// thing that it is done to), ip, channel, command, error.
type rule struct {
	program   string // "" for every program
	re        *regexp.Regexp
	action    string
	operation string
	failure   string // error text; the message tells of a failure
	kind      string // type of target; "account" if empty
}

func (r rule) apply(ev *engine.Event, program string, m []string) {
	get := func(group string) string {
		if i := r.re.SubexpIndex(group); i >= 0 {
			return m[i]
		}
		return ""
	}
	ev.Action, ev.Operation = r.action, r.operation
	if sessionless[program] && (r.operation == engine.OpLogin || r.operation == engine.OpLogout) {
		ev.Operation = engine.OpOther
	}
	if user := get("user"); user != "" {
		ev.Actor = engine.Actor{ID: user, Name: user, Type: "user"}
	}
	ev.Source.IP = record.IP(get("ip"))
	ev.Source.Channel = record.First(get("channel"), program)
	if target := get("target"); target != "" {
		ev.Resources = append(ev.Resources, engine.Resource{Type: record.First(r.kind, "account"), Name: target})
	}
	if command := get("command"); command != "" {
		program, _, _ := strings.Cut(command, " ")
		ev.Resources = append(ev.Resources, engine.Resource{Type: "command", Name: program, Content: command})
	}
	if reason := get("error"); r.failure != "" || reason != "" {
		ev.Result, ev.Error = engine.Failure, &engine.EventError{Message: record.First(reason, r.failure)}
	}
}

// sessionless are programs that open PAM sessions without anyone logging in.
var sessionless = map[string]bool{"CRON": true, "cron": true, "crond": true, "systemd": true}
