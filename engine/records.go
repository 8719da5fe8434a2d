package engine

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

const recordsName = "records.db"

// Records is the small store of what changes and outlives windows: accounts, tokens, settings, saved views. A record is bytes
// under a kind and a key. Every change is durable on return. All methods may be called concurrently.
type Records struct{ db *bbolt.DB }

func openRecords(path string) (*Records, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return &Records{db}, nil
}

func (r *Records) close() error {
	if err := r.db.Close(); err != nil {
		return fmt.Errorf("close records: %w", err)
	}
	return nil
}

// Get returns a copy of the record, or ErrNotFound.
func (r *Records) Get(kind, key string) (value []byte, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(kind)); b != nil {
			value = bytes.Clone(b.Get([]byte(key)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read record %s/%s: %w", kind, key, err)
	}
	if value == nil {
		return nil, fmt.Errorf("record %s/%s: %w", kind, key, ErrNotFound)
	}
	return value, nil
}

// Put stores a record, replacing what was there.
func (r *Records) Put(kind, key string, value []byte) error {
	return r.Update(kind, key, func([]byte) ([]byte, error) { return value, nil })
}

// Update replaces a record by what fn makes of it (nil when there was none) in one step: no other change comes between. When fn
// returns nil the record is deleted; fn's error leaves all as it was and is returned.
func (r *Records) Update(kind, key string, fn func(old []byte) ([]byte, error)) error {
	err := r.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(kind))
		if err != nil {
			return err
		}
		value, err := fn(bytes.Clone(b.Get([]byte(key))))
		if err != nil {
			return err
		}
		if value == nil {
			return b.Delete([]byte(key))
		}
		return b.Put([]byte(key), value)
	})
	if err != nil {
		return fmt.Errorf("write record %s/%s: %w", kind, key, err)
	}
	return nil
}

// Delete removes a record; that it was not there is no error.
func (r *Records) Delete(kind, key string) error {
	return r.Update(kind, key, func([]byte) ([]byte, error) { return nil, nil })
}

// errStop ends an Each early.
var errStop = errors.New("stop")

// Each calls fn for the records of a kind in the order of their keys, from a snapshot, until fn returns false.
func (r *Records) Each(kind string, fn func(key string, value []byte) bool) error {
	err := r.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(kind))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if !fn(string(k), bytes.Clone(v)) {
				return errStop
			}
			return nil
		})
	})
	if err != nil && !errors.Is(err, errStop) {
		return fmt.Errorf("read records of kind %s: %w", kind, err)
	}
	return nil
}

// dump returns all records from one snapshot, as content of a backup's frames: kind, key and value of each behind their lengths. The store
// is small by its nature, and a read that waited for a slow reader would hold up writers.
func (r *Records) dump() (contents [][]byte, err error) {
	var content []byte
	err = r.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(kind []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				for _, part := range [][]byte{kind, k, v} {
					content = appendPart(content, part)
				}
				if len(content) >= frameBytes {
					contents, content = append(contents, content), nil
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	if content != nil {
		contents = append(contents, content)
	}
	return contents, nil
}

// savedRecord is one of a backup.
type savedRecord struct{ kind, key, value []byte }

func cutRecords(content []byte) (all []savedRecord, err error) {
	p := parts{rest: content}
	for len(p.rest) > 0 {
		r := savedRecord{p.part(), p.part(), p.part()}
		if p.bad || len(r.kind) == 0 || len(r.key) == 0 {
			return nil, fmt.Errorf("%w: record %d", ErrDamaged, len(all))
		}
		all = append(all, r)
	}
	return all, nil
}

// load puts records in, all or none.
func (r *Records) load(all []savedRecord) error {
	err := r.db.Update(func(tx *bbolt.Tx) error {
		for _, rec := range all {
			b, err := tx.CreateBucketIfNotExists(rec.kind)
			if err != nil {
				return err
			}
			if err := b.Put(rec.key, rec.value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}
