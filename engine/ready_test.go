package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestReadyInPublic: what everyone is told names windows, seqs and kinds of trouble, and nothing out of an event or of the machine; the operator's text
// has it all.
func TestReadyInPublic(t *testing.T) {
	l, w := sealedLog(t, 256)
	if err := l.Ready(); err != nil {
		t.Fatal(err)
	}
	secret := fmt.Errorf("%w: event key %x of tenant secret-tenant in /secret/path", ErrDamaged, "secret-id")
	disk := fmt.Errorf("measure free space: %w", &fs.PathError{Op: "statfs", Path: "/secret/path", Err: secret})
	w.mu.Lock()
	w.damage = secret.Error()
	w.mu.Unlock()
	w.indexStuck(256, secret)
	l.treeBroken(secret)
	l.damagedIDs = []*damagedIDs{{512, secret}}
	err := l.Ready()
	n, ok := errors.AsType[*NotReady](err)
	if !ok || !errors.Is(err, ErrFailed) || !errors.Is(err, ErrDamaged) || strings.Count(err.Error(), "secret-tenant") < 4 {
		t.Fatalf("ready: %v", err)
	}
	n.guard(disk) // the guard's own finding would be gone in a second
	public := n.Public()
	if regexp.MustCompile(`secret|/|[0-9a-f]{18}[a-f]`).MatchString(public) {
		t.Errorf("public: %s", public)
	}
	for _, want := range []string{"window 00000000000000000000 (seq 0 to 256) is damaged", "index cannot be fed since 20", "window 00000000000000000512 are damaged", "free space", "takes no writes"} {
		if !strings.Contains(public, want) {
			t.Errorf("public lacks %q: %s", want, public)
		}
	}
}
