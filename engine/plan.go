package engine

// A Plan is a query compiled down to terms: what the index executes with bitmaps, and what the tail
// is matched with event by event. All meaning of the query language is in the compiler (compile.go) and in
// the terms that Analyzer.EventTerms gives an event; the index treats terms as opaque bytes.
type Plan interface{ plan() }

type (
	// PlanAll matches every event.
	PlanAll struct{}
	// PlanNone matches no event.
	PlanNone struct{}
	// PlanTerm matches events that have Term.
	PlanTerm struct{ Term string }
	// PlanTerms matches events that have a term that starts with Prefix and that Match accepts (nil accepts all).
	// Match sees the whole term. An executor that finds more than MaxExpansion such terms in one segment
	// fails with ErrTooBroad.
	PlanTerms struct {
		Prefix string
		Match  func(term []byte) bool
	}
	// PlanAnd matches what all of its parts match; PlanOr what any does; PlanNot what its part does not.
	PlanAnd struct{ Parts []Plan }
	PlanOr  struct{ Parts []Plan }
	PlanNot struct{ Part Plan }
	// PlanTime matches events with From <= time < To, in Unix nanoseconds.
	PlanTime struct{ From, To int64 }
	// PlanPos matches exactly the events at these places.
	PlanPos struct{ At []Pos }
	// PlanCheck matches what Sure matches, and those that Maybe matches and Check, given the event itself,
	// accepts. Sure (may be nil: nothing is sure) is always a subset of what Check would accept.
	// Check would also accept every event that has a value in one of the Columns that Value accepts, so who has the columns need not read those.
	PlanCheck struct {
		Maybe, Sure Plan
		Check       func(*Event) bool
		Key         string   // says which Check it is, so that what it has said of an event may be remembered; "": none
		Columns     []string // of IndexedColumns
		Value       func(value []byte) bool
	}
)

func (PlanAll) plan()   {}
func (PlanNone) plan()  {}
func (PlanTerm) plan()  {}
func (PlanTerms) plan() {}
func (PlanAnd) plan()   {}
func (PlanOr) plan()    {}
func (PlanNot) plan()   {}
func (PlanTime) plan()  {}
func (PlanPos) plan()   {}
func (PlanCheck) plan() {}

// MaxExpansion is how many terms a prefix or address range may expand to in one segment.
const MaxExpansion = 100_000
