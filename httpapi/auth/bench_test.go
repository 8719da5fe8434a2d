package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRequire is what a check adds to a request, among 10,000 tokens and as many sessions: a known token, one with an unknown key ID, and
// a session.
func BenchmarkRequire(b *testing.B) {
	d := openDoors(b)
	for i := range 10_000 { // in memory: 10,000 fsyncs are not what is measured
		id, secret := newToken()
		d.store.entries[id] = newEntry(id, &record{Hash: hashSecret(secret), Name: fmt.Sprint(i), Grants: []Grant{{Role: "reader", Tenants: []string{"acme"}}}})
	}
	amy := d.person(b, "amy")
	for range 10_000 {
		d.sessions.keep(keyOf(newSessionSecret()), &sessionRecord{Account: amy.ID, Created: d.clock, LastSeen: d.clock})
	}
	browser := d.browser()
	if status, _ := browser.signIn("amy", goodPassword); status != 200 {
		b.Fatal(status)
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
	token := httptest.NewRequest("GET", "/", nil)
	token.Header.Set("Authorization", "Bearer "+known)
	for name, r := range map[string]*http.Request{"whole": token, "session": browser.request()} {
		b.Run(name, func(b *testing.B) {
			h := d.Require(Read, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
