package engine

import (
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// A seq page holds the keys of seqPageEvents events that follow one another by seq: one entry of the store for all of them, where an entry for
// each would be half of what a commit writes. A page that a group leaves unfinished is written as far as it goes; the next group writes it
// again, whole, as a newer version. Windows begin at multiples of a page, so none lies in two.
const seqPageEvents = 16

// seqPager is the committer's: it makes the pages of one group after the other.
type seqPager struct{ page []byte } // the last page if it is unfinished, as of the last commit that succeeded

// entries calls put for the pages of a group of events whose keys, without their family byte, come in seq order from first. It returns what
// the pager becomes when the group is committed.
func (s seqPager) entries(first uint64, keys [][]byte, put func(key, page []byte) error) (seqPager, error) {
	page := slices.Clone(s.page) // the old one stays as it is: the commit may fail
	for i, key := range keys {
		seq := first + uint64(i)
		page = appendPart(page, key)
		full := (seq+1)%seqPageEvents == 0
		if full || i == len(keys)-1 {
			if err := put(seqPageKey(seq), page); err != nil {
				return s, fmt.Errorf("write seq page of %d: %w", seq, err)
			}
		}
		if full {
			page = make([]byte, 0, seqPageEvents*64)
		}
	}
	return seqPager{page}, nil
}

// loadSeqPager takes up where a window's last commit left.
func (w *window) loadSeqPager() (s seqPager, err error) {
	end := w.end.Load()
	if end%seqPageEvents == 0 {
		return s, nil
	}
	err = w.read(end, func(txn *badger.Txn) error {
		item, err := txn.Get(seqPageKey(end - 1))
		if err != nil {
			return fmt.Errorf("read seq page of %d: %w", end-1, damagedIfMissing(err))
		}
		s.page, err = item.ValueCopy(nil)
		return err
	})
	return s, err
}

// loadSeqPager takes up the page that the last group left unfinished. Where that cannot be read the log takes no writes anyway.
func (l *Log) loadSeqPager() (err error) {
	w := l.windows[len(l.windows)-1]
	if w.damage != "" {
		return nil
	}
	l.pager, err = w.loadSeqPager()
	return err
}

// eventKeyAt reads the key of the event with the seq. It is appended to buf[:0].
func eventKeyAt(txn *badger.Txn, seq uint64, buf []byte) ([]byte, error) {
	item, err := txn.Get(seqPageKey(seq))
	if err != nil {
		return nil, fmt.Errorf("read seq %d: %w", seq, damagedIfMissing(err))
	}
	buf = append(buf[:0], familyEvent)
	err = item.Value(func(page []byte) error {
		p := parts{rest: page}
		for range seq % seqPageEvents {
			p.part()
		}
		key := p.part()
		if p.bad || len(key) < 9 {
			return fmt.Errorf("seq page of %d bytes lacks it", len(page))
		}
		buf = append(buf, key...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read seq %d: %w: %w", seq, ErrDamaged, err)
	}
	return buf, nil
}

// splitSeqPage calls fn for the seqs of a page, each with the event's key behind its family byte, which is only valid during the call.
func splitSeqPage(key, page []byte, fn func(seq uint64, key []byte) error) error {
	seq, err := seqPageFirst(key)
	if err != nil {
		return err
	}
	p := parts{rest: page}
	for n := uint64(0); len(p.rest) > 0; n++ {
		key := p.part()
		if p.bad || len(key) < 9 || n == seqPageEvents {
			return fmt.Errorf("%w: seq page from %d is malformed", ErrDamaged, seq)
		}
		if err := fn(seq+n, key); err != nil {
			return err
		}
	}
	return nil
}

// eachSeq calls fn for the seqs [from, to) in order, each with the event's key behind its family byte, which is only valid during the call. A seq that
// is not there is an error: Badger's iterators pass over a damaged block without a word.
func eachSeq(txn *badger.Txn, from, to uint64, fn func(seq uint64, key []byte) error) error {
	if from >= to {
		return nil
	}
	it := familyIterator(txn, familySeq)
	defer it.Close()
	next := from
	for it.Seek(seqPageKey(from)); it.Valid() && next < to; it.Next() {
		err := it.Item().Value(func(page []byte) error {
			return splitSeqPage(it.Item().Key(), page, func(seq uint64, key []byte) error {
				switch {
				case seq < next || seq >= to:
					return nil
				case seq > next:
					return fmt.Errorf("%w: the key of seq %d is missing", ErrDamaged, next)
				}
				next++
				return fn(seq, key)
			})
		})
		if err != nil {
			return fmt.Errorf("read seq %d: %w", next, err)
		}
	}
	if next < to {
		return fmt.Errorf("%w: the keys of seq %d to %d are missing", ErrDamaged, next, to)
	}
	return nil
}

func familyIterator(txn *badger.Txn, family byte) *badger.Iterator {
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.Prefix = false, []byte{family}
	return txn.NewIterator(o)
}
