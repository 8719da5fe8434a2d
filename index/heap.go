package index

// heap holds the numbers of the sources of a merge, the one that comes first on top. The standard library's heap would box every number.
type heap []int

func (h heap) init(less func(a, b int) bool) {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i, less)
	}
}

// down puts the i-th in its place after its source moved on.
func (h heap) down(i int, less func(a, b int) bool) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && less(h[child+1], h[child]) {
			child++
		}
		if !less(h[child], h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// pop takes the top away.
func (h *heap) pop(less func(a, b int) bool) {
	last := len(*h) - 1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	h.down(0, less)
}
