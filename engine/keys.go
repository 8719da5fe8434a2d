package engine

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"
)

// The key families of a window's store. This file is the only one that builds or splits a key; FORMAT.md draws them.
const (
	familyEvent = 'e' // event time, event ID, tenant → event
	familySeq   = 's' // page of seqs → event keys without their family byte
	familyGroup = 'g' // last seq of the group → group head
)

// Kinds of event ID inside a key. UUIDs and other 128-bit hexadecimal IDs take 16 bytes instead of up to 36.
const (
	idUUID = 1 // 8-4-4-4-12 lower-case hexadecimal, as 16 bytes
	idHex  = 2 // 32 lower-case hexadecimal digits, as 16 bytes
	idText = 3 // the ID itself, closed by a zero byte
)

// appendEventKey appends 'e' | time (8, big-endian) | ID | tenant.
func appendEventKey(dst []byte, t time.Time, id, tenant string) []byte {
	dst = append(dst, familyEvent)
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.UnixNano()))
	dst = appendIDKey(dst, id)
	return append(dst, tenant...)
}

func appendIDKey(dst []byte, id string) []byte {
	var raw [16]byte
	switch {
	case len(id) == 36 && decodeUUID(&raw, id):
		return append(append(dst, idUUID), raw[:]...)
	case len(id) == 32 && decodeLowerHex(raw[:], id):
		return append(append(dst, idHex), raw[:]...)
	}
	dst = append(dst, idText)
	dst = append(dst, id...)
	return append(dst, 0)
}

// splitEventKey is the reverse of appendEventKey.
func splitEventKey(key []byte) (t time.Time, id, tenant string, err error) {
	if len(key) < 10 || key[0] != familyEvent {
		return t, "", "", fmt.Errorf("%w: event key %x", ErrDamaged, key)
	}
	t = time.Unix(0, int64(binary.BigEndian.Uint64(key[1:]))).UTC()
	kind, rest := key[9], key[10:]
	switch {
	case kind == idUUID && len(rest) >= 16:
		id = encodeUUID(rest[:16])
		return t, id, string(rest[16:]), nil
	case kind == idHex && len(rest) >= 16:
		return t, hex.EncodeToString(rest[:16]), string(rest[16:]), nil
	case kind == idText:
		if before, after, ok := strings.Cut(string(rest), "\x00"); ok {
			return t, before, after, nil
		}
	}
	return t, "", "", fmt.Errorf("%w: event key %x", ErrDamaged, key)
}

// eventKeyTime returns the time of an event key.
func eventKeyTime(key []byte) int64 { return keyTime(key[1:]) }

// keyTime returns the time of an event key behind its family byte.
func keyTime(key []byte) int64 { return int64(binary.BigEndian.Uint64(key)) }

// timeKey is the lowest event key of time t.
func timeKey(t int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{familyEvent}, uint64(t))
}

// seqPageKey is the key of the page that has the seq.
func seqPageKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{familySeq}, seq/seqPageEvents)
}

// seqPageFirst returns the first seq of a page by its key.
func seqPageFirst(key []byte) (uint64, error) {
	page, err := keyNumber(key)
	if err == nil && page > math.MaxUint64/seqPageEvents {
		err = fmt.Errorf("%w: key %x", ErrDamaged, key)
	}
	return page * seqPageEvents, err
}

func groupKey(lastSeq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{familyGroup}, lastSeq)
}

// keyNumber returns the page of a seq page's key or the last seq of a group key.
func keyNumber(key []byte) (uint64, error) {
	if len(key) != 9 {
		return 0, fmt.Errorf("%w: key %x", ErrDamaged, key)
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

func decodeUUID(dst *[16]byte, id string) bool {
	if id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return false
	}
	return decodeLowerHex(dst[:4], id[:8]) && decodeLowerHex(dst[4:6], id[9:13]) && decodeLowerHex(dst[6:8], id[14:18]) &&
		decodeLowerHex(dst[8:10], id[19:23]) && decodeLowerHex(dst[10:], id[24:])
}

func encodeUUID(raw []byte) string {
	var text [36]byte
	hex.Encode(text[:8], raw[:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:], raw[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// decodeLowerHex fills dst from lower-case digits only: upper-case ones would not come back as they were.
func decodeLowerHex(dst []byte, digits string) bool {
	for i := range dst {
		hi, lo := lowerHex(digits[2*i]), lowerHex(digits[2*i+1])
		if hi > 15 || lo > 15 {
			return false
		}
		dst[i] = hi<<4 | lo
	}
	return true
}

func lowerHex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}
