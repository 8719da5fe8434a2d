package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRequire is what a check adds to a request, among 10,000 tokens: a known token, and one with an unknown key ID.
func BenchmarkRequire(b *testing.B) {
	d := openDoors(b)
	for i := range 10_000 { // in memory: 10,000 fsyncs are not what is measured
		id, secret := newToken()
		d.store.entries[id] = newEntry(recordKind, id, &record{Hash: hashSecret(secret), Name: fmt.Sprint(i), Grants: []Grant{{Role: "reader", Tenants: []string{"acme"}}}})
	}
	_, known := d.make(b, Wish{Grants: []Grant{{Role: "reader", Tenants: []string{"acme"}}}})
	for name, text := range map[string]string{"known": known, "unknown": formatToken(newToken())} {
		b.Run(name, func(b *testing.B) {
			header := "Bearer " + text
			b.ReportAllocs()
			for b.Loop() {
				_, _ = d.check(header)
			}
		})
	}
	b.Run("whole", func(b *testing.B) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+known)
		h := d.Require(Read, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		w := httptest.NewRecorder()
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(w, r)
		}
	})
}
