package index

import "encoding/binary"

// maxTermCache is how many bytes of terms a cache may have; beyond it starts over. It is room for some ten thousand parts.
const maxTermCache = 4 << 20

// termCache has the terms of parts from one batch to the next: the same actors, projects and agents come in each of them, and reading their terms
// again costs more than copying them.
type termCache struct {
	table table  // numbers the parts
	ends  []int  // of each part's terms
	terms []byte // each behind its length (uvarint)
}

// emit calls emit with the terms of a part, which read gives when they are not known yet.
func (c *termCache) emit(part []byte, emit func(term []byte), read func(emit func(term []byte))) {
	n, fresh := c.table.id(part)
	if fresh {
		read(func(term []byte) {
			c.terms = append(binary.AppendUvarint(c.terms, uint64(len(term))), term...)
			emit(term)
		})
		c.ends = append(c.ends, len(c.terms))
		return
	}
	from := 0
	if n > 0 {
		from = c.ends[n-1]
	}
	for known := c.terms[from:c.ends[n]]; len(known) > 0; {
		length, size := binary.Uvarint(known)
		emit(known[size : size+int(length)])
		known = known[size+int(length):]
	}
}

// trim forgets everything when it has become too much.
func (c *termCache) trim() {
	if len(c.terms)+len(c.table.arena) > maxTermCache {
		*c = termCache{}
	}
}
