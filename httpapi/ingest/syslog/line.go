package syslog

import (
	"strconv"
	"strings"
	"time"

	"annals/httpapi/ingest/record"
)

// message is one line.
type message struct {
	raw      string
	priority int       // facility*8 + severity, or -1
	time     time.Time // zero while only stamp is known
	stamp    string    // a time without a year
	host     string
	program  string
	pid      string
	msgID    string
	data     *record.Fields // structured data of RFC 5424
	text     string
}

// parseLine reads either kind of line, which must be valid UTF-8.
func parseLine(line string) (message, error) {
	m := message{raw: line, priority: -1}
	rest, ok := m.cutPriority(line)
	if !ok {
		return m, errNoSyslog
	}
	if version, after, ok := strings.Cut(rest, " "); ok && version == "1" && m.priority >= 0 {
		return m, m.parse5424(after)
	}
	return m, m.parse3164(rest)
}

func (m *message) cutPriority(line string) (rest string, ok bool) {
	if !strings.HasPrefix(line, "<") {
		return line, true
	}
	number, rest, ok := strings.Cut(line[1:], ">")
	n, err := strconv.ParseUint(number, 10, 8)
	if !ok || err != nil || n > 191 {
		return line, false
	}
	m.priority = int(n)
	return rest, true
}

// parse3164 reads time, host, program[pid]: text. The time is "Jan _2 15:04:05", or RFC 3339 as newer distributions write it.
func (m *message) parse3164(s string) error {
	const stampLen = len("Jan _2 15:04:05")
	if len(s) > stampLen && s[stampLen] == ' ' && s[3] == ' ' && s[9] == ':' {
		m.stamp, s = s[:stampLen], s[stampLen+1:]
		if _, err := time.Parse("2006 Jan _2 15:04:05", "2024 "+m.stamp); err != nil {
			return errNoSyslog
		}
	} else {
		first, rest, _ := strings.Cut(s, " ")
		t, err := time.Parse(time.RFC3339Nano, first)
		if err != nil {
			return errNoSyslog
		}
		m.time, s = t.UTC(), rest
	}
	host, s, ok := strings.Cut(s, " ")
	if !ok || host == "" {
		return errNoSyslog
	}
	m.host, m.text = host, strings.TrimPrefix(s, " ")
	if tag, text, ok := strings.Cut(m.text, ":"); ok && isTag(tag) {
		m.program, m.text = tag, strings.TrimPrefix(text, " ")
		if program, pid, ok := strings.Cut(tag, "["); ok {
			m.program, m.pid = program, strings.TrimSuffix(pid, "]")
		}
	}
	return nil
}

func isTag(s string) bool { return s != "" && len(s) <= 64 && !strings.ContainsAny(s, " \t\"'={}") }

// parse5424 reads what follows the version: time, host, program, process ID, message ID, structured data, text.
func (m *message) parse5424(s string) error {
	var parts [5]string
	for i := range parts {
		var ok bool
		if parts[i], s, ok = strings.Cut(s, " "); !ok || parts[i] == "" {
			return errNoSyslog
		}
		if parts[i] == "-" {
			parts[i] = ""
		}
	}
	t, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil {
		return errNoSyslog
	}
	m.time, m.host, m.program, m.pid, m.msgID = t.UTC(), parts[1], parts[2], parts[3], parts[4]
	if s, err = m.cutData(s); err != nil {
		return err
	}
	m.text = strings.TrimPrefix(strings.TrimPrefix(s, " "), "\ufeff")
	return nil
}

var (
	facilities = strings.Fields("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 " +
		"local2 local3 local4 local5 local6 local7")
	severities = strings.Fields("emergency alert critical error warning notice info debug")
)

func (m *message) details() []byte {
	f := &record.Fields{}
	f.SetRaw(m.raw)
	if m.priority >= 0 {
		f.Set("facility", facilities[m.priority/8])
		f.Set("severity", severities[m.priority%8])
	}
	f.Set("host", m.host)
	f.Set("program", m.program)
	f.Set("pid", m.pid)
	f.Set("message_id", m.msgID)
	if m.data != nil {
		f.SetValue("data", m.data.Value())
	}
	f.Set("message", m.text)
	return f.Value()
}

// clean makes text fit one line.
func clean(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
