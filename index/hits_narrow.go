package index

import "math/bits"

// fineValues is how many values of a part are counted one by one. Of more than that, some 1 << coarseBits groups of neighbours are counted first.
var fineValues, coarseBits uint32 = 8192, 12 // fewer in a test

// narrow counts the hits of the values among which the page lies, and returns how many hits come before those. A column may have a value of its own
// for every hit: counting each would take more memory than the index has, and walking them all more time than the page.
func (w *columnWalk) narrow(skip, limit int) (passed int) {
	for {
		shift := w.shift()
		w.each(func(i int) { w.parts[i].count(shift) })
		if shift == 0 {
			break
		}
		if !w.tighten(skip, limit) { // values that many hits have, or one part's alone
			w.each(func(i int) { w.parts[i].count(0) })
			break
		}
	}
	for _, c := range w.parts {
		passed += int(c.passed)
		c.rewind()
	}
	return passed
}

// shift returns how coarse the next count is to be.
func (w *columnWalk) shift() uint {
	most := uint32(0)
	for _, c := range w.parts {
		most = max(most, c.high-c.low)
	}
	if most <= fineValues {
		return 0
	}
	return uint(max(1, bits.Len32(most)-int(coarseBits)))
}

// tighten leaves those values out that cannot be on the page, by the coarse counts, and reports whether they were most.
func (w *columnWalk) tighten(skip, limit int) bool {
	var widest *columnPart
	sums := make([][]uint64, len(w.parts)) // of each part's counts before the i-th
	inside, passed := uint64(0), uint64(0)
	for i, c := range w.parts {
		if widest == nil || c.high-c.low > widest.high-widest.low {
			widest = c
		}
		sums[i] = make([]uint64, len(c.counts)+1)
		for k, n := range c.counts {
			sums[i][k+1] = sums[i][k] + n
		}
		inside += sums[i][len(c.counts)]
		passed += c.passed
	}
	// The page is the hits [first, end) of those inside, in ascending order.
	first := min(uint64(skip)-passed, inside)
	end := min(first+uint64(limit), inside)
	if w.desc {
		first, end = inside-end, inside-first
	}
	// cut is how the k-th group of the widest part's values cuts the others: each one's number of the first value that is not below.
	cut := func(k int) []uint32 {
		numbers := make([]uint32, len(w.parts))
		v := widest.sortColumn.value(int(widest.low) + k<<widest.shift - 1)
		for i, c := range w.parts {
			numbers[i] = min(max(uint32(c.seek(&v))+1, c.low), c.high)
		}
		return numbers
	}
	// atMost and atLeast bound how many hits lie below a cut.
	atMost := func(numbers []uint32) (n uint64) {
		for i, c := range w.parts {
			n += sums[i][(uint64(numbers[i]-c.low)+1<<c.shift-1)>>c.shift]
		}
		return n
	}
	atLeast := func(numbers []uint32) (n uint64) {
		for i, c := range w.parts {
			n += sums[i][(numbers[i]-c.low)>>c.shift]
		}
		return n
	}
	before := widest.high - widest.low
	var lows, highs []uint32
	low, high := 0, len(widest.counts) // the last cut with at most first hits below it is in [low, high)
	for high-low > 1 {
		mid := (low + high) / 2
		if numbers := cut(mid); atMost(numbers) <= first {
			low, lows = mid, numbers
		} else {
			high = mid
		}
	}
	high = len(widest.counts) // the first cut with at least end hits below it is in (low, high]
	for high-low > 1 {
		mid := (low + high) / 2
		if numbers := cut(mid); atLeast(numbers) >= end {
			high, highs = mid, numbers
		} else {
			low = mid
		}
	}
	for i, c := range w.parts {
		if lows != nil {
			c.low = lows[i]
		}
		if highs != nil {
			c.high = max(c.low, highs[i])
		}
	}
	return widest.high-widest.low <= before/4
}
