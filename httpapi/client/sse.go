package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// message is one server-sent event. Name is "" for the ordinary kind; data is nil when the message only carries an id.
type message struct {
	id   string
	name string
	data []byte
}

// maxMessageBytes is far above an event of the largest size with its escapes.
const maxMessageBytes = 8 << 20

// readMessages calls fn for every message of a text/event-stream until fn fails or the stream ends. What the stream breaks off in
// the middle of is not a message.
func readMessages(r io.Reader, fn func(message) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	var m message
	any, size := false, 0
	for {
		line, err := readLimited(br, maxMessageBytes-size)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			if any {
				if err := fn(m); err != nil {
					return err
				}
			}
			m, any, size = message{}, false, 0
			continue
		}
		size += len(line)
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "id":
			m.id, any = string(value), true
		case "event":
			m.name, any = string(value), true
		case "data":
			if m.data != nil {
				m.data = append(m.data, '\n')
			}
			m.data, any = append(append(make([]byte, 0, len(m.data)+len(value)), m.data...), value...), true
		}
	}
}

// readLimited returns the next line without its end.
func readLimited(br *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(line)+len(part) > limit {
			return nil, fmt.Errorf("read the stream: a message is longer than %d bytes", maxMessageBytes)
		}
		line = append(line, part...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}
