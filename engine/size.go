package engine

// Sizes are what the field size knows: an event has each that its JSON in the log, without ID, time and tenant, reaches. An event of 5 KiB has 1k, 2k and
// 4k. Most are smaller than the first, and cost the index nothing.
var Sizes = []Size{{"1k", 1 << 10}, {"2k", 2 << 10}, {"4k", 4 << 10}, {"8k", 8 << 10}, {"16k", 16 << 10}, {"32k", 32 << 10}, {"64k", 64 << 10}, {"128k", 128 << 10}}

// Size is one of Sizes.
type Size struct {
	Name  string
	Bytes int
}

// sizes calls emit with the terms of an event's sizes.
func (a *Analyzer) sizes(e *Event, emit func(term []byte)) {
	for _, s := range Sizes {
		if e.stored < s.Bytes {
			return
		}
		a.exact("size", s.Name, emit)
	}
}

func sizeNames() (names []string) {
	for _, s := range Sizes {
		names = append(names, s.Name)
	}
	return names
}
