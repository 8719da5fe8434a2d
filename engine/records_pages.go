package engine

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// What bbolt has on disk. A file is pages; the first two are its heads, written in turns, and the newer one counts. Each other page in use is a branch
// or leaf of a tree of keys (a bucket), or the list of free pages. Numbers are in the machine's order. Only page headers and numbers of this
// are looked at here; bbolt itself reads the rest.
const (
	recordsHeadMagic   = 0xED0CDAED
	recordsHeadVersion = 2
	pageHeaderBytes    = 16 // id (8) | flags (2) | count (2) | further pages (4)
	pageElementBytes   = 16
	pageBranch         = 0x01
	pageLeaf           = 0x02
	pageFree           = 0x10
	bucketElement      = 0x01
	bucketHeaderBytes  = 16 // root page (8), 0: it follows; sequence (8)
)

var pageOrder = binary.NativeEndian

// recordPages looks at a records file before bbolt does. Bbolt believes what a page says: where it leads outside of the file the process dies by a
// signal, where it leads in a circle it never ends. The heads alone have checksums.
type recordPages struct {
	data []byte
	size uint64 // of a page
	end  uint64 // of the pages in use
	used map[uint64]bool
}

// recordHead is one of the two heads.
type recordHead struct{ pageBytes, root, freelist, end, txid uint64 }

// checkRecordPages returns the number of the last change, and an error that wraps ErrDamaged when bbolt could not read the file safely.
func checkRecordPages(data []byte) (txid uint64, err error) {
	first, err := readRecordHead(data, 0)
	if err != nil {
		return 0, err
	}
	head, err := readRecordHead(data, first.pageBytes)
	if err != nil {
		return 0, err
	}
	// Were one head enough, damage to the newer would silently undo the last change. A crash does not tear one: it lies in one sector.
	if first.txid > head.txid {
		head = first
	}
	p := recordPages{data: data, size: head.pageBytes, end: head.end, used: map[uint64]bool{}}
	if head.end > uint64(len(data))/p.size {
		return 0, fmt.Errorf("%w: records: the file has %d bytes, %d pages of %d are in use", ErrDamaged, len(data), head.end, p.size)
	}
	if err = p.tree(head.root); err == nil {
		err = p.freelist(head.freelist)
	}
	return head.txid, err
}

func readRecordHead(data []byte, at uint64) (h recordHead, err error) {
	bad := fmt.Errorf("%w: records: the head at byte %d", ErrDamaged, at)
	const bytes = 64
	if at < bytes && at != 0 || at+pageHeaderBytes+bytes > uint64(len(data)) {
		return h, bad
	}
	m := data[at+pageHeaderBytes:][:bytes]
	sum := fnv.New64a()
	sum.Write(m[:bytes-8])
	if pageOrder.Uint32(m) != recordsHeadMagic || pageOrder.Uint32(m[4:]) != recordsHeadVersion || pageOrder.Uint64(m[56:]) != sum.Sum64() {
		return h, bad
	}
	h = recordHead{uint64(pageOrder.Uint32(m[8:])), pageOrder.Uint64(m[16:]), pageOrder.Uint64(m[32:]), pageOrder.Uint64(m[40:]), pageOrder.Uint64(m[48:])}
	if h.pageBytes < 1024 || h.pageBytes&(h.pageBytes-1) != 0 {
		return h, bad
	}
	return h, nil
}

// page takes a page, with the further ones that belong to it. None may be taken twice.
func (p *recordPages) page(id uint64) ([]byte, error) {
	if id < 2 || id >= p.end {
		return nil, p.bad(id, "lies outside of the file")
	}
	head := p.data[id*p.size:]
	more := uint64(pageOrder.Uint32(head[12:]))
	if pageOrder.Uint64(head) != id || more >= p.end-id {
		return nil, p.bad(id, "has a wrong header")
	}
	for i := id; i <= id+more; i++ {
		if p.used[i] {
			return nil, p.bad(i, "is used twice")
		}
		p.used[i] = true
	}
	return head[:(more+1)*p.size], nil
}

func (p *recordPages) bad(id uint64, what string) error {
	return fmt.Errorf("%w: records: page %d %s", ErrDamaged, id, what)
}

// tree looks at all pages of a bucket.
func (p *recordPages) tree(id uint64) error {
	page, err := p.page(id)
	if err != nil {
		return err
	}
	switch n := pageOrder.Uint16(page[10:]); pageOrder.Uint16(page[8:]) {
	case pageLeaf:
		return p.leaf(id, page)
	case pageBranch:
		for i := range int(n) {
			element := pageHeaderBytes + i*pageElementBytes // offset of its key (4) | length (4) | page (8)
			if _, ok := pointedTo(page, element, 0, 4); !ok {
				return p.bad(id, "has a wrong element")
			}
			if err := p.tree(pageOrder.Uint64(page[element+8:])); err != nil {
				return err
			}
		}
		if n > 0 {
			return nil
		}
	}
	return p.bad(id, "has a wrong header")
}

// leaf looks at the elements of a leaf: flags (4) | offset of key and value (4) | lengths (4, 4).
func (p *recordPages) leaf(id uint64, page []byte) error {
	for i := range int(pageOrder.Uint16(page[10:])) {
		element := pageHeaderBytes + i*pageElementBytes
		both, ok := pointedTo(page, element, 4, 8, 12)
		if !ok {
			return p.bad(id, "has a wrong element")
		}
		if pageOrder.Uint32(page[element:])&bucketElement == 0 {
			continue
		}
		if err := p.bucket(id, both[pageOrder.Uint32(page[element+8:]):]); err != nil {
			return err
		}
	}
	return nil
}

// bucket looks at a bucket that is the value of an element in the page: a small one lies there as a whole.
func (p *recordPages) bucket(id uint64, value []byte) error {
	if len(value) < bucketHeaderBytes {
		return p.bad(id, "has a wrong bucket")
	}
	if root := pageOrder.Uint64(value); root != 0 {
		return p.tree(root)
	}
	inside := value[bucketHeaderBytes:]
	if len(inside) < pageHeaderBytes || pageOrder.Uint16(inside[8:]) != pageLeaf {
		return p.bad(id, "has a wrong bucket")
	}
	return p.leaf(id, inside)
}

// pointedTo returns the bytes that the element at at points to, by fields that lie so many bytes behind at: an offset from the element, and lengths.
func pointedTo(page []byte, at, offset int, lengths ...int) ([]byte, bool) {
	if at+pageElementBytes > len(page) {
		return nil, false
	}
	from, n := uint64(at)+uint64(pageOrder.Uint32(page[at+offset:])), uint64(0)
	for _, l := range lengths {
		n += uint64(pageOrder.Uint32(page[at+l:]))
	}
	if from > uint64(len(page)) || n > uint64(len(page))-from {
		return nil, false
	}
	return page[from : from+n], true
}

// freelist looks at the list of free pages, none of which may be in use: the next change writes to them.
func (p *recordPages) freelist(id uint64) error {
	page, err := p.page(id)
	if err != nil {
		return err
	}
	if pageOrder.Uint16(page[8:]) != pageFree {
		return p.bad(id, "has a wrong header")
	}
	n, ids := uint64(pageOrder.Uint16(page[10:])), page[pageHeaderBytes:]
	if n == 0xFFFF { // the number does not fit there
		n, ids = pageOrder.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids))/8 {
		return p.bad(id, "has a wrong number of free pages")
	}
	for i := range n {
		free := pageOrder.Uint64(ids[8*i:])
		if free < 2 || free >= p.end || p.used[free] {
			return p.bad(free, "is said to be free")
		}
		p.used[free] = true
	}
	return nil
}
