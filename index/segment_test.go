package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"annals/engine"
)

func TestPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 127, 128, 129, 1000} {
		for _, width := range []uint{0, 1, 7, 31, 55, 56, 57, 63, 64} {
			values := make([]uint64, n)
			var w packedWriter
			for i := range values {
				if width > 0 {
					values[i] = r.Uint64() >> (64 - width)
				}
			}
			slices.Sort(values)
			for _, v := range values {
				w.add(v)
			}
			data := w.appendTo(nil)
			p, err := openPacked(data, n)
			if err != nil || p.size() != len(data) {
				t.Fatalf("%d values of %d bits: %v, size %d of %d", n, width, err, p.size(), len(data))
			}
			for i, v := range values {
				if p.at(i) != v {
					t.Fatalf("%d values of %d bits: the %dth is %d, want %d", n, width, i, p.at(i), v)
				}
				if at := p.search(v); values[at] != v || at > 0 && values[at-1] == v {
					t.Fatalf("%d values of %d bits: search of the %dth gives %d", n, width, i, at)
				}
			}
			if n > 0 && values[n-1] < math.MaxUint64 && p.search(values[n-1]+1) != n {
				t.Fatalf("%d values of %d bits: search beyond the end", n, width)
			}
		}
	}
}

func TestDictionary(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	set := map[string]bool{}
	for range 3000 {
		switch r.IntN(5) {
		case 0:
			set["t"+randomUUID(r)] = true
		case 1:
			u := randomUUID(r)
			set["t"+u[r.IntN(len(u)):]] = true
		case 2:
			set["=details.x\x1f"+randomUUID(r)[:8]] = true
		case 3:
			b := make([]byte, r.IntN(20))
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			set[string(b)] = true
		default:
			set["t"+string(bytes.Repeat([]byte("-a"), r.IntN(200)))+randomUUID(r)[:r.IntN(36)]] = true
		}
	}
	terms := make([]string, 0, len(set))
	for term := range set {
		terms = append(terms, term)
	}
	slices.Sort(terms)
	for _, plain := range []bool{false, true} {
		var out bytes.Buffer
		w := dictWriter{w: &out, plain: plain}
		for i, term := range terms {
			if err := w.add([]byte(term), posting{kind: postingOne, doc: uint32(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		offsets, err := openPacked(w.offsets.appendTo(nil), w.offsets.total)
		if err != nil {
			t.Fatal(err)
		}
		d, err := openDict(out.Bytes(), offsets)
		if err != nil {
			t.Fatal(err)
		}
		for i, term := range terms {
			if p, found, err := d.find([]byte(term)); err != nil || !found || p.doc != uint32(i) {
				t.Fatalf("%q: %v, %v, %v", term, p, found, err)
			}
			if _, found, err := d.find([]byte(term + "\x00")); err != nil || found != set[term+"\x00"] {
				t.Fatalf("%q and a zero: %v, %v", term, found, err)
			}
		}
	}
}

func TestPostings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, docs := range []int{1, 100, 5000, 200_000} {
		p := postingEncoder{docs: docs}
		for _, n := range []int{1, 2, 64, 65, 1000, 2048, 2049, 60_000, 199_999, 200_000} {
			if n > docs {
				continue
			}
			list := make([]uint32, 0, n)
			for _, d := range r.Perm(docs)[:n] {
				list = append(list, uint32(d))
			}
			p.sort(list)
			if !slices.IsSorted(list) {
				t.Fatalf("%d of %d documents are not sorted", n, docs)
			}
			got, err := p.encode(list)
			if err != nil {
				t.Fatal(err)
			}
			back, err := got.appendDocs(nil)
			if err != nil || !slices.Equal(back, list) {
				t.Fatalf("%d of %d documents, kind %d: %d came back, %v", n, docs, got.kind, len(back), err)
			}
			if b, err := got.bitmap(); err != nil || !slices.Equal(b.ToArray(), list) {
				t.Fatalf("%d of %d documents, kind %d: bitmap, %v", n, docs, got.kind, err)
			}
		}
	}
}

// FuzzSegment opens arbitrary bytes, and a good segment with some bytes replaced and its footer signed again.
// Whatever they are, reading them fails or stays within them.
func FuzzSegment(f *testing.F) {
	r := rand.New(rand.NewPCG(4, 4))
	var events []*engine.Event
	for i := range 300 {
		events = append(events, randomEvent(r, uint64(i)))
	}
	good, err := new(builder).build(events)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), good)
	f.Add(uint32(len(good)-footerBytes), []byte{1, 0, 0, 0, 0, 0, 0, 0, 255})
	for range 40 {
		f.Add(uint32(r.IntN(len(good))), binary.LittleEndian.AppendUint64(nil, r.Uint64()>>r.IntN(64)))
	}
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		if s, err := openSegment(patch); err == nil {
			walk(t, s)
		}
		b := bytes.Clone(good)
		copy(b[int(at)%len(b):], patch)
		if s, err := openSegment(signFooter(b)); err == nil {
			walk(t, s)
		}
	})
}

// walk reads all of a segment that may be malformed.
func walk(t *testing.T, s *segment) {
	for _, c := range s.columns {
		c.firsts()
		for doc := range min(uint32(s.docs), 1000) {
			c.eachValue(c.code(doc), func(v int) { c.value(v) })
		}
	}
	for doc := range min(uint32(s.docs), 1000) {
		s.fromPos(s.pos(doc))
	}
	by := s.sortColumn(labelColumn)
	for doc := range min(uint32(s.docs), 1000) {
		if n := by.number(doc); n > 0 {
			v := by.value(int(n) - 1)
			by.seek(&v)
		}
	}
	if _, _, err := s.dict.find([]byte("tapi")); err != nil {
		return
	}
	c := &dictCursor{d: &s.dict}
	for n := 0; n < 10_000; n++ {
		if err := c.next(); err != nil || c.done {
			return
		}
		if c.posting.kind != postingBitmap {
			if _, err := c.posting.appendDocs(nil); err != nil {
				return
			}
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(encodeManifest([]manifestEntry{{"0-9-00.seg", 0, 9}}))
	f.Add([]byte("annals index 1\nsegment 0 1 x.seg\nsum 0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := decodeManifest(b)
		if err == nil && !bytes.Equal(encodeManifest(entries), b) {
			t.Error("a manifest that encodeManifest does not write was taken")
		}
	})
}
