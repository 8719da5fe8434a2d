package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"annals/engine"
)

// builder makes segments from events. It keeps its buffers from one segment to the next and serves one goroutine at a time.
type builder struct {
	analyzer engine.Analyzer
	terms    table
	uses     []use    // in the order of the documents
	last     []uint32 // by term: its last document + 1
	counts   []uint32 // by term
	docs     []uint32 // uses ordered by term
	doc      uint32   // that is being read
	used     uint32   // the term that was noted last
	parts    []engine.Part
	memory   map[engine.Part]span // where in known the terms of a part are
	known    []uint32
	values   table // of one column
	sets     table // of one column: lists of value numbers
	texts    []string
	numbers  []byte
}

type use struct{ term, doc uint32 }

type span struct{ from, to int }

// maxKept is how large a builder's buffers may be and still be kept: an unusual batch must not cost memory for ever.
const maxKept = 16 << 20

// build returns the bytes of a segment of events, whose seqs follow one another.
func (b *builder) build(events []*engine.Event) ([]byte, error) {
	defer b.reset()
	docs := slices.Clone(events)
	slices.SortFunc(docs, func(x, y *engine.Event) int {
		return cmp.Or(cmp.Compare(x.Time.UnixNano(), y.Time.UnixNano()), cmp.Compare(x.Seq, y.Seq))
	})
	first := events[0].Seq
	unit := timeUnits[0]
	for _, e := range docs {
		unit = finer(unit, e.Time.UnixNano())
	}
	var out bytes.Buffer
	w, err := newSegmentWriter(&out, first, first+uint64(len(docs)), unit)
	if err != nil {
		return nil, err
	}
	w.dict.plain = true
	for _, e := range docs {
		w.place(e.Pos())
	}
	columns := appendColumns(nil, engine.IndexedColumns, func(i int) columnData { return b.column(docs, engine.IndexedColumns[i]) })
	if err := w.columns(columns); err != nil {
		return nil, err
	}
	if b.memory == nil {
		b.memory = make(map[engine.Part]span)
	}
	b.collect(docs)
	if err := b.writeTerms(w); err != nil {
		return nil, err
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// collect gathers the terms of all documents. The terms of a part that came before in the batch, which is most of them, are remembered.
func (b *builder) collect(docs []*engine.Event) {
	emit := func(term []byte) {
		id, fresh := b.terms.id(term)
		if fresh {
			b.last = append(b.last, 0)
			b.counts = append(b.counts, 0)
		}
		b.use(id)
	}
	record := func(term []byte) {
		emit(term)
		b.known = append(b.known, b.used)
	}
	for i, e := range docs {
		b.doc = uint32(i)
		b.parts = e.AppendParts(b.parts[:0])
		for _, p := range b.parts {
			s, ok := b.memory[p]
			if !ok {
				s.from = len(b.known)
				b.analyzer.PartTerms(p, record)
				s.to = len(b.known)
				b.memory[p] = s
				continue
			}
			for _, id := range b.known[s.from:s.to] {
				b.use(id)
			}
		}
		b.analyzer.OwnTerms(e, emit)
	}
}

// use notes that the document at hand has the term.
func (b *builder) use(id uint32) {
	b.used = id
	if b.last[id] == b.doc+1 {
		return
	}
	b.last[id] = b.doc + 1
	b.counts[id]++
	b.uses = append(b.uses, use{id, b.doc})
}

// writeTerms writes the terms in order, each with its documents.
func (b *builder) writeTerms(w *segmentWriter) error {
	b.docs = slices.Grow(b.docs[:0], len(b.uses))[:len(b.uses)]
	ends := b.last // by term: where its next document goes, and in the end where they end
	at := uint32(0)
	for id, n := range b.counts {
		ends[id] = at
		at += n
	}
	for _, u := range b.uses {
		b.docs[ends[u.term]] = u.doc
		ends[u.term]++
	}
	for _, id := range b.terms.sorted() {
		if err := w.term(b.terms.key(id), b.docs[ends[id]-b.counts[id]:ends[id]]); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) reset() {
	if cap(b.terms.arena) > maxKept || cap(b.uses)*8 > maxKept {
		*b = builder{}
		return
	}
	b.terms.reset()
	b.uses, b.last, b.counts, b.known = b.uses[:0], b.last[:0], b.counts[:0], b.known[:0]
	clear(b.memory)
}

// column gathers the values of a column. What is kept of a document is the number of its list of values, which is
// mostly one value or none.
func (b *builder) column(docs []*engine.Event, name string) columnData {
	b.values.reset()
	b.sets.reset()
	c := columnData{codes: make([]uint32, len(docs))}
	several := false
	for i, e := range docs {
		b.texts = engine.ColumnValues(e, name, b.texts[:0])
		b.numbers = b.numbers[:0]
		for _, v := range b.texts {
			id, _ := b.values.id([]byte(v))
			b.numbers = binary.LittleEndian.AppendUint32(b.numbers, id)
		}
		if len(b.numbers) > 0 {
			set, _ := b.sets.id(b.numbers)
			c.codes[i] = set + 1
			several = several || len(b.numbers) > 4
		}
	}
	rank := b.rankValues(&c)
	sets := make([][]uint32, b.sets.len())
	for i := range sets {
		for key := b.sets.key(uint32(i)); len(key) > 0; key = key[4:] {
			sets[i] = append(sets[i], rank[binary.LittleEndian.Uint32(key)])
		}
	}
	if several {
		c.sets = sets
		return c
	}
	for i, code := range c.codes {
		if code > 0 {
			c.codes[i] = sets[code-1][0] + 1
		}
	}
	return c
}

// rankValues sets c's values in order and returns the place of each by its number in the table.
func (b *builder) rankValues(c *columnData) []uint32 {
	order := make([]sortValue, b.values.len())
	for i := range order {
		order[i] = newSortValue(b.values.key(uint32(i)))
	}
	numbers := make([]uint32, len(order))
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	slices.SortFunc(numbers, func(x, y uint32) int { return order[x].compare(&order[y]) })
	rank := make([]uint32, len(order))
	for place, id := range numbers {
		rank[id] = uint32(place)
		c.values = append(c.values, order[id].value)
	}
	return rank
}
