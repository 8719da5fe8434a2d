package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
	"go.etcd.io/bbolt"
)

// Bbolt's pages have no checksums. So each record is stored behind one, xxhash64 of part(kind) part(key) value, and all of them are added up: a
// record that is changed, and one that is gone, do not go unnoticed.
const (
	sumKind         = "\x00" // the bucket of the sum, which no kind can have
	sumKey          = "sum"  // number of records (8) | sum of their checksums (8), big-endian
	recordHeadBytes = 8      // checksum, before each record
)

// recordSum stands for a set of records.
type recordSum struct{ count, sum uint64 }

func (s *recordSum) add(stored []byte) {
	s.count++
	s.sum += binary.BigEndian.Uint64(stored)
}

func (s *recordSum) remove(stored []byte) {
	s.count--
	s.sum -= binary.BigEndian.Uint64(stored)
}

// beginSum makes the sum of no records.
func beginSum(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists([]byte(sumKind)); err != nil {
		return err
	}
	return (&recordSum{}).write(tx)
}

func readSum(tx *bbolt.Tx) (s recordSum, err error) {
	var value []byte
	if b := tx.Bucket([]byte(sumKind)); b != nil {
		value = b.Get([]byte(sumKey))
	}
	if len(value) != 16 {
		return s, fmt.Errorf("%w: records: their sum is missing", ErrDamaged)
	}
	return recordSum{binary.BigEndian.Uint64(value), binary.BigEndian.Uint64(value[8:])}, nil
}

func (s *recordSum) write(tx *bbolt.Tx) error {
	value := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.count), s.sum)
	return tx.Bucket([]byte(sumKind)).Put([]byte(sumKey), value)
}

// storedRecord is a record as it is stored.
func storedRecord(kind, key, value []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, recordHeadBytes+len(value)), checksumOf(kind, key, value)), value...)
}

func checksumOf(kind, key, value []byte) uint64 {
	return xxhash.Sum64(append(appendPart(appendPart(nil, kind), key), value...))
}

// recordOf returns a copy of the record in what is stored.
func recordOf(kind, key, stored []byte) ([]byte, error) {
	if len(stored) < recordHeadBytes || checksumOf(kind, key, stored[recordHeadBytes:]) != binary.BigEndian.Uint64(stored) {
		return nil, fmt.Errorf("%w: record %s/%s does not have its checksum", ErrDamaged, kind, key)
	}
	return append([]byte{}, stored[recordHeadBytes:]...), nil
}

// eachRecord calls fn with a copy of each record.
func eachRecord(tx *bbolt.Tx, fn func(r savedRecord) error) error {
	return tx.ForEach(func(kind []byte, b *bbolt.Bucket) error {
		if string(kind) == sumKind {
			return nil
		}
		return b.ForEach(func(key, stored []byte) error {
			value, err := recordOf(kind, key, stored)
			if err != nil {
				return err
			}
			return fn(savedRecord{bytes.Clone(kind), bytes.Clone(key), value})
		})
	})
}

// check reads all records, and lets bbolt look at its pages, which must have been looked at. No change may be under way.
func (r *Records) check() error {
	return r.db.View(func(tx *bbolt.Tx) error {
		var problems []error
		for err := range tx.Check() {
			problems = append(problems, err)
		}
		if len(problems) > 0 {
			return fmt.Errorf("%w: records: %w (%d problems)", ErrDamaged, problems[0], len(problems))
		}
		want, err := readSum(tx)
		if err != nil {
			return err
		}
		var got recordSum
		err = eachRecord(tx, func(rec savedRecord) error {
			got.add(storedRecord(rec.kind, rec.key, rec.value))
			return nil
		})
		if err == nil && got != want {
			err = fmt.Errorf("%w: records: there are %d, their sum is of %d or of others", ErrDamaged, got.count, want.count)
		}
		return err
	})
}

// errReservedKind is why a record is not taken.
var errReservedKind = errors.New("the kind is reserved")
