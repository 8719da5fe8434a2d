package engine

// Text is looked through eight bytes at a time, as numbers (Lamport, Multiple byte processing with full-word instructions, CACM 18(8), 1975).
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load8 returns the eight bytes of text from i on, the first of them lowest.
func load8[T ~string | ~[]byte](text T, i int) uint64 {
	_ = text[i+7]
	return uint64(text[i]) | uint64(text[i+1])<<8 | uint64(text[i+2])<<16 | uint64(text[i+3])<<24 |
		uint64(text[i+4])<<32 | uint64(text[i+5])<<40 | uint64(text[i+6])<<48 | uint64(text[i+7])<<56
}

// zeros has the high bit set of every byte of v that is 0. Above such a byte there may be others that are not.
func zeros(v uint64) uint64 { return (v - ones) &^ v & highs }

// quotable is not 0 when one of eight bytes is a control character, a quotation mark or a backslash; then one of its bits tells where the first is.
func quotable(v uint64) uint64 {
	return (v-ones*0x20)&^v&highs | zeros(v^ones*'"') | zeros(v^ones*'\\')
}
