package engine

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// Replace replaces every record of a kind by what fn makes of it, all of them in one step or none: whoever dies in between finds them as they
// were. A record for which fn returns nil is deleted; fn's error leaves all as it was and is returned. Fn must not change records itself.
func (r *Records) Replace(kind string, fn func(key string, old []byte) ([]byte, error)) error {
	err := r.change(func(tx *bbolt.Tx) error {
		var all []savedRecord
		err := r.guarded(func() (err error) {
			all, err = recordsOf(tx, kind)
			return err
		})
		if err != nil {
			return err
		}
		for i, rec := range all {
			if all[i].value, err = fn(string(rec.key), rec.value); err != nil {
				return fmt.Errorf("%s: %w", rec.key, err)
			}
		}
		return r.guarded(func() error {
			for _, rec := range all {
				if err := putRecord(tx, rec); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("replace records of kind %s: %w", kind, err)
	}
	return nil
}

// recordsOf returns copies of the records of a kind, in the order of their keys.
func recordsOf(tx *bbolt.Tx, kind string) (all []savedRecord, err error) {
	b := tx.Bucket([]byte(kind))
	if b == nil || kind == sumKind {
		return nil, nil
	}
	err = b.ForEach(func(key, stored []byte) error {
		value, err := recordOf([]byte(kind), key, stored)
		all = append(all, savedRecord{[]byte(kind), append([]byte(nil), key...), value})
		return err
	})
	return all, err
}
