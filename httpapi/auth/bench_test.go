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
		d.store.rows[id] = newEntry(id, &record{Hash: hashSecret(secret), Name: fmt.Sprint(i), Grants: []Grant{{Role: "reader", Tenants: []string{"acme"}}}})
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

// BenchmarkCredential is what a room pays besides computing the signature, among 10,000 credentials: the look-up with the secret opened,
// and the check.
func BenchmarkCredential(b *testing.B) {
	d := openDoors(b)
	made, secret := d.credential(b, CredentialWish{Kind: Huawei})
	for i := range 10_000 { // in memory: 20,000 fsyncs are not what is measured
		id := newKeyID(Huawei)
		d.credentials.rows[id] = newEntry(id, &record{Kind: Huawei, Name: fmt.Sprint(i), Grants: someGrants})
		name := secretName(credentialKind, id)
		d.secrets.sealed[name] = d.secrets.keys[0].seal(name, newSecret().Bytes())
	}
	for name, id := range map[string]string{"known": made.ID, "unknown": newKeyID(Huawei)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := d.Credential(Huawei, id)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = c.Check(b.Context(), c.Secret.Equal(string(secret.Bytes())), Read)
			}
		})
	}
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				c, _ := d.Credential(Huawei, made.ID)
				_, _ = c.Check(b.Context(), true, Read)
			}
		})
	})
}

// BenchmarkRotation is the change of the master key of 1,000 secrets, on disk.
func BenchmarkRotation(b *testing.B) {
	d := openDoors(b)
	for i := range 1000 {
		if err := d.secrets.seal("account", fmt.Sprint(i), newSecret().Bytes()); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := d.RotateMasterKey(); err != nil {
			b.Fatal(err)
		}
	}
}
