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
	labels   []uint32 // by document: the term of its first resource + 1
	doc      uint32   // that is being read
	parts    [engine.Parts]partMemory
	part     []byte // that is being looked up
	pieces   pieceMemory
	cache    termCache // of parts, from one batch to the next
	out      bytes.Buffer
	known    []uint32 // terms of parts and pieces
	values   table    // of one column
	sets     table    // of one column: lists of value numbers
	texts    []string
	numbers  []byte
}

type use struct{ term, doc uint32 }

// partMemory is what is known of one part of the batch's events. Most of what an event has in common with others it shares part by part, so
// that its terms and values are read once for each different part.
type partMemory struct {
	table  table           // numbers the different ones
	terms  []span          // of each, in known
	first  []*engine.Event // that has it
	number []uint32        // by document
}

// pieceMemory is what is known of the pieces of the events' own text that come again.
type pieceMemory struct {
	table table
	terms []span // of each, in known
	from  int    // where those of the piece at hand begin
}

type span struct{ from, to int }

// partOf tells which part decides a column.
var partOf = func() map[string]engine.Part {
	of := map[string]engine.Part{}
	for p := range engine.Parts {
		for _, column := range p.Columns() {
			of[column] = p
		}
	}
	return of
}()

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
	b.out.Reset()
	w, err := newSegmentWriter(&b.out, first, first+uint64(len(docs)), unit)
	if err != nil {
		return nil, err
	}
	w.dict.plain = true
	for _, e := range docs {
		w.place(e.Pos())
	}
	b.collect(docs)
	columns := appendColumns(nil, engine.IndexedColumns, func(i int) columnData { return b.column(docs, engine.IndexedColumns[i]) })
	if err := w.columns(columns); err != nil {
		return nil, err
	}
	labels, err := b.writeTerms(w)
	if err != nil {
		return nil, err
	}
	if err := w.finish(labels); err != nil {
		return nil, err
	}
	return bytes.Clone(b.out.Bytes()), nil // without the room that was not needed
}

// collect gathers the parts and the terms of all documents.
func (b *builder) collect(docs []*engine.Event) {
	recording := false
	emit := func(term []byte) {
		id := b.term(term)
		if recording {
			b.known = append(b.known, id)
		}
	}
	recall := func(piece []byte) (known bool) {
		if recording {
			b.pieces.terms = append(b.pieces.terms, span{b.pieces.from, len(b.known)})
		}
		if recording = false; piece == nil {
			return false
		}
		n, fresh := b.pieces.table.id(piece)
		if fresh {
			recording, b.pieces.from = true, len(b.known)
			return false
		}
		b.useAll(b.pieces.terms[n])
		return true
	}
	for i, e := range docs {
		b.doc = uint32(i)
		for p := range engine.Parts {
			m := &b.parts[p]
			b.part = e.AppendPart(b.part[:0], p)
			n, fresh := m.table.id(b.part)
			m.number = append(m.number, n)
			if !fresh {
				b.useAll(m.terms[n])
				continue
			}
			from := len(b.known)
			recording = true
			b.cache.emit(append(b.part, byte(p)), emit, func(emit func(term []byte)) { b.analyzer.PartTerms(e, p, emit) })
			recording = false
			m.terms = append(m.terms, span{from, len(b.known)})
			m.first = append(m.first, e)
		}
		b.analyzer.OwnTerms(e, emit, recall)
		b.labels = append(b.labels, b.label(e))
	}
}

// term notes that the document at hand has the term, and returns the term's number.
func (b *builder) term(term []byte) uint32 {
	id, fresh := b.terms.id(term)
	if fresh {
		b.last = append(b.last, 0)
		b.counts = append(b.counts, 0)
	}
	b.use(id)
	return id
}

// label returns the term of the document's first resource + 1, which its terms have already; 0 when it has none.
func (b *builder) label(e *engine.Event) uint32 {
	key := engine.ResourceKey(e)
	if key == "" {
		return 0
	}
	b.part = append(append(b.part[:0], labelPrefix...), key...)
	return b.term(b.part) + 1
}

// useAll notes that the document at hand has the terms that are known of a part or a piece.
func (b *builder) useAll(known span) {
	for _, id := range b.known[known.from:known.to] {
		b.use(id)
	}
}

// use notes that the document at hand has the term.
func (b *builder) use(id uint32) {
	if b.last[id] == b.doc+1 {
		return
	}
	b.last[id] = b.doc + 1
	b.counts[id]++
	b.uses = append(b.uses, use{id, b.doc})
}

// writeTerms writes the terms in order, each with its documents, and returns the documents' labels.
func (b *builder) writeTerms(w *segmentWriter) (labels []uint32, err error) {
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
	for id := range b.terms.sorted() {
		if err := w.term(b.terms.key(id), b.docs[ends[id]-b.counts[id]:ends[id]]); err != nil {
			return nil, err
		}
		b.counts[id] = uint32(w.labels) // is needed no more; of a resource's term it is the number now
	}
	for i, term := range b.labels {
		if term > 0 {
			b.labels[i] = b.counts[term-1]
		}
	}
	return b.labels, nil
}

func (b *builder) reset() {
	if cap(b.terms.arena) > maxKept || cap(b.uses)*8 > maxKept || b.out.Cap() > maxKept {
		*b = builder{}
		return
	}
	b.terms.reset()
	b.uses, b.last, b.counts, b.known, b.labels = b.uses[:0], b.last[:0], b.counts[:0], b.known[:0], b.labels[:0]
	b.cache.trim()
	b.pieces.table.reset()
	b.pieces.terms = b.pieces.terms[:0]
	for p := range b.parts {
		b.parts[p].reset()
	}
}

func (m *partMemory) reset() {
	m.table.reset()
	clear(m.first) // the events are not the index's to keep
	m.terms, m.first, m.number = m.terms[:0], m.first[:0], m.number[:0]
}

// column gathers the values of a column: of each document, or of each different part where a part decides.
func (b *builder) column(docs []*engine.Event, name string) columnData {
	p, ok := partOf[name]
	if !ok {
		return b.readColumn(docs, name)
	}
	m := &b.parts[p]
	c := b.readColumn(m.first, name)
	codes := make([]uint32, len(docs))
	for i, n := range m.number {
		codes[i] = c.codes[n]
	}
	c.codes = codes
	return c
}

// readColumn reads the values that events have in a column. What is kept of an event is the number of its list of values, which is
// mostly one value or none.
func (b *builder) readColumn(docs []*engine.Event, name string) columnData {
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
