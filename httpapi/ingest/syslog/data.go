package syslog

import (
	"errors"
	"strings"

	"annals/httpapi/ingest/record"
)

var errData = errors.New("structured data is malformed")

// cutData reads the structured data of RFC 5424, "-" or [id name="value" …]…, and returns what follows it.
func (m *message) cutData(s string) (rest string, err error) {
	if rest, none := strings.CutPrefix(s, "-"); none {
		return rest, nil
	}
	if !strings.HasPrefix(s, "[") {
		return "", errData
	}
	m.data = &record.Fields{}
	for strings.HasPrefix(s, "[") {
		end := strings.IndexAny(s, " ]")
		if end < 2 {
			return "", errData
		}
		id, element := s[1:end], &record.Fields{}
		if s, err = cutParams(s[end:], element); err != nil {
			return "", err
		}
		m.data.SetValue(id, element.Value())
	}
	return s, nil
}

// cutParams reads ` name="value"`… up to and with the closing bracket.
func cutParams(s string, f *record.Fields) (rest string, err error) {
	for {
		s = strings.TrimLeft(s, " ")
		if rest, closed := strings.CutPrefix(s, "]"); closed {
			return rest, nil
		}
		name, value, ok := strings.Cut(s, `="`)
		if !ok || name == "" || strings.ContainsAny(name, ` ]"`) {
			return "", errData
		}
		var b strings.Builder
		i := 0
		for ; i < len(value) && value[i] != '"'; i++ {
			if value[i] == '\\' && i+1 < len(value) && strings.IndexByte(`"\]`, value[i+1]) >= 0 {
				i++
			}
			b.WriteByte(value[i])
		}
		if i == len(value) {
			return "", errData
		}
		f.Set(name, b.String())
		s = value[i+1:]
	}
}
