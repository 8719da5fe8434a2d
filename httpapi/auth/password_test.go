package auth

import (
	"testing"
)

// BenchmarkPassword is what one hash takes, and so one sign-in. See cost.
func BenchmarkPassword(b *testing.B) {
	for name, c := range map[string]argonCost{"now": cost, "32,2": {32 << 10, 2, 1}, "32,3": {32 << 10, 3, 1}, "19,2": {19 << 10, 2, 1}, "64,1": {64 << 10, 1, 1}, "46,1": {46 << 10, 1, 1}, "24,3": {24 << 10, 3, 1}} {
		b.Run(name, func(b *testing.B) {
			h := newHasher()
			h.setCost(c)
			for b.Loop() {
				if _, err := h.make(b.Context(), "correct horse battery staple"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
