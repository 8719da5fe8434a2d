package engine

import "time"

// Query is a question to the log, as plain data.
type Query struct {
	Tenants Tenants
	Where   Expr      // nil matches everything
	From    time.Time // inclusive; zero: no bound
	To      time.Time // exclusive; zero: no bound
	Sort    string    // "time" (or empty) or a column of Columns
	Desc    bool
	Limit   int    // most events on a page, 1 to MaxPage; 0 means 50. A page by cursor ends before it passes MaxPageBytes
	Cursor  string // from Result.Next; bound to the query that gave it
	Page    int    // from 1; 0 means by cursor. Not with Cursor
}

// MaxPage is the largest page, MaxSkip how far page numbers reach (deeper needs the cursor), MaxPageBytes about how many bytes of events are on
// a page of more than one.
const (
	MaxPage      = 1000
	MaxSkip      = 10_000_000
	MaxPageBytes = 16 << 20
)

// Result is one page of a query's answer.
type Result struct {
	Events []*Event
	Total  uint64 // exact number of events that match in the whole range
	Next   string // cursor of the following page; empty at the end
	From   time.Time
	To     time.Time
	Took   time.Duration
}

// Bucket is one bar of a histogram: [Start, End).
type Bucket struct {
	Start, End      time.Time
	Count, Failures uint64
}

// FacetValue is one value of a facet with its exact count.
type FacetValue struct {
	Value string `json:"value"`
	Count uint64 `json:"count"`
}

// Expr is a parsed query: one of the types below.
type Expr interface{ expr() }

type (
	// And, Or and Not combine.
	And struct{ Parts []Expr }
	Or  struct{ Parts []Expr }
	Not struct{ Part Expr }
	// Word is a bare word, matched against the indexed text; Prefix when it ended in *.
	Word struct {
		Text   string
		Prefix bool
	}
	// Phrase is quoted text: its words next to each other in one value.
	Phrase struct{ Text string }
	// Field is name:value,value: any of the values.
	Field struct {
		Name   string // canonical, lower-case; "details.<path>" for details
		Values []Value
	}
	// TimeBound is after: (inclusive) or before: (exclusive).
	TimeBound struct {
		After bool
		At    time.Time
	}
)

// Value is one value of a Field.
type Value struct {
	Text   string
	Prefix bool // ended in *
	Quoted bool
}

func (And) expr()       {}
func (Or) expr()        {}
func (Not) expr()       {}
func (Word) expr()      {}
func (Phrase) expr()    {}
func (Field) expr()     {}
func (TimeBound) expr() {}
