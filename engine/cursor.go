package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// A cursor is the place of a page's last event, bound to the query that gave it: version (1) | query key (8) | time (8) | seq (8) | has value (1) |
// value; base64url. It opens no door: tenants and filter are the new request's.
const cursorVersion = 1

func encodeCursor(q *Query, last ColumnPos) string {
	b := []byte{cursorVersion}
	key := q.key()
	b = append(b, key[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(last.Pos.Time))
	b = binary.BigEndian.AppendUint64(b, last.Pos.Seq)
	b = append(b, byte(b2i(last.Has)))
	b = append(b, last.Value...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor returns the place behind which q's page begins, nil for the first page.
func decodeCursor(q *Query) (*ColumnPos, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(b) < 26 || b[0] != cursorVersion || [8]byte(b[1:9]) != q.key() {
		return nil, fmt.Errorf("%w: %q", ErrCursor, shorten(q.Cursor))
	}
	return &ColumnPos{
		Pos: Pos{Time: int64(binary.BigEndian.Uint64(b[9:])), Seq: binary.BigEndian.Uint64(b[17:])},
		Has: b[25] == 1, Value: string(b[26:]),
	}, nil
}

// key names the query. Times do not count: "the last hour" is another range at every page, and the place is what matters.
func (q *Query) key() (key [8]byte) {
	text := fmt.Sprintf("%q %t %t %q %q", q.Sort, q.Desc, q.Tenants.All, slices.Concat(q.Tenants.Names, q.Tenants.Except), FormatQuery(withoutTimes(q.Where)))
	sum := sha256.Sum256([]byte(text))
	copy(key[:], sum[:])
	return key
}

func withoutTimes(e Expr) Expr {
	parts := func(in []Expr) []Expr {
		out := make([]Expr, len(in))
		for i, p := range in {
			out[i] = withoutTimes(p)
		}
		return out
	}
	switch e := e.(type) {
	case And:
		return And{parts(e.Parts)}
	case Or:
		return Or{parts(e.Parts)}
	case Not:
		return Not{withoutTimes(e.Part)}
	case TimeBound:
		return TimeBound{After: e.After}
	}
	return e
}
