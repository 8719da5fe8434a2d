package enginetest

import (
	"testing"
	"time"
)

// Eventually fails the test unless fn returns true before long. It is for what happens in the background and tells nobody.
func Eventually(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !fn(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
