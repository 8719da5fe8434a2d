package engine

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// savedRecord is a record of a backup.
type savedRecord struct{ kind, key, value []byte }

// dump returns all records from one snapshot, as content of a backup's frames: kind, key and value of each behind their lengths. The store
// is small by its nature, and a read that waited for a slow reader would hold up writers.
func (r *Records) dump() (contents [][]byte, err error) {
	var content []byte
	err = r.view(func(tx *bbolt.Tx) error {
		return eachRecord(tx, func(rec savedRecord) error {
			for _, part := range [][]byte{rec.kind, rec.key, rec.value} {
				content = appendPart(content, part)
			}
			if len(content) >= frameBytes {
				contents, content = append(contents, content), nil
			}
			return nil
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
	err := r.change(func(tx *bbolt.Tx) error {
		return r.guarded(func() error {
			for _, rec := range all {
				rec.value = append([]byte{}, rec.value...) // an empty one is no deletion
				if err := putRecord(tx, rec); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}
