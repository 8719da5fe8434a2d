package engine

import (
	"encoding/binary"
	"fmt"
)

// newStoredPending makes an event that was in a log ready to be hashed, and to be committed again. Of the event itself only what is in the
// key is filled in.
func newStoredPending(key, body []byte) (*pending, error) {
	t, id, tenant, err := splitEventKey(key)
	if err != nil {
		return nil, err
	}
	content := append(appendHead(make([]byte, 0, len(key)+len(body)+64), id, t, tenant), body...)
	return &pending{event: &Event{ID: id, Time: t, Tenant: tenant}, body: body, digest: contentDigest(content), key: newIDKey(tenant, id), timed: true}, nil
}

// appendBackup appends the group as a backup has it: its head | received (8) | its events by seq, each key | body. Head, keys and
// bodies stand behind their lengths.
func (g *group) appendBackup(dst []byte) []byte {
	dst = appendPart(dst, g.groupHead.append(nil))
	dst = binary.BigEndian.AppendUint64(dst, uint64(g.received))
	var key []byte
	for i := range g.events {
		e := g.events[i].event
		key = appendEventKey(key[:0], e.Time, e.ID, e.Tenant)
		dst = appendPart(dst, key)
		dst = appendPart(dst, g.events[i].body)
	}
	return dst
}

// cutGroup takes the next group off content of a backup. Its bodies alias the content.
func cutGroup(p *parts) (*group, error) {
	g := &group{}
	var err error
	if g.groupHead, err = splitGroup(p.part()); err != nil {
		return nil, err
	}
	if received := p.take(8); received != nil {
		g.received = int64(binary.BigEndian.Uint64(received))
	}
	for seq := g.first; seq < g.end; seq++ {
		key, body := p.part(), p.part()
		if p.bad || len(body) < 2 || body[0] != ',' {
			return nil, fmt.Errorf("%w: event %d", ErrDamaged, seq)
		}
		e, err := newStoredPending(key, body)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", seq, err)
		}
		g.events = append(g.events, e)
	}
	return g, nil
}
